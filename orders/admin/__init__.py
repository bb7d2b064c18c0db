"""The admin pages of orders; importing them registers them."""

from orders.admin import records

__all__ = ["records"]
