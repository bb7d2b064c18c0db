"""Compares the shop with a bare reference, flow by flow, on the same PostgreSQL in one interleaved run.

`python -m benchmarks.compare [--products 1000] [--requests 1500]`. Prints the CPU milliseconds of the server process and of
PostgreSQL for each request, and their ratio; wall time is meaningless on a shared machine. Middleware, authentication and the
audit log are enabled.
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
FRESH_CART_EVERY = 240  # requests that add one of three variants; a line holds at most 99 units


def get_cpu_seconds(pids: list[int]) -> float:
    """Return the CPU time that these processes have used."""
    tasks = (task for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def get_process_tree(pid: int) -> list[int]:
    """Return the ids of the process and all of its descendants."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            pids += get_process_tree(int(child))
    return pids


class Server:
    """A WSGI application under gunicorn, one worker with one thread."""

    def __init__(self, target: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        options = ("--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "1", "--max-requests", "0")
        command = [sys.executable, "-m", "gunicorn", *options, "--log-level", "error", target]
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.key = ""

    def send(self, method: str, path: str, body: dict[str, object] | None = None) -> None:
        """Send a request and keep the guest key of the response."""
        headers = {"Content-Type": "application/json"} | ({"X-Cart-Token": self.key} if self.key else {})
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        self.key = response.headers.get("X-Cart-Token") or self.key

    def wait(self) -> None:
        """Wait until the server accepts requests. Raises RuntimeError."""
        for _ in range(100):
            try:
                self.send("GET", "/api/products/")
            except OSError:
                self.connection.close()
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server did not start")


def send_request(server: Server, name: str, number: int) -> None:
    """Send one request of a flow."""
    if name == "list":
        server.send("GET", "/api/products/")
    elif name == "cart":
        server.send("GET", "/api/cart/")
    elif name == "add":
        server.key = server.key if number % FRESH_CART_EVERY else ""
        server.send("POST", "/api/cart/add/", {"sku_id": 1 + number % 3, "quantity": 1})


def measure(servers: dict[str, Server], requests: int, postmaster: int) -> None:
    """Measure each flow in rounds that alternate between the servers, and print the results."""
    print(f"{'flow':8}{'shop ms':>10}{'+ db':>8}{'bare ms':>10}{'+ db':>8}{'server ratio':>14}{'with db':>9}")
    for name in ("list", "cart", "add"):
        spent = dict.fromkeys(servers, (0.0, 0.0))
        for _ in range(ROUNDS):
            for label, server in servers.items():
                server.key = ""
                send_request(server, "add", 0)
                count = requests // ROUNDS
                server_pids, database_pids = get_process_tree(server.process.pid), get_process_tree(postmaster)
                before = get_cpu_seconds(server_pids), get_cpu_seconds(database_pids)
                for number in range(count):
                    send_request(server, name, number)
                after = get_cpu_seconds(server_pids), get_cpu_seconds(get_process_tree(postmaster))
                server_spent, database_spent = spent[label]
                spent[label] = (
                    server_spent + (after[0] - before[0]) / count,
                    database_spent + (after[1] - before[1]) / count,
                )
        figures = {label: tuple(1000 * value / ROUNDS for value in pair) for label, pair in spent.items()}
        (shop, shop_db), (bare, bare_db) = figures["shop"], figures["bare"]
        ratio, total_ratio = shop / max(bare, 1e-6), (shop + shop_db) / max(bare + bare_db, 1e-6)
        print(f"{name:8}{shop:10.2f}{shop_db:8.2f}{bare:10.2f}{bare_db:8.2f}{ratio:14.1f}{total_ratio:9.1f}")


def main() -> None:
    """Generate the catalog, start both servers, and measure them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=1500)
    options = parser.parse_args()
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
        for command in (["manage.py", "migrate", "-v0"], ["-m", "benchmarks.generate", str(options.products)]):
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
                        send_request(server, name, number)
            measure(servers, options.requests, find_postmaster(url))
        finally:
            for server in servers.values():
                server.process.terminate()
                server.process.wait(timeout=10)


def find_postmaster(url: str) -> int:
    """Return the process id of the PostgreSQL server with this URL. Raises RuntimeError."""
    port = url.rpartition("/")[0].rpartition(":")[2]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[0].endswith(b"postgres") and b"-p" in arguments and arguments[arguments.index(b"-p") + 1] == port.encode():
            return int(entry.parent.name)
    raise RuntimeError("the PostgreSQL process was not found")


if __name__ == "__main__":
    main()
