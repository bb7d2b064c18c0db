"""The project itself as an app, so that its management commands are found."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StoreConfig(AppConfig):
    """Puts the apps together; has no tables."""

    name = "store"


class ShopAdminConfig(AdminConfig):
    """Django's admin, with the shop's own site."""

    default_site = "store.admin_site.ShopAdminSite"
