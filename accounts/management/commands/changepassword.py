"""`manage.py changepassword`: Django's own, which also signs the user out everywhere."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import sessions
from accounts.models import AuthSession, User


class Command(changepassword.Command):
    """Set a new password for the user of an e-mail address, and end every session of his."""

    help = "Set a user's password, and sign him out everywhere."

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Ask for the password twice. Raises CommandError where there is no such user, or no two that are alike."""
        email = options["username"]
        said = super().handle(*args, **options)
        for user in User.objects.filter(email=email):
            sessions.end_all(user.pk, AuthSession.Reason.PASSWORD)
        return said
