"""The admin pages of pricing. Importing the package registers them."""

from pricing.admin import codes, promotions, sales

__all__ = ["codes", "promotions", "sales"]
