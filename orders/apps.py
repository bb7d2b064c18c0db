"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """What was bought, and whether it is paid."""

    name = "orders"

    def ready(self) -> None:
        from orders import receivers  # noqa: F401 - connects them
