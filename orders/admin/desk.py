"""What staff do to orders: each act is a page that asks, and a service that does it. Nothing is changed by editing columns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms

from orders import cancelling, fulfilment, refunds, settling, transitions
from orders.models import Order, OrderItem, Payment
from orders.reconciling import Run
from store.core import money
from store.core.actors import Actor

Status = Order.Status


class DeskForm(forms.Form):
    """What an act asks for; nothing but a click, where a subclass asks no more."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order


class CancelForm(DeskForm):
    """Why, and what becomes of the money."""

    reason = forms.CharField(max_length=200)
    refund = forms.ChoiceField(
        choices=[("", "Choose"), ("yes", "Give the money back"), ("no", "Keep the money")], help_text="the order is paid"
    )

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        if not is_paid(order):
            del self.fields["refund"]

    def choice(self) -> bool | None:
        """Return whether the money goes back; None where there is none."""
        return {"yes": True, "no": False}.get(self.cleaned_data.get("refund", ""))


class RefundForm(DeskForm):
    """How much goes back, for which units, and which of them are on the shelf again."""

    amount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=3, required=False, help_text="empty: all that is left")
    reason = forms.CharField(max_length=200)

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.items: list[OrderItem] = list(order.items.all())
        for item in self.items:
            left = item.quantity - item.refunded_quantity
            self.fields[f"units_{item.pk}"] = forms.IntegerField(
                label=f"Units of {item.name}", min_value=0, max_value=left, initial=0, help_text=f"of {left} not refunded yet"
            )
            self.fields[f"restock_{item.pk}"] = forms.BooleanField(label="Put them on the shelf again", required=False)

    def lines(self) -> list[refunds.Returned]:
        """Return the units whose money goes back."""
        given = self.cleaned_data
        return [
            refunds.Returned(item.pk, given[f"units_{item.pk}"], restock=given[f"restock_{item.pk}"])
            for item in self.items
            if given[f"units_{item.pk}"]
        ]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that staff do to an order."""

    label: str
    does: Callable[[Actor, Order, Any], str]
    fits: Callable[[Order], bool]
    form: type[DeskForm] = DeskForm
    words: str = ""


def is_paid(order: Order) -> bool:
    """Say whether money of the order could go back."""
    return any(payment.captured_minor > payment.refunded_minor for payment in order.payments.all())


def _ship(actor: Actor, order: Order, form: DeskForm) -> str:
    fulfilment.ship(actor, order.pk)
    return "The order is marked as sent, and its buyer is told."


def _deliver(actor: Actor, order: Order, form: DeskForm) -> str:
    fulfilment.deliver(actor, order.pk)
    return "The order is marked as delivered."


def _cancel(actor: Actor, order: Order, form: CancelForm) -> str:
    cancelling.cancel(actor, order.pk, form.cleaned_data["reason"], refund=form.choice())
    return "The order is cancelled."


def _refund(actor: Actor, order: Order, form: RefundForm) -> str:
    refund = refunds.ask(actor, order.pk, form.cleaned_data["amount"], form.cleaned_data["reason"], form.lines())
    return f"{money.text(refund.amount, order.currency)} {order.currency}: the refund is {refund.get_state_display()}."


def _sync(actor: Actor, order: Order, form: DeskForm) -> str:
    report = Run(timedelta(days=3650), order.number).all()
    return "; ".join([*report.attention, *report.repaired]) or "The provider says nothing else than the shop."


def _settle(actor: Actor, order: Order, form: DeskForm) -> str:
    transitions.settle_attention_of(order.pk, actor)
    return "The flag is taken away."


def _decide(*, accept: bool) -> Callable[[Actor, Order, Any], str]:
    def decide(actor: Actor, order: Order, form: DeskForm) -> str:
        payment = order.payments.exclude(state=Payment.State.SUCCEEDED).order_by("-created_at").first()
        if payment is not None:
            settling.decide_mismatch(actor, payment.pk, accept=accept)
        return "The payment is accepted." if accept else "The order is cancelled, and the money goes back."

    return decide


def _is_mismatch(order: Order) -> bool:
    return order.attention == transitions.AMOUNT_MISMATCH


ACTS = {
    "ship": Act("Ship", _ship, lambda order: order.status == Status.PROCESSING, words="The buyer gets a mail."),
    "deliver": Act("Mark as delivered", _deliver, lambda order: order.status == Status.SHIPPED),
    "cancel": Act("Cancel", _cancel, lambda order: order.status in (Status.PENDING, Status.PROCESSING), CancelForm),
    "refund": Act("Refund", _refund, is_paid, RefundForm),
    "sync": Act("Ask the provider", _sync, lambda order: order.payment_method == Order.Method.STRIPE),
    "accept": Act("Accept the payment", _decide(accept=True), _is_mismatch, words="Another amount was paid than ordered."),
    "reject": Act("Reject the payment", _decide(accept=False), _is_mismatch, words="Another amount was paid than ordered."),
    "settle": Act("Take the flag away", _settle, lambda order: bool(order.attention), words="Somebody has looked at it."),
}


def acts_for(order: Order) -> list[tuple[str, Act]]:
    """Return what can be done to an order as it is."""
    return [(name, act) for name, act in ACTS.items() if act.fits(order)]
