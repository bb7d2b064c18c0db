"""Compares the shop with the bare reference, flow by flow, on one PostgreSQL in one interleaved run.

`python -m benchmarks.compare [--products 1000] [--requests 1500]`. Prints CPU milliseconds of the server process and of PostgreSQL
for each request, and their ratio; wall time says nothing on a shared machine. Everything is switched on: middleware,
authentication, audit log.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.services import free_port, postgres

ROUNDS = 5
FRESH_CART_EVERY = 240  # adds to three variants: a line holds at most 99 units


def cpu(pids: list[int]) -> float:
    """Return the CPU seconds that these processes have used."""
    tasks = (task for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def children(pid: int) -> list[int]:
    """Return the process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += children(int(child))
    return found


class Server:
    """A WSGI application under granian, one worker."""

    def __init__(self, target: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port), "--blocking-threads", "1"]
        self.process = subprocess.Popen(
            [*command, "--log-level", "error", target], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
        )
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.key = ""

    def ask(self, method: str, path: str, body: dict[str, object] | None = None) -> None:
        """Send a request, keep the guest's key."""
        headers = {"Content-Type": "application/json"} | ({"X-Cart-Token": self.key} if self.key else {})
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        self.key = response.headers.get("X-Cart-Token") or self.key

    def wait(self) -> None:
        """Wait until it answers."""
        for _ in range(100):
            try:
                self.ask("GET", "/api/products/")
            except OSError:
                self.connection.close()
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server does not answer")


def flow(server: Server, name: str, number: int) -> None:
    """Do one request of a flow."""
    if name == "list":
        server.ask("GET", "/api/products/")
    elif name == "cart":
        server.ask("GET", "/api/cart/")
    elif name == "add":
        server.key = server.key if number % FRESH_CART_EVERY else ""
        server.ask("POST", "/api/cart/add/", {"sku_id": 1 + number % 3, "quantity": 1})


def measure(servers: dict[str, Server], requests: int, postmaster: int) -> None:
    """Measure each flow, a little of each server in turn, and print it."""
    print(f"{'flow':8}{'shop ms':>10}{'+ db':>8}{'bare ms':>10}{'+ db':>8}{'server ratio':>14}{'with db':>9}")
    for name in ("list", "cart", "add"):
        spent = dict.fromkeys(servers, (0.0, 0.0))
        for _ in range(ROUNDS):
            for label, server in servers.items():
                server.key = ""
                flow(server, "add", 0)
                count = requests // ROUNDS
                own, database = children(server.process.pid), children(postmaster)
                before = cpu(own), cpu(database)
                for number in range(count):
                    flow(server, name, number)
                after = cpu(own), cpu(children(postmaster))
                mine, theirs = spent[label]
                spent[label] = mine + (after[0] - before[0]) / count, theirs + (after[1] - before[1]) / count
        figures = {label: tuple(1000 * value / ROUNDS for value in pair) for label, pair in spent.items()}
        (shop, shop_db), (bare, bare_db) = figures["shop"], figures["bare"]
        ratio, whole = shop / max(bare, 1e-6), (shop + shop_db) / max(bare + bare_db, 1e-6)
        print(f"{name:8}{shop:10.2f}{shop_db:8.2f}{bare:10.2f}{bare_db:8.2f}{ratio:14.1f}{whole:9.1f}")


def main() -> None:
    """Make the catalog, start both servers, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=1500)
    given = parser.parse_args()
    with postgres() as url:
        environment = {
            "DATABASE_URL": url.rpartition("/")[0] + "/postgres",
            "DEBUG": "0",
            "SECRET_KEY": "b" * 50,
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        environment |= {
            "SECURE_SSL_REDIRECT": "0",
            "THROTTLE_ENABLED": "0",
            "AUTH_COOKIE_SECURE": "0",
            "REDIS_URL": "",
            "DATABASE_PREPARED": "1",
        }
        for command in (["manage.py", "migrate", "-v0"], ["-m", "benchmarks.generate", str(given.products)]):
            subprocess.run([sys.executable, *command], env={**os.environ, **environment}, check=True)
        servers = {
            "shop": Server("store.wsgi:application", environment),
            "bare": Server("benchmarks.reference:application", environment),
        }
        try:
            for server in servers.values():
                server.wait()
                for number in range(50):
                    for name in ("list", "cart", "add"):
                        flow(server, name, number)
            measure(servers, given.requests, postmaster_of(url))
        finally:
            for server in servers.values():
                server.process.terminate()
                server.process.wait(timeout=10)


def postmaster_of(url: str) -> int:
    """Return the process id of the cluster that listens at this address."""
    port = url.rpartition("/")[0].rpartition(":")[2]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"postgres") and b"-p" in words and words[words.index(b"-p") + 1] == port.encode():
            return int(entry.parent.name)
    raise RuntimeError("the cluster's process is not to be found")


if __name__ == "__main__":
    main()
