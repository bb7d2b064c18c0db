"""Actions that staff perform on orders: each has a form page and calls a service. No column is edited directly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms

from core import money
from core.actors import Actor
from orders.admin import badges
from orders.exceptions import InvalidTransition
from orders.fulfilment import cancellation, shipping
from orders.models import MAX_REASON, Order, OrderItem, Refund
from orders.payments import refunds, settlement
from orders.payments.reconciliation import ReconciliationRun
from orders.payments.refund_lines import RefundLine
from orders.state import alerts

Status = Order.Status
SUSPENDED = (
    "The buyer has their money back. Cancel the order if it is not to be sent: it can be shipped once the alert is resolved."
)


class ActionForm(forms.Form):
    """The form of an action. The base class only asks for confirmation."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order

    def notes(self) -> list[str]:
        """Return facts about the order that help staff to decide."""
        return []


class CancelForm(ActionForm):
    """The reason, and whether to refund a paid order."""

    reason = forms.CharField(max_length=MAX_REASON)
    refund = forms.ChoiceField(
        choices=[("", "Choose"), ("yes", "Refund the payment"), ("no", "Keep the payment")], help_text="the order is paid"
    )

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        if not has_refundable_payment(order):
            del self.fields["refund"]

    def refund_choice(self) -> bool | None:
        """Return whether to refund the payment; None if there is none."""
        return {"yes": True, "no": False}.get(self.cleaned_data.get("refund", ""))


class ResolveAlertForm(ActionForm):
    """The alert and the last of its events that staff have seen. Events added later need another review."""

    code = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.events = list(alerts.events_to_review(order, order.attention)) if order.attention else []
        self.initial = {"code": order.attention, "seen": self.events[-1].pk if self.events else 0}

    def notes(self) -> list[str]:
        """Return the alert, its reasons, and whether the order can be shipped before it is resolved."""
        alert = badges.alert_label(self.order)
        events = [f"{event}: {event.summary}" for event in self.events]
        suspended = [SUSPENDED] if shipping.is_suspended(self.order) else []
        return [f"Alert: {alert}." if alert else "This order no longer has an alert.", *events, *suspended]


class RefundForm(ActionForm):
    """The amount to refund, the units it is for, and which of them to restock."""

    page = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    amount = forms.DecimalField(
        min_value=0, max_digits=14, decimal_places=3, required=False, help_text="leave empty to refund everything that remains"
    )
    reason = forms.CharField(max_length=MAX_REASON)
    by_bank = forms.BooleanField(
        label="I have paid it by bank transfer",
        required=False,
        help_text="records it without asking the payment provider, which may refuse refunds of closed cards or old payments",
    )

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        if order.payment_method != Order.Method.STRIPE:  # every refund of cash is paid by hand
            del self.fields["by_bank"]
        self.initial["seen"] = refunds.committed_minor(order)
        is_sold = order.stock_state == Order.StockState.COMMITTED  # otherwise its units are already back in stock
        submitted = {name for name in self.data if self.data[name]}  # keeps lines that were refunded in the meantime
        self.items: list[OrderItem] = [
            item
            for item in order.items.all()
            if is_sold and (item.quantity > item.refunded_quantity or f"units_{item.pk}" in submitted)
        ]
        for item in self.items:
            remaining = item.quantity - item.refunded_quantity
            self.fields[f"units_{item.pk}"] = forms.IntegerField(
                label=f"Units of {item.name}",
                min_value=0,
                max_value=item.quantity,
                initial=0,
                required=False,
                help_text=f"of {remaining} not yet refunded",
            )
            self.fields[f"restock_{item.pk}"] = forms.BooleanField(label="Return them to stock", required=False)

    def clean(self) -> dict[str, Any]:
        """Require an amount for a partial refund: an empty one would refund the other units too."""
        cleaned = super().clean() or {}
        units_by_item = {item: cleaned.get(f"units_{item.pk}") or 0 for item in self.items}
        is_partial = any(units < item.quantity - item.refunded_quantity for item, units in units_by_item.items())
        if cleaned.get("amount") is None and "amount" not in self.errors and any(units_by_item.values()) and is_partial:
            self.add_error("amount", "Enter an amount. Leaving it empty would refund the other units too")
        return cleaned

    def lines(self) -> list[RefundLine]:
        """Return the units to refund."""
        cleaned = self.cleaned_data
        return [
            RefundLine(item.pk, cleaned[f"units_{item.pk}"], restock=cleaned[f"restock_{item.pk}"])
            for item in self.items
            if cleaned[f"units_{item.pk}"]
        ]

    def notes(self) -> list[str]:
        """Return the earlier refunds: after *Back* in the browser, the form itself does not show them."""
        summary = describe_refunds(self.order)
        return [f"Refunds so far: {summary}."] if summary else []

    def refund_id(self) -> UUID:
        """Return an id derived from this page and the submitted values.

        A second click yields the same refund, even after the first has changed the form. Other values entered after *Back*
        yield another one.
        """
        values = sorted((name, value) for name, value in self.data.items() if name != "csrfmiddlewaretoken")
        return uuid5(self.cleaned_data["page"] or uuid4(), repr(values))


