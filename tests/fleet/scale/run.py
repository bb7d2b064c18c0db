"""A run: starts the fleet and the load, kills the parts in turn, and checks the laws."""

import random
import ssl
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fleet.scale.books import Books, check_logs
from tests.fleet.scale.buyers import Buyer, Customer
from tests.fleet.scale.laws import Laws
from tests.fleet.scale.people import Person, SeldomVisitor, SharedState, Visitor
from tests.fleet.scale.phases import Phase, check_failures, run_phases
from tests.fleet.scale.plan import Plan
from tests.fleet.scale.prices import PriceHistory
from tests.fleet.scale.shop import Fleet, keep_logs, start_fleet
from tests.fleet.scale.staff import Staff
from tests.fleet.scale.traffic import Record, Traffic
from tests.fleet.scale.watch import StockWatcher

JOIN_SECONDS = 90
SIGN_IN_THREADS = 4


@dataclass(frozen=True)
class Result:
    """What a run has found."""

    plan: Plan
    laws: Laws
    phases: list[Phase]
    records: list[Record]
    flows: Counter[str]  # by the kind of caller
    seconds: float  # of load
    messages: Counter[str]  # in the logs
    logs: Path | None


def run(plan: Plan, report: Callable[[str], None], *, migrated_url: str = "", logs: Path | None = None) -> Result:
    """Run a plan. Raises RuntimeError if the fleet does not start, or does not recover."""
    report("Starting PostgreSQL, a replica, PgBouncer, Redis, nginx, three processes, two workers and the payment emulator ...")
    with start_fleet(migrated_url) as fleet:
        try:
            return _run_on(fleet, plan, report, logs)
        finally:
            if logs is not None:
                keep_logs(fleet, logs)


def _run_on(fleet: Fleet, plan: Plan, report: Callable[[str], None], logs: Path | None) -> Result:
    laws = Laws()
    shared = _read_catalog(fleet, laws)
    buyers, others, staff = _make_people(fleet, shared, plan)
    people: list[Person] = [*buyers, *others, staff]
    with ThreadPoolExecutor(SIGN_IN_THREADS) as threads:
        list(threads.map(lambda buyer: buyer.sign_in(), buyers))
    staff.sign_in()
    watcher = StockWatcher(fleet.database_url, laws, shared.is_over)
    begun = time.monotonic()
    try:
        for thread in (watcher, *people):
            thread.start()
        report(f"{len(buyers)} buyers, {len(others)} visitors and staff are at work.")
        phases = run_phases(fleet, plan, laws, report)
    finally:
        shared.is_over.set()
    seconds = time.monotonic() - begun
    for thread in (watcher, *people):
        thread.join(JOIN_SECONDS)
    _refuse_errors(people)
    report("Adding up the books ...")
    records = list(shared.traffic.records)
    _check_end(fleet, laws, buyers, staff)
    check_failures(laws, phases, records)
    for law, oldest in shared.oldest.items():
        laws.notes[law] = f"the oldest price had been replaced {oldest:.1f} s before"
    messages = check_logs(fleet, laws)
    flows: Counter[str] = Counter()
    for person in people:
        flows[type(person).__name__] += person.flows
    return Result(plan, laws, phases, records, flows, seconds, messages, logs)


def _read_catalog(fleet: Fleet, laws: Laws) -> SharedState:
    """Read the catalog as everybody does."""
    context = ssl.create_default_context(cafile=str(fleet.certificate))
    traffic = Traffic(fleet.site_port, context)
    visitor = traffic.make_client(0)
    listed = visitor.send("GET", "/api/products/?page_size=100").body["data"]
    visitor.close()
    products: dict[str, list[dict[str, object]]] = {}
    for product in sorted(listed, key=lambda product: product["id"]):
        products.setdefault(product["name"].partition(" ")[0], []).append(product)
    histories = {product["id"]: PriceHistory() for product in listed if product["name"].startswith("Priced")}
    return SharedState(traffic, laws, products, histories)


def _make_people(fleet: Fleet, shared: SharedState, plan: Plan) -> tuple[list[Buyer], list[Person], Staff]:
    guests = [Buyer(shared, plan, 1 + n, fleet.emulator) for n in range(plan.guests)]
    customers = [Customer(shared, plan, 101 + n, fleet.emulator) for n in range(plan.customers)]
    visitors: list[Person] = [Visitor(shared, plan, 201 + n, shared.traffic.make_client(201 + n)) for n in range(plan.visitors)]
    visitors.append(SeldomVisitor(shared, plan, 249, shared.traffic.make_client(249)))
    buyers = [*guests, *customers]
    random.Random(plan.seed).shuffle(buyers)
    return buyers, visitors, Staff(shared, plan, 250)


def _refuse_errors(people: list[Person]) -> None:
    """Raise RuntimeError with an error of a caller itself, or if one hangs."""
    errors = [f"{person.name}: {person.error or 'does not end'}" for person in people if person.error or person.is_alive()]
    if errors:
        raise RuntimeError("\n".join(errors))


def _check_end(fleet: Fleet, laws: Laws, buyers: list[Buyer], staff: Staff) -> None:
    books = Books(fleet, laws)
    books.settle()
    books.check_stock(staff)
    books.check_orders(buyers)
    books.check_payments(buyers)
    books.check_mails()
    books.check_integrity()
    laws.check(9, fleet.get_states() == [[]] * len(fleet.apps), f"at the end, /readyz says {fleet.get_states()}")
