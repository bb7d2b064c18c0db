"""Money that goes back: asked for by staff or by the shop itself, or found at the provider.

Sums are held under the payment's lock: what is given back or asked for never exceeds what was captured.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, Sum

from core import money, outbox
from core.actors import STRIPE, SYSTEM, Actor
from orders.exceptions import (
    InvalidTransition,
    PaymentKeyRefused,
    PaymentNotConfigured,
    PaymentProviderUnavailable,
    PaymentSetupFailed,
    RefundTooLarge,
    SessionMissing,
)
from orders.models import Order, Payment, Refund
from orders.payments import refund_lines, stripe_gateway
from orders.payments.provider_state import RefundFacts
from orders.payments.refund_lines import Returned
from orders.state import notifications, transitions
from orders.state.locking import locked, locked_payments, locked_with_order

State = Refund.State
JOB = "refund"
LOST = "lost in a dispute"
RANK = {  # a state is never left for one before it, in whatever order the provider tells of them
    **{State.REQUESTED: 0, State.SUBMITTED: 1, State.PENDING: 2, State.REQUIRES_ACTION: 3},
    **{State.SUCCEEDED: 4, State.CANCELLED: 5, State.FAILED: 5},
}
GIVEN = (State.PENDING, State.REQUIRES_ACTION, State.SUCCEEDED)
COUNTED = (State.REQUESTED, State.SUBMITTED, *GIVEN)
OVER = (State.FAILED, State.CANCELLED)


def request_whole(payment: Payment, reason: str, *, source: str = Refund.Source.AUTO, by: int | None = None) -> Refund | None:
    """Ask for all that is left of a locked payment; None where nothing is."""
    rest = rest_of(payment)
    return _request(payment, rest, source, reason, by, (), uuid4()) if rest else None


def capture(payment: Payment, amount_minor: int) -> None:
    """Note that a locked payment has come; what was given back of it before that was known counts from now on."""
    payment.state, payment.captured_minor = Payment.State.SUCCEEDED, amount_minor
    payment.refunded_minor = _given(payment)
    payment.save(update_fields=["state", "captured_minor", "refunded_minor", "updated_at"])
    note_losses(payment.order, payment)


def _given(payment: Payment) -> int:
    given = payment.refunds.filter(state__in=GIVEN).aggregate(n=Sum("amount_minor"))["n"] or 0
    return min(given, payment.captured_minor)


def rest_of(payment: Payment) -> int:
    """Return what of a payment has been neither given back nor asked for, in minor units."""
    taken = payment.refunds.filter(state__in=COUNTED).aggregate(n=Sum("amount_minor"))["n"] or 0
    return max(payment.captured_minor - taken, 0)


def ask(
    actor: Actor,
    order_id: int,
    amount: Decimal | None,
    reason: str,
    lines: Sequence[Returned] = (),
    *,
    refund_id: UUID | None = None,
    seen: int | None = None,
) -> Refund:
    """Give money of an order back: an amount (None: all that is left), for these lines or for none.

    `refund_id` is the refund's own: who asks twice with the same gets the first. `seen` is what `asked_of` said when he decided.
    The provider is asked after the commit, again and again where it does not answer. Raises OrderNotFound, RefundTooLarge, and
    InvalidTransition: the units are on the shelf, or the order has other refunds by now; to learn that, what `told_of` raises.
    """
    if (refund_id is None or not Refund.objects.filter(pk=refund_id).exists()) and find_lost(order_id):
        raise InvalidTransition("The payment provider tells something new about the refunds of this order. Look at it again")
    with transaction.atomic():
        order = locked(order_id)
        known = Refund.objects.select_related("payment").filter(pk=refund_id).first() if refund_id else None
        if known is not None and known.payment.order_id == order.pk:
            return known
        if seen is not None and seen != asked_of(order):
            raise InvalidTransition("The refunds of this order have changed in the meantime. Look at it again")
        payment = max(locked_payments(order), key=rest_of, default=None)
        rest = rest_of(payment) if payment is not None else 0
        wanted = rest if amount is None else minor_of(amount, order)
        if payment is None or not 0 < wanted <= rest:
            raise RefundTooLarge(details={"rest": money.text(major_of(rest, order), order.currency)})
        refund_lines.take_back(actor, order, lines)
        own_id = uuid4() if known is not None or refund_id is None else refund_id
        refund = _request(payment, wanted, Refund.Source.STAFF, reason, actor.user_id, lines, own_id)
        transitions.note(order, "refund_requested", actor, amount=money.text(refund.amount, order.currency), reason=reason)
    submit_now(refund.pk)
    refund.refresh_from_db()
    return refund


def asked_of(order: Order) -> int:
    """Return what of an order has been given back or asked for, in minor units."""
    taken = Refund.objects.filter(payment__order=order, state__in=COUNTED)
    return taken.aggregate(n=Sum("amount_minor"))["n"] or 0


def find_lost(order_id: int) -> int:
    """Look whether refunds that the shop takes for refused were made; returns how many have changed. Raises as `told_of`."""
    lost = Payment.objects.filter(order=order_id, refunds__state=State.FAILED, refunds__provider_id=None).distinct()
    return sum(record(payment.pk, told_of(payment)) for payment in lost)


def minor_of(amount: Decimal, order: Order) -> int:
    """Return an amount in the minor units of the order's payments. Raises AmountNotChargeable, ValueError for a fraction."""
    if order.payment_method == Order.Method.STRIPE:
        return stripe_gateway.minor(amount, order.currency)
    return money.to_minor(amount, order.currency)


