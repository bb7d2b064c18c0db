"""What staff write about an order: notes that only staff read, and messages to the buyer."""

from uuid import UUID

from django.db import transaction

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import OrderEvent
from orders.state import notifications, transitions
from orders.state.locking import lock_order

MAX_TEXT = 2000  # characters


@transaction.atomic
def add_note(actor: Actor, order_id: int, text: str, *, submission: UUID | None = None) -> None:
    """Add a note for staff to the history of an order, once for each `submission`. Raises OrderNotFound."""
    order = lock_order(order_id)
    if not transitions.has_recorded(order, OrderEvent.NOTE, submission):
        transitions.record_event(order, OrderEvent.NOTE, actor, text=text, **transitions.get_submission_data(submission))


@transaction.atomic
def send_message(actor: Actor, order_id: int, text: str, *, submission: UUID | None = None) -> None:
    """Email a text to the buyer, and record it in the history, once for each `submission`.

    Raises OrderNotFound, InvalidTransition.
    """
    order = lock_order(order_id)
    if not order.email:
        raise InvalidTransition("This order has no e-mail address")
    if transitions.has_recorded(order, OrderEvent.MESSAGE, submission):
        return
    transitions.record_event(order, OrderEvent.MESSAGE, actor, text=text, **transitions.get_submission_data(submission))
    event = order.events.filter(kind=OrderEvent.MESSAGE).latest("pk")  # the job reads its text there, so that it can be erased
    notifications.notify_customer(order, OrderEvent.MESSAGE, about=str(event.pk), event=event.pk)
