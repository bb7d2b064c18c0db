"""Users for tests."""

from typing import Any

from accounts import sessions
from accounts.models import User

PASSWORD = "a lamp on the hill"


def make_user(email: str = "ada@example.com", **fields: Any) -> User:
    """Make a customer with the password PASSWORD."""
    return User.objects.create_user(email, PASSWORD, **fields)


def access_token(user: User, market: str = "") -> str:
    """Sign the user in and return his access token."""
    return sessions.start(user, "password", sessions.Place(market=market)).access
