"""The forms of the actions on parcels."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django import forms

from core import money
from orders import minor_units
from orders.admin.order_forms import SubmissionMixin, VisibleTextField
from orders.admin.parcel_columns import format_cash
from orders.carriers.links import get_carrier_name
from orders.fulfilment.parcels import tracking_numbers, undelivered
from orders.models import MAX_REASON, Order, Shipment, ShipmentLine
from orders.models.shipment import MAX_CARRIER, MAX_TRACKING_NUMBER
from orders.payments import cash
from orders.state.parcel_units import read_parcels

PAID = (
    "The order is paid, so its units stay with it. Refund them, and return them to stock with the refund, or pack them again and "
    "send them once more."
)


class CarrierInput(forms.TextInput):
    """A carrier; the page suggests those of its form."""

    def __init__(self) -> None:
        super().__init__({"list": "carriers"})


class CarrierSuggestionsMixin(forms.Form):
    """A form with a carrier."""

    def carriers(self) -> list[str]:
        """Return the carriers to suggest: those that the shop knows."""
        return list(tracking_numbers.list_known_carriers())


class CarrierFieldsMixin(CarrierSuggestionsMixin):
    """A carrier and a tracking number."""

    carrier = forms.CharField(max_length=MAX_CARRIER, required=False, widget=CarrierInput)
    tracking_number = forms.CharField(max_length=MAX_TRACKING_NUMBER, required=False)

    def details(self) -> dict[str, str]:
        """Return carrier and tracking number."""
        return {name: self.cleaned_data[name] for name in ("carrier", "tracking_number")}


class ParcelForm(forms.Form):
    """The form of an action on a parcel. The base class only asks for confirmation."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shipment = shipment
        self.lines: list[ShipmentLine] = list(shipment.lines.all())

    def notes(self) -> list[str]:
        """Return facts about the parcel that help staff to decide."""
        return []

    def add_units(self, prefix: str, label: str, limits: Iterable[tuple[ShipmentLine, int]], *, required: bool) -> None:
        """Add a field for units of each of these lines, up to a limit."""
        for line, limit in limits:
            if limit:
                self.fields[f"{prefix}_{line.item_id}"] = forms.IntegerField(
                    label=f"{label}: {line.item.name}",
                    min_value=0,
                    max_value=limit,
                    required=required,
                    help_text=f"of {limit}, SKU {line.item.sku}",
                )

    def read_units(self, prefix: str) -> dict[int, int]:
        """Return the units that were entered, by order item."""
        names = {line.item_id: f"{prefix}_{line.item_id}" for line in self.lines}
        return {item: self.cleaned_data[name] for item, name in names.items() if self.cleaned_data.get(name)}

    def is_paid(self) -> bool:
        """Return whether the buyer has paid before the delivery."""
        return undelivered.is_paid_before(self.shipment.order)


