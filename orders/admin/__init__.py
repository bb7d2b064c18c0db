"""The admin pages of orders. Importing the package registers them."""

from orders.admin import blocked_contacts, customers, guests, orders, records, redemptions, stock

__all__ = ["blocked_contacts", "customers", "guests", "orders", "records", "redemptions", "stock"]
