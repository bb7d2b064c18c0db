"""The admin pages of pricing. Importing the package registers them."""

from pricing.admin import sales

__all__ = ["sales"]
