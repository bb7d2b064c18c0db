"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, payments and refunds."""

    name = "orders"

    def ready(self) -> None:
        from orders import receivers  # noqa: F401 - connects the signal handlers
