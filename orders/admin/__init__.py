"""The admin pages of orders. Importing the package registers them."""

from orders.admin import orders, records, stock

__all__ = ["orders", "records", "stock"]
