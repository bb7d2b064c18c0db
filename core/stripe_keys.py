"""Stripe's API keys (https://docs.stripe.com/keys): settings, checks and payments must agree on which of them take real money."""

import re

KEY = re.compile(r"(?P<kind>sk|rk|pk)_(?P<mode>live|test)_")  # secret, restricted and publishable keys


def get_mode(key: str) -> str:
    """Return the mode of a key, `live` or `test`; an empty string for what is no key."""
    match = KEY.match(key)
    return match["mode"] if match else ""


def is_secret(key: str) -> bool:
    """Return whether the key is one that only the shop may know."""
    match = KEY.match(key)
    return match is not None and match["kind"] != "pk"


def is_live(key: str) -> bool:
    """Return whether payments with this secret key take real money."""
    return is_secret(key) and get_mode(key) == "live"
