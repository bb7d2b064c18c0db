"""Promotions, their codes, and the rules that a market's promotions amount to."""

from pricing.models.price_rules import PriceRules
from pricing.models.promotion import MAX_CODE, Promotion, PromotionAmount, PromotionCode

__all__ = ["MAX_CODE", "PriceRules", "Promotion", "PromotionAmount", "PromotionCode"]
