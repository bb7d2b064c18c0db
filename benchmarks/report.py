"""The report of `make bench`: the block of docs/performance.md that states what was measured where."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import django

from benchmarks.flows import FLOWS


@dataclass
class Figures:
    """What was measured of a flow in an application: a value a round, except latencies, of which each flow has one."""

    statements: int | None
    server_cpu: list[float] = field(default_factory=list)  # seconds per flow
    database_cpu: list[float] = field(default_factory=list)
    rates: dict[int, list[float]] = field(default_factory=dict)  # flows per second, by the number of clients
    latencies: dict[int, list[float]] = field(default_factory=dict)  # seconds, by the number of clients

    @property
    def server(self) -> float:
        """CPU milliseconds of the server per flow."""
        return median(self.server_cpu) * 1000

    @property
    def database(self) -> float:
        """CPU milliseconds of PostgreSQL per flow."""
        return median(self.database_cpu) * 1000

    def get_rate(self, clients: int) -> float:
        """Return the flows per second."""
        return median(self.rates[clients])

    def get_percentiles(self, clients: int) -> tuple[float, float]:
        """Return the 50th and the 95th percentile of the latency, in milliseconds."""
        steps = quantiles(self.latencies[clients], n=20, method="inclusive")
        return steps[9] * 1000, steps[18] * 1000


Results = Mapping[tuple[str, str], Figures]  # by flow and application


def format_number(value: float) -> str:
    """Return a number with two or three significant digits."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def print_report(results: Results, *, products: int, postgresql: str, load: Sequence[float]) -> None:
    """Print the head line and the tables."""
    print(describe_machine(products, postgresql, load))
    print()
    print(*build_figures_table(results), sep="\n")
    print()
    print(*build_ratios_table(results), sep="\n")


def describe_machine(products: int, postgresql: str, load: Sequence[float]) -> str:
    """Return what the figures depend on."""
    return f"{describe_processor()}, PostgreSQL {postgresql.split()[0]}; {products:,} products.\n{describe_load(load)}"


def describe_processor() -> str:
    """Return the date, the machine, and the versions of Python and Django."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal: *(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    gigabytes = round(int(memory[1]) / 1024**2) if memory else 0
    machine = f"{model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {gigabytes} GB"
    return f"{datetime.now(UTC):%Y-%m-%d}, {machine}; Python {platform.python_version()}, Django {django.__version__}"


def describe_load(load: Sequence[float]) -> str:
    """Return what else the machine had to do."""
    return f"Load average over 1, 5 and 15 minutes before the run: {', '.join(f'{value:.1f}' for value in load)}."


def build_figures_table(results: Results) -> list[str]:
    """Return the table of all figures."""
    rows = [
        "| flow | application | server, CPU ms | PostgreSQL, CPU ms | statements | flows/s, 1 client | p50 / p95, ms "
        "| flows/s, 8 clients | p50 / p95, ms |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (flow, application), figures in results.items():
        cells = [FLOWS[flow].label if application == "shop" else "", application]
        cells += [format_number(figures.server), format_number(figures.database)]
        cells.append("" if figures.statements is None else str(figures.statements))
        for clients in figures.rates:
            percentiles = map(format_number, figures.get_percentiles(clients))
            cells += [format_number(figures.get_rate(clients)), " / ".join(percentiles)]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def build_ratios_table(results: Results) -> list[str]:
    """Return the table that compares the applications."""
    rows = [
        "| flow | server CPU: shop ÷ bare | plain Django ÷ shop | server and PostgreSQL: shop ÷ bare | plain Django ÷ shop "
        "| flows/s, 8 clients: shop ÷ plain Django | bare ÷ shop |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for flow in FLOWS:
        shop, plain, bare = (results[flow, application] for application in ("shop", "plain Django", "bare"))
        servers = shop.server / bare.server, plain.server / shop.server
        totals = [figures.server + figures.database for figures in (shop, plain, bare)]
        rates = [figures.get_rate(max(figures.rates)) for figures in (shop, plain, bare)]
        ratios = (*servers, totals[0] / totals[2], totals[1] / totals[0], rates[0] / rates[1], rates[2] / rates[0])
        rows.append(f"| {FLOWS[flow].label} | {' | '.join(f'{ratio:.1f}' for ratio in ratios)} |")
    return rows
