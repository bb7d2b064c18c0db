"""Correcting where an order goes, before it is sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from core import markets
from core.actors import Actor
from orders import address_rules, contact_rules
from orders.contact_phones import find_order_e164
from orders.contact_rules import Contact
from orders.exceptions import ContactNeeded, InvalidTransition
from orders.fulfilment import phone_confirmation
from orders.models import ADDRESS_FIELDS, Order, OrderEvent
from orders.state import notifications, transitions
from orders.state.locking import lock_order
from pricing.delivery import lookup
from pricing.delivery.places import Place, build_place

EDITED_FIELDS = tuple(name for name in ADDRESS_FIELDS if name != "phone")
CONTACT_FIELDS = frozenset({"name", "phone", "recipient_phone"})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets an order, and where: the buyer's name and phone, and the parts of the address, without its phone.

    `own_phone` is the recipient's, where the address has another one than the buyer's; None leaves it.
    """

    name: str
    phone: str
    address: Mapping[str, str] = field(default_factory=dict)
    own_phone: str | None = None


def can_correct(order: Order) -> bool:
    """Return whether the address can be corrected: before an order is sent, and before one that came back paid is sent again.

    While an order is pending, the provider holds what it was placed with.
    """
    comes_again = order.status == Order.Status.RETURNED and order.payment_method != Order.Method.COD
    return order.status == Order.Status.PROCESSING or comes_again


def is_contact_only(changed: Collection[str]) -> bool:
    """Return whether, of these changes, none is of the address itself."""
    return CONTACT_FIELDS.issuperset(changed)


def get_place(order: Order) -> Place | None:
    """Return where an order goes; None if the shop no longer has its market."""
    market = markets.get_markets().get(order.market)
    parts = {name: order.address.get(name, "") for name in ("country", "postal_code", "state")}
    return build_place(market, **parts) if market else None


def is_served(order: Order) -> bool:
    """Return whether the shop delivers where an order goes, or can no longer tell; one statement."""
    place = get_place(order)
    return place is None or lookup.get_options(markets.get_market(order.market), place).problem is None


@transaction.atomic
def correct_recipient(
    actor: Actor, order_id: int, recipient: Recipient, *, seen: int, notify: bool = False
) -> dict[str, tuple[str, str]]:
    """Correct the name, phone and address of an order that is not sent yet; on request, email the buyer.

    An order that waits for its phone goes on waiting, with the new number, unless that is the account's confirmed one.

    Return what each changed field was and is. `seen` is the version of the order that staff corrected. Raises OrderNotFound,
    ContactNeeded; InvalidTransition, also if the order has changed since.
    """
    order = lock_order(order_id)
    if not can_correct(order):
        raise InvalidTransition(f"The address of an order that is {order.status} cannot be corrected")
    if order.version != seen:
        raise InvalidTransition("The order has changed in the meantime. Look at it again")
    _refuse_incomplete(order, recipient)
    has_own_phone = bool(order.recipient_phone)
    before = _get_values(order, with_own_phone=has_own_phone)
    _set_values(order, recipient)
    after = _get_values(order, with_own_phone=has_own_phone)
    changes = {name: (before[name], after[name]) for name in after if after[name] != before[name]}
    if not changes:
        raise InvalidTransition("Nothing was changed")
    transitions.save_order(order, "name", "phone", "phone_e164", "address")
    transitions.record_event(order, OrderEvent.ADDRESS_CORRECTED, actor, **changes)
    phone_confirmation.confirm_by_account(actor, order)
    if notify:
        context = {"is_contact_only": True} if is_contact_only(changes) else {}
        notifications.notify_customer(order, OrderEvent.ADDRESS_CORRECTED, about=str(order.version), **context)
    return changes


def _set_values(order: Order, recipient: Recipient) -> None:
    address = _get_address(recipient.address)
    if order.address.get("phone", "") == order.phone:
        address["phone"] = recipient.phone
    elif order.recipient_phone and recipient.own_phone is not None:
        address["phone"] = recipient.own_phone
    order.address = {**order.address, **address}
    order.name, order.phone = recipient.name, recipient.phone
    order.phone_e164 = find_order_e164(order.phone, order.address, order.market)


def _get_values(order: Order, *, with_own_phone: bool) -> dict[str, str]:
    recipient_phone = {"recipient_phone": order.address["phone"]} if with_own_phone else {}
    return {"name": order.name, **_get_address(order.address), "phone": order.phone, **recipient_phone}


def _get_address(address: Mapping[str, str]) -> dict[str, str]:
    """Return the parts that staff edit, as they are stored."""
    return address_rules.with_country_code({name: address.get(name, "") for name in EDITED_FIELDS})


def _refuse_incomplete(order: Order, recipient: Recipient) -> None:
    """Refuse what the checkout would refuse of what is changed; the rest was taken then. Plain text stays plain text."""
    before, after = _get_address(order.address), _get_address(recipient.address)
    is_text = _is_plain_text(before) and _is_plain_text(after)
    contact = Contact(recipient.name, order.email, recipient.phone, after, is_text)
    is_cash, is_guest = order.payment_method == Order.Method.COD, order.user_id is None
    found = contact_rules.find_problems(contact, order.market, is_cash=is_cash, is_guest=is_guest)
    is_changed = {"address": before != after, "phone": order.phone != recipient.phone}
    problems = {name: sentence for name, sentence in found.items() if is_changed.get(name.partition(".")[0], True)}
    if problems:
        raise ContactNeeded(errors={name.removeprefix("address."): sentence for name, sentence in problems.items()})


def _is_plain_text(address: Mapping[str, str]) -> bool:
    return {name for name, value in address.items() if value} - {"full_name"} == {"line1"}
