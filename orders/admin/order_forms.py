"""The forms of the actions on orders."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms

from core import money
from core.empty_values import is_empty
from core.exceptions import DomainError
from orders import minor_units
from orders.admin import badges
from orders.fulfilment import shipping, suspension
from orders.models import MAX_REASON, Order, OrderItem, Refund
from orders.payments import refund_shares, refunds
from orders.payments.refund_lines import RefundLine
from orders.state import alerts
from orders.state.parcel_units import read_parcels
from orders.state.payment_states import refundable_minor

IN_PARCELS = (
    "Units in a parcel that is packed or on its way are refunded once it is cancelled, delivered or back. An amount without units"
    " can be refunded now."
)
BUTTONS = ("csrfmiddlewaretoken", "_next")  # what a form sends besides its values
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


def add_error(form: forms.Form, error: DomainError | ValueError) -> None:
    """Show why an action was refused, at the fields that the refusal names."""
    problems = error.errors if isinstance(error, DomainError) else {}
    for name, sentence in problems.items():
        form.add_error(name if name in form.fields else None, sentence)
    if not problems:
        form.add_error(None, getattr(error, "message", str(error)))


class SubmissionMixin(forms.Form):
    """A form that knows the page which it was filled in on, so that a second click does nothing."""

    page = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)

    def submission_id(self) -> UUID | None:
        """Return an id derived from this page and the submitted values; None if the page is not named.

        A second click yields the same id, even after the first has changed the form. Other values entered after *Back* yield
        another one.
        """
        page = self.cleaned_data["page"]
        values = sorted((name, value) for name, value in self.data.items() if name not in BUTTONS)
        return uuid5(page, repr(values)) if page else None


class SubmissionForm(SubmissionMixin, ActionForm):
    """The form of an action that a second click must not repeat, although the order would allow that."""


class VisibleTextField(forms.CharField):
    """A text; without a visible character it is empty, as in the API."""

    def to_python(self, value: Any) -> str:
        """Return the text."""
        text: str = super().to_python(value) or ""
        return "" if is_empty(text) else text


class CancelForm(ActionForm):
    """The reason, and whether to refund a paid order. Of an order that is sent in part, the rest is cancelled."""

    reason = VisibleTextField(max_length=MAX_REASON)
    refund = forms.ChoiceField(
        choices=[("", "Choose"), ("yes", "Refund the payment"), ("no", "Keep the payment")], help_text="the order is paid"
    )

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.parcels = read_parcels(order)
        if self.parcels.has_sent_parcel or not has_refundable_payment(order):
            del self.fields["refund"]

    def notes(self) -> list[str]:
        """Say what is cancelled of an order that is sent in part."""
        if not self.parcels.has_sent_parcel:
            return []
        rest = f"A part of this order is sent. The rest, {self.parcels.unsent} unit(s), is cancelled and returned to stock"
        return [f"{rest}. What was paid for it is refunded." if has_refundable_payment(self.order) else f"{rest}."]

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
        is_suspended = shipping.has_units_to_ship(self.order) and suspension.is_suspended(self.order)
        suspended = [SUSPENDED] if is_suspended else []
        return [f"Alert: {alert}." if alert else "This order no longer has an alert.", *events, *suspended]


class RefundForm(SubmissionForm):
    """The amount to refund, the units it is for, and which of them to restock."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    amount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=3, required=False)
    reason = VisibleTextField(max_length=MAX_REASON)
    by_bank = forms.BooleanField(
        label="I have paid it by bank transfer",
        required=False,
        help_text="records it without asking the payment provider, which may refuse refunds of closed cards or old payments",
    )

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        if order.payment_method != Order.Method.STRIPE:  # every refund of cash is paid by hand
            del self.fields["by_bank"]
        self.payment = max(order.payments.all(), key=refundable_minor)
        self.rest = refundable_minor(self.payment)
        self.fields["amount"].help_text = f"Leave empty to refund all that is left: {self._format(self.rest)}."
        self.initial["seen"] = refunds.committed_minor(order)
        is_sold = order.stock_state == Order.StockState.COMMITTED  # otherwise its units are already back in stock
        submitted = {name for name in self.data if self.data[name]}  # keeps lines that were refunded in the meantime
        self.units = read_parcels(order).units
        self.items: list[OrderItem] = [
            units.item for pk, units in self.units.items() if is_sold and (units.refundable or f"units_{pk}" in submitted)
        ]
        self.shares = refund_shares.get_shares(order, self.items, self.payment.provider)
        for item in self.items:
            self.fields[f"units_{item.pk}"] = forms.IntegerField(
                label=f"Units of {item.name}",
                min_value=0,
                max_value=item.quantity,
                initial=0,
                required=False,
                help_text=self._describe_line(item),
            )
            self.fields[f"restock_{item.pk}"] = forms.BooleanField(label="Return them to stock", required=False)

    def _describe_line(self, item: OrderItem) -> str:
        shares = self.shares[item.pk]
        paid = f"{self._format(shares.paid)} was paid for {item.quantity}"
        refunded = f", {self._format(shares.refunded)} of it is refunded" if shares.refunded else ""
        units = self.units[item.pk]
        in_parcels = f"; {kept} more in a parcel" if (kept := units.packed + units.under_way) else ""
        return f"of {units.refundable} not yet refunded{in_parcels}; {paid}{refunded}"

    def _format(self, amount_minor: int) -> str:
        return money.format_price(self._to_major(amount_minor), self.order.currency)

    def _to_major(self, amount_minor: int) -> Decimal:
        return minor_units.to_major(amount_minor, self.payment.provider, self.order.currency)

    def clean(self) -> dict[str, Any]:
        """Propose what was paid for the units of a partial refund without an amount, which would refund the other units too."""
        cleaned = super().clean() or {}
        units_by_item = {item: cleaned.get(f"units_{item.pk}") or 0 for item in self.items}
        unrefunded = {units.item: units.item.quantity - units.item.refunded_quantity for units in self.units.values()}
        is_partial = any(units_by_item.get(item, 0) < left for item, left in unrefunded.items())
        if cleaned.get("amount") is None and "amount" not in self.errors and any(units_by_item.values()) and is_partial:
            self._propose_amount({item.pk: units for item, units in units_by_item.items()})
        return cleaned

    def _propose_amount(self, units: dict[int, int]) -> None:
        """Fill in what was paid for these units, and ask staff to check it."""
        proposal = refund_shares.propose(self.shares, units, self.payment, self.rest)
        if not proposal:
            self.add_error("amount", "Enter an amount. Leaving it empty would refund the other units too")
            return
        proposed = {"amount": money.format_amount(self._to_major(proposal), self.order.currency)}
        self.data = {name: self.data[name] for name in self.data} | proposed  # not a QueryDict, whose values would be lists
        paid = f"{self._format(proposal)} was paid for these units and is not yet refunded"
        self.add_error("amount", f"{paid}. Check the amount, change it if you have to, and confirm")

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
        in_parcels = [IN_PARCELS] if any(units.packed or units.under_way for units in self.units.values()) else []
        return [*([f"Refunds so far: {summary}."] if summary else []), *in_parcels]


def describe_refunds(order: Order) -> str:
    """Return a summary of an order's refunds."""
    return ", ".join(
        f"{money.format_price(refund.amount, order.currency)} {refund.get_state_display()} ({refund.source})"
        for refund in Refund.objects.filter(payment__order=order)
    )


def has_refundable_payment(order: Order) -> bool:
    """Return whether any payment of the order can still be refunded."""
    return any(payment.has_unrefunded_money for payment in order.payments.all())
