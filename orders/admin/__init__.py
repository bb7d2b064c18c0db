"""The admin pages of orders; importing them registers them."""

from orders.admin import orders, records

__all__ = ["orders", "records"]
