"""The products app."""

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """What is for sale, and how much of it is left."""

    name = "products"
