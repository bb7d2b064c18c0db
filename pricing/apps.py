"""What a basket costs, as an app."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """Has no models yet: prices belong to products, and what an order cost is written in the order."""

    name = "pricing"
