"""Money that goes back: asked for by staff or by the shop itself, or found at the provider.

Sums are held under the payment's lock: what is given back or asked for never exceeds what was captured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum

from orders import notices, transitions
from orders.exceptions import PaymentNotConfigured, PaymentProviderUnavailable, PaymentSetupFailed, RefundTooLarge, SessionMissing
from orders.facts import RefundFacts
from orders.gateways import stripe
from orders.locking import locked, locked_payments, locked_with_order
from orders.models import Order, OrderItem, Payment, Refund
from products import stock
from store.core import money, outbox
from store.core.actors import STRIPE, SYSTEM, Actor

State = Refund.State
JOB = "refund"
LOST = "lost in a dispute"
RANK = {  # a state is never left for one before it, in whatever order the provider tells of them
    **{State.REQUESTED: 0, State.SUBMITTED: 1, State.PENDING: 2, State.REQUIRES_ACTION: 3},
    **{State.SUCCEEDED: 4, State.CANCELLED: 5, State.FAILED: 5},
}
GIVEN = (State.PENDING, State.REQUIRES_ACTION, State.SUCCEEDED)
COUNTED = (State.REQUESTED, State.SUBMITTED, *GIVEN)


@dataclass(frozen=True, slots=True)
class Returned:
    """Units of an order's line whose money goes back; `restock` puts them on the shelf again."""

    item: int
    quantity: int
    restock: bool = False


def request_whole(payment: Payment, reason: str, *, source: str = Refund.Source.AUTO, by: int | None = None) -> Refund | None:
    """Ask for all that is left of a locked payment; None where nothing is."""
    rest = rest_of(payment)
    return _request(payment, rest, source, reason, by) if rest else None


def rest_of(payment: Payment) -> int:
    """Return what of a payment has been neither given back nor asked for, in minor units."""
    taken = payment.refunds.filter(state__in=COUNTED).aggregate(n=Sum("amount_minor"))["n"] or 0
    return max(payment.captured_minor - taken, 0)


def ask(actor: Actor, order_id: int, amount: Decimal | None, reason: str, lines: Sequence[Returned] = ()) -> Refund:
    """Give money of an order back: an amount (None: all that is left), for these lines or for none.

    Raises OrderNotFound, RefundTooLarge. The provider is asked after the commit; where it does not answer, again and again.
    """
    with transaction.atomic():
        order = locked(order_id)
        payment = max(locked_payments(order), key=rest_of, default=None)
        rest = rest_of(payment) if payment is not None else 0
        wanted = rest if amount is None else minor_of(amount, order)
        if payment is None or not 0 < wanted <= rest:
            raise RefundTooLarge(details={"rest": money.text(major_of(rest, order), order.currency)})
        _return_lines(actor, order, lines)
        refund = _request(payment, wanted, Refund.Source.STAFF, reason, actor.user_id, lines)
        transitions.note(order, "refund_requested", actor, amount=money.text(refund.amount, order.currency), reason=reason)
    submit_now(refund.pk)
    refund.refresh_from_db()
    return refund


def minor_of(amount: Decimal, order: Order) -> int:
    """Return an amount in the minor units of the order's payments. Raises AmountNotChargeable, ValueError for a fraction."""
    if order.payment_method == Order.Method.STRIPE:
        return stripe.minor(amount, order.currency)
    return money.to_minor(amount, order.currency)


def major_of(amount_minor: int, order: Order) -> Decimal:
    """Return minor units of the order's payments as an amount."""
    if order.payment_method == Order.Method.STRIPE:
        return stripe.major(amount_minor, order.currency)
    return Decimal(amount_minor).scaleb(-money.exponent(order.currency))


def _return_lines(actor: Actor, order: Order, lines: Sequence[Returned]) -> None:
    back: dict[int, int] = {}
    is_sold = order.stock_state == Order.StockState.COMMITTED  # else its units are on the shelf already
    for line in lines:
        if line.quantity < 1:
            raise RefundTooLarge("Return at least one unit of a line")
        found = OrderItem.objects.filter(pk=line.item, order=order, quantity__gte=F("refunded_quantity") + line.quantity)
        again = line.quantity if line.restock and is_sold else 0
        changed = found.update(
            refunded_quantity=F("refunded_quantity") + line.quantity, restocked_quantity=F("restocked_quantity") + again
        )
        if not changed:
            raise RefundTooLarge("More units than were bought and not refunded yet")
        variant = OrderItem.objects.values_list("variant", flat=True).get(pk=line.item)
        if again and variant is not None:
            back[variant] = back.get(variant, 0) + again
    if back:
        stock.put_back(actor, dict(sorted(back.items())), reference=order.number)