@dataclass(frozen=True, slots=True)
class Action:
    """An action that staff can perform on an order."""

    label: str
    handler: Callable[[Actor, Order, Any], str]
    is_allowed: Callable[[Order], bool]
    form: type[ActionForm] = ActionForm
    help_text: str = ""


def describe_refunds(order: Order) -> str:
    """Return a summary of an order's refunds."""
    return ", ".join(
        f"{money.format_price(refund.amount, order.currency)} {refund.get_state_display()} ({refund.source})"
        for refund in Refund.objects.filter(payment__order=order)
    )


def has_refundable_payment(order: Order) -> bool:
    """Return whether any payment of the order can still be refunded."""
    return any(payment.has_unrefunded_money for payment in order.payments.all())


def has_undecided_payment(order: Order) -> bool:
    """Return whether a payment with an amount mismatch awaits a decision."""
    return any(payment.has_amount_mismatch for payment in order.payments.all())


def _can_ship(order: Order) -> bool:
    return shipping.has_units_to_ship(order) and not shipping.is_suspended(order)


def _ship(actor: Actor, order: Order, form: ActionForm) -> str:
    shipping.ship_order(actor, order.pk)
    return "The order is marked as shipped, and the customer is notified."


def _deliver(actor: Actor, order: Order, form: ActionForm) -> str:
    shipping.deliver_order(actor, order.pk)
    return "The order is marked as delivered."


def _cancel(actor: Actor, order: Order, form: CancelForm) -> str:
    cancellation.cancel_order(actor, order.pk, form.cleaned_data["reason"], refund=form.refund_choice())
    return "The order is cancelled."


def _refund(actor: Actor, order: Order, form: RefundForm) -> str:
    cleaned = form.cleaned_data
    refund = refunds.request_refund(
        actor,
        order.pk,
        cleaned["amount"],
        cleaned["reason"],
        form.lines(),
        refund_id=form.refund_id(),
        seen=cleaned["seen"],
        source=Refund.Source.BANK if cleaned.get("by_bank") else Refund.Source.STAFF,
    )
    message = f"{money.format_price(refund.amount, order.currency)}: the refund is {refund.get_state_display()}."
    if refund.state in Refund.CLOSED_STATES:  # this page repeats the same refund; the order page starts a new one
        raise InvalidTransition(f"{message} To try again, go back to the order. A bank transfer is recorded there too")
    return message


def _sync(actor: Actor, order: Order, form: ActionForm) -> str:
    report = ReconciliationRun(timedelta(days=3650), order.number).run()
    if report.attention:
        raise InvalidTransition("; ".join([*report.attention, *report.repaired]))
    return "; ".join(report.repaired) or "The shop and the payment provider agree."


def _resolve_alert(actor: Actor, order: Order, form: ResolveAlertForm) -> str:
    cleaned = form.cleaned_data
    if not cleaned["code"]:
        raise InvalidTransition("There is no alert to resolve")
    order = alerts.resolve_seen(actor, order.pk, cleaned["code"], cleaned["seen"] or 0)
    return "The alert is resolved." + (f" Next alert: {badges.alert_label(order)}." if order.attention else "")


def _can_resolve_alert(order: Order) -> bool:
    return bool(order.attention) and not has_undecided_payment(order)  # an undecided payment would raise it again


def _accept(actor: Actor, order: Order, form: ActionForm) -> str:
    settlement.resolve_amount_mismatch(actor, order.pk, accept=True)
    return "The payment is accepted."


def _reject(actor: Actor, order: Order, form: ActionForm) -> str:
    order = settlement.resolve_amount_mismatch(actor, order.pk, accept=False)
    if any(payment.captured_minor for payment in order.payments.all()):
        return f"The payment is rejected and will be refunded. The order is {order.get_status_display().lower()}."
    return "The payment is rejected. It was paid in another currency: refund it at the payment provider."


ACTIONS = {
    "ship": Action("Ship", _ship, _can_ship, help_text="The customer gets an e-mail."),
    "deliver": Action("Mark as delivered", _deliver, lambda order: order.status == Status.SHIPPED),
    "cancel": Action("Cancel", _cancel, lambda order: order.status in (Status.PENDING, Status.PROCESSING), CancelForm),
    "refund": Action("Refund", _refund, has_refundable_payment, RefundForm),
    "sync": Action("Check with the provider", _sync, lambda order: order.payment_method == Order.Method.STRIPE),
    "accept": Action("Accept the payment", _accept, has_undecided_payment, help_text="The amount paid is not the order total."),
    "reject": Action("Reject the payment", _reject, has_undecided_payment, help_text="The amount paid is not the order total."),
    "resolve": Action(
        "Resolve the alert", _resolve_alert, _can_resolve_alert, ResolveAlertForm, help_text="Do this after reviewing it."
    ),
}


def actions_for(order: Order) -> list[tuple[str, Action]]:
    """Return the actions that the state of the order allows, by name."""
    return [(name, action) for name, action in ACTIONS.items() if action.is_allowed(order)]