class TrackingForm(CarrierFieldsMixin, ParcelForm):
    """The carrier of a parcel, and its tracking number."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        initial = {"carrier": get_carrier_name(shipment.carrier), "tracking_number": shipment.tracking_number}
        super().__init__(shipment, *args, initial=initial, **kwargs)


class CashMixin(ParcelForm):
    """Amounts of cash, in the currency of the order."""

    def add_cash(self, initial_minor: int, help_text: str) -> None:
        """Add the field of the collected amount."""
        self.fields["collected"] = forms.DecimalField(
            label=f"Cash collected, {self.shipment.order.currency}",
            min_value=0,
            max_digits=14,
            decimal_places=money.exponent(self.shipment.order.currency),
            initial=money.format_amount(self._to_major(initial_minor), self.shipment.order.currency),
            help_text=help_text,
        )

    def collected_minor(self) -> int | None:
        """Return the collected amount in minor units; None if there is nothing to collect."""
        amount = self.cleaned_data.get("collected")
        return None if amount is None else minor_units.to_minor(amount, Order.Method.COD, self.shipment.order.currency)

    def _to_major(self, amount_minor: int) -> Any:
        return minor_units.to_major(amount_minor, Order.Method.COD, self.shipment.order.currency)


class DeliverForm(CashMixin):
    """The cash that was collected, and the units that the buyer did not take."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(shipment, *args, **kwargs)
        self.charges = self._find_charges()
        self.due = self.charges + sum(line.due_minor for line in self.lines)
        if self.due:
            self.add_cash(self.due, f"{format_cash(shipment, self.due)} is due for all units; less than is due raises an alert")
        if not self.is_paid() and sum(line.quantity for line in self.lines) > 1:
            self.add_units("refused", "Refused", ((line, line.quantity) for line in self.lines), required=False)

    def _find_charges(self) -> int:
        """Return the shipping and fees that the parcel collects; a lost one that is found may collect them again."""
        if self.shipment.state != Shipment.State.LOST:
            return self.shipment.charges_minor
        order = self.shipment.order
        payment = next((payment for payment in order.payments.all() if payment.provider == Order.Method.COD), None)
        return cash.compute_charges(read_parcels(order), payment) if payment is not None else 0

    def notes(self) -> list[str]:
        """Say what happens to units that the buyer did not take."""
        return ["Units that the buyer refused are not paid, and come back: count them when they are in the shop."] * (
            not self.is_paid()
        )

    def clean(self) -> dict[str, Any]:
        """Propose what is due for the units that were taken, if the amount is more than that."""
        cleaned = super().clean() or {}
        refused = self.read_units("refused")
        if refused and "collected" in self.fields and not self.errors:
            due = self._compute_due(refused)
            if (self.collected_minor() or 0) > due:
                proposed = {"collected": money.format_amount(self._to_major(due), self.shipment.order.currency)}
                self.data = {name: self.data[name] for name in self.data} | proposed
                amount = format_cash(self.shipment, due)
                self.add_error("collected", f"{amount} is due for the units that were taken. Check the amount, and confirm")
        return cleaned

    def _compute_due(self, refused: dict[int, int]) -> int:
        taken = []
        for line in map(copy, self.lines):
            cash.set_undelivered(self.shipment.order, line, min(refused.get(line.item_id, 0), line.quantity))
            taken.append(line)
        return self.charges + sum(line.due_minor - line.undelivered_minor for line in taken)


class FailForm(ParcelForm):
    """Why a parcel could not be delivered."""

    reason = VisibleTextField(max_length=MAX_REASON, required=False)


class ReceiveForm(ParcelForm):
    """The units of a parcel that is back which go into stock."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(shipment, *args, **kwargs)
        if not self.is_paid():
            limits = ((line, line.quantity - line.restocked_quantity) for line in self.lines)
            self.add_units("restock", "Into stock", limits, required=True)

    def notes(self) -> list[str]:
        """Say what happens to the units."""
        return [PAID] if self.is_paid() else ["Count what can be sold again. Nothing is due for the units."]


class LoseForm(ParcelForm):
    """The confirmation that a parcel is lost."""

    def notes(self) -> list[str]:
        """Say what happens to the units, and what is shown to staff."""
        return ["The order is paid: refund it, or pack its units again."] if self.is_paid() else ["Nothing is due for its units."]


class CountForm(SubmissionMixin, ParcelForm):
    """The refused units which go into stock. A second click must not count them twice."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(shipment, *args, **kwargs)
        limits = ((line, line.undelivered_quantity - line.restocked_quantity) for line in self.lines)
        self.add_units("restock", "Into stock", limits, required=True)


class CorrectCashForm(CashMixin):
    """The cash that a delivered parcel has brought."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(shipment, *args, **kwargs)
        self.add_cash(shipment.cod_collected_minor, f"{format_cash(shipment, shipment.cod_due_minor)} was due")

    def clean(self) -> dict[str, Any]:
        """Refuse an amount that is recorded already, as after a second click."""
        cleaned = super().clean() or {}
        if self.collected_minor() == self.shipment.cod_collected_minor:
            self.add_error("collected", "This amount is recorded already")
        return cleaned
