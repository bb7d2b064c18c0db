"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who the caller is."""

    name = "accounts"

    def ready(self) -> None:
        """Refuse to start where text messages would go nowhere."""
        from accounts.gateways import sms

        sms.check()
