"""The processes that a benchmark starts, and the CPU time that they use (Linux only: it is read from `/proc`)."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

from benchmarks.load import LoadPlan, LoadResult
from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
THREADS = 4  # of each worker, as in production
# The settings of production that matter here, whatever `.env` has. Rate limits are off; the rest is on.
ENVIRONMENT = {
    **{"DEBUG": "0", "SECRET_KEY": "b" * 50, "ALLOWED_HOSTS": "127.0.0.1", "THROTTLE_ENABLED": "0"},
    **{"SECURE_SSL_REDIRECT": "0", "AUTH_COOKIE_SECURE": "0", "ACCESS_LOG": "1", "LOG_FORMAT": "line", "LOG_LEVEL": "INFO"},
    **{"REDIS_URL": "", "CONN_MAX_AGE": "60", "DATABASE_POOL": "0", "DATABASE_PREPARED": "1", "DATABASE_SSL": "0"},
    **{"MARKETS": "in:INR,us:USD", "SHIPPING": "", "TAX_RATES": "", "COD_RULES": "", "ADDRESS_RULES": "country", "SHOP_EMAIL": ""},
    **{"CLOUDINARY_CLOUD_NAME": "", "CLOUDINARY_API_KEY": "", "CLOUDINARY_API_SECRET": "", "STRIPE_SECRET_KEY": ""},
}


def get_cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that these processes have used."""
    return sum(_get_cpu_times(pids).values())


def _get_cpu_times(pids: Iterable[int]) -> dict[int, float]:
    """Return the CPU seconds of each of these processes that still runs."""
    times = {}
    for pid in pids:
        try:
            tasks = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        except OSError:  # it has ended
            continue
        times[pid] = sum(int(task.split()[0]) for task in tasks) / 1e9
    return times


class CpuClock:
    """Measures the CPU time of a process and its descendants from now on."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.before = _get_cpu_times(_iter_tree(pid))

    def read(self) -> float:
        """Return the seconds that those used which run now."""
        times = _get_cpu_times(_iter_tree(self.pid))
        return sum(seconds - self.before.get(pid, 0.0) for pid, seconds in times.items())


def _iter_tree(pid: int) -> Iterator[int]:
    """Yield the ids of the process and all of its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _iter_tree(int(child))


def get_parent(pid: int) -> int:
    """Return the id of the parent process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@dataclass(frozen=True)
class Server:
    """A server; what it writes goes to the log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def wait(self) -> None:
        """Wait until it answers. Raises RuntimeError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.fetch("/api/products/")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-2000:]}")

    def fetch(self, path: str) -> dict[str, Any]:
        """Return the JSON at a path. Raises OSError."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            body: dict[str, Any] = json.load(response)
        return body


@contextmanager
def serve(target: str, variables: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Start a WSGI application under the shop's server and its `gunicorn.conf.py`."""
    port = free_port()
    # A worker that is replaced in the middle would be measured while it starts.
    options = ("--bind", f"127.0.0.1:{port}", "--max-requests", "0", "--max-requests-jitter", "0")
    command = [sys.executable, "-m", "gunicorn", *options, target]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdout=output, stderr=output)
    try:
        yield Server(process, port, log)
    finally:
        process.terminate()
        process.wait(timeout=60)


@dataclass(frozen=True)
class Measurement:
    """Flows that were run, and the CPU seconds that they cost."""

    load: LoadResult
    server_cpu: float
    database_cpu: float


class Load:
    """The process that sends requests."""

    def __init__(self, process: "subprocess.Popen[str]", postmaster: int) -> None:
        self.orders, self.reports = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        self.postmaster = postmaster

    def measure(self, server: Server, plan: LoadPlan, *, on_ready: Callable[[], None] = lambda: None) -> Measurement:
        """Send what is planned to the server, and measure it from the first flow to the last. Raises RuntimeError."""
        print(json.dumps(asdict(plan)), file=self.orders, flush=True)
        if self.reports.readline() == "ready\n":
            on_ready()
            clocks = CpuClock(server.process.pid), CpuClock(self.postmaster)
            print("go", file=self.orders, flush=True)
            line = self.reports.readline()
            server_cpu, database_cpu = (clock.read() for clock in clocks)
            if line:
                return Measurement(LoadResult(**json.loads(line)), server_cpu, database_cpu)
        raise RuntimeError(f"{plan.flow} failed; the server's log:\n{server.log.read_text()[-2000:]}")


@contextmanager
def start_load(postmaster: int) -> Iterator[Load]:
    """Start the process that sends requests; the CPU time of this PostgreSQL server is measured."""
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Load(process, postmaster)
        # Closing its standard input ends it; if it waits for an answer, that is limited.
