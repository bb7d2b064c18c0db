"""Sends the requests of a flow from a process of its own, so that what sending costs is not measured with the server.

`python -m benchmarks.load` reads a line of JSON (`LoadPlan`), prepares its shoppers, and writes `ready`. At the next line it
starts, and writes a line of JSON (`LoadResult`) at the end; then it reads the next plan. Each shopper has a connection of its
own, which is kept open, and begins a flow when the one before has ended.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.flows import FLOWS, Answer, Request, Shopper, Steps

CHUNK = 256 * 1024
TIMEOUT = 30.0  # seconds that an answer may take
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
GUEST_KEY = re.compile(rb"\r\nx-cart-token: *(\S+)", re.IGNORECASE)


@dataclass
class LoadPlan:
    """What to send, and for how long: until `seconds` have passed or `count` flows have begun."""

    port: int
    flow: str
    clients: int
    seconds: float
    count: int
    products: list[dict[str, Any]]  # to choose from


@dataclass
class LoadResult:
    """How long each flow took, how long all of them, in seconds, and the answers of the last flow of the first shopper."""

    latencies: list[float]
    elapsed: float
    answers: list[dict[str, Any]]


class Client:
    """A shopper's connection."""

    def __init__(self, port: int, shopper: Shopper) -> None:
        self.shopper = shopper
        self.host = f"127.0.0.1:{port}"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.answers: list[Answer] = []
        self.begun_at = 0.0

    def begin(self, steps: Steps) -> bool:
        """Send the first request of a flow; return whether there is one."""
        self.steps, self.begun_at, self.answers = steps, time.perf_counter(), []
        return self._send(next(steps, None))

    def advance(self) -> bool:
        """Read what has arrived, and if an answer is complete, send the next request. Return whether the flow goes on."""
        answer = self._receive()
        if answer is None:
            return True
        self.answers.append(answer)
        try:
            return self._send(self.steps.send(answer))
        except StopIteration:
            return False

    def _send(self, request: Request | None) -> bool:
        if request is None:
            return False
        body = b"" if request.body is None else json.dumps(request.body).encode()
        head = [f"{request.method} {request.path} HTTP/1.1", f"Host: {self.host}", "Accept: application/json"]
        if self.shopper.key:
            head.append(f"X-Cart-Token: {self.shopper.key}")
        if request.idempotency_key:
            head.append(f"Idempotency-Key: {request.idempotency_key}")
        if body:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.socket.sendall("\r\n".join((*head, "", "")).encode() + body)
        return True

    def _receive(self) -> Answer | None:
        """Return the answer if all of it has arrived. Raises ConnectionError, and RuntimeError for a refusal."""
        data = self.socket.recv(CHUNK)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(self.buffer, 0, end + 2) if end >= 0 else None
        if length is None or len(self.buffer) < end + 4 + int(length[1]):
            return None
        answer = Answer(int(self.buffer[9:12]), bytes(self.buffer[end + 4 :]))
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status} {answer.content[:500].decode()}")
        key = GUEST_KEY.search(self.buffer, 0, end + 2)
        self.shopper.key = key[1].decode() if key else self.shopper.key
        self.buffer.clear()
        return answer


def run_flows(clients: Sequence[Client], flow: Callable[[Shopper], Steps], *, count: int, seconds: float) -> list[float]:
    """Run the flow with all clients at once; return the seconds that each flow took. Raises TimeoutError."""
    latencies: list[float] = []
    begun, deadline = 0, time.perf_counter() + seconds
    with selectors.DefaultSelector() as selector:
        for client in clients[:count]:
            if client.begin(flow(client.shopper)):
                selector.register(client.socket, selectors.EVENT_READ, client)
                begun += 1
        while selector.get_map():
            events = selector.select(TIMEOUT)
            if not events:
                raise TimeoutError("the server does not answer")
            for key, _ in events:
                client = key.data
                if client.advance():
                    continue
                now = time.perf_counter()
                latencies.append(now - client.begun_at)
                if begun < count and now < deadline and client.begin(flow(client.shopper)):
                    begun += 1
                else:
                    selector.unregister(client.socket)
    return latencies


def run_plan(plan: LoadPlan) -> LoadResult:
    """Prepare the shoppers, wait for the signal, and run the flow of a plan."""
    flow = FLOWS[plan.flow]
    shoppers = [Shopper(plan.products, position=len(plan.products) * number // plan.clients) for number in range(plan.clients)]
    clients = [Client(plan.port, shopper) for shopper in shoppers]
    run_flows(clients, flow.prepare, count=plan.clients, seconds=TIMEOUT)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    latencies = run_flows(clients, flow.run, count=plan.count, seconds=plan.seconds)
    elapsed = time.perf_counter() - start
    for client in clients:
        client.socket.close()
    return LoadResult(latencies, elapsed, [answer.parse() for answer in clients[0].answers])


if __name__ == "__main__":
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(asdict(run_plan(LoadPlan(**json.loads(line))))), flush=True)
