"""Where the shop delivers, how, and at which price."""

from django.db import models
from django.db.models import F, Q

from core.models import TimeStampedModel
from core.money import MoneyField

MAX_METHOD_CODE = 40  # characters
MAX_POSTAL_CODE = 12  # characters, without spaces and hyphens
MAX_METHOD_NAME = 100
MAX_CARRIER = 60  # characters
MAX_DAYS = 365  # that a delivery takes


class Zone(TimeStampedModel):
    """A part of the world to which a market delivers with the same methods. A condition that is empty holds everywhere."""

    name = models.CharField(max_length=100, help_text="for staff")
    market = models.CharField(max_length=2)
    countries = models.JSONField(default=list, blank=True, help_text="ISO 3166 codes; empty: all")
    states = models.JSONField(default=list, blank=True, help_text="codes or names, of a single country; empty: all")
    postal_from = models.CharField(max_length=MAX_POSTAL_CODE, blank=True, help_text="first postal code of a range")
    postal_to = models.CharField(max_length=MAX_POSTAL_CODE, blank=True, help_text="last postal code of it, of the same length")
    postal_prefixes = models.JSONField(default=list, blank=True, help_text="beginnings of postal codes, besides the range")
    priority = models.SmallIntegerField(default=0, help_text="of the zones that fit an address, the highest wins, then the older")

    class Meta:
        verbose_name = "shipping zone"
        ordering = ["market", "-priority", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(postal_from="", postal_to="") | ~Q(postal_from="") & ~Q(postal_to=""), name="zone_has_whole_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingMethod(models.Model):
    """A way in which goods are delivered to a zone, and what it costs, in major units of the market's currency."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="methods")
    code = models.SlugField(max_length=MAX_METHOD_CODE, unique=True, help_text="for programs; of all zones")
    name = models.CharField(max_length=MAX_METHOD_NAME, help_text="shown to buyers")
    price = MoneyField(default=0)
    free_from = MoneyField(null=True, blank=True, help_text="value of the goods, after discounts; empty: never free")
    price_per_kg = MoneyField(default=0, help_text="added for each started kilogram")
    max_weight_grams = models.PositiveIntegerField(null=True, blank=True, help_text="empty: any weight")
    days_min = models.PositiveSmallIntegerField(null=True, blank=True, help_text="calendar days until it can arrive")
    days_max = models.PositiveSmallIntegerField(null=True, blank=True, help_text="calendar days until it should have arrived")
    cod = models.BooleanField("Cash on Delivery", default=True)
    cod_fee = MoneyField("Cash on Delivery fee", default=0)
    cod_max = MoneyField("Cash on Delivery up to", null=True, blank=True, help_text="total without the fee; empty: any total")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0, price_per_kg__gte=0, cod_fee__gte=0)
                & (Q(free_from__isnull=True) | Q(free_from__gte=0))
                & (Q(cod_max__isnull=True) | Q(cod_max__gte=0)),
                name="shipping_method_amounts",
            ),
            models.CheckConstraint(
                condition=Q(days_min__isnull=True) | Q(days_max__isnull=True) | Q(days_max__gte=F("days_min")),
                name="shipping_method_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceArea(models.Model):
    """A postal code that a carrier serves. If a market has any in a country, it delivers only to these there."""

    market = models.CharField(max_length=2)
    country = models.CharField(max_length=2)
    postal_code = models.CharField(max_length=MAX_POSTAL_CODE, help_text="in capital letters, without spaces and hyphens")
    carrier = models.CharField(max_length=MAX_CARRIER, blank=True)
    prepaid = models.BooleanField(default=True, help_text="delivers what is paid already")
    cod = models.BooleanField("Cash on Delivery", default=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="calendar days; a delivery takes at least these")

    class Meta:
        ordering = ["market", "country", "postal_code", "carrier"]
        constraints = [
            models.UniqueConstraint(fields=["market", "country", "postal_code", "carrier"], name="service_area_once"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.postal_code}"
