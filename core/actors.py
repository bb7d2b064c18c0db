"""The actor behind a change: the first argument of every service that writes a log."""

from dataclasses import dataclass
from typing import Literal

from rest_framework.request import Request

from core.http.client_ip import get_client_ip


@dataclass(frozen=True, slots=True)
class Actor:
    """A shopper, a member of staff, the payment provider, or the shop itself."""

    user_id: int | None = None
    ip: str | None = None
    kind: Literal["customer", "staff", "stripe", "system"] = "system"


SYSTEM = Actor()
STRIPE = Actor(kind="stripe")


def get_actor(request: Request) -> Actor:
    """Return the actor of this request; only views call it."""
    user = request.user
    kind: Literal["customer", "staff"] = "staff" if getattr(user, "is_staff", False) else "customer"
    return Actor(user_id=user.pk, ip=get_client_ip(request._request), kind=kind)
