"""The admin pages of the project itself. Importing this package registers them."""

from store.admin import shop_settings

__all__ = ["shop_settings"]
