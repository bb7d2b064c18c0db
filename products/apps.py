"""The products app."""

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """Products, prices and stock."""

    name = "products"
    verbose_name = "Catalog"
