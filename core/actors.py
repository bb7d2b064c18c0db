"""Who does it: the first argument of every service that writes a log."""

from dataclasses import dataclass
from typing import Literal

from rest_framework.request import Request

from core.http.client_ip import client_ip


@dataclass(frozen=True, slots=True)
class Actor:
    """A shopper, a member of staff, the payment provider, or the shop itself."""

    user_id: int | None = None
    ip: str | None = None
    kind: Literal["customer", "staff", "stripe", "system"] = "system"


SYSTEM = Actor()
STRIPE = Actor(kind="stripe")


def actor_of(request: Request) -> Actor:
    """Return who makes this request; called by views only."""
    user = request.user
    kind: Literal["customer", "staff"] = "staff" if getattr(user, "is_staff", False) else "customer"
    return Actor(user_id=user.pk, ip=client_ip(request._request), kind=kind)
