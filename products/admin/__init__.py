"""The admin pages of the catalog and of stock. Importing this package registers them."""

from products.admin import catalog, stock

__all__ = ["catalog", "stock"]
