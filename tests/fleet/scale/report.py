"""The tables that `make scale` prints."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import quantiles

from benchmarks.report import describe_load, describe_processor
from tests.fleet.scale.laws import TITLES, Laws
from tests.fleet.scale.phases import Phase
from tests.fleet.scale.run import Result
from tests.fleet.scale.traffic import Record

MAX_MESSAGES = 25


def print_result(result: Result, load: Sequence[float]) -> None:
    """Print everything."""
    print(f"\nSeed {result.plan.seed}. {describe_processor()}\n{describe_load(load)}\n")
    print(*iter_laws(result.laws), sep="\n")
    print()
    print(*iter_phases(result.phases, result.records), sep="\n")
    print()
    print(*iter_rates(result), sep="\n")
    print("\nLogged (N stands for a number):")
    for message, count in result.messages.most_common(MAX_MESSAGES):
        print(f"{count:7} {message}")
    if result.logs is not None:
        print(f"\nAll logs: {result.logs}")


def iter_laws(laws: Laws) -> Iterator[str]:
    """Yield the table of the laws."""
    yield "| law | | checks | broken | measured |"
    yield "| ---: | --- | ---: | ---: | --- |"
    for law, title in TITLES.items():
        count = str(laws.violations[law]) if laws.checks[law] else "not checked"
        yield f"| {law} | {title} | {laws.checks[law]} | {count} | {laws.notes.get(law, '')} |"
    for law, examples in laws.examples.items():
        yield from (f"\nLaw {law} is broken: {example}" for example in examples)


def iter_phases(phases: Sequence[Phase], records: list[Record]) -> Iterator[str]:
    """Yield the table of what was killed."""
    yield (
        "| killed | down, s | back after, s | requests meanwhile | failed reads | failed writes | last failure, s after the kill "
        "| slowest, s | p50 / p95 before, ms | meanwhile | after |"
    )
    yield f"| --- |{' ---: |' * 10}"
    for phase in phases:
        before = phase.select(records, phase.begun, phase.killed)
        during = phase.select(records, phase.killed, phase.recovered)
        after = phase.select(records, phase.recovered, phase.ended)
        failed = [record for record in (*during, *after) if record.has_failed]
        ends = [record.started + record.seconds - phase.killed for record in failed]
        cells = [
            phase.name,
            f"{phase.started - phase.killed:.1f}",
            f"{phase.recovered - phase.started:.1f}",
            str(len(during)),
            _count_statuses([record for record in failed if record.is_read]),
            _count_statuses([record for record in failed if not record.is_read]),
            f"{max(ends):.1f}" if ends else "",
            f"{max((record.seconds for record in (*during, *after)), default=0):.1f}",
            *(_format_percentiles(part) for part in (before, during, after)),
        ]
        yield f"| {' | '.join(cells)} |"


def _count_statuses(records: Sequence[Record]) -> str:
    """Return how many requests failed, by status; a broken connection has none."""
    counts = Counter("broken" if record.status == 0 else str(record.status) for record in records)
    return ", ".join(f"{count} × {status}" for status, count in sorted(counts.items())) or "0"


def _format_percentiles(records: Sequence[Record]) -> str:
    if len(records) < 2:
        return ""
    steps = quantiles((record.seconds for record in records), n=20, method="inclusive")
    return f"{steps[9] * 1000:.0f} / {steps[18] * 1000:.0f}"


def iter_rates(result: Result) -> Iterator[str]:
    """Yield how much was done."""
    reads = sum(record.is_read for record in result.records)
    total = len(result.records)
    yield (
        f"{total} requests in {result.seconds:.0f} s of load ({total / result.seconds:.0f}/s): {reads} reads, "
        f"{total - reads} writes. Answers: {_count_all(result.records)}."
    )
    flows = (f"{kind} {count / result.seconds:.1f}" for kind, count in result.flows.items())
    yield f"Flows per second: {', '.join(flows)}."


def _count_all(records: Sequence[Record]) -> str:
    counts = Counter(record.status for record in records)
    return ", ".join(f"{status or 'broken'} {count}" for status, count in sorted(counts.items()))
