"""The admin pages of the catalog and of the stock desk; importing them registers them."""

from products.admin import catalog, stock

__all__ = ["catalog", "stock"]
