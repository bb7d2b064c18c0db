"""Asks the gateways of carriers what has become of parcels. No transaction is open while a carrier is asked."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.exceptions import DomainError
from orders.carriers.events import CarrierEvent, read_event
from orders.carriers.gateway import Gateway
from orders.carriers.registry import Carrier, get_gateway, list_carriers
from orders.exceptions import ParcelNotFound
from orders.fulfilment.parcels.tracking import record_events
from orders.models import Shipment, TrackingEvent

logger = logging.getLogger(__name__)
State = Shipment.State
# A parcel may be with its carrier before staff have recorded that it was sent, and a lost one may be found.
TRACKED_STATES = (*Shipment.OPEN_STATES, State.LOST)
INTERVAL = timedelta(hours=1)  # between two questions about a parcel
LATE_INTERVAL, LATE_PERIOD = timedelta(days=1), timedelta(days=3)  # of one that is delivered: carriers report late
MAX_AGE = timedelta(days=90)  # of a parcel; staff decide about one that takes longer
MAX_PARCELS = 2000  # of a carrier, in a run; the next one goes on
MAX_EVENTS = 500  # of a parcel, in an answer
MAX_FAILURES = 3  # calls in a row that a carrier does not answer


@dataclass
class TrackingReport:
    """What one run did."""

    asked: int = 0
    events: int = 0
    attention: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The exit code: 0 all was well, 2 something needs attention."""
        return 2 if self.attention else 0


@dataclass
class TrackingRun:
    """One run, for these carriers."""

    carriers: Sequence[Carrier]
    report: TrackingReport = field(default_factory=TrackingReport)

    def run(self) -> TrackingReport:
        """Ask each carrier about its parcels, and record what it reports. Raises OperationalError, InterfaceError."""
        for carrier in self.carriers:
            try:
                gateway = get_gateway(carrier)
            except DomainError as error:
                self._add_problem(carrier, error.message)
            else:
                self._ask_carrier(carrier, gateway)
        return self.report

    def _ask_carrier(self, carrier: Carrier, gateway: Gateway) -> None:
        """Ask a carrier about its parcels, until it leaves several calls unanswered."""
        due, size, failures = list_due_parcels(carrier), max(1, gateway.max_numbers), 0
        for start in range(0, len(due), size):
            parcels = claim_parcels(carrier, due[start : start + size])
            if parcels:
                failures = self._ask(carrier, gateway, parcels, failures)
            if failures >= MAX_FAILURES:
                self._add_problem(carrier, "the rest of its parcels was not asked about")
                return

    def _ask(self, carrier: Carrier, gateway: Gateway, parcels: Mapping[int, str], failures: int) -> int:
        """Ask about parcels in one call; if that fails, about each alone: what is damaged may be the answer about one of them.

        `failures` are the calls in a row, about one parcel each, that have failed until now; return them as they are afterwards.
        """
        answer = self._fetch(carrier, gateway, list(dict.fromkeys(parcels.values())))
        if not isinstance(answer, str):
            for pk, number in parcels.items():
                self._record(carrier, pk, number, answer.get(number))
            self.report.asked += len(parcels)
            return 0
        if len(parcels) == 1:
            self._add_problem(carrier, answer)
            return failures + 1
        for pk, number in parcels.items():
            if failures >= MAX_FAILURES:
                release_parcel(pk)
            else:
                failures = self._ask(carrier, gateway, {pk: number}, failures)
        return failures

    def _fetch(self, carrier: Carrier, gateway: Gateway, numbers: Sequence[str]) -> Mapping[str, Any] | str:
        """Return what a carrier answers, or why it does not."""
        try:
            answer: Any = gateway.fetch_events(numbers)  # of code of the operator's
        except DomainError as error:
            return error.message
        except Exception as error:
            logger.exception("The gateway of %s failed", carrier.code)
            return f"its gateway fails with {type(error).__name__}"
        return answer if isinstance(answer, Mapping) else "its gateway returns no events by number"

    def _record(self, carrier: Carrier, pk: int, number: str, reported: Any) -> None:
        """Record what a carrier reports about a parcel, in a transaction of its own."""
        try:
            events = list_new_events(pk, reported)
            if events:
                self.report.events += record_events(pk, events)
        except ParcelNotFound:
            return
        except (OperationalError, InterfaceError) as error:
            if not connection.is_usable():
                raise
            self._add_problem(carrier, f"parcel {number}: the database did not answer: {error}")
        except Exception as error:
            logger.exception("Recording the events of parcel %s failed", pk)
            self._add_problem(carrier, f"parcel {number}: {type(error).__name__}: {error}")

    def _add_problem(self, carrier: Carrier, problem: str) -> None:
        line = f"carrier {carrier.code}: {problem}"
        if line not in self.report.attention:
            self.report.attention.append(line)


def list_carriers_to_ask() -> list[Carrier]:
    """Return the carriers that have a gateway."""
    return [carrier for carrier in list_carriers() if carrier.gateway]


def list_due_parcels(carrier: Carrier) -> list[tuple[int, str]]:
    """Return id and number of the parcels of a carrier that are to be asked about, those that have waited longest first."""
    due = _filter_due(carrier, timezone.now()).order_by(F("tracked_at").asc(nulls_first=True), "pk")
    return list(due.values_list("pk", "tracking_number")[:MAX_PARCELS])


def claim_parcels(carrier: Carrier, parcels: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Mark those of these parcels as asked about now that still are to be; return their tracking numbers.

    Each row is claimed by an UPDATE that only one of several runs can make.
    """
    now = timezone.now()
    due = _filter_due(carrier, now)
    return {pk: number for pk, number in parcels if due.filter(pk=pk, tracking_number=number).update(tracked_at=now)}


def release_parcel(shipment_id: int) -> None:
    """Mark a claimed parcel as not asked about."""
    Shipment.objects.filter(pk=shipment_id).update(tracked_at=None)


def _filter_due(carrier: Carrier, now: datetime) -> QuerySet[Shipment]:
    of_carrier = Q(carrier__iexact=carrier.code) | Q(carrier__iexact=carrier.name)
    is_due = Q(state__in=TRACKED_STATES) & (Q(tracked_at=None) | Q(tracked_at__lt=now - INTERVAL))
    is_late = Q(tracked_at=None) | Q(tracked_at__lt=now - LATE_INTERVAL)
    is_due |= Q(state=State.DELIVERED, delivered_at__gt=now - LATE_PERIOD) & is_late
    return Shipment.objects.filter(of_carrier, is_due, created_at__gt=now - MAX_AGE).exclude(tracking_number="")


def list_new_events(shipment_id: int, reported: Any) -> list[CarrierEvent]:
    """Return those of the reported events that can be used and that the shop does not know; of too many, the latest."""
    given = reported if isinstance(reported, list | tuple) else ()
    reread = (
        read_event(key=event.key, code=event.code, at=event.at, text=event.text, collected_minor=event.collected_minor)
        for event in given
        if isinstance(event, CarrierEvent)
    )
    events = sorted((event for event in reread if event is not None), key=lambda event: (event.at, event.key))[-MAX_EVENTS:]
    keys = {event.key for event in events}
    known = set(TrackingEvent.objects.filter(shipment=shipment_id, key__in=keys).values_list("key", flat=True)) if keys else set()
    return [event for event in events if event.key not in known]
