"""The admin pages of pricing. Importing the package registers them."""

from pricing.admin import codes, promotions, sales, service_areas, zones

__all__ = ["codes", "promotions", "sales", "service_areas", "zones"]
