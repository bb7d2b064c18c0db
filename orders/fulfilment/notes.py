"""What staff write about an order: notes that only staff read, and messages to the buyer."""

from django.db import transaction

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import OrderEvent
from orders.state import notifications, transitions
from orders.state.locking import lock_order

MAX_TEXT = 2000  # characters


@transaction.atomic
def add_note(actor: Actor, order_id: int, text: str) -> None:
    """Add a note for staff to the history of an order. Raises OrderNotFound."""
    transitions.record_event(lock_order(order_id), OrderEvent.NOTE, actor, text=text)


@transaction.atomic
def send_message(actor: Actor, order_id: int, text: str) -> None:
    """Email a text to the buyer, and record it in the history. Raises OrderNotFound, InvalidTransition."""
    order = lock_order(order_id)
    if not order.email:
        raise InvalidTransition("This order has no e-mail address")
    transitions.record_event(order, OrderEvent.MESSAGE, actor, text=text)
    event = order.events.filter(kind=OrderEvent.MESSAGE).latest("pk")  # the job reads its text there, so that it can be erased
    notifications.notify_customer(order, OrderEvent.MESSAGE, about=str(event.pk), event=event.pk)
