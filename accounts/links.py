"""What stands behind the links in mails: signed, dated, and worth nothing once it has been used."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User

VERIFY_SALT = "accounts.verify-email"
VERIFY_LIFETIME = timedelta(days=3)
MAX_LENGTH = 1024  # characters
RESET = PasswordResetTokenGenerator()  # signs password, last sign-in and address too, so that a change of one ends the token


@dataclass(frozen=True, slots=True)
class Address:
    """What a verification link says: this account has this address.

    One that changes the address names the state of the account when it was asked for.
    """

    user_id: int
    email: str
    is_change: bool
    state: str = ""


def verify_token(address: Address) -> str:
    """Return the token of a verification link."""
    said = [address.user_id, address.email, address.is_change, address.state]
    return signing.dumps(said, salt=VERIFY_SALT)


def state_of(user: User) -> str:
    """Return what a new password changes, or a new address, so that it ends what was asked for before; so does taking it back."""
    state = f"{user.password}\n{user.email}\n{user.email_verified_at}"
    return salted_hmac("accounts.state", state, algorithm="sha256").hexdigest()[:16]


def read_verify_token(token: str) -> Address | None:
    """Return what a verification token says; None for one that is forged, garbled or more than three days old."""
    if len(token) > MAX_LENGTH:
        return None
    try:
        return Address(*signing.loads(token, salt=VERIFY_SALT, max_age=VERIFY_LIFETIME))
    except signing.BadSignature:
        return None


def reset_parts(user: User) -> tuple[str, str]:
    """Return `uid` and `token` of a password reset link."""
    return urlsafe_base64_encode(str(user.pk).encode()), RESET.make_token(user)


def user_id_of(uid: str) -> int | None:
    """Return the user's id in a reset link; None where there is none."""
    try:
        text = urlsafe_base64_decode(uid[:32]).decode("ascii")
    except ValueError:
        return None
    return int(text) if text.isdigit() and len(text) < 19 else None


def page(path: str, **said: str) -> str:
    """Return the address of a page of the shop front; what the link says stands in the fragment, which no server is sent."""
    return f"{settings.FRONTEND_URL}{path}#{urlencode(said)}"
