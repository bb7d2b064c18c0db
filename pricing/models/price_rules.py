"""The promotions of a market as one row, so that a cart reads them in one statement."""

from typing import ClassVar

from django.db import models


class PriceRules(models.Model):
    """What `pricing.rules` has derived from the promotions of a market. Written in the transaction of each change."""

    market = models.CharField(max_length=2, primary_key=True)
    version = models.PositiveBigIntegerField(default=0, help_text="incremented with each change")
    data = models.JSONField(default=list)

    class Meta:
        verbose_name_plural: ClassVar = "price rules"

    def __str__(self) -> str:
        return f"{self.market} {self.version}"
