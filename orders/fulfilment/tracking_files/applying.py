"""Does what a file of tracking numbers says, each order or parcel in a transaction of its own."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.utils import timezone

from core.actors import Actor
from orders.carriers.events import CarrierEvent
from orders.fulfilment import bulk, shipping
from orders.fulfilment.parcels import sending, tracking
from orders.fulfilment.tracking_files.files import Problem
from orders.fulfilment.tracking_files.plans import EventRow, Plan, ShipRow


@dataclass(slots=True)
class Result:
    """How many orders and parcels were sent, how many events are new, and the rows that were refused."""

    sent: int = 0
    events: int = 0
    known_events: int = 0
    refused: list[Problem] = field(default_factory=list)


def apply_plan(actor: Actor, plan: Plan) -> Result:
    """Do what the rows of a plan say; a row that is refused does not stop the others."""
    result = Result(refused=list(plan.problems))
    for ship in plan.ships:
        reason = bulk.attempt(ship.label, _build_shipping(actor, ship))
        if reason:
            result.refused.append(Problem(ship.row.number, ship.row.order, reason))
        else:
            result.sent += 1
    rows_by_parcel: dict[int, list[EventRow]] = defaultdict(list)
    for event in plan.events:
        rows_by_parcel[event.shipment.pk].append(event)
    for rows in rows_by_parcel.values():
        _record(actor, rows, result)
    result.refused.sort(key=lambda problem: problem.number)
    return result


def _build_shipping(actor: Actor, ship: ShipRow) -> Callable[[], object]:
    details = {"carrier": ship.row.carrier, "tracking_number": ship.row.tracking_number}
    if ship.shipment is not None:
        return partial(sending.ship_parcel, actor, ship.shipment.pk, **details)
    return partial(shipping.ship_order, actor, ship.order.pk, **details)


def _record(actor: Actor, rows: list[EventRow], result: Result) -> None:
    """Record the events of a parcel in one transaction."""
    now, shipment = timezone.now(), rows[0].shipment
    events = [
        CarrierEvent(event.row.key, event.row.status, event.row.at or now, event.row.text, event.collected_minor) for event in rows
    ]
    new = 0

    def record() -> None:
        nonlocal new
        new = tracking.record_events(shipment.pk, events, actor)

    reason = bulk.attempt(shipment.label, record)
    if reason:
        result.refused += [Problem(event.row.number, event.row.tracking_number, reason) for event in rows]
    else:
        result.events += new
        result.known_events += len(rows) - new
