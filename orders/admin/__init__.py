"""The admin pages of orders. Importing the package registers them."""

from orders.admin import orders, records

__all__ = ["orders", "records"]
