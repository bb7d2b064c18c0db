"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who the caller is."""

    name = "accounts"
