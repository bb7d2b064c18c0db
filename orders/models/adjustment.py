"""What changes the total of an order besides its items and shipping: discounts, fees, and tax."""

from django.db import models
from django.db.models import Q

from core.money import MoneyField
from orders.models.order import Order
from pricing.models import MAX_CODE, Promotion


class OrderAdjustment(models.Model):
    """A discount, a fee or a tax of an order. What it says is copied, and never looked up again."""

    class Kind(models.TextChoices):
        DISCOUNT = "discount"
        FEE = "fee"
        TAX = "tax"

    class On(models.TextChoices):
        ITEMS = "items"
        ORDER = "order"
        SHIPPING = "shipping"
        FEE = "fee"

    order = models.ForeignKey(Order, models.CASCADE, related_name="adjustments")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    on = models.CharField(max_length=8, choices=On.choices)
    label = models.CharField(max_length=100)
    code = models.CharField(max_length=MAX_CODE, blank=True, help_text="promotion code of a discount")
    promotion = models.ForeignKey(Promotion, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    rate = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True, help_text="percentage of a tax")
    amount = MoneyField(help_text="always above 0; discounts are subtracted")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="order_adjustment_of_something")]

    def __str__(self) -> str:
        return f"{self.label} {self.amount}"
