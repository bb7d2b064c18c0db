"""The carts app."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """Carts and wishlists."""

    name = "carts"

    def ready(self) -> None:
        from carts import receivers  # noqa: F401 - connects the receivers
