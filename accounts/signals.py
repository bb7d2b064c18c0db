"""Signals for the apps above accounts."""

from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class SignInExtra:
    """What a receiver of `signed_in` adds to the response: keys beside `user`, and cookies to delete."""

    data: dict[str, Any] = field(default_factory=dict)
    cookies_to_delete: tuple[str, ...] = ()


# Sent with `request` and `user` after the session is committed, with `send_robust`: a failing receiver never stops a sign-in.
# Receivers return a `SignInExtra` or None.
signed_in = Signal()

# The next two are sent with `send` in the transaction of the change: a failing receiver rolls everything back.
# Sent with `user` when an account that someone else may have registered is handed to the owner of its address; receivers delete
# what the previous holder left there.
identity_reset = Signal()
# Sent twice with `user_id` and `is_locked` before an account is deleted; receivers delete personal data. The second time the
# account is locked, so no rows can be added to it; receivers must not wait for locks then, because their holder may be waiting
# for the account.
account_erased = Signal()
