"""The pricing app."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """Promotions, sales, and what a cart costs. Prices belong to products, and an order stores its own totals."""

    name = "pricing"

    def ready(self) -> None:
        from pricing import receivers  # noqa: F401 - connects the receivers
