"""Promotion codes of a cart. Each change locks the cart's row first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from carts import audit, selectors
from carts.exceptions import TooManyCodes
from carts.identity import CartOwner, CartRef
from carts.models import MAX_CODES, CartAuditLog, CartCode
from carts.services import lock_or_create_cart, touch_cart
from core import rate_limits
from core.actors import Actor
from pricing.exceptions import CodeInvalid, CodeUnknown
from pricing.models import MAX_CODE, PromotionCode
from pricing.promotions.codes import normalize_code
from pricing.rules import EnteredCode

TRY_SCOPE = "code_try"


def add_code(actor: Actor, owner: CartOwner, text: str) -> CartRef:
    """Add a code of a running promotion to the cart; create the cart if necessary. A code that is there already changes nothing.

    Codes that do not exist and codes that have ended are refused alike.

    Raises CodeUnknown, TooManyCodes, TooManyRequests, CartBusy.
    """
    with _counting_failures(actor, owner):
        return _add_code(actor, owner, normalize_code(text))


def look_up(actor: Actor, owner: CartOwner, wanted: Sequence[str], *, field: str) -> list[EnteredCode]:
    """Return the codes that a request names, which are normalized. Raises CodeInvalid for the field, TooManyRequests."""
    if not wanted:
        return []
    with _counting_failures(actor, owner):
        found = {row.code: row for row in PromotionCode.objects.filter(code__in=wanted)}
        unknown = [code for code in wanted if code not in found]
        if unknown:
            raise CodeInvalid(f"The code {unknown[0]} is not valid", field=field)
    rows = [found[code] for code in wanted]
    return [EnteredCode(row.pk, row.code, row.promotion_id, row.is_used, is_single_use=row.single_use) for row in rows]


@contextmanager
def _counting_failures(actor: Actor, owner: CartOwner) -> Iterator[None]:
    """Count unknown codes towards the limit of the caller's address and account. Raises TooManyRequests if it is used up."""
    callers: list[tuple[str, object]] = [("address", rate_limits.get_caller_key(actor.ip))]
    callers += [("user", owner.user_id)] if owner.user_id is not None else []
    for caller in callers:
        rate_limits.check(TRY_SCOPE, *caller)
    try:
        yield
    except (CodeUnknown, CodeInvalid):
        for caller in callers:
            rate_limits.is_within(TRY_SCOPE, *caller)  # counts it; whether it was the last one does not matter here
        raise


@transaction.atomic
def _add_code(actor: Actor, owner: CartOwner, code: str) -> CartRef:
    ref = selectors.get_cart_ref(owner, lock=True)
    present = CartCode.objects.filter(cart=ref.id, code__code=code) if ref.id is not None else CartCode.objects.none()
    if present.exists():
        return ref
    found = _find_running(code)
    ref, is_new = (ref, False) if ref.id is not None else lock_or_create_cart(actor, owner, lambda: None)
    if not is_new and CartCode.objects.filter(cart=ref.pk).count() >= MAX_CODES:
        raise TooManyCodes(field="code")
    CartCode.objects.create(cart_id=ref.pk, code=found)
    audit.record(actor, ref.pk, [audit.Entry(CartAuditLog.Action.CODE, {"code": code, "change": "added"})])
    return touch_cart(ref)


def _find_running(code: str) -> PromotionCode:
    """Return a code with which an order can be placed now or later. Raises CodeUnknown."""
    if not code or len(code) > MAX_CODE:
        raise CodeUnknown
    now = timezone.now()
    running = Q(promotion__ends_at=None) | Q(promotion__ends_at__gt=now)
    left = Q(promotion__usage_limit=None) | Q(promotion__used__lt=F("promotion__usage_limit"))
    codes = PromotionCode.objects.filter(running, left, code=code, is_used=False)
    found = codes.filter(promotion__kind="code", promotion__is_active=True, promotion__deleted_at=None).first()
    if found is None:
        raise CodeUnknown
    return found


@transaction.atomic
def remove_code(actor: Actor, owner: CartOwner, text: str) -> CartRef:
    """Remove a code from the cart. Raises CodeUnknown if the cart does not have it."""
    ref, code = selectors.get_cart_ref(owner, lock=True), normalize_code(text)
    can_have_code = ref.id is not None and "\x00" not in code  # PostgreSQL refuses such a text
    removed, _ = CartCode.objects.filter(cart=ref.id, code__code=code).delete() if can_have_code else (0, {})
    if not removed:
        raise CodeUnknown("Your cart does not have this code")
    audit.record(actor, ref.pk, [audit.Entry(CartAuditLog.Action.CODE, {"code": code, "change": "removed"})])
    return touch_cart(ref)
