"""Columns that nobody may read in the admin: password hashes, MACs, keys, and what opens another person's cart or payment.

A column is secret by its name, so that a new one is protected before anyone thinks of it. Even a filter by prefix would
reveal its value letter by letter.
"""

SECRET_WORDS = frozenset(
    ("password", "secret", "token", "key", "hash", "mac", "salt", "digest", "fingerprint", "pepper", "idempotency")
)
SECRET_NAMES = frozenset(("checkout_url", "session_data"))
# `dedupe_key` names a background job, such as `refund:17`: staff search failed jobs by it. `key_terms` are the words of a product.
HARMLESS_NAMES = frozenset(("dedupe_key", "key_terms", "password_changed_at"))


def is_secret(name: str) -> bool:
    """Return whether the column with this name is secret."""
    return name in SECRET_NAMES or (name not in HARMLESS_NAMES and not SECRET_WORDS.isdisjoint(name.split("_")))


def has_secret(lookup: str) -> bool:
    """Return whether a lookup, such as `user__password__startswith`, goes through a secret column."""
    return any(is_secret(part) for part in lookup.split("__"))
