"""Promotions, their codes, sales, delivery, and the rules that a market's promotions and zones amount to."""

from pricing.models.delivery import (
    MAX_CARRIER,
    MAX_DAYS,
    MAX_METHOD_CODE,
    MAX_METHOD_NAME,
    MAX_POSTAL_CODE,
    ServiceArea,
    ShippingMethod,
    Zone,
)
from pricing.models.price_rules import PriceRules
from pricing.models.promotion import MAX_CODE, Promotion, PromotionAmount, PromotionCode
from pricing.models.sale import MAX_REASON, Sale, SaleLine

__all__ = [
    "MAX_CARRIER",
    "MAX_CODE",
    "MAX_DAYS",
    "MAX_METHOD_CODE",
    "MAX_METHOD_NAME",
    "MAX_POSTAL_CODE",
    "MAX_REASON",
    "PriceRules",
    "Promotion",
    "PromotionAmount",
    "PromotionCode",
    "Sale",
    "SaleLine",
    "ServiceArea",
    "ShippingMethod",
    "Zone",
]
