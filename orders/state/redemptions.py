"""The uses of promotions by orders: held while an order is unpaid, used once it is confirmed, released when it is closed.

Promotions with a limit are locked in ascending id; `used` counts what is held and used of them. Codes for one order are locked
after them, in ascending id, and before the uses: a use that waits for another one of its code must not hold what that one needs.
"""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from core.actors import Actor
from core.compiled_queries import CompiledInsert
from orders.models import Order, Redemption
from orders.state import transitions
from pricing import rules
from pricing.models import Promotion, PromotionCode
from products.services import stock

State = Redemption.State
INSERT_REDEMPTIONS = CompiledInsert(Redemption)
Limits = dict[int, tuple[int, int]]  # how often each promotion was used, and its limit
REDEEMED_LATE = "redeemed_late"  # event of an order whose late payment used promotions or codes beyond their limits


def list_contact_hashes(contact: str) -> list[str]:
    """Return the keyed hashes that rows may hold of a normalized contact; the first is of the current key."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    hashes = (salted_hmac("orders.redemptions", contact, secret=key, algorithm="sha256").hexdigest() for key in keys)
    return list(hashes) if contact else []


def redeem(order: Order, uses: Iterable[tuple[int, int | None, bool]], limited: Limits) -> None:
    """Record that a new order uses promotions, each with the code (if any), and whether that is for one order only.

    The limited ones are locked.
    """
    state = State.HELD if order.status == Order.Status.PENDING else State.USED
    email_hash, phone_hash = (next(iter(list_contact_hashes(text)), "") for text in (order.email, order.phone_e164))
    rows = [
        Redemption(
            promotion_id=promotion_id,
            code_id=code_id,
            order=order,
            user_id=order.user_id,
            email_hash=email_hash,
            phone_hash=phone_hash,
            single_use=is_single_use,
            state=state,
            created_at=order.placed_at,
        )
        for promotion_id, code_id, is_single_use in sorted(uses)  # two orders with the same codes wait for each other in one order
    ]
    if not rows:
        return
    _count(rows, 1, limited)
    INSERT_REDEMPTIONS.add(*rows)


def use(order: Order, actor: Actor) -> None:
    """Record that an order was confirmed. What was released counts again, even beyond a limit: the buyer has paid."""
    if not order.discount_total:
        return
    released = list(order.redemptions.filter(state=State.RELEASED))
    limited = lock_limited(row.promotion_id for row in released) if released else {}
    taken = [code for code in _lock_codes(row.code_id for row in released if row.single_use) if code.is_used]
    order.redemptions.filter(state=State.RELEASED, code__in=taken).update(single_use=False)  # another order has the code by now
    order.redemptions.exclude(state=State.USED).update(state=State.USED, updated_at=order.updated_at)
    exceeded = _count(released, 1, limited)
    if exceeded or taken:
        labels = order.adjustments.filter(promotion__in=exceeded).values_list("label", flat=True)
        names = [*labels, *(code.code for code in taken)]
        transitions.record_event(order, REDEEMED_LATE, actor, promotions=", ".join(names))


def release(order: Order) -> None:
    """Give back the uses of an order that was closed without being delivered."""
    if not order.discount_total:
        return
    rows = list(order.redemptions.filter(state__in=Redemption.LIVE_STATES))
    limited = lock_limited(row.promotion_id for row in rows)
    _count(rows, -1, limited)
    order.redemptions.filter(state__in=Redemption.LIVE_STATES).update(state=State.RELEASED, updated_at=order.updated_at)


def list_codes(order: Order) -> list[str]:
    """Return the codes that take something off an order."""
    return list(order.adjustments.exclude(code="").values_list("code", flat=True)) if order.discount_total else []


def lock_before_listings(order: Order, variant_ids: Collection[int]) -> None:
    """Lock an order's variants, and then its promotions with a limit; call it before stock is moved, which locks listings.

    Placing an order locks in this order, too.
    """
    if order.discount_total:
        stock.lock_variants(variant_ids)
        lock_limited(order.redemptions.values_list("promotion", flat=True))


def lock_limited(promotion_ids: Iterable[int]) -> Limits:
    """Lock those of the promotions that have a limit, in ascending id; return how often each was used, and its limit."""
    promotions = Promotion.objects.filter(pk__in=set(promotion_ids), usage_limit__isnull=False).order_by("pk")
    rows = promotions.select_for_update(no_key=True).values_list("pk", "used", "usage_limit")
    return {pk: (used, limit) for pk, used, limit in rows if limit is not None}


def _count(rows: Collection[Redemption], change: int, limited: Limits) -> list[int]:
    """Change the counters of locked promotions and of codes for one order; return the promotions beyond their limits.

    If a promotion is used up, or no longer is, carts have to know. Call it before the uses are written.
    """
    codes = [row.code_id for row in rows if row.single_use and row.code_id is not None]
    if len(codes) > 1:
        _lock_codes(codes)
    if codes:
        PromotionCode.objects.filter(pk__in=codes).update(is_used=change > 0)
    if not limited:
        return []
    used = Greatest(F("used") + change, 0)  # an order that was placed while staff set the limit may not have been counted
    Promotion.objects.filter(pk__in=limited).update(used=used)
    if any((used + change >= limit) != (used >= limit) for used, limit in limited.values()):
        rules.rebuild(has_new_delivery=False)
    return [pk for pk, (used, limit) in limited.items() if used + change > limit]


def _lock_codes(code_ids: Iterable[int | None]) -> list[PromotionCode]:
    """Lock codes in ascending id, and return them."""
    return list(PromotionCode.objects.select_for_update(no_key=True).filter(pk__in=list(code_ids)).order_by("pk"))
