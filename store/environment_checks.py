"""Combinations of settings that can never be right; they stop the start. `core/checks.py` warns about the others."""

from collections.abc import Mapping

from environs import EnvError

from core import stripe_keys
from core.local_origins import is_local_origin


def check_all_different(**secrets: str) -> None:
    """Check that no two secrets are equal, because one would accept what the other signed. Raises EnvError."""
    for name, value in secrets.items():
        if list(secrets.values()).count(value) > 1:
            raise EnvError(f"{name} must differ from the other secrets.")


def check_auth_cookies(same_site: str, *, secure: bool) -> None:
    """Reject cookies that browsers would drop. Raises EnvError."""
    if same_site == "None" and not secure:
        raise EnvError("AUTH_COOKIE_SAMESITE=None needs AUTH_COOKIE_SECURE=1: browsers drop such cookies otherwise.")


def check_all_or_none(**values: str) -> None:
    """Reject variables of which some are set and some are empty. Raises EnvError."""
    if any(values.values()) and not all(values.values()):
        *names, last = values
        raise EnvError(f"Set all of {', '.join(names)} and {last}, or none.")


def check_one_media_host(cloud_name: str, s3: Mapping[str, object]) -> None:
    """Reject two places for images. Raises EnvError."""
    if cloud_name and s3:
        raise EnvError("Set CLOUDINARY_CLOUD_NAME or MEDIA_S3_BUCKET, not both: images are in one place.")


def check_live_stripe_key(live: bool, secret_key: str) -> None:
    """Reject a test key in live mode. Raises EnvError."""
    if live and not stripe_keys.is_live(secret_key):
        raise EnvError("STRIPE_LIVE=1 needs a live key in STRIPE_SECRET_KEY.")


def check_stripe_keys(secret_key: str, publishable_key: str) -> None:
    """Reject a secret key where it would be published, and keys of different modes, which open no payment page. Raises EnvError."""
    if stripe_keys.is_secret(publishable_key):
        raise EnvError("STRIPE_PUBLISHABLE_KEY holds a secret key, which every visitor would be told; it must begin with pk_.")
    if {stripe_keys.get_mode(secret_key), stripe_keys.get_mode(publishable_key)} == {"live", "test"}:
        raise EnvError("STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY must both be live keys or both be test keys.")


def check_live_shop(secret_key: str, frontend: str, sms_backend: str, *, debug: bool) -> None:
    """Reject what cannot be right where real money is taken; `check --deploy` warns about the rest. Raises EnvError."""
    if debug or not stripe_keys.is_live(secret_key):
        return
    if is_local_origin(frontend):
        raise EnvError("FRONTEND_URL is on this machine, but STRIPE_SECRET_KEY is a live key: buyers would never come back.")
    if sms_backend == "file":
        raise EnvError("SMS_BACKEND=file sends nothing, but STRIPE_SECRET_KEY is a live key; use a gateway or leave it empty.")
