"""Combinations of settings that can never be right; they stop the start. `core/checks.py` warns about the others."""

from environs import EnvError

from core.local_origins import is_local_origin
from store.environment import LIVE_KEYS


def check_stripe_keys_match(secret_key: str, publishable_key: str) -> None:
    """Reject keys of different modes: no payment page opens with them. Raises EnvError."""
    modes = {mode for key in (secret_key, publishable_key) for mode in ("live", "test") if key[2:].startswith(f"_{mode}_")}
    if len(modes) > 1:
        raise EnvError("STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY must both be live keys or both be test keys.")


def check_live_shop(secret_key: str, frontend: str, sms_backend: str, *, debug: bool) -> None:
    """Reject what cannot be right where real money is taken; `check --deploy` warns about the rest. Raises EnvError."""
    if debug or not secret_key.startswith(LIVE_KEYS):
        return
    if is_local_origin(frontend):
        raise EnvError("FRONTEND_URL is on this machine, but STRIPE_SECRET_KEY is a live key: buyers would never come back.")
    if sms_backend == "file":
        raise EnvError("SMS_BACKEND=file sends nothing, but STRIPE_SECRET_KEY is a live key; use a gateway or leave it empty.")
