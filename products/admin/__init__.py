"""The admin pages of the catalog and of stock. Importing this package registers them."""

from products.admin import catalog, deliveries, imports, price_changes, stock

__all__ = ["catalog", "deliveries", "imports", "price_changes", "stock"]
