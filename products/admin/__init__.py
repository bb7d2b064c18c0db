"""The admin pages of the catalog and of stock. Importing this package registers them."""

from products.admin import catalog, imports, stock

__all__ = ["catalog", "imports", "stock"]
