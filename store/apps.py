"""The project itself as an app, so that its management commands are found."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Puts the apps together; has no tables."""

    name = "store"
