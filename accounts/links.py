"""The tokens behind links in e-mails: signed, with an expiry, and valid for one use."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User

VERIFICATION_SALT = "accounts.verify-email"
VERIFICATION_LIFETIME = timedelta(days=3)
MAX_TOKEN_LENGTH = 1024  # characters
RESET_TOKENS = PasswordResetTokenGenerator()  # also signs password, last login and address, so changing one ends it


@dataclass(frozen=True, slots=True)
class VerificationClaims:
    """The claims of a verification link: the account and the address to confirm.

    A change of address also carries `hash_account_state` at the time of the request.
    """

    user_id: int
    email: str
    is_change: bool
    state: str = ""


def make_verification_token(claims: VerificationClaims) -> str:
    """Return the token of a verification link."""
    payload = [claims.user_id, claims.email, claims.is_change, claims.state]
    return signing.dumps(payload, salt=VERIFICATION_SALT)


def hash_account_state(user: User) -> str:
    """Return a hash that changes with the password, the address or its verification, which invalidates earlier requests."""
    return _compute_state(user, settings.SECRET_KEY)


def has_account_state(user: User, state: str) -> bool:
    """Return whether `hash_account_state` gave this value for the user as they are now, also under a former SECRET_KEY."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(_compute_state(user, key), state) for key in keys)


def _compute_state(user: User, key: str) -> str:
    state = f"{user.password}\n{user.email}\n{user.email_verified_at}"
    return salted_hmac("accounts.state", state, secret=key, algorithm="sha256").hexdigest()[:16]


def read_verification_token(token: str) -> VerificationClaims | None:
    """Return the claims of a verification token, or None if it is forged, malformed or older than three days."""
    if len(token) > MAX_TOKEN_LENGTH:
        return None
    try:
        return VerificationClaims(*signing.loads(token, salt=VERIFICATION_SALT, max_age=VERIFICATION_LIFETIME))
    except signing.BadSignature:
        return None


def make_reset_params(user: User) -> tuple[str, str]:
    """Return the `uid` and `token` parameters of a password reset link."""
    return urlsafe_base64_encode(str(user.pk).encode()), RESET_TOKENS.make_token(user)


def decode_user_id(uid: str) -> int | None:
    """Return the user id in the `uid` of a reset link, or None if it is malformed."""
    try:
        text = urlsafe_base64_decode(uid[:32]).decode("ascii")
    except ValueError:
        return None
    return int(text) if text.isdigit() and len(text) < 19 else None


def build_page_url(path: str, **params: str) -> str:
    """Return the URL of a shop front page; the parameters are in the fragment, which browsers send to no server."""
    return f"{settings.FRONTEND_URL}{path}#{urlencode(params)}"
