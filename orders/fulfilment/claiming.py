"""A guest's order joins the account of a user who holds its token."""

from django.db import transaction

from core.actors import Actor
from orders import selectors
from orders.exceptions import OrderNotFound
from orders.fulfilment import phone_confirmation
from orders.models import Order
from orders.state import transitions
from orders.state.locking import lock_order


@transaction.atomic
def claim_order(actor: Actor, order: Order, token: str) -> None:
    """Give a guest's order to the signed-in actor; its token opens nothing afterwards. Raises OrderNotFound.

    If the order waits for its phone, and that is the actor's confirmed one, it is confirmed.
    """
    locked = lock_order(order.pk)
    if locked.user_id is not None or not selectors.belongs_to(locked, user_id=None, token=token):
        raise OrderNotFound
    locked.user_id = actor.user_id
    transitions.save_order(locked)
    locked.redemptions.update(user=actor.user_id)
    transitions.record_event(locked, "claimed", actor)
    phone_confirmation.confirm_by_account(actor, locked)
