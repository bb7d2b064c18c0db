"""A guest's order joins the account of whoever holds its token."""

from django.db import transaction

from core.actors import Actor
from orders import selectors
from orders.exceptions import OrderNotFound
from orders.models import Order
from orders.state import transitions
from orders.state.locking import locked


@transaction.atomic
def claim(actor: Actor, order: Order, token: str) -> None:
    """Give a guest's order to the signed-in actor; from then on its token opens nothing. Raises OrderNotFound."""
    held = locked(order.pk)
    if held.user_id is not None or not selectors.is_of(held, user_id=None, token=token):
        raise OrderNotFound
    held.user_id = actor.user_id
    transitions.save(held)
    transitions.note(held, "claimed", actor)
