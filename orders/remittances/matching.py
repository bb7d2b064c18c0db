"""Finds the parcels that the rows of a carrier's file mean: by tracking number, by label, or by the number of the order.

Case and spaces do not matter.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db.models import Q, Value
from django.db.models.functions import Replace, Upper

from orders.carriers.links import get_carrier_name
from orders.carriers.registry import is_same_carrier
from orders.models import Shipment

BATCH = 500  # names in a statement
SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+")
NO_PARCEL = "no parcel has this number"
NO_NAME = "names no parcel"
LOST_DIGITS = "digits of the number are lost; format the column as text"


class Names(NamedTuple):
    """What a row says about its parcel; either may be empty, and the tracking number may be an order's number, too."""

    tracking_number: str
    order_number: str


Groups = dict[str, list[Shipment]]


def squash(name: str) -> str:
    """Return a number in the form in which numbers are compared."""
    return re.sub(r"\.0+$", "", "".join(name.split()).upper().removeprefix("#"))


def find_parcels(carrier: str, rows: Iterable[Names]) -> dict[Names, Shipment | str]:
    """Return the parcel of this carrier that each row means, with its order, or why there is none.

    The number of statements does not depend on how many parcels are found.
    """
    wanted = set(rows)
    names = {name for row in wanted for name in row if name}
    by_tracking, by_order = _load_by_tracking(names), _load_by_order({squash(name) for name in names})
    return {row: _find(carrier, row, by_tracking, by_order) for row in wanted}


def _find(carrier: str, row: Names, by_tracking: Groups, by_order: Groups) -> Shipment | str:
    found = [_find_one(carrier, squash(name), by_tracking, by_order) for name in row if name]
    if not found:
        return NO_NAME
    parcels = [parcel for parcel in found if isinstance(parcel, Shipment)]
    if len({parcel.order_id for parcel in parcels}) > 1:
        return f"its numbers mean two orders: parcels {' and '.join(parcel.label for parcel in parcels)}"
    return parcels[0] if parcels else next((text for text in found if text != NO_PARCEL), NO_PARCEL)


def _find_one(carrier: str, name: str, by_tracking: Groups, by_order: Groups) -> Shipment | str:
    number = name.rpartition("-")[2]
    by_label = [parcel for parcel in by_order.get(name.rpartition("-")[0], ()) if str(parcel.number) == number]
    if parcels := by_tracking.get(name):
        return _choose(carrier, parcels, is_order=False)
    if by_label:
        return _choose(carrier, by_label, is_order=False)
    if parcels := by_order.get(name):
        return _choose(carrier, parcels, is_order=True)
    return LOST_DIGITS if SCIENTIFIC.fullmatch(name) else NO_PARCEL


def _choose(carrier: str, parcels: Sequence[Shipment], *, is_order: bool) -> Shipment | str:
    """Return the only parcel of the carrier that is meant.

    Carriers use tracking numbers again, so one with cash that is not paid yet precedes. Of an order, none does: the row could mean
    a parcel whose delivery is not recorded yet.
    """
    own = [parcel for parcel in parcels if not parcel.carrier or is_same_carrier(parcel.carrier, carrier)]
    if not own:
        return f"parcel {parcels[0].label} was sent with {get_carrier_name(parcels[0].carrier)}"
    due = [parcel for parcel in own if parcel.cod_due_minor]
    unpaid = [parcel for parcel in due if parcel.cod_collected_minor > parcel.remitted_minor]
    for narrowed in (own, due) if is_order else (own, due, unpaid):
        if len(narrowed) == 1:
            return narrowed[0]
    return f"it may mean parcels {', '.join(parcel.label for parcel in (due or own)[:5])}; name one of them"


def _load_by_tracking(names: Collection[str]) -> Groups:
    """Return the parcels with these tracking numbers; first by the index, then those that are written with spaces."""
    groups: Groups = defaultdict(list)
    spellings = {spelling for name in names for spelling in (name, squash(name), squash(name).lower())}
    parcels = Shipment.objects.select_related("order").order_by("pk")
    for batch in _batch(spellings):
        _group(groups, parcels.filter(tracking_number__in=batch))
    squashed = Upper(Replace("tracking_number", Value(" "), Value("")))
    cash = parcels.exclude(tracking_number="").filter(cod_due_minor__gt=0).alias(squashed=squashed)
    for batch in _batch({squash(name) for name in names} - groups.keys()):
        _group(groups, cash.filter(squashed__in=batch))
    return groups


def _group(groups: Groups, parcels: Iterable[Shipment]) -> None:
    for parcel in parcels:
        group = groups[squash(parcel.tracking_number)]
        if parcel not in group:
            group.append(parcel)


def _load_by_order(names: Collection[str]) -> Groups:
    """Return the parcels of the orders with these numbers, or the numbers in these labels."""
    groups: Groups = defaultdict(list)
    numbers = {number for name in names for number in (name, name.rpartition("-")[0]) if number}
    for batch in _batch(numbers):
        for parcel in Shipment.objects.filter(Q(order__number__in=batch)).select_related("order").order_by("pk"):
            groups[squash(parcel.order.number)].append(parcel)
    return groups


def _batch(names: Collection[str]) -> Iterator[tuple[str, ...]]:
    ordered = sorted(names)
    return (tuple(ordered[start : start + BATCH]) for start in range(0, len(ordered), BATCH))
