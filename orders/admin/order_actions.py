"""What staff do to orders: each act is a page that asks, and a service that does it. Nothing is changed by editing columns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.utils import timezone

from core import money
from core.actors import Actor
from orders.admin import badges
from orders.exceptions import InvalidTransition
from orders.fulfilment import cancellation, shipping
from orders.models import Order, OrderItem, Refund
from orders.payments import refunds, settlement
from orders.payments.reconciliation import Run
from orders.payments.refund_lines import Returned
from orders.state import transitions

Status = Order.Status


class DeskForm(forms.Form):
    """What an act asks for; nothing but a click, where a subclass asks no more."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order

    def words(self) -> list[str]:
        """Return what one has to know of the order to decide."""
        return []


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


class SettleForm(DeskForm):
    """Which flag was seen, and the last of its reasons: what has come meanwhile is for another look."""

    code = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.reasons = list(transitions.reasons(order, order.attention)) if order.attention else []
        self.initial = {"code": order.attention, "seen": self.reasons[-1].pk if self.reasons else 0}

    def words(self) -> list[str]:
        """Name the flag, and why it is there."""
        flag = badges.flag_words(self.order)
        told = [f"{timezone.localtime(one.at):%Y-%m-%d %H:%M} {one.told}" for one in self.reasons]
        return [f"The flag is: {flag}." if flag else "There is no flag any more.", *told]


