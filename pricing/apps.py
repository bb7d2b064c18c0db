"""The pricing app."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """Computes what a cart costs. Has no models: prices belong to products, and an order stores its own totals."""

    name = "pricing"
