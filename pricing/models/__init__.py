"""Promotions, their codes, the rules that a market's promotions amount to, and sales."""

from pricing.models.price_rules import PriceRules
from pricing.models.promotion import MAX_CODE, Promotion, PromotionAmount, PromotionCode
from pricing.models.sale import MAX_REASON, Sale, SaleLine

__all__ = ["MAX_CODE", "MAX_REASON", "PriceRules", "Promotion", "PromotionAmount", "PromotionCode", "Sale", "SaleLine"]