class RefundForm(DeskForm):
    """How much goes back, for which units, and which of them are on the shelf again."""

    page = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    amount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=3, required=False, help_text="empty: all that is left")
    reason = forms.CharField(max_length=200)

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.initial["seen"] = refunds.asked_of(order)
        is_sold = order.stock_state == Order.StockState.COMMITTED  # else its units are on the shelf already
        sent = {name for name in self.data if self.data[name]}  # also of lines that somebody else has given back meanwhile
        self.items: list[OrderItem] = [
            item for item in order.items.all() if is_sold and (item.quantity > item.refunded_quantity or f"units_{item.pk}" in sent)
        ]
        for item in self.items:
            left = item.quantity - item.refunded_quantity
            self.fields[f"units_{item.pk}"] = forms.IntegerField(
                label=f"Units of {item.name}",
                min_value=0,
                max_value=item.quantity,
                initial=0,
                required=False,
                help_text=f"of {left} not refunded yet",
            )
            self.fields[f"restock_{item.pk}"] = forms.BooleanField(label="Put them on the shelf again", required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for the amount where units are named, and not all: empty would give back the others' money too."""
        given = super().clean() or {}
        named = {item: given.get(f"units_{item.pk}") or 0 for item in self.items}
        is_part = any(units < item.quantity - item.refunded_quantity for item, units in named.items())
        if given.get("amount") is None and "amount" not in self.errors and any(named.values()) and is_part:
            self.add_error("amount", "How much? Empty would give back the money of the other units too")
        return given

    def lines(self) -> list[Returned]:
        """Return the units whose money goes back."""
        given = self.cleaned_data
        return [
            Returned(item.pk, given[f"units_{item.pk}"], restock=given[f"restock_{item.pk}"])
            for item in self.items
            if given[f"units_{item.pk}"]
        ]

    def words(self) -> list[str]:
        """Tell what was given back before: after *Back* the form looks as if nothing had been."""
        told = refunds_of(self.order)
        return [f"Given back so far: {told}."] if told else []

    def refund_id(self) -> UUID:
        """Return the refund's own id: of this page and of all that was sent with it.

        A second click is the same refund, also after the first has changed what the form asks for; something else that is filled in
        on a page that was gone back to is not.
        """
        sent = sorted((name, value) for name, value in self.data.items() if name != "csrfmiddlewaretoken")
        return uuid5(self.cleaned_data["page"] or uuid4(), repr(sent))


@dataclass(frozen=True, slots=True)
class Act:
    """Something that staff do to an order."""

    label: str
    does: Callable[[Actor, Order, Any], str]
    fits: Callable[[Order], bool]
    form: type[DeskForm] = DeskForm
    words: str = ""


def refunds_of(order: Order) -> str:
    """Return an order's refunds, in words."""
    found = Refund.objects.filter(payment__order=order)
    return ", ".join(
        f"{money.text(one.amount, order.currency)} {order.currency} {one.get_state_display()} ({one.source})" for one in found
    )


def is_paid(order: Order) -> bool:
    """Say whether money of the order could go back."""
    return any(payment.captured_minor > payment.refunded_minor for payment in order.payments.all())


def is_undecided(order: Order) -> bool:
    """Say whether money has come that is not what was asked for."""
    return any(payment.is_paid_otherwise for payment in order.payments.all())


def _ship(actor: Actor, order: Order, form: DeskForm) -> str:
    shipping.ship(actor, order.pk)
    return "The order is marked as sent, and its buyer is told."


def _deliver(actor: Actor, order: Order, form: DeskForm) -> str:
    shipping.deliver(actor, order.pk)
    return "The order is marked as delivered."


def _cancel(actor: Actor, order: Order, form: CancelForm) -> str:
    cancellation.cancel(actor, order.pk, form.cleaned_data["reason"], refund=form.choice())
    return "The order is cancelled."


def _refund(actor: Actor, order: Order, form: RefundForm) -> str:
    given = form.cleaned_data
    refund = refunds.ask(
        actor, order.pk, given["amount"], given["reason"], form.lines(), refund_id=form.refund_id(), seen=given["seen"]
    )
    words = f"{money.text(refund.amount, order.currency)} {order.currency}: the refund is {refund.get_state_display()}."
    if refund.state in refunds.OVER:  # the same page asks for the same refund; the order's page leads to a new one
        raise InvalidTransition(f"{words} To try once more, go back to the order")
    return words


def _sync(actor: Actor, order: Order, form: DeskForm) -> str:
    report = Run(timedelta(days=3650), order.number).all()
    if report.attention:
        raise InvalidTransition("; ".join([*report.attention, *report.repaired]))
    return "; ".join(report.repaired) or "The provider says nothing else than the shop."


def _settle(actor: Actor, order: Order, form: SettleForm) -> str:
    given = form.cleaned_data
    if not given["code"]:
        raise InvalidTransition("There is no flag to take away")
    order = transitions.settle_attention(actor, order.pk, given["code"], given["seen"] or 0)
    return "The flag is taken away." + (f" The next is: {badges.flag_words(order)}." if order.attention else "")


def _can_settle(order: Order) -> bool:
    return bool(order.attention) and not is_undecided(order)  # what is undecided would be flagged anew


def _accept(actor: Actor, order: Order, form: DeskForm) -> str:
    settlement.decide_mismatch(actor, order.pk, accept=True)
    return "The payment is accepted."


def _reject(actor: Actor, order: Order, form: DeskForm) -> str:
    decided = settlement.decide_mismatch(actor, order.pk, accept=False)
    if any(payment.captured_minor for payment in decided.payments.all()):
        return f"The payment is rejected, and the money goes back. The order is {decided.get_status_display().lower()}."
    return "The payment is rejected. It was paid in another currency: give it back at the payment provider."


ACTS = {
    "ship": Act("Ship", _ship, shipping.is_to_send, words="The buyer gets a mail."),
    "deliver": Act("Mark as delivered", _deliver, lambda order: order.status == Status.SHIPPED),
    "cancel": Act("Cancel", _cancel, lambda order: order.status in (Status.PENDING, Status.PROCESSING), CancelForm),
    "refund": Act("Refund", _refund, is_paid, RefundForm),
    "sync": Act("Ask the provider", _sync, lambda order: order.payment_method == Order.Method.STRIPE),
    "accept": Act("Accept the payment", _accept, is_undecided, words="Another amount was paid than ordered."),
    "reject": Act("Reject the payment", _reject, is_undecided, words="Another amount was paid than ordered."),
    "settle": Act("Take the flag away", _settle, _can_settle, SettleForm, words="Somebody has looked at it."),
}


def acts_for(order: Order) -> list[tuple[str, Act]]:
    """Return what can be done to an order as it is."""
    return [(name, act) for name, act in ACTS.items() if act.fits(order)]