def major_of(amount_minor: int, order: Order) -> Decimal:
    """Return minor units of the order's payments as an amount."""
    if order.payment_method == Order.Method.STRIPE:
        return stripe_gateway.major(amount_minor, order.currency)
    return Decimal(amount_minor).scaleb(-money.exponent(order.currency))


def _request(
    payment: Payment, amount_minor: int, source: str, reason: str, by: int | None, lines: Sequence[Returned], refund_id: UUID
) -> Refund:
    refund = Refund.objects.create(
        id=refund_id,
        payment=payment,
        amount=major_of(amount_minor, payment.order),
        amount_minor=amount_minor,
        source=source,
        reason=reason[:200],
        lines={str(line.item): line.quantity for line in lines if not line.restock},
        created_by_id=by,
    )
    outbox.add(JOB, {"refund": str(refund.pk)}, dedupe_key=f"refund:{refund.pk}")
    return refund


def submit_now(refund_id: UUID) -> None:
    """Ask the provider at once; where it does not answer, the owed job does it later."""
    try:
        submit(refund_id)
    except (PaymentProviderUnavailable, PaymentNotConfigured, PaymentSetupFailed):
        return


def submit(refund_id: UUID) -> None:
    """Ask the provider to give the money back, as often as one likes.

    Its key would make the same call harmless, but the provider keeps keys for a day: a refund that may have been made already is
    looked for first. Raises PaymentProviderUnavailable, PaymentNotConfigured, PaymentSetupFailed, and it stays `submitted`.
    """
    asked = Refund.objects.select_related("payment").get(pk=refund_id)
    if asked.state == State.SUBMITTED:
        record(asked.payment_id, told_of(asked.payment))
    with transaction.atomic():
        order, payment, refund = _held(refund_id)
        if refund.state not in (State.REQUESTED, State.SUBMITTED) or refund.provider_id is not None:
            return
        if payment.provider == Order.Method.COD:  # staff hand it over
            _become(order, payment, refund, State.SUCCEEDED, SYSTEM)
            return
        refund.state = State.SUBMITTED
        refund.save(update_fields=["state", "updated_at"])
    try:
        facts = stripe_gateway.give_back(refund, payment.payment_intent or "")
    except PaymentKeyRefused:
        raise
    except (PaymentSetupFailed, SessionMissing) as refusal:
        with transaction.atomic():
            order, payment, refund = _held(refund_id)
            if refund.state == State.SUBMITTED:
                refund.failure_code = refusal.code
                _become(order, payment, refund, State.FAILED, STRIPE)
        return
    record(payment.pk, [facts])


def _held(refund_id: UUID) -> tuple[Order, Payment, Refund]:
    """Lock a refund with its payment and order, inside a transaction."""
    order, payment = locked_with_order(Refund.objects.values_list("payment", flat=True).get(pk=refund_id))
    return order, payment, Refund.objects.select_for_update(no_key=True).get(pk=refund_id)


def told_of(payment: Payment) -> list[RefundFacts]:
    """Ask the provider for all refunds of a payment; one that it does not know has none. Raises as `stripe.refunds_of`."""
    try:
        return stripe_gateway.refunds_of(payment.payment_intent) if payment.payment_intent else []
    except SessionMissing:
        return []


@transaction.atomic
def record(payment_id: UUID, told: Sequence[RefundFacts], actor: Actor = STRIPE) -> int:
    """Bring the refunds of a payment to what the provider tells, in whatever order it does; returns how many changed."""
    order, payment = locked_with_order(payment_id)
    return sum(_record(order, payment, facts, actor) for facts in told)


