"""The carts app."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """What a shopper means to buy."""

    name = "carts"

    def ready(self) -> None:
        from carts import receivers  # noqa: F401 - connects them
