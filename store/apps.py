"""The project as a Django app, so that Django finds its management commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StoreConfig(AppConfig):
    """The project app; it has no models."""

    name = "store"


class ShopAdminConfig(AdminConfig):
    """Django's admin with the shop's admin site."""

    default_site = "store.admin_site.ShopAdminSite"
