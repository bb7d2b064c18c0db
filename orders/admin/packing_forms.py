"""The forms that pack and send an order."""

from typing import Any

from django import forms

from orders.admin.order_forms import ActionForm, SubmissionForm
from orders.admin.parcel_forms import CarrierFieldsMixin
from orders.models import Order, Shipment
from orders.state.parcel_units import read_parcels


class ShipForm(CarrierFieldsMixin, ActionForm):
    """The carrier and the tracking number of an order that is sent in one parcel."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.parcels = read_parcels(order)
        self.packed = [shipment for shipment in self.parcels.shipments if shipment.state == Shipment.State.PACKED]
        if len(self.packed) + bool(self.parcels.list_to_pack()) > 1:
            self.fields["tracking_number"].help_text = "for one parcel: send several parcels each with its own number"

    def notes(self) -> list[str]:
        """Say what leaves the shop."""
        packed = [f"packed parcel {shipment.number}" for shipment in self.packed]
        left = sum(self.parcels.list_to_pack().values())
        rest = [f"a parcel with {left} unit{'' if left == 1 else 's'}"] if left else []
        return [f"This sends {', '.join([*packed, *rest])}."]


class PackForm(SubmissionForm):
    """The units of each line that go into a parcel. A second click must not pack another one."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.left = read_parcels(order).list_to_pack()
        submitted = {name for name in self.data if self.data[name]}
        for item in order.items.all():
            left = self.left.get(item.pk, 0)
            if left or f"units_{item.pk}" in submitted:
                self.fields[f"units_{item.pk}"] = forms.IntegerField(
                    label=f"Units of {item.name}",
                    min_value=0,
                    max_value=item.quantity,
                    initial=left,
                    required=False,
                    help_text=f"of {left} left to pack, SKU {item.sku}",
                )

    def units(self) -> dict[int, int]:
        """Return the units that were entered, by order item."""
        cleaned = self.cleaned_data
        return {item.pk: cleaned[name] for item in self.order.items.all() if cleaned.get(name := f"units_{item.pk}")}
