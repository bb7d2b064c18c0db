"""How many unpaid card orders a buyer may have: each holds stock that nobody else can buy until it expires."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q

from carts.guest_keys import digest
from carts.identity import CartRef
from core import advisory_locks, rate_limits
from orders.exceptions import TooManyUnpaidOrders
from orders.models import Order
from orders.placement.request import Placement

FROM_NETWORK = "Too many orders from your network await payment. Sign in, pay on delivery, or try again later"


@dataclass(frozen=True, slots=True)
class _Scope:
    """Orders that count together."""

    name: str
    orders: Q
    limit: int
    message: str = ""


def get_network(placement: Placement) -> str:
    """Return the IPv4 address or IPv6 network of a guest, to be stored with an unpaid order; empty for users."""
    is_guest = placement.owner.user_id is None
    return rate_limits.get_caller_key(placement.actor.ip) if is_guest and placement.actor.ip is not None else ""


def check_limits(placement: Placement, ref: CartRef, *, replaced: Order | None) -> None:
    """Refuse another unpaid order of a buyer who has as many as they may, not counting the one that it replaces.

    Concurrent requests of a buyer wait for each other here, until they commit. Raises TooManyUnpaidOrders.
    """
    scopes = [scope for scope in _list_scopes(placement, ref) if scope.limit]
    if not scopes:
        return
    advisory_locks.lock(*(f"unpaid orders of {scope.name}" for scope in scopes))
    unpaid = Order.objects.filter(status=Order.Status.PENDING)
    unpaid = unpaid.exclude(pk=replaced.pk) if replaced is not None else unpaid
    counts = unpaid.aggregate(**{f"scope_{index}": Count("pk", filter=scope.orders) for index, scope in enumerate(scopes)})
    for index, scope in enumerate(scopes):
        if counts[f"scope_{index}"] >= scope.limit:
            raise TooManyUnpaidOrders(scope.message, details={"limit": scope.limit})


def _list_scopes(placement: Placement, ref: CartRef) -> list[_Scope]:
    """Return what is counted: the orders of a user; or of a guest's key, e-mail address, phone number and network.

    A user's contact data do not count, nor do users of a network: others could fill their limit, or lock out an office.
    """
    request, user_id, limit = placement.request, placement.owner.user_id, settings.MAX_UNPAID_ORDERS
    if user_id is not None:
        return [_Scope(f"user {user_id}", Q(user=user_id), limit)]
    key_hash, network = digest(ref.key or ""), get_network(placement)
    scopes = [_Scope(f"key {key_hash}", Q(cart__key_hash=key_hash), limit)]
    scopes += [_Scope(f"email {request.email}", Q(email=request.email), limit)] if request.email else []
    e164 = placement.phone_e164
    if request.phone:
        scopes.append(_Scope(f"phone {e164 or request.phone}", Q(phone_e164=e164) if e164 else Q(phone=request.phone), limit))
    from_network = _Scope(f"network {network}", Q(guest_network=network), settings.MAX_UNPAID_ORDERS_PER_NETWORK, FROM_NETWORK)
    return [*scopes, from_network] if network else scopes
