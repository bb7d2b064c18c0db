"""Actions that staff perform on parcels: each has a form page and calls a service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.actors import Actor
from orders.admin import parcel_forms as forms
from orders.admin.permissions import REFUND, SHIP, has_permission
from orders.fulfilment.parcels import outcomes, packing, sending, undelivered
from orders.models import Shipment
from orders.state import shipment_states

State = Shipment.State


@dataclass(frozen=True, slots=True)
class ParcelAction:
    """An action that staff can perform on a parcel."""

    label: str
    handler: Callable[[Actor, Shipment, Any], str]
    is_allowed: Callable[[Shipment], bool]
    form: type[forms.ParcelForm] = forms.ParcelForm
    help_text: str = ""
    permission: str = SHIP

    def is_offered(self, user: Any, shipment: Shipment) -> bool:
        """Return whether this member of staff can perform the action now."""
        return has_permission(user, self.permission) and self.is_allowed(shipment)


def _ship(actor: Actor, shipment: Shipment, form: forms.TrackingForm) -> str:
    sending.ship_parcel(actor, shipment.pk, **form.details())
    return "The parcel is sent, and the customer is notified."


def _set_tracking(actor: Actor, shipment: Shipment, form: forms.TrackingForm) -> str:
    sending.set_tracking(actor, shipment.pk, **form.details())
    return "The tracking number is saved."


def _deliver(actor: Actor, shipment: Shipment, form: forms.DeliverForm) -> str:
    outcomes.deliver_parcel(actor, shipment.pk, refused=form.read_units("refused"), collected=form.collected_minor())
    return "The parcel is delivered."


def _fail(actor: Actor, shipment: Shipment, form: forms.FailForm) -> str:
    outcomes.fail_parcel(actor, shipment.pk, form.cleaned_data["reason"])
    return "The failed delivery is recorded."


def _try_again(actor: Actor, shipment: Shipment, form: forms.ParcelForm) -> str:
    outcomes.try_again(actor, shipment.pk)
    return "The parcel is on its way again."


def _start_return(actor: Actor, shipment: Shipment, form: forms.ParcelForm) -> str:
    outcomes.start_return(actor, shipment.pk)
    return "The parcel is coming back."


def _receive(actor: Actor, shipment: Shipment, form: forms.ReceiveForm) -> str:
    outcomes.receive_parcel(actor, shipment.pk, form.read_units("restock"))
    return "The parcel is back in the shop."


def _lose(actor: Actor, shipment: Shipment, form: forms.ParcelForm) -> str:
    outcomes.lose_parcel(actor, shipment.pk)
    return "The parcel is recorded as lost."


def _count(actor: Actor, shipment: Shipment, form: forms.CountForm) -> str:
    outcomes.count_parcel(actor, shipment.pk, form.read_units("restock"), submission=form.submission_id())
    return "The units are counted."


def _correct_cash(actor: Actor, shipment: Shipment, form: forms.CorrectCashForm) -> str:
    outcomes.correct_cash(actor, shipment.pk, form.collected_minor() or 0)
    return "The cash is corrected."


def _cancel(actor: Actor, shipment: Shipment, form: forms.ParcelForm) -> str:
    packing.cancel_parcel(actor, shipment.pk)
    return "The parcel is cancelled: its units are to be packed again."


def _can_become(state: str) -> Callable[[Shipment], bool]:
    return lambda shipment: shipment_states.can_move(shipment, state)


def _is(state: str) -> Callable[[Shipment], bool]:
    return lambda shipment: shipment.state == state


def _can_count(shipment: Shipment) -> bool:
    is_back = shipment.state in (State.DELIVERED, State.RETURNED)
    if not is_back or not any(line.undelivered_quantity > line.restocked_quantity for line in shipment.lines.all()):
        return False
    return not undelivered.is_paid_before(shipment.order) or undelivered.has_all_money_back(shipment.order)


ACTIONS = {
    "ship": ParcelAction("Ship", _ship, _is(State.PACKED), forms.TrackingForm, "The customer gets an e-mail."),
    "deliver": ParcelAction(
        "Delivered",
        _deliver,
        lambda shipment: shipment.state != State.PACKED and shipment_states.can_move(shipment, State.DELIVERED),
        forms.DeliverForm,
    ),
    "fail": ParcelAction(
        "Delivery failed",
        _fail,
        _can_become(State.FAILED),
        forms.FailForm,
        "The first time, the customer gets an e-mail. The carrier tries again, or brings the parcel back.",
    ),
    "retry": ParcelAction("Try again", _try_again, _is(State.FAILED), help_text="The carrier tries again to deliver it."),
    "returning": ParcelAction("Coming back", _start_return, _can_become(State.RETURNING), help_text="The carrier brings it back."),
    "back": ParcelAction("Back in the shop", _receive, _can_become(State.RETURNED), forms.ReceiveForm),
    "count": ParcelAction("Count units", _count, _can_count, forms.CountForm, "Count what came back and can be sold again."),
    "cash": ParcelAction(
        "Correct the cash",
        _correct_cash,
        lambda shipment: shipment.state == State.DELIVERED and bool(shipment.cod_due_minor),
        forms.CorrectCashForm,
        permission=REFUND,
    ),
    "tracking": ParcelAction(
        "Tracking number", _set_tracking, lambda shipment: shipment.state != State.CANCELLED, forms.TrackingForm
    ),
    "lost": ParcelAction("Lost", _lose, _can_become(State.LOST), forms.LoseForm, "If it is found, it can still be delivered."),
    "cancel": ParcelAction(
        "Cancel the parcel", _cancel, _is(State.PACKED), help_text="Its units are to be packed again, or cancelled with the order."
    ),
}


def list_actions(user: Any, shipment: Shipment) -> list[tuple[str, ParcelAction]]:
    """Return the actions, with their names, that the user's permissions and the state of the parcel allow."""
    return [(name, action) for name, action in ACTIONS.items() if action.is_offered(user, shipment)]
