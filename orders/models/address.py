"""The address book of a user."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.phones import MAX_CONTACT_LENGTH
from core.countries import get_country_name
from core.models import TimeStampedModel


class Address(TimeStampedModel):
    """An address in a user's book."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="addresses")
    full_name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=MAX_CONTACT_LENGTH, blank=True)
    line1 = models.CharField(max_length=300)
    line2 = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=60, blank=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_default", "id"]
        verbose_name_plural = "addresses"
        constraints = [models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="address_default_once")]

    @property
    def country_name(self) -> str:
        """The English name of the country, for people to read; a text that is no code stays as it is."""
        return get_country_name(self.country)

    def __str__(self) -> str:
        return f"{self.full_name}, {self.line1}"


# The fields of a postal address, in the order in which they are shown; an order stores the same ones.
ADDRESS_FIELDS = tuple(field.name for field in Address._meta.concrete_fields if isinstance(field, models.CharField))
MAX_ADDRESS_LENGTHS = {field.name: field.max_length or 0 for field in Address._meta.concrete_fields if field.name in ADDRESS_FIELDS}
PRINTED_ADDRESS_FIELDS = ("full_name", "line1", "line2", "postal_code", "city", "state", "country")
