"""Shipping and delivering many orders, each in a transaction of its own: an order that is refused does not stop the others."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.db import OperationalError

from core.actors import Actor
from core.exceptions import DomainError
from orders.fulfilment import shipping
from orders.models import Order

logger = logging.getLogger(__name__)
BUSY = "the order could not be changed at the moment, try again"


@dataclass(slots=True)
class BulkResult:
    """How many orders were changed, and the numbers of the others by the reason."""

    done: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)


def ship_orders(actor: Actor, order_ids: Collection[int]) -> BulkResult:
    """Ship these orders, oldest first; return what was done and what was refused."""
    return _apply(shipping.ship_order, actor, order_ids)


def deliver_orders(actor: Actor, order_ids: Collection[int]) -> BulkResult:
    """Mark these orders as delivered, oldest first; return what was done and what was refused."""
    return _apply(shipping.deliver_order, actor, order_ids)


def _apply(change: Callable[[Actor, int], Order], actor: Actor, order_ids: Collection[int]) -> BulkResult:
    result = BulkResult()
    for order_id, number in Order.objects.filter(pk__in=order_ids).order_by("pk").values_list("pk", "number"):
        try:
            change(actor, order_id)
            result.done += 1
        except DomainError as error:
            result.refused.setdefault(_describe(error), []).append(number)
        except OperationalError:  # a deadlock, or a lock or statement timeout
            logger.exception("Order %s could not be changed", number)
            result.refused.setdefault(BUSY, []).append(number)
    return result


def _describe(error: DomainError) -> str:
    """Return why an order was refused; of a wrong status, the status alone says enough."""
    status = error.details.get("from") if error.details else None
    return f"the order is {status}" if status else error.message
