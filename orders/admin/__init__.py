"""The admin pages of orders. Importing the package registers them."""

from orders.admin import blocked_contacts, cash, customers, guests, orders, parcels, records, redemptions, remittances, stock

__all__ = ["blocked_contacts", "cash", "customers", "guests", "orders", "parcels", "records", "redemptions", "remittances", "stock"]
