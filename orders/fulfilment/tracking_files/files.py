"""Reads a file of tracking numbers: rows that send parcels, and rows that say what a carrier reports about them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from core.characters import drop_invisible
from orders.carriers.columns import TRACKING_NUMBER
from orders.carriers.events import FIRST_DAY
from orders.exceptions import TrackingNumberRefused
from orders.fulfilment.parcels import tracking_numbers
from orders.models import TrackingEvent
from orders.models.shipment import MAX_EVENT_TEXT, MAX_TRACKING_NUMBER
from products.importing import lists
from products.importing.csv_records import Record
from products.importing.raw_rows import BadRow, Unreadable

COLUMNS = ("order", "carrier", "tracking_number")
NAMES: lists.Names = {
    "order": (
        *(("order",), ("ordernumber",), ("orderno",), ("orderid",), ("ordernr",), ("parcel",), ("parcelnumber",)),
        *(("reference",), ("referencenumber",), ("referenceno",), ("clientorderid",), ("invoiceno",)),
    ),
    "carrier": (("carrier",), ("couriername",), ("courier",), ("carriername",), ("courierpartner",), ("shippingcarrier",)),
    "tracking_number": TRACKING_NUMBER,
    "status": (("status",), ("shipmentstatus",), ("currentstatus",)),
    "at": (("at",), ("time",), ("date",), ("eventtime",), ("statustime",), ("statusdate",)),
    "text": (("text",), ("remarks",), ("remark",), ("description",)),
    "collected": (("collected",), ("codcollected",), ("collectedamount",), ("amountcollected",)),
}
NO_HEADER = "must begin with a line of column names, including order or tracking_number"
NO_ROWS = "the file has no rows"
STATUSES = tuple(code for code in TrackingEvent.Code.values if code != TrackingEvent.Code.OTHER)
CLOCK_SKEW = timedelta(days=1)  # a file may have the date of another time zone


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A row of a file. Without `status` it sends a parcel; with it, it is an event of the parcel with its tracking number."""

    number: int  # as a text editor or a spreadsheet counts
    order: str = ""  # number of an order, or of a parcel
    carrier: str = ""
    tracking_number: str = ""
    status: str = ""
    at: datetime | None = None
    text: str = ""
    collected: str = ""
    key: str = ""  # of the event: the same row is the same event


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is refused; `subject` names its order or parcel."""

    number: int
    subject: str
    text: str


@dataclass(slots=True)
class TrackingFile:
    """The rows of a file, and those that cannot be read."""

    rows: list[TrackingRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # columns
    empty: int = 0  # rows of orders without a tracking number: a template that is filled in only in part


def read_file(file: Path, carrier: str = "") -> TrackingFile:
    """Return the rows of a CSV file or an Excel workbook; `carrier` is for rows that name none. Raises Unreadable, OSError."""
    try:
        table = lists.open_list(file, _is_header, no_header=NO_HEADER)
        columns = lists.find_columns(table.header, NAMES)
        result = TrackingFile(unread=lists.list_unread(table.header, columns))
        _read_records(table.iter_records(), columns, carrier, result)
    except UnicodeError:
        raise Unreadable(f"{file} is not text; save the sheet as CSV UTF-8") from None
    if not (result.rows or result.problems or result.empty):
        raise Unreadable(NO_ROWS)
    return result


def _is_header(names: Sequence[str]) -> bool:
    return any(lists.has_column(names, NAMES[column]) for column in ("order", "tracking_number"))


def _read_records(records: Iterable[Record], columns: Mapping[str, list[int]], carrier: str, result: TrackingFile) -> None:
    for record in records:
        cells = {
            name: record.cells[positions[0]] if positions[0] < len(record.cells) else "" for name, positions in columns.items()
        }
        values = {name: " ".join(drop_invisible(cells.get(name, "")).split()) for name in NAMES}
        try:
            if record.problem:
                raise BadRow(record.problem)
            if not values["tracking_number"] and not values["status"]:
                result.empty += 1
                continue
            result.rows.append(_parse(record.number, values, carrier))
        except (BadRow, TrackingNumberRefused) as error:
            subject = (values["order"] or values["tracking_number"])[:MAX_TRACKING_NUMBER]
            result.problems.append(Problem(record.number, subject, str(error)))


def _parse(number: int, values: Mapping[str, str], default_carrier: str) -> TrackingRow:
    """Return a row. Raises BadRow, TrackingNumberRefused."""
    carrier, tracking_number = tracking_numbers.clean(values["carrier"] or default_carrier, lists.unwrap(values["tracking_number"]))
    order = lists.unwrap(values["order"]).lstrip("#").upper()
    status = values["status"].lower().replace(" ", "_").replace("-", "_")
    if not status:
        if not order:
            raise BadRow("the number of the order is missing")
        return TrackingRow(number, order, carrier, tracking_number)
    if status not in STATUSES:
        raise BadRow(f"{values['status'][:40]} is not a status; the statuses are {', '.join(STATUSES)}")
    if not tracking_number:
        raise BadRow("the tracking number is missing")
    if values["collected"] and status != TrackingEvent.Code.DELIVERED:
        raise BadRow("cash is collected only with a delivery")
    at, text = _parse_time(values["at"]), values["text"][:MAX_EVENT_TEXT]
    content = "\x1f".join((carrier, tracking_number, status, at.isoformat() if at else "", text, values["collected"]))
    key = hashlib.sha256(content.encode()).hexdigest()
    return TrackingRow(number, order, carrier, tracking_number, status, at, text, values["collected"], key)


def _parse_time(text: str) -> datetime | None:
    """Return a time in the shop's time zone, unless it names another; None if there is none. Raises BadRow."""
    if not text:
        return None
    try:
        moment = parse_datetime(text)
        day = None if moment else parse_date(text)
    except ValueError:  # well-formed, such as 2026-02-30
        moment = day = None
    if moment is None and day is not None:
        moment = datetime.combine(day, time.min)
    if moment is None:
        raise BadRow(f"{text[:40]} is not a time such as 2026-11-29 14:30")
    moment = timezone.make_aware(moment, timezone.get_default_timezone()) if timezone.is_naive(moment) else moment
    if moment < FIRST_DAY:
        raise BadRow(f"{text[:40]} is too long ago")
    if moment > timezone.now() + CLOCK_SKEW:
        raise BadRow(f"{text[:40]} is in the future")
    return moment
