"""Measures what shoppers, staff and jobs do with many orders: `python -m benchmarks.orders [words]`.

Fill the database of DATABASE_URL with `python -m benchmarks.bulk 1000000` and `python -m benchmarks.bulk_orders 4000000` first.
Prints a Markdown table of the flows whose label contains the words: the CPU time of PostgreSQL, the 8 kB blocks that it reads, the
statements, and what it writes to its log (WAL). Each flow runs up to eight times, as PostgreSQL may plan a statement for all values
from its sixth execution on; the cheapest of the last three runs counts. The log is the mean of all runs.

It changes the database: it places, ships and delivers some orders, starts a few sessions, and cleans up what `clean_up` would. No
other work may run on the server. Set DEBUG=1, because the admin pages need the files of `collectstatic` otherwise.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import django
from django.test.utils import setup_test_environment

from benchmarks.processes import get_cpu_seconds

RUNS, COUNTED_RUNS = 8, 3
MAX_CPU = 2.0  # seconds of PostgreSQL, after which a flow is not repeated
DEEP_PAGES = 40
EXPORTED_ORDERS = 1000
ADDRESS = {
    **{"full_name": "Asha Rao", "phone": "+91 98765 43210", "line1": "12 Station Road", "city": "Pune"},
    **{"postal_code": "411001", "country": "IN"},
}
COUNTERS = """
    SELECT pg_backend_pid(), (blks_hit + blks_read)::bigint, (pg_current_wal_insert_lsn() - '0/0')::bigint
    FROM pg_stat_database WHERE datname = current_database()"""
Flow = Callable[[], object]


class Cost(NamedTuple):
    """What a flow costs."""

    cpu: float  # milliseconds
    blocks: int
    statements: int
    log: int  # bytes


class Counters(NamedTuple):
    """What the server process and the server have done so far."""

    process: int
    blocks: int
    log: int


def measure(flow: Flow) -> Cost:
    """Return the least cost of the last runs of a flow."""
    costs: list[Cost] = []
    while len(costs) < RUNS and sum(cost.cpu for cost in costs) < MAX_CPU * 1000:
        costs.append(_measure_once(flow))
    return min(costs[-COUNTED_RUNS:])._replace(log=sum(cost.log for cost in costs) // len(costs))


def _measure_once(flow: Flow) -> Cost:
    from django.db import connection

    statements = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    before = _read_counters()
    cpu_before = get_cpu_seconds([before.process])
    with connection.execute_wrapper(count):
        flow()
    cpu = get_cpu_seconds([before.process]) - cpu_before
    after = _read_counters()
    return Cost(cpu * 1000, after.blocks - before.blocks, statements, after.log - before.log)


def _read_counters() -> Counters:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")  # when the transaction ends
        cursor.execute(COUNTERS)
        return Counters(*cursor.fetchone())


def request(client: Any, path: str, body: Any = None) -> Any:
    """Send a request and return the response. Raises RuntimeError if it is refused."""
    response = client.get(path) if body is None else client.post(path, body, format="json")
    if response.status_code >= 400:
        raise RuntimeError(f"{path}: {response.status_code} {response.content[:300]!r}")
    if response.streaming:
        deque(response, maxlen=0)
    return response


def iter_shopper_flows() -> Iterator[tuple[str, Flow]]:
    """Yield the flows of the customer with the most orders, and of a guest."""
    from django.db.models import Count
    from rest_framework.test import APIClient

    from accounts import sessions
    from accounts.client_info import ClientInfo
    from accounts.models import User
    from orders.models import Order
    from products.models import Variant

    oldest = Order.objects.filter(user__isnull=False).order_by("pk").values("user")[:2000]
    busiest = User.objects.filter(pk__in=oldest).annotate(n=Count("orders")).order_by("-n")[0]
    customer, guest = APIClient(SERVER_NAME="localhost"), APIClient(SERVER_NAME="localhost")
    customer.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start_session(busiest, 'password', ClientInfo()).access}")
    deep = first = "/api/orders/my/"
    for _ in range(DEEP_PAGES):
        deep = request(customer, deep).json()["pagination"]["next"] or deep
    number = Order.objects.filter(user=busiest).order_by("pk").values_list("number", flat=True)[0]
    variants = iter(Variant.objects.filter(stock__gt=20).order_by("-pk").values_list("pk", flat=True)[:5000])

    def add() -> None:
        request(guest, "/api/cart/add/", {"sku_id": next(variants), "quantity": 1})

    def order() -> None:
        body = {"payment_method": "cod", "address": ADDRESS, "email": "asha@example.com", "expected": {}}
        request(guest, "/api/orders/create/", {key: value for key, value in body.items() if value})

    def fill_and_order() -> None:
        add()
        add()
        order()

    yield "my orders", partial(request, customer, first)
    yield f"my orders, page {DEEP_PAGES + 1}", partial(request, customer, deep)
    yield "an order by its number", partial(request, customer, f"/api/orders/{number}/")
    yield "add to a cart", add
    yield "add two products to a cart and order them, cash on delivery", fill_and_order


def iter_staff_flows() -> Iterator[tuple[str, Flow]]:
    """Yield the pages of a superuser."""
    from django.test import Client

    from accounts.models import User
    from orders.fulfilment import shipping
    from orders.models import Order, OrderItem
    from products.models import Variant

    staff = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("root@bulk.example")
    client = Client(SERVER_NAME="localhost")
    client.force_login(staff)
    order = Order.objects.filter(email__gt="", user=None).order_by("-pk")[100]
    sku = OrderItem.objects.filter(order=order).values_list("sku", flat=True)[0]
    popular = Variant.objects.order_by("pk").values_list("pk", "product")[0]
    for label, path in _get_staff_pages(order, sku, popular[0]).items():
        yield label, partial(request, client, path)
    yield "stock history of a product, in the API", partial(_list_movements, popular[1], staff)
    yield "ship an order", _take_each("processing", shipping.ship_order)
    yield "deliver an order", _take_each("shipped", shipping.deliver_order)
    yield f"CSV of {EXPORTED_ORDERS:,} orders", _export_orders


def _get_staff_pages(order: Any, sku: str, variant: int) -> dict[str, str]:
    """Return the paths of the pages by label."""
    orders = "/admin/orders/order/"
    return {
        "orders, newest": orders,
        "orders, page 1,000": f"{orders}?p=1000",
        "orders, delivered": f"{orders}?status__exact=delivered",
        "orders, last 7 days": f"{orders}?created_at_in=7-days",
        **{f"orders, {state.replace('_', ' ')}": f"{orders}?todo={state}" for state in _list_todo_states()},
        "orders with an alert": f"{orders}?attention__isempty=0",
        "search by number": f"{orders}?q={order.number}",
        "search by e-mail address": f"{orders}?q={order.email}",
        "search by phone number": f"{orders}?q={order.phone_e164[3:]}",
        "search by name": f"{orders}?q={order.name.replace(' ', '+')}",
        "search by SKU": f"{orders}?q={sku}",
        "search without a match": f"{orders}?q=zzzzqqq",
        "an order": f"{orders}{order.pk}/change/",
        "the home page": "/admin/",
        "customers": "/admin/accounts/customer/",
        "guests": "/admin/orders/guest/",
        "guests, search by e-mail address": f"/admin/orders/guest/?q={order.email}",
        "stock of a variant": f"/admin/products/stockofvariant/{variant}/change/",
        "stock movements": "/admin/products/stockmovement/",
        "metrics": "/metrics",
    }


def _take_each(status: str, act: Callable[[Any, int], object]) -> Flow:
    """Return a flow that acts on another order of this status each time."""
    from core.actors import SYSTEM
    from orders.models import Order

    ids = iter(Order.objects.filter(status=status, email__gt="").order_by("pk").values_list("pk", flat=True)[:RUNS])
    return lambda: act(SYSTEM, next(ids))


def _list_todo_states() -> list[str]:
    from orders.admin.filters import TODO

    return list(TODO)


def _list_movements(product: int, staff: Any) -> None:
    from core.actors import Actor
    from products.catalog import stock_movements

    stock_movements.get_page(Actor(staff.pk, kind="staff"), product, {})


def _export_orders() -> None:
    from orders.admin import exports
    from orders.models import Order

    orders = Order.objects.prefetch_related("items", "payments", "adjustments").order_by("-pk")[:EXPORTED_ORDERS]
    deque(exports.generate_order_rows(orders.iterator(chunk_size=500), with_contacts=True), maxlen=0)


def iter_job_flows() -> Iterator[tuple[str, Flow]]:
    """Yield what runs regularly."""
    from django.utils import timezone

    from core import outbox
    from core.models import Job
    from orders import integrity
    from orders.payments.reconciliation import ReconciliationRun
    from store.management.commands import clean_up

    yield "run_jobs, an e-mail", partial(outbox.run_due, limit=1)
    Job.objects.filter(done_at=None).update(done_at=timezone.now())
    yield "run_jobs, nothing due", outbox.run_due
    yield "sync_payments, without the provider's answers", lambda: ReconciliationRun(since=timedelta(hours=72)).run()
    for number, cleaner in enumerate(clean_up.CLEANERS):
        module = getattr(cleaner, "func", cleaner).__module__
        yield f"clean_up {number + 1}, {module}", cleaner
    for check in integrity.CHECKS:
        yield f"check_integrity, {check.__name__.removeprefix('check_')}", partial(_exhaust, check)


def _exhaust(find: Callable[[], Iterator[object]]) -> None:
    problems = list(islice(find(), 3))
    if problems:
        raise RuntimeError(f"{problems}")


def main(words: list[str]) -> None:
    """Print the table, of the flows whose label contains the words."""
    print("| flow | CPU ms | blocks | statements | log, kB |\n| --- | --- | --- | --- | --- |", flush=True)
    for iter_flows in (iter_shopper_flows, iter_staff_flows, iter_job_flows):
        for label, flow in iter_flows():
            if all(word in label for word in words):
                cost = measure(flow)
                print(f"| {label} | {cost.cpu:,.1f} | {cost.blocks:,} | {cost.statements} | {cost.log / 1000:.1f} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    os.environ["THROTTLE_ENABLED"] = "0"
    django.setup()
    setup_test_environment(debug=True)  # e-mails are kept in memory
    main(sys.argv[1:])
