"""Which promotions an order may use: those of its codes and the automatic ones, within their limits."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from carts import codes, estimates
from carts.identity import CartRef
from core import advisory_locks
from orders.models import Order, Redemption
from orders.placement.delivery import get_place
from orders.placement.request import Placement
from orders.state import redemptions
from pricing.breakdown import Breakdown
from pricing.rules import Selection


def select(placement: Placement, ref: CartRef, pending: Order | None) -> Selection:
    """Return the promotions that may apply, with the codes of the request or else of the cart, and how the address is served.

    What the order that is to be replaced holds counts as unused. Raises CodeInvalid, TooManyRequests.
    """
    requested = placement.request.codes
    entered = None if requested is None else codes.look_up(placement.actor, placement.owner, requested, field="codes")
    held = list(_list_live(pending).values_list("code", "promotion"))
    return estimates.get_selection(
        ref,
        entered,
        place=get_place(placement.request, ref.market),
        held_codes={code for code, _ in held if code},
        held_promotions={promotion for _, promotion in held},
    )


def _list_live(pending: Order | None) -> QuerySet[Redemption]:
    """Return what the order that is to be replaced holds."""
    if pending is None or not pending.discount_total:
        return Redemption.objects.none()
    return pending.redemptions.filter(state__in=Redemption.LIVE_STATES)


def enforce_limits(placement: Placement, selection: Selection, pending: Order | None) -> tuple[Selection, redemptions.Limits]:
    """Lock the promotions with a limit, and leave out those that are used up, in total or by this buyer.

    The order that is to be replaced does not count. Returns the locked promotions, too.
    """
    counted = {pk: rule for pk, rule in selection.rules.items() if rule.is_counted}
    if not counted:
        return selection, {}
    limited = redemptions.lock_limited(pk for pk, rule in counted.items() if rule.has_limit)
    own = set(_list_live(pending).values_list("promotion", flat=True))
    used_up = {pk for pk, (used, limit) in limited.items() if used - (pk in own) >= limit}
    personal = {pk: rule.limit_per_customer for pk, rule in counted.items() if rule.limit_per_customer is not None}
    if personal:
        first_orders = {pk for pk, rule in counted.items() if rule.first_order_only}
        uses = _count_uses(placement, list(personal), pending, is_first=bool(first_orders))
        used_up |= {pk for pk, limit in personal.items() if uses.get(pk, 0) >= limit}
        if first_orders - used_up and _has_ordered(placement, pending):
            used_up |= first_orders
    return selection.without(used_up, "used_up") if used_up else selection, limited


def _count_uses(placement: Placement, promotion_ids: Collection[int], pending: Order | None, *, is_first: bool) -> dict[int, int]:
    """Return how often this buyer has used each promotion; one of account, e-mail address and phone makes them the same buyer.

    Concurrent orders of a buyer wait for each other here, until they commit; with `is_first`, those with another promotion for
    first orders, too.
    """
    user_id, request = placement.owner.user_id, placement.request
    email_hashes = redemptions.list_contact_hashes(request.email)
    phone_hashes = redemptions.list_contact_hashes(placement.phone_e164)
    names = [name for name in (user_id, *email_hashes[:1], *phone_hashes[:1]) if name is not None]
    subjects = [f"promotion {pk}" for pk in promotion_ids] + (["first order"] if is_first else [])
    advisory_locks.lock(*(f"{subject} of {name}" for subject in subjects for name in names))
    same = Q(email_hash__in=email_hashes) | Q(phone_hash__in=phone_hashes)
    same |= Q(user=user_id) if user_id is not None else Q()
    rows = Redemption.objects.filter(same, promotion__in=promotion_ids, state__in=Redemption.LIVE_STATES)
    if pending is not None:
        rows = rows.exclude(order=pending)
    counts: dict[int, int] = {}
    for pk in rows.values_list("promotion", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def _has_ordered(placement: Placement, pending: Order | None) -> bool:
    """Return whether the buyer has an earlier order that was not cancelled, did not expire and did not come back."""
    user_id, request, e164 = placement.owner.user_id, placement.request, placement.phone_e164
    earlier = Order.objects.exclude(status__in=(*Order.CLOSED_STATUSES, Order.Status.RETURNED))
    earlier = earlier.exclude(pk=pending.pk) if pending is not None else earlier
    matches = [earlier.filter(user=user_id)] if user_id is not None else []
    if request.email:
        matches += [earlier.filter(email=request.email, user=None, erased_at=None), earlier.filter(user__email=request.email)]
    matches += [earlier.filter(phone_e164=e164)] if e164 else []
    return any(orders.exists() for orders in matches)


def redeem(order: Order, costs: Breakdown, selection: Selection, limited: redemptions.Limits) -> None:
    """Record the promotions that take something off a new order."""
    by_code = {entered.code: entered for entered in selection.codes}
    uses = []
    for discount in costs.discounts:
        entered = by_code.get(discount.rule.code)
        uses.append((discount.rule.id, entered.id if entered else None, bool(entered and entered.is_single_use)))
    applied = {discount.rule.id for discount in costs.discounts}
    redemptions.redeem(order, uses, {pk: limits for pk, limits in limited.items() if pk in applied})
