"""`/metrics` in Prometheus' text format: what the processes have counted, and what the database knows."""

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core import replica
from core.http.envelope import refuse
from core.models import Job
from orders.models import Order, Payment, ReconciliationTime, StripeEvent
from pricing.sales import states

logger = logging.getLogger("shop.errors")
RECENT = timedelta(days=1)
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


def metrics(request: HttpRequest) -> HttpResponse:
    """Show the metrics to callers with METRICS_TOKEN; without one, only to callers on this machine that no proxy stands for.

    What the processes have counted is shown while the database does not answer, too.
    """
    if not _is_allowed(request):
        return refuse(404, "not_found", "Not found")
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    text = generate_latest(registry) + _read_gauges(ReplicaCollector()) + _read_gauges(ShopCollector())
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _read_gauges(collector: Collector) -> bytes:
    """Return the gauges of a collector; nothing while the database does not answer."""
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        return generate_latest(registry)
    except DatabaseError as error:
        logger.error("the gauges of /metrics could not be read: %s", error)
        return b""


def _is_allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    return request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers


class ReplicaCollector(Collector):
    """Reports whether this process may use the replica, and its lag; nothing if the shop has none."""

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        is_up = replica.is_configured() and replica.health.is_available()
        values = [((), float(is_up))] if replica.is_configured() else []
        yield _gauge("shop_replica_up", "Whether the catalog is read from the replica", (), values)
        lag = replica.health.lag if is_up else None
        yield _gauge("shop_replica_lag_seconds", "Time by which the replica is behind", (), [] if lag is None else [((), lag)])


class ShopCollector(Collector):
    """Reads gauges from the database, each by an index: open orders, those of the last 24 hours, alerts, and what waits."""

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        now = timezone.now()
        yield from self._collect_orders(now - RECENT)
        yield from self._collect_queues(now)

    def _collect_orders(self, since: datetime) -> Iterator[Metric]:
        states = Order.objects.filter(status__in=(Order.Status.PENDING, Order.Status.PROCESSING, Order.Status.SHIPPED))
        yield _gauge("shop_orders_open", "Orders that are not closed yet", ("status",), _count(states, "status"))
        recent = Order.objects.filter(created_at__gte=since)
        yield _gauge("shop_orders_recent", "Orders of the last 24 hours", ("status",), _count(recent, "status"))
        payments = Payment.objects.filter(order__created_at__gte=since)
        text = "Payments of the orders of the last 24 hours"
        yield _gauge("shop_payments_recent", text, ("provider", "state"), _count(payments, "provider", "state"))
        alerts = Order.objects.exclude(attention="")
        yield _gauge("shop_alerts_open", "Orders that need a decision", ("alert",), _count(alerts, "attention"))

    def _collect_queues(self, now: datetime) -> Iterator[Metric]:
        due = Job.objects.filter(done_at=None, failed_at=None, run_at__lte=now)
        yield from _queue("shop_jobs_due", "Background jobs that are due", due, "run_at", now)
        failed = Job.objects.filter(failed_at__isnull=False).count()
        yield _gauge("shop_jobs_failed", "Background jobs that failed for good", (), [((), failed)])
        overdue = states.list_overdue().count()
        yield _gauge("shop_sales_overdue", "Sales that should have started or ended five minutes ago", (), [((), overdue)])
        events = StripeEvent.objects.filter(status__in=(StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED))
        yield from _queue("shop_webhook_events_unprocessed", "Events of the payment provider", events, "received_at", now)
        finished_at = ReconciliationTime.objects.values_list("finished_at", flat=True).first()
        if finished_at is not None:
            age = (now - finished_at).total_seconds()
            yield _gauge("shop_reconciliation_age_seconds", "Time since payments were compared with the provider", (), [((), age)])


def _count(rows: Any, *columns: str) -> list[tuple[tuple[str, ...], int]]:
    counts = rows.order_by().values_list(*columns).annotate(count=Count("pk"))
    return [(tuple(row[:-1]), row[-1]) for row in counts]


def _queue(name: str, text: str, rows: Any, column: str, now: datetime) -> Iterator[Metric]:
    """Yield how many rows wait, and for how many seconds the oldest does."""
    found = rows.order_by().aggregate(count=Count("pk"), oldest=Min(column))
    yield _gauge(name, text, (), [((), found["count"])])
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield _gauge(f"{name}_age_seconds", f"{text}: age of the oldest", (), [((), age)])


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for label_values, value in values:
        gauge.add_metric(label_values, value)
    return gauge
