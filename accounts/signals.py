"""What accounts tells the apps above it."""

from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver of `signed_in` wants in the answer: keys beside the user, and cookies that are over."""

    data: dict[str, Any] = field(default_factory=dict)
    over: tuple[str, ...] = ()


# Sent with `request` and `user` once the session is committed, robustly: a failing receiver never stops a sign-in.
signed_in = Signal()

# Both are sent plainly, in the transaction of the change: where a receiver fails, all of it is undone.
# With `user`: whoever made the account was not the owner of its address, and what he left behind goes.
identity_reset = Signal()
# With `user_id`, twice: the account is about to be deleted, and with it all that is personal. The second time the account is
# held, so that nothing more comes to it; a receiver must then wait for nobody, who may be waiting for the account.
account_erased = Signal()
