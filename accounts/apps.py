"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, their sessions and how they sign in."""

    name = "accounts"
    verbose_name = "Customers"

    def ready(self) -> None:
        """Refuse to start with an SMS_BACKEND that cannot be imported."""
        from accounts.gateways import sms

        sms.check_backend()
