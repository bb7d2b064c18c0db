"""The promotions and the zones of a market as one row, so that a cart reads them in one statement."""

from typing import ClassVar

from django.db import models


class PriceRules(models.Model):
    """What `pricing.rules` has derived from the promotions and zones of a market. Written in the transaction of each change."""

    market = models.CharField(max_length=2, primary_key=True)
    version = models.PositiveBigIntegerField(default=0, help_text="incremented with each change")
    data = models.JSONField(default=list, help_text="promotions")
    delivery = models.JSONField(default=dict, db_default={}, help_text="zones with their methods, and countries with service areas")

    class Meta:
        verbose_name_plural: ClassVar = "price rules"

    def __str__(self) -> str:
        return f"{self.market} {self.version}"
