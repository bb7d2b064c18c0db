"""Compares the shop with plain Django and with a bare WSGI function, flow by flow: `make bench`, or `make bench ARGS=--quick`.

Starts a PostgreSQL server of its own, generates a catalog, and runs the three applications on it under the shop's server with its
`gunicorn.conf.py`, in rounds that alternate between them. Prints the tables of docs/performance.md. Needs Linux and PostgreSQL
with its extension pg_stat_statements. Listens on 127.0.0.1 only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks.flows import FLOWS
from benchmarks.load import LoadPlan
from benchmarks.processes import ENVIRONMENT, ROOT, Load, Measurement, Server, get_parent, serve, start_load
from benchmarks.report import Figures, print_report
from benchmarks.statements import PRELOADED, StatementCounter
from tests.services import postgres


class Application(NamedTuple):
    """What gunicorn runs, and with which variables besides those of all."""

    target: str
    variables: dict[str, str] = {}


APPLICATIONS = {
    "shop": Application("store.wsgi:application"),
    "plain Django": Application("django.core.wsgi:get_wsgi_application()", {"DJANGO_SETTINGS_MODULE": "benchmarks.plain.settings"}),
    "bare": Application("benchmarks.reference:application"),
}


class Mode(NamedTuple):
    """How many workers serve how many clients, and whether their CPU time is taken or their speed."""

    workers: int
    clients: int
    measures_cpu: bool = False


MODES = (Mode(workers=1, clients=1, measures_cpu=True), Mode(workers=2, clients=1), Mode(workers=2, clients=8))


@dataclass(frozen=True)
class Plan:
    """How long to measure: rounds, in each of which every flow runs this long or this often in each mode.

    Before, every server answers `warm_up` flows of up to eight clients, so that all of its threads have connected to the database,
    and the statements of `counted` flows are counted.
    """

    rounds: int
    seconds: float
    count: int = 5_000
    warm_up: int = 32
    counted: int = 20
    modes: tuple[Mode, ...] = MODES


FULL, QUICK = Plan(rounds=5, seconds=0.8), Plan(rounds=2, seconds=0.12, warm_up=16, counted=10)


@dataclass
class Benchmark:
    """Servers of all applications on one database, what they answered, and the figures by flow and application."""

    servers: dict[tuple[str, int], Server]  # by application and number of workers
    load: Load
    connection: "psycopg.Connection[tuple[int]]"
    answers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    figures: dict[tuple[str, str], Figures] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for server in self.servers.values():
            server.wait()
        [shop, *_] = self.servers.values()
        self.products = shop.fetch("/api/products/?page_size=100")["data"]

    def run(self, plan: Plan) -> None:
        """Compare the answers, count the statements, and measure. Raises RuntimeError."""
        for flow in FLOWS:
            self._warm_up(flow, plan.warm_up)
        counter = StatementCounter(self.connection)
        with counter.switched_on():
            for flow in FLOWS:
                for name in APPLICATIONS:
                    self._count(flow, name, counter, plan.counted)
                self._compare(flow)
        for number in range(plan.rounds):
            for flow in FLOWS:
                print(f"round {number + 1} of {plan.rounds}: {flow}", file=sys.stderr, flush=True)
                for mode in plan.modes:
                    for name in APPLICATIONS:
                        done = self._measure(flow, name, mode, seconds=plan.seconds, count=plan.count)
                        self._keep(self.figures[flow, name], mode, done)

    def _measure(self, flow: str, name: str, mode: Mode, *, seconds: float, count: int, **options: Any) -> Measurement:
        server = self.servers[name, mode.workers]
        return self.load.measure(server, LoadPlan(server.port, flow, mode.clients, seconds, count, self.products), **options)

    def _warm_up(self, flow: str, count: int) -> None:
        for name, workers in self.servers:
            self._measure(flow, name, Mode(workers, min(count, 8)), seconds=5, count=count)

    def _count(self, flow: str, name: str, counter: StatementCounter, flows: int) -> None:
        """Count the statements of a flow, and keep its last answer."""
        mode = Mode(min(workers for application, workers in self.servers if application == name), clients=1)
        done = self._measure(flow, name, mode, seconds=60, count=flows, on_ready=counter.reset)
        count = counter.read()
        self.answers[flow, name] = done.load.answers[-1]
        self.figures[flow, name] = Figures(None if count is None else count // flows)

    def _compare(self, flow: str) -> None:
        """Compare the answers of the applications. Raises RuntimeError if one of them differs."""
        summaries = {name: FLOWS[flow].summarize(self.answers[flow, name]) for name in APPLICATIONS}
        if any(summary != summaries["shop"] for summary in summaries.values()):
            raise RuntimeError(f"{flow}: the applications answered differently: {summaries}")

    @staticmethod
    def _keep(figures: Figures, mode: Mode, done: Measurement) -> None:
        flows = len(done.load.latencies)
        if mode.measures_cpu:
            figures.server_cpu.append(done.server_cpu / flows)
            figures.database_cpu.append(done.database_cpu / flows)
        else:
            figures.rates.setdefault(mode.clients, []).append(flows / done.load.elapsed)
            figures.latencies.setdefault(mode.clients, []).extend(done.load.latencies)


@contextmanager
def start(database_url: str, plan: Plan) -> Iterator[Benchmark]:
    """Start the servers that the plan needs on a database that has a catalog, and stop them afterwards."""
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shop-bench-")))
        servers = {}
        for workers in sorted({mode.workers for mode in plan.modes}):
            for name, (target, own) in APPLICATIONS.items():
                variables = {**ENVIRONMENT, "DATABASE_URL": database_url, "WEB_CONCURRENCY": str(workers), **own}
                log = logs / f"{name}-{workers}.log"
                servers[name, workers] = stack.enter_context(serve(target, variables, log))
        connection = stack.enter_context(psycopg.connect(database_url, autocommit=True))
        load = stack.enter_context(start_load(get_parent(connection.info.backend_pid)))
        try:
            yield Benchmark(servers, load, connection)
        finally:
            for server in servers.values():  # all at once, because each takes a second
                server.process.terminate()


def prepare(database_url: str, products: int) -> None:
    """Create the tables and the catalog."""
    variables = {**os.environ, **ENVIRONMENT, "DATABASE_URL": database_url}
    for command in (["manage.py", "migrate", "-v0"], ["-m", "benchmarks.generate", str(products)]):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=variables, check=True)


def main() -> None:
    """Read the command line, and run the comparison."""
    if not Path("/proc/self/schedstat").exists():
        sys.exit("CPU times are read from /proc, which only Linux has.")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in about a minute; the figures vary more")
    parser.add_argument("--products", type=int, default=1000)
    options = parser.parse_args()
    try:
        compare(QUICK if options.quick else FULL, options.products)
    except RuntimeError as error:
        sys.exit(f"The benchmark failed: {error}")


def compare(plan: Plan, products: int) -> None:
    """Run the comparison on a new PostgreSQL server, and print its tables. Raises RuntimeError."""
    load_before = os.getloadavg()
    print("starting PostgreSQL, and generating the catalog ...", file=sys.stderr, flush=True)
    with postgres(*PRELOADED) as url:
        database_url = url.rpartition("/")[0] + "/postgres"
        prepare(database_url, products)
        with start(database_url, plan) as benchmark:
            benchmark.run(plan)
            version = str(benchmark.connection.info.parameter_status("server_version"))
    print_report(benchmark.figures, products=products, postgresql=version, load=load_before)


if __name__ == "__main__":
    main()
