"""Correcting where an order goes, before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core.actors import Actor
from orders import contact_rules
from orders.contact_phones import find_order_e164
from orders.contact_rules import Contact
from orders.exceptions import ContactNeeded, InvalidTransition
from orders.models import ADDRESS_FIELDS, Order, OrderEvent
from orders.state import notifications, transitions
from orders.state.locking import lock_order

EDITED_FIELDS = tuple(name for name in ADDRESS_FIELDS if name != "phone")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets an order, and where: the buyer's name and phone, and the parts of the address, without its phone."""

    name: str
    phone: str
    address: Mapping[str, str] = field(default_factory=dict)


def can_correct(order: Order) -> bool:
    """Return whether the address can be corrected. While an order is pending, the provider holds what it was placed with."""
    return order.status == Order.Status.PROCESSING


@transaction.atomic
def correct_recipient(actor: Actor, order_id: int, recipient: Recipient, *, seen: int, notify: bool = False) -> Order:
    """Correct the name, phone and address of an order that is not sent yet; on request, email the buyer.

    `seen` is the version of the order that staff corrected. Raises OrderNotFound, ContactNeeded; InvalidTransition, also if the
    order has changed since.
    """
    order = lock_order(order_id)
    if not can_correct(order):
        raise InvalidTransition(f"The address of an order that is {order.status} cannot be corrected")
    if order.version != seen:
        raise InvalidTransition("The order has changed in the meantime. Look at it again")
    _refuse_incomplete(order, recipient)
    before = _get_values(order)
    address = {name: recipient.address.get(name, "") for name in EDITED_FIELDS}
    if order.address.get("phone", "") == order.phone:  # otherwise it is the recipient's own
        address["phone"] = recipient.phone
    order.address = {**order.address, **address}
    order.name, order.phone = recipient.name, recipient.phone
    order.phone_e164 = find_order_e164(order.phone, order.address, order.market)
    after = _get_values(order)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        raise InvalidTransition("Nothing was changed")
    transitions.save_order(order, "name", "phone", "phone_e164", "address")
    changes = {name: [before[name], after[name]] for name in changed}
    transitions.record_event(order, OrderEvent.ADDRESS_CORRECTED, actor, **changes)
    if notify:
        notifications.notify_customer(order, OrderEvent.ADDRESS_CORRECTED, about=str(order.version))
    return order


def _get_values(order: Order) -> dict[str, Any]:
    return {"name": order.name, **{name: order.address.get(name, "") for name in EDITED_FIELDS}, "phone": order.phone}


def _refuse_incomplete(order: Order, recipient: Recipient) -> None:
    contact = Contact(recipient.name, order.email, recipient.phone, recipient.address)
    is_cash, is_guest = order.payment_method == Order.Method.COD, order.user_id is None
    problems = contact_rules.find_problems(contact, order.market, is_cash=is_cash, is_guest=is_guest)
    if problems:
        raise ContactNeeded(errors={name.removeprefix("address."): sentence for name, sentence in problems.items()})
