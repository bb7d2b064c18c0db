"""Sending and delivering many orders or parcels, each in a transaction of its own: one that is refused does not stop the others."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial

from django.db import OperationalError

from core.actors import Actor
from core.exceptions import DomainError
from orders.fulfilment import shipping
from orders.fulfilment.parcels import outcomes
from orders.models import Order, Shipment

logger = logging.getLogger(__name__)
BUSY = "the order could not be changed at the moment, try again"


@dataclass(slots=True)
class BulkResult:
    """How many orders were changed, and the numbers of the others by the reason."""

    done: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)


def ship_orders(actor: Actor, order_ids: Collection[int]) -> BulkResult:
    """Ship these orders, oldest first; return what was done and what was refused."""
    return _apply(shipping.ship_order, actor, _list_numbers(order_ids))


def deliver_orders(actor: Actor, order_ids: Collection[int]) -> BulkResult:
    """Mark these orders as delivered, oldest first; return what was done and what was refused."""
    return _apply(shipping.deliver_order, actor, _list_numbers(order_ids))


def deliver_parcels(actor: Actor, shipment_ids: Collection[int]) -> BulkResult:
    """Mark these parcels as delivered, with all cash that is due, oldest first; return what was done and what was refused."""
    parcels = Shipment.objects.filter(pk__in=shipment_ids).select_related("order").order_by("pk")
    return _apply(outcomes.deliver_parcel, actor, [(shipment.pk, shipment.label) for shipment in parcels])


def _list_numbers(order_ids: Collection[int]) -> list[tuple[int, str]]:
    """Return the ids of these orders with their numbers, oldest first."""
    return list(Order.objects.filter(pk__in=order_ids).order_by("pk").values_list("pk", "number"))


def _apply(change: Callable[[Actor, int], Order], actor: Actor, rows: Iterable[tuple[int, str]]) -> BulkResult:
    result = BulkResult()
    for pk, number in rows:
        reason = attempt(number, partial(change, actor, pk))
        if reason:
            result.refused.setdefault(reason, []).append(number)
        else:
            result.done += 1
    return result


def attempt(number: str, change: Callable[[], object]) -> str:
    """Change an order or parcel with this number; return why that was refused, or an empty string."""
    try:
        change()
    except DomainError as error:
        return _describe(error)
    except OperationalError:  # a deadlock, or a lock or statement timeout
        logger.exception("%s could not be changed", number)
        return BUSY
    return ""


def _describe(error: DomainError) -> str:
    """Return why an order was refused; of a wrong status, the status alone says enough."""
    details = error.details or {}
    return f"the order is {details['from']}" if "from" in details and "parcel" not in details else error.message
