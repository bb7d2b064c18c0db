"""Confirming the phone of a Cash on Delivery order: by a code, by staff, or because it is the account's confirmed one.

Until then the order cannot be shipped, and a job cancels it when its time is over. Confirming and cancelling lock the order:
whichever comes first counts.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts import events, phone_codes, phones
from accounts.client_info import ClientInfo
from accounts.exceptions import CodeInvalid, PhoneInvalid
from accounts.models import User
from core import outbox, rate_limits
from core.actors import Actor
from core.models import Job
from orders.exceptions import InvalidTransition, PhoneCodeInvalid, PhoneCodeNotPossible
from orders.models import Order
from orders.state import notifications, transitions
from orders.state.locking import lock_order

DEADLINE_JOB = "phone_confirmation_deadline"
CODE_SENT_EVENT, CONFIRMED_EVENT = "phone_code_sent", "phone_confirmed"
BY_CODE, BY_STAFF, BY_ACCOUNT = "code", "staff", "account"


def enqueue_deadline(order: Order, until: datetime) -> None:
    """Enqueue the job that cancels the order if its phone is not confirmed by then."""
    outbox.enqueue_all(Job(kind=DEADLINE_JOB, payload={"order": order.pk}, run_at=until))


def send_code(actor: Actor, order: Order, client: ClientInfo) -> None:
    """Send a code to the phone of an order that waits for it; earlier codes of that number become invalid.

    Raises InvalidTransition, PhoneCodeNotPossible, SmsUnavailable, TooManyRequests.
    """
    _check_waits(order)
    phone = _get_phone(order)
    rate_limits.check("code_send_order", order.number)
    phone_codes.send_code(phone, client, _get_purpose(order))
    rate_limits.is_within("code_send_order", order.number)  # counts what was sent: to ask again too soon costs nothing
    transitions.record_event(order, CODE_SENT_EVENT, actor)


def confirm_by_code(actor: Actor, order: Order, code: str, client: ClientInfo) -> None:
    """Confirm the phone of an order by the code that was sent to it; nothing to do if it is confirmed.

    The code is redeemed outside of the order's transaction: the tries that it counts are never undone. Raises InvalidTransition,
    PhoneCodeNotPossible, PhoneCodeInvalid, TooManyRequests.
    """
    if is_confirmed(order):
        return
    _check_waits(order)
    phone = _get_phone(order)
    rate_limits.count_call("code_verify", events.hash_contact(phone))
    try:
        phone_codes.redeem_code(phone, code, client, _get_purpose(order))
    except CodeInvalid:
        raise PhoneCodeInvalid(field="verification_code") from None
    _confirm_order(actor, order.pk, BY_CODE, phone)


def confirm_by_staff(actor: Actor, order_id: int) -> None:
    """Confirm the phone of an order because staff have reached the buyer. Raises OrderNotFound, InvalidTransition."""
    _confirm_order(actor, order_id, BY_STAFF)


def confirm_by_account(actor: Actor, order: Order) -> None:
    """Confirm the phone of a locked order that waits for it, if it is the confirmed one of the order's account."""
    if order.awaits_phone and order.phone_e164 and order.user_id is not None:
        users = User.objects.filter(pk=order.user_id, phone=order.phone_e164, phone_verified_at__isnull=False)
        if users.exists():
            _confirm(actor, order, BY_ACCOUNT)


def is_confirmed(order: Order) -> bool:
    """Return whether the phone of an order that can be, or was, packed had to be confirmed, and is."""
    is_sold = order.status in Order.SOLD_STATUSES
    return is_sold and not order.awaits_phone and order.events.filter(kind=CONFIRMED_EVENT).exists()


@transaction.atomic
def _confirm_order(actor: Actor, order_id: int, source: str, phone: str = "") -> None:
    """Lock an order and confirm its phone, which must still be this number if one is given."""
    order = lock_order(order_id)
    if is_confirmed(order):
        return
    _check_waits(order)
    if phone and order.phone_e164 != phone:
        raise InvalidTransition("The shop has corrected the phone number of this order. Request a code for the new one")
    _confirm(actor, order, source)


def _confirm(actor: Actor, order: Order, source: str) -> None:
    order.phone_confirm_until = None
    transitions.save_order(order)
    transitions.record_event(order, CONFIRMED_EVENT, actor, source=source)
    notifications.notify_order_confirmed(order, "placed")


def _check_waits(order: Order) -> None:
    if order.status in Order.CLOSED_STATUSES:
        raise InvalidTransition(f"This order is {order.status}")
    if not order.awaits_phone:
        raise InvalidTransition("The phone number of this order need not be confirmed")


def _get_phone(order: Order) -> str:
    """Return the number to send a code to. Raises PhoneCodeNotPossible if there is none, or the shop sends no text messages."""
    if not settings.SMS_BACKEND or not order.phone_e164:
        raise PhoneCodeNotPossible
    try:
        return phones.normalize_phone(order.phone_e164, order.market)  # refuses numbers that cost extra
    except PhoneInvalid:
        raise PhoneCodeNotPossible from None


def _get_purpose(order: Order) -> phone_codes.Purpose:
    """Return what the code is for; the number of the order, which phones might take for the code, is not in the message."""
    return phone_codes.Purpose("to confirm your order", f"order {order.number}")
