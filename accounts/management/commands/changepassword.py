"""`manage.py changepassword`: Django's command, extended to sign the user out everywhere."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import sessions
from accounts.models import AuthSession, User


class Command(changepassword.Command):
    """Set a user's password and end all of their sessions."""

    help = "Set a user's password and sign them out everywhere."

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Prompt for the password twice. Raises CommandError if the user does not exist or the two passwords never match."""
        email = options["username"]
        output = super().handle(*args, **options)
        for user in User.objects.filter(email=email):
            sessions.end_all_sessions(user.pk, AuthSession.Reason.PASSWORD)
        return output
