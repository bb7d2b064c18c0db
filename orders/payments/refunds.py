"""Refunds: requested by staff or by the shop itself, or found at the provider.

Amounts are checked under the payment's lock: what was refunded and requested never exceeds what was captured.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, Sum

from core import money, outbox
from core.actors import STRIPE, SYSTEM, Actor
from orders import minor_units
from orders.exceptions import (
    BalanceTooLow,
    InvalidTransition,
    PaymentNotConfigured,
    PaymentProviderUnavailable,
    PaymentSetupFailed,
    RefundRefused,
    RefundTooLarge,
    SessionMissing,
)
from orders.models import MAX_REASON, Order, OrderItem, Payment, Refund
from orders.payments import refund_effects, refund_lines, refund_shares, stripe_gateway
from orders.payments.provider_state import ProviderRefund
from orders.payments.refund_lines import CountedLine, RefundLine
from orders.state import alerts, refund_states, transitions
from orders.state.locking import lock_order, lock_order_and_payment, lock_payments_of_order
from orders.state.payment_states import refundable_minor

State = Refund.State
SUBMIT_REFUND_JOB = "refund"
REPORTED_STATES = (*Refund.REFUNDED_STATES, *Refund.CLOSED_STATES)  # that the provider can report


def request_full_refund(payment: Payment, reason: str, *, source: str = Refund.Source.AUTO, by: int | None = None) -> Refund | None:
    """Request a refund of all that is refundable of a locked payment; return None if nothing is."""
    rest = refundable_minor(payment)
    return create_refund(payment, rest, {}, source=source, reason=reason, by=by) if rest else None


def request_refund(
    actor: Actor,
    order_id: int,
    amount: Decimal | None,
    reason: str,
    lines: Sequence[RefundLine] = (),
    *,
    refund_id: UUID | None = None,
    seen: int | None = None,
    source: str = Refund.Source.STAFF,
) -> Refund:
    """Refund an amount of an order (None: all that is refundable), for these lines or for none.

    A second call with the same `refund_id` returns the first refund. `seen` is the `committed_minor` that staff saw when deciding.
    The provider is called after the commit, and again by a job until it answers; not for the source BANK, which staff have paid.

    Raises OrderNotFound, RefundTooLarge; InvalidTransition if the units are back in stock or the order has other refunds by now;
    and what `fetch_refunds` raises.
    """
    if (refund_id is None or not Refund.objects.filter(pk=refund_id).exists()) and recheck_assumed_failures(order_id):
        raise InvalidTransition("The payment provider reports new refunds of this order. Look at it again")
    with transaction.atomic():
        order = lock_order(order_id)
        existing = Refund.objects.select_related("payment").filter(pk=refund_id).first() if refund_id else None
        if existing is not None and existing.payment.order_id == order.pk:
            return existing
        if seen is not None and seen != committed_minor(order):
            raise InvalidTransition("The refunds of this order have changed in the meantime. Look at it again")
        payment, amount_minor = _select_payment(order, amount)
        counted = count_lines(actor, order, payment, amount_minor, lines)
        own_id = uuid4() if existing is not None or refund_id is None else refund_id
        refund = create_refund(payment, amount_minor, counted, source=source, reason=reason, by=actor.user_id, refund_id=own_id)
        amount_text = money.format_amount(refund.amount, order.currency)
        transitions.record_event(order, "refund_requested", actor, amount=amount_text, reason=reason)
        if source == Refund.Source.BANK:
            refund_effects.move(order, payment, refund, State.SUCCEEDED, actor)
    try_submit(refund.pk)
    refund.refresh_from_db()
    return refund


def _select_payment(order: Order, amount: Decimal | None) -> tuple[Payment, int]:
    """Lock the payments of a locked order; return the one to refund, and the amount in minor units. Raises RefundTooLarge."""
    payment = max(lock_payments_of_order(order), key=refundable_minor, default=None)
    rest = refundable_minor(payment) if payment is not None else 0
    provider = payment.provider if payment is not None else order.payment_method
    amount_minor = rest if amount is None else minor_units.to_minor(amount, provider, order.currency)
    if payment is None or not 0 < amount_minor <= rest:
        rest_amount = minor_units.to_major(rest, provider, order.currency)
        raise RefundTooLarge(details={"rest": money.format_amount(rest_amount, order.currency)})
    return payment, amount_minor


def count_lines(
    actor: Actor, order: Order, payment: Payment, amount_minor: int, lines: Sequence[RefundLine]
) -> dict[int, CountedLine]:
    """Count the units of a new refund, and return what it counts of each line. Raises as `record_refunded_units`."""
    if not lines:
        return {}
    units: dict[int, int] = {}
    for line in lines:
        units[line.item] = units.get(line.item, 0) + line.quantity
    items = OrderItem.objects.filter(order=order, pk__in=units)
    shares = refund_shares.get_shares(order, items, payment.provider)  # as they are without this refund
    delivered = refund_lines.record_refunded_units(actor, order, lines)
    return refund_lines.count_lines(lines, refund_shares.divide_among(shares, units, amount_minor), delivered)


def committed_minor(order: Order) -> int:
    """Return what was refunded or requested of an order, in minor units."""
    refunds = Refund.objects.filter(payment__order=order, state__in=Refund.COMMITTED_STATES)
    return refunds.aggregate(n=Sum("amount_minor"))["n"] or 0


def recheck_assumed_failures(order_id: int) -> int:
    """Look up refunds at the provider that the shop assumes to have failed; return how many changed. Raises as `fetch_refunds`."""
    payments = Payment.objects.filter(order=order_id, refunds__state=State.FAILED, refunds__provider_id=None).distinct()
    return sum(record_refunds(payment.pk, fetch_refunds(payment)) for payment in payments)


def create_refund(
    payment: Payment,
    amount_minor: int,
    counted: Mapping[int, CountedLine],
    *,
    source: str,
    reason: str,
    by: int | None,
    refund_id: UUID | None = None,
) -> Refund:
    """Insert a refund of a locked payment, and enqueue that the provider is asked for it; the caller has checked its amount."""
    refund = Refund.objects.create(
        id=refund_id or uuid4(),
        payment=payment,
        amount=minor_units.to_major(amount_minor, payment.provider, payment.currency),
        amount_minor=amount_minor,
        source=source,
        reason=reason[:MAX_REASON],
        lines=refund_lines.write_lines(counted),
        delivered_units=refund_lines.write_delivered(counted),
        created_by_id=by,
    )
    if source != Refund.Source.BANK:
        outbox.enqueue(SUBMIT_REFUND_JOB, {"refund": str(refund.pk)}, dedupe_key=f"refund:{refund.pk}")
    return refund


def try_submit(refund_id: UUID) -> None:
    """Submit a refund now; if the provider does not answer, the enqueued job submits it later."""
    try:
        submit_refund(refund_id)
    except (PaymentProviderUnavailable, PaymentNotConfigured, PaymentSetupFailed):
        return


def submit_refund(refund_id: UUID) -> None:
    """Ask the provider for a refund; safe to repeat.

    The refund's id is the idempotency key, but the provider forgets keys after a day: a refund that may have been made already is
    looked up first. Raises PaymentProviderUnavailable (BalanceTooLow too), PaymentNotConfigured, PaymentKeyRefused and
    PaymentSetupFailed; the refund then stays `submitted`.
    """
    pending = Refund.objects.select_related("payment").get(pk=refund_id)
    if pending.state == State.SUBMITTED:
        record_refunds(pending.payment_id, fetch_refunds(pending.payment))
    with transaction.atomic():
        order, payment, refund = _lock_refund(refund_id)
        if refund.state not in (State.REQUESTED, State.SUBMITTED) or refund.provider_id is not None:
            return
        if payment.provider == Order.Method.COD:  # staff pay it back by hand
            refund_effects.move(order, payment, refund, State.SUCCEEDED, SYSTEM)
            return
        if refund.state == State.REQUESTED:
            refund_states.move(refund, State.SUBMITTED)
    try:
        answer = stripe_gateway.create_refund(refund, payment.payment_intent or "")
    except (RefundRefused, BalanceTooLow) as refusal:
        _record_refusal(refund, refusal)
        if isinstance(refusal, BalanceTooLow):
            raise
        return
    record_refunds(payment.pk, [answer])


@transaction.atomic
def _record_refusal(submitted: Refund, refusal: RefundRefused | BalanceTooLow) -> None:
    """Fail a refund that the provider will never make. One that waits for balance gets another idempotency key.

    The provider would repeat its refusal for the same key (https://docs.stripe.com/api/idempotent_requests).
    """
    order, payment, refund = _lock_refund(submitted.pk)
    if refund.state != State.SUBMITTED or refund.refusals != submitted.refusals:  # another call was faster
        return
    code = refusal.provider_code[:60]
    if isinstance(refusal, RefundRefused):
        refund_effects.move(order, payment, refund, State.FAILED, STRIPE, failure_code=code)
        return
    refund.refusals, refund.failure_code = refund.refusals + 1, code
    refund.save(update_fields=["refusals", "failure_code", "updated_at"])


def _lock_refund(refund_id: UUID) -> tuple[Order, Payment, Refund]:
    """Lock a refund's order and payment, then the refund, inside a transaction."""
    order, payment = lock_order_and_payment(Refund.objects.values_list("payment", flat=True).get(pk=refund_id))
    return order, payment, Refund.objects.select_for_update(no_key=True).get(pk=refund_id)


def fetch_refunds(payment: Payment) -> list[ProviderRefund]:
    """Return all refunds of a payment at the provider; none if the provider does not know it. Raises as `list_refunds` does."""
    try:
        return stripe_gateway.list_refunds(payment.payment_intent) if payment.payment_intent else []
    except SessionMissing:
        return []


@transaction.atomic
def record_refunds(payment_id: UUID, provider_refunds: Sequence[ProviderRefund], actor: Actor = STRIPE) -> int:
    """Bring the refunds of a payment to the provider's state, in whatever order it reports them; return how many changed."""
    order, payment = lock_order_and_payment(payment_id)
    return sum(_record_refund(order, payment, provider_refund, actor) for provider_refund in provider_refunds)


def _record_refund(order: Order, payment: Payment, reported: ProviderRefund, actor: Actor) -> bool:
    if reported.currency != payment.currency:
        return _record_foreign_refund(order, reported, actor)
    refund, state = _find_refund(payment, reported), state_of(reported)
    is_assumed_failed = refund is not None and refund_states.is_assumed_failed(refund)
    if refund is None:
        refund = _create_external_refund(order, payment, reported, actor)
    elif refund.provider_id is None:
        refund.provider_id = reported.id
        refund.save(update_fields=["provider_id", "updated_at"])
    if is_assumed_failed:
        refund_effects.correct_failure(order, payment, refund, state, actor, failure_code=reported.failure[:60])
        return True
    if not refund_states.can_move(refund, state):
        return False
    refund_effects.move(order, payment, refund, state, actor, failure_code=reported.failure[:60])
    return True


def _create_external_refund(order: Order, payment: Payment, reported: ProviderRefund, actor: Actor) -> Refund:
    """Record a refund that the shop did not request, and alert the merchant."""
    refund = Refund(
        payment=payment,
        provider_id=reported.id,
        amount=minor_units.to_major(reported.amount, payment.provider, payment.currency),
        amount_minor=reported.amount,
        source=Refund.Source.EXTERNAL,
        state=State.SUBMITTED,
    )
    refund.save(force_insert=True)
    alerts.raise_alert(order, alerts.EXTERNAL_REFUND, actor, refund=reported.id)
    return refund


def _record_foreign_refund(order: Order, reported: ProviderRefund, actor: Actor) -> bool:
    """Record a refund in another currency in the history, once for each of its states; the books hold the order's currency."""
    data = {"refund": reported.id, "amount_minor": reported.amount, "currency": reported.currency, "status": reported.status}
    if order.events.filter(kind="foreign_refund", data=data).exists():
        return False
    transitions.record_event(order, "foreign_refund", actor, **data)
    return True


def state_of(reported: ProviderRefund) -> str:
    """Return the state that the provider's status means; an unknown status counts as pending."""
    state = {"canceled": State.CANCELLED}.get(reported.status, reported.status)
    return state if state in REPORTED_STATES else State.PENDING


def _find_refund(payment: Payment, reported: ProviderRefund) -> Refund | None:
    """Find a refund by the provider's id, or by the shop's own id if the provider's answer never arrived."""
    try:
        own = Q(pk=UUID(reported.refund), provider_id=None)
    except ValueError:
        own = Q(pk=None)
    refunds = payment.refunds.select_for_update(no_key=True)
    return refunds.filter(provider_id=reported.id).first() or refunds.filter(own).first()