def _record(order: Order, payment: Payment, facts: RefundFacts, actor: Actor) -> bool:
    if facts.currency != payment.currency:
        return _note_foreign(order, facts, actor)
    refund, state = _found(payment, facts), state_of(facts)
    was_assumed = refund is not None and refund.state == State.FAILED and refund.provider_id is None
    if refund is None:
        refund = Refund(
            payment=payment,
            provider_id=facts.id,
            amount=stripe_gateway.major(facts.amount, facts.currency),
            amount_minor=facts.amount,
            source=Refund.Source.EXTERNAL,
            state=State.SUBMITTED,
        )
        refund.save(force_insert=True)
        transitions.flag(order, transitions.EXTERNAL_REFUND, actor, refund=facts.id)
    elif refund.provider_id is None:
        refund.provider_id = facts.id
        refund.save(update_fields=["provider_id", "updated_at"])
    if RANK[State(state)] <= RANK[State(refund.state)] and not was_assumed:
        return False
    refund.failure_code = facts.failure[:60]
    if was_assumed and state in COUNTED:  # the shop took it for refused: its units are given back after all
        refund_lines.redo(refund)
        failed = {event.data["refund"] for event in transitions.reasons(order, transitions.REFUND_FAILED)} - {str(refund.pk)}
        if not Refund.objects.filter(pk__in=failed, state__in=OVER).exists():
            transitions.resolve(order, transitions.REFUND_FAILED, actor)
    _become(order, payment, refund, state, actor)
    return True


def _note_foreign(order: Order, facts: RefundFacts, actor: Actor) -> bool:
    """Write down a refund in another currency than the order's, once for each state of it; the books hold the order's alone."""
    told = {"refund": facts.id, "amount_minor": facts.amount, "currency": facts.currency, "status": facts.status}
    if order.events.filter(kind="foreign_refund", data=told).exists():
        return False
    transitions.note(order, "foreign_refund", actor, **told)
    return True


def state_of(facts: RefundFacts) -> str:
    """Return the state that the provider's word means; one that is not known yet is taken as pending."""
    state = {"canceled": State.CANCELLED}.get(facts.status, facts.status)
    return state if state in RANK else State.PENDING


def note_losses(order: Order, payment: Payment) -> None:
    """Record what of a payment was lost in disputes, as far as it was not given back before; both are locked."""
    for event in order.events.filter(kind="dispute_lost", data__payment=str(payment.pk)):
        dispute = event.data["dispute"]
        found = payment.refunds.filter(provider_id=dispute).first()
        refund = found or Refund(payment=payment, provider_id=dispute, amount_minor=0, source=Refund.Source.EXTERNAL, reason=LOST)
        lost = min(int(event.data["amount"]), refund.amount_minor + rest_of(payment))
        if lost > refund.amount_minor:
            refund.amount, refund.amount_minor = major_of(lost, order), lost
            refund.save()
            _become(order, payment, refund, State.SUCCEEDED, STRIPE)


def _found(payment: Payment, facts: RefundFacts) -> Refund | None:
    """Find a refund by the provider's id; one whose answer never came, by our own."""
    try:
        ours = Q(pk=UUID(facts.refund), provider_id=None)
    except ValueError:
        ours = Q(pk=None)
    known = payment.refunds.select_for_update(no_key=True)
    return known.filter(provider_id=facts.id).first() or known.filter(ours).first()


def _become(order: Order, payment: Payment, refund: Refund, state: str, actor: Actor) -> None:
    """Change a locked refund's state, and what follows from it."""
    was_over, refund.state = refund.state in OVER, state
    refund.save(update_fields=["state", "failure_code", "updated_at"])
    payment.refunded_minor = _given(payment)
    payment.save(update_fields=["refunded_minor", "updated_at"])
    told = {"refund": str(refund.pk), "amount": money.text(refund.amount, order.currency), "source": refund.source}
    if state in OVER:
        if was_over:  # its units count already as not given back
            return
        refund_lines.undo(refund)
        transitions.flag(order, transitions.REFUND_FAILED, actor, **told, state=state)
        note_losses(order, payment)
        return
    transitions.note(order, f"refund_{state}", actor, **told)
    if state == State.SUCCEEDED:
        if not order.payments.filter(captured_minor__gt=F("refunded_minor")).exists():
            transitions.resolve(order, transitions.LATE_PAYMENT, actor)
        if (refund.source, refund.reason) != (Refund.Source.EXTERNAL, LOST):
            notifications.tell(order, "refunded", about=str(refund.pk), amount=told["amount"])