def _request(
    payment: Payment, amount_minor: int, source: str, reason: str, by: int | None, lines: Sequence[Returned] = ()
) -> Refund:
    refund = Refund.objects.create(
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
    except (PaymentProviderUnavailable, PaymentNotConfigured):
        return


def submit(refund_id: UUID) -> None:
    """Ask the provider to give the money back; as often as one likes, for it knows the refund by its key.

    Raises PaymentProviderUnavailable, PaymentNotConfigured, and the refund stays `submitted`.
    """
    with transaction.atomic():
        order, payment, refund = _held(refund_id)
        if refund.state not in (State.REQUESTED, State.SUBMITTED):
            return
        if payment.provider == Order.Method.COD:  # staff hand it over
            _become(order, payment, refund, State.SUCCEEDED, SYSTEM)
            return
        refund.state = State.SUBMITTED
        refund.save(update_fields=["state", "updated_at"])
    try:
        facts = stripe.give_back(refund, payment.payment_intent or "")
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
    """Ask the provider for all refunds of a payment. Raises as `stripe.refunds_of`."""
    return stripe.refunds_of(payment.payment_intent) if payment.payment_intent else []


@transaction.atomic
def record(payment_id: UUID, told: Sequence[RefundFacts], actor: Actor = STRIPE) -> int:
    """Bring the refunds of a payment to what the provider tells, in whatever order it does; returns how many changed."""
    order, payment = locked_with_order(payment_id)
    return sum(_record(order, payment, facts, actor) for facts in told)


def _record(order: Order, payment: Payment, facts: RefundFacts, actor: Actor) -> bool:
    refund, state = _found(payment, facts), state_of(facts)
    if refund is None:
        refund = Refund(
            payment=payment,
            provider_id=facts.id,
            amount=stripe.major(facts.amount, facts.currency),
            amount_minor=facts.amount,
            source=Refund.Source.EXTERNAL,
            state=State.SUBMITTED,
        )
        refund.save(force_insert=True)
        transitions.flag(order, transitions.EXTERNAL_REFUND, actor, refund=facts.id)
    elif refund.provider_id is None:
        refund.provider_id = facts.id
        refund.save(update_fields=["provider_id", "updated_at"])
    if RANK[State(state)] <= RANK[State(refund.state)]:
        return False
    refund.failure_code = facts.failure[:60]
    _become(order, payment, refund, state, actor)
    return True


def state_of(facts: RefundFacts) -> str:
    """Return the state that the provider's word means; one that is not known yet is taken as pending."""
    state = {"canceled": State.CANCELLED}.get(facts.status, facts.status)
    return state if state in RANK else State.PENDING


def note_lost(order: Order, payment: Payment, dispute_id: str, amount_minor: int) -> None:
    """Record what was lost in a dispute; order and payment are locked."""
    refund = Refund(
        payment=payment,
        provider_id=dispute_id,
        amount=major_of(amount_minor, order),
        amount_minor=amount_minor,
        source=Refund.Source.EXTERNAL,
        reason=LOST,
    )
    refund.save(force_insert=True)
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
    refund.state = state
    refund.save(update_fields=["state", "failure_code", "updated_at"])
    given = payment.refunds.filter(state__in=GIVEN).aggregate(n=Sum("amount_minor"))["n"] or 0
    payment.refunded_minor = min(given, payment.captured_minor)
    payment.save(update_fields=["refunded_minor", "updated_at"])
    data = {"refund": str(refund.pk), "amount": money.text(refund.amount, order.currency), "source": refund.source}
    transitions.note(order, f"refund_{state}", actor, **data)
    if state in (State.FAILED, State.CANCELLED):
        for item, units in refund.lines.items():
            OrderItem.objects.filter(pk=item).update(refunded_quantity=F("refunded_quantity") - units)
        transitions.flag(order, transitions.REFUND_FAILED, actor, **data)
    elif state == State.SUCCEEDED:
        if refund.source == Refund.Source.AUTO and order.attention == transitions.LATE_PAYMENT:
            transitions.settle_attention(order, actor)
        if refund.reason != LOST:
            notices.tell(order, "refunded", about=str(refund.pk), amount=data["amount"])
