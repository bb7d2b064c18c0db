"""Compares a file of tracking numbers with the orders: what its rows would do, and which are refused and why.

It takes a constant number of statements for each thousand rows, and changes nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core import money
from core.exceptions import DomainError
from orders.carriers.registry import is_same_carrier, normalize_carrier
from orders.fulfilment.parcels import packing, tracking_numbers
from orders.fulfilment.tracking_files.files import Problem, TrackingFile, TrackingRow
from orders.models import Order, Shipment
from orders.state.parcel_units import read_parcels
from products.importing.raw_rows import BadRow

State = Shipment.State
AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,4})?", re.ASCII)
ROWS_PER_READ = 500
SEVERAL = "the order has parcels that are packed; name the parcel, such as {}"


@dataclass(frozen=True, slots=True)
class ShipRow:
    """A row that sends an order, or one of its packed parcels."""

    row: TrackingRow
    order: Order
    shipment: Shipment | None = None

    @property
    def label(self) -> str:
        """The number of the parcel, or of the order."""
        return self.shipment.label if self.shipment is not None else self.order.number


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row that is an event of a parcel; `collected_minor` is its cash, if the row says."""

    row: TrackingRow
    shipment: Shipment
    collected_minor: int | None = None


@dataclass(slots=True)
class Plan:
    """What the rows of a file would do. Problems are in the sequence of the file."""

    ships: list[ShipRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def make_plan(file: TrackingFile) -> Plan:
    """Return what the rows of a file would do now."""
    plan = Plan(problems=list(file.problems))
    ships, events = [row for row in file.rows if not row.status], [row for row in file.rows if row.status]
    for start in range(0, len(ships), ROWS_PER_READ):
        _plan_ships(ships[start : start + ROWS_PER_READ], plan)
    for start in range(0, len(events), ROWS_PER_READ):
        _plan_events(events[start : start + ROWS_PER_READ], plan)
    _refuse_repeated(plan)
    plan.problems.sort(key=lambda problem: problem.number)
    return plan


def _plan_ships(rows: Sequence[TrackingRow], plan: Plan) -> None:
    orders = _find_orders({row.order for row in rows})
    used = _find_used({row.tracking_number for row in rows})
    for row in rows:
        try:
            planned = _plan_ship(row, orders)
            users = used[_fold(row.carrier) or _get_carrier(planned), row.tracking_number]
            other = next((shipment for shipment in users if shipment != planned.shipment), None)
            if other is not None:
                raise BadRow(tracking_numbers.describe_use(other))
            plan.ships.append(planned)
        except (BadRow, DomainError) as error:
            plan.problems.append(Problem(row.number, row.order, str(error)))


def _get_carrier(planned: ShipRow) -> str:
    """Return the carrier that was entered for a packed parcel before."""
    return _fold(planned.shipment.carrier) if planned.shipment is not None else ""


def _fold(carrier: str) -> str:
    return normalize_carrier(carrier).casefold()


def _find_orders(names: Iterable[str]) -> dict[str, Order]:
    """Return the orders of these numbers of orders or parcels, by their own number, with their parcels."""
    wanted = {name for label in names for name in (label, _split(label)[0]) if name}
    orders = Order.objects.filter(number__in=wanted).prefetch_related("items", "shipments__lines")
    return {order.number: order for order in orders}


def _split(label: str) -> tuple[str, int | None]:
    """Return the number of the order and of the parcel in the number of a parcel."""
    order, _, parcel = label.rpartition("-")
    is_number = parcel.isascii() and parcel.isdecimal() and len(parcel) <= 5
    return (order, int(parcel)) if is_number else ("", None)


def _find_used(numbers: Iterable[str]) -> dict[tuple[str, str], list[Shipment]]:
    """Return the parcels that have these tracking numbers, by carrier and number."""
    used: dict[tuple[str, str], list[Shipment]] = defaultdict(list)
    for parcel in Shipment.objects.exclude(state=State.CANCELLED).filter(tracking_number__in=numbers).select_related("order"):
        used[_fold(parcel.carrier), parcel.tracking_number].append(parcel)
    return used


def _plan_ship(row: TrackingRow, orders: dict[str, Order]) -> ShipRow:
    """Return what a row sends. Raises BadRow, InvalidTransition."""
    order = orders.get(row.order)
    if order is not None:
        return _plan_order(row, order)
    number, parcel = _split(row.order)
    order = orders.get(number)
    if order is None:
        raise BadRow("there is no order with this number")
    shipment = next((shipment for shipment in read_parcels(order).shipments if shipment.number == parcel), None)
    if shipment is None:
        raise BadRow(f"the order has no parcel {parcel}")
    if shipment.state != State.PACKED:
        raise BadRow(f"the parcel is already {shipment.get_state_display().lower()}")
    packing.check_sendable(order)
    return ShipRow(row, order, shipment)


def _plan_order(row: TrackingRow, order: Order) -> ShipRow:
    parcels = read_parcels(order)
    packed = [shipment for shipment in parcels.shipments if shipment.state == State.PACKED]
    packing.check_sendable(order)
    if not packed and not parcels.list_to_pack():
        raise BadRow("the order is already sent" if parcels.has_sent_parcel else packing.NOTHING_LEFT)
    if len(packed) + bool(parcels.list_to_pack()) > 1:
        raise BadRow(SEVERAL.format(packed[0].label))
    return ShipRow(row, order, packed[0] if packed else None)


def _plan_events(rows: Sequence[TrackingRow], plan: Plan) -> None:
    parcels: dict[str, list[Shipment]] = defaultdict(list)
    found = Shipment.objects.exclude(state=State.CANCELLED).filter(tracking_number__in={row.tracking_number for row in rows})
    for shipment in found.select_related("order"):
        parcels[shipment.tracking_number].append(shipment)
    for row in rows:
        try:
            shipment = _choose_parcel(row, parcels[row.tracking_number])
            plan.events.append(EventRow(row, shipment, _parse_collected(row, shipment)))
        except BadRow as error:
            plan.problems.append(Problem(row.number, row.tracking_number, str(error)))


def _choose_parcel(row: TrackingRow, found: Sequence[Shipment]) -> Shipment:
    """Return the parcel of a row among those with its tracking number. Raises BadRow."""
    parcels = [
        shipment
        for shipment in found
        if (not row.carrier or not shipment.carrier or is_same_carrier(shipment.carrier, row.carrier))
        and (not row.order or row.order in (shipment.order.number, shipment.label))
    ]
    if len(parcels) > 1:
        raise BadRow("several parcels have this tracking number; name the carrier")
    if not parcels:
        raise BadRow("this number is of another carrier or order" if found else "no parcel has this tracking number")
    return parcels[0]


def _parse_collected(row: TrackingRow, shipment: Shipment) -> int | None:
    """Return the cash that a row says was collected, in minor units. Raises BadRow."""
    if not row.collected:
        return None
    if not AMOUNT.fullmatch(row.collected):
        raise BadRow(f"{row.collected[:40]} is not an amount such as 1250.00")
    try:
        collected = money.to_minor(Decimal(row.collected), shipment.order.currency)
    except ValueError:
        raise BadRow(f"{row.collected[:40]} is not an amount in {shipment.order.currency}") from None
    if shipment.state == State.DELIVERED and collected != shipment.cod_collected_minor:
        raise BadRow("the parcel is delivered with another amount; correct the cash on its page")
    if collected > shipment.cod_due_minor:
        raise BadRow("this is more than the parcel has to collect")
    return collected


def _refuse_repeated(plan: Plan) -> None:
    """Refuse the later of two rows that send the same order or parcel, or that have the same tracking number."""
    first: dict[tuple[str, ...], int] = {}
    kept = []
    for ship in plan.ships:
        keys = list(_list_keys(ship))
        earlier = min((first[key] for key in keys if key in first), default=None)
        if earlier is None:
            first.update(dict.fromkeys(keys, ship.row.number))
            kept.append(ship)
        else:
            plan.problems.append(Problem(ship.row.number, ship.row.order, f"the same is in row {earlier} already"))
    plan.ships = kept


def _list_keys(ship: ShipRow) -> Iterator[tuple[str, ...]]:
    yield ("parcel", ship.label)
    yield ("number", _fold(ship.row.carrier) or _get_carrier(ship), ship.row.tracking_number)
