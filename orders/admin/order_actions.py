"""Actions that staff perform on orders: each has a form page and calls a service. No column is edited directly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core import money
from core.actors import Actor
from core.models import Job
from orders.admin import badges
from orders.admin.contact_forms import MessageForm, NoteForm, RecipientForm, ResendForm
from orders.admin.order_forms import ActionForm, CancelForm, RefundForm, ResolveAlertForm, has_refundable_payment
from orders.admin.packing_forms import PackForm, ShipForm
from orders.admin.permissions import CORRECT, REFUND, SHIP, has_permission
from orders.exceptions import InvalidTransition
from orders.fulfilment import (
    address_correction,
    cancellation,
    notes,
    order_refunds,
    phone_confirmation,
    resending,
    shipping,
    suspension,
)
from orders.fulfilment.parcels import packing
from orders.models import Order, Refund
from orders.payments import settlement
from orders.payments.reconciliation import ReconciliationRun
from orders.state import alerts
from orders.state.parcel_units import read_parcels

Status = Order.Status
NOT_SERVED = "The shop does not deliver to this address. The order keeps its shipping method."


@dataclass(frozen=True, slots=True)
class Action:
    """An action that staff can perform on an order."""

    label: str
    permission: str
    handler: Callable[[Actor, Order, Any], str]
    is_allowed: Callable[[Order], bool]
    form: type[ActionForm] = ActionForm
    help_text: str = ""
    needs_emails: bool = False  # on record, of the order
    stays: bool = False  # on the order's page, instead of returning to the list that it was opened from
    find_warning: Callable[[Order], str] = lambda before: ""  # of what was done to an order, given as it was before

    def is_offered(self, order: Order, emails: Sequence[Job]) -> bool:
        """Return whether staff can perform the action on an order with these e-mails on record."""
        return self.is_allowed(order) and (bool(emails) or not self.needs_emails)


def has_undecided_payment(order: Order) -> bool:
    """Return whether a payment with an amount mismatch awaits a decision."""
    return any(payment.has_amount_mismatch for payment in order.payments.all())


def _can_ship(order: Order) -> bool:
    return shipping.has_units_to_ship(order) and not order.awaits_phone and not suspension.is_suspended(order)


def _ship(actor: Actor, order: Order, form: ShipForm) -> str:
    shipping.ship_order(actor, order.pk, **form.details())
    return "The order is marked as shipped, and the customer is notified."


def _can_pack(order: Order) -> bool:
    return _can_ship(order) and bool(read_parcels(order).list_to_pack())


def _pack(actor: Actor, order: Order, form: PackForm) -> str:
    shipment = packing.pack_parcel(actor, order.pk, form.units(), submission=form.submission_id())
    return "The parcel is packed." if shipment is None else f"Parcel {shipment.number} is packed."


def _can_cancel(order: Order) -> bool:
    """Return whether an order can be cancelled, or the rest of one that is sent in part."""
    if order.status != Status.PROCESSING:
        return order.status == Status.PENDING
    parcels = read_parcels(order)
    return bool(parcels.unsent) or not parcels.has_sent_parcel


def _confirm_phone(actor: Actor, order: Order, form: ActionForm) -> str:
    phone_confirmation.confirm_by_staff(actor, order.pk)
    return "The phone is confirmed: the order can be packed, and the customer is notified."


def _deliver(actor: Actor, order: Order, form: ActionForm) -> str:
    shipping.deliver_order(actor, order.pk)
    return "The order is marked as delivered."


def _cancel(actor: Actor, order: Order, form: CancelForm) -> str:
    cancellation.cancel_order(actor, order.pk, form.cleaned_data["reason"], refund=form.refund_choice())
    return "The rest of the order is cancelled." if form.parcels.has_sent_parcel else "The order is cancelled."


def _refund(actor: Actor, order: Order, form: RefundForm) -> str:
    cleaned = form.cleaned_data
    refund = order_refunds.refund_order(
        actor,
        order.pk,
        cleaned["amount"],
        cleaned["reason"],
        form.lines(),
        refund_id=form.submission_id(),
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


def _correct_address(actor: Actor, order: Order, form: RecipientForm) -> str:
    cleaned = form.cleaned_data
    changes = address_correction.correct_recipient(
        actor, order.pk, form.recipient(), seen=cleaned["seen"], notify=cleaned.get("notify", False)
    )
    is_contact_only = address_correction.is_contact_only(changes)
    result = "The contact details are corrected." if is_contact_only else "The delivery address is corrected."
    return result + (" The buyer is told by e-mail." if cleaned.get("notify") else "")


def _find_address_warning(before: Order) -> str:
    order = Order.objects.get(pk=before.pk)
    is_same_place = address_correction.get_place(order) == address_correction.get_place(before)
    return "" if is_same_place or address_correction.is_served(order) else NOT_SERVED


def _add_note(actor: Actor, order: Order, form: NoteForm) -> str:
    notes.add_note(actor, order.pk, form.cleaned_data["text"], submission=form.submission_id())
    return "The note is saved."


def _send_message(actor: Actor, order: Order, form: MessageForm) -> str:
    notes.send_message(actor, order.pk, form.cleaned_data["text"], submission=form.submission_id())
    return f"The message is sent to {order.email}."


def _resend(actor: Actor, order: Order, form: ResendForm) -> str:
    title = resending.resend_email(actor, order.pk, form.cleaned_data["job"], submission=form.submission_id())
    return f"{title}: the e-mail is sent again to {order.email}."


ACTIONS = {
    "phone": Action(
        "Phone confirmed",
        SHIP,
        _confirm_phone,
        lambda order: order.awaits_phone,
        help_text="Do this after you have reached the buyer at the phone number of the order.",
    ),
    "ship": Action(
        "Ship", SHIP, _ship, _can_ship, ShipForm, help_text="All that is not sent leaves the shop. The customer gets an e-mail."
    ),
    "pack": Action(
        "Pack a parcel", SHIP, _pack, _can_pack, PackForm, help_text="Units that are left can follow later.", stays=True
    ),
    "deliver": Action(
        *("Mark as delivered", SHIP, _deliver, lambda order: order.status == Status.SHIPPED),
        help_text="Each parcel that is on its way is delivered, with all cash that is due.",
    ),
    "cancel": Action("Cancel", REFUND, _cancel, _can_cancel, CancelForm),
    "refund": Action("Refund", REFUND, _refund, has_refundable_payment, RefundForm),
    "address": Action(
        "Correct address or phone",
        CORRECT,
        _correct_address,
        address_correction.can_correct,
        RecipientForm,
        stays=True,
        find_warning=_find_address_warning,
    ),
    "note": Action("Add a note", SHIP, _add_note, lambda order: True, NoteForm, help_text="Only staff can read it.", stays=True),
    "message": Action("Message the buyer", SHIP, _send_message, lambda order: bool(order.email), MessageForm, stays=True),
    "resend": Action("Resend an e-mail", SHIP, _resend, lambda order: bool(order.email), ResendForm, needs_emails=True, stays=True),
    "sync": Action("Check with the provider", REFUND, _sync, lambda order: order.payment_method == Order.Method.STRIPE, stays=True),
    "accept": Action(
        "Accept the payment", REFUND, _accept, has_undecided_payment, help_text="The amount paid is not the order total."
    ),
    "reject": Action(
        "Reject the payment", REFUND, _reject, has_undecided_payment, help_text="The amount paid is not the order total."
    ),
    "resolve": Action(
        "Resolve the alert", REFUND, _resolve_alert, _can_resolve_alert, ResolveAlertForm, help_text="Do this after reviewing it."
    ),
}


def actions_for(user: Any, order: Order, emails: Sequence[Job]) -> dict[str, Action]:
    """Return the actions that the user's permissions and the state of the order, with these e-mails on record, allow, by name."""
    permitted = {name: action for name, action in ACTIONS.items() if has_permission(user, action.permission)}
    return {name: action for name, action in permitted.items() if action.is_offered(order, emails)}
