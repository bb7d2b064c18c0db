"""gunicorn with the shop's worker: slow, half-sent and oversized requests, over raw sockets"""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path

import pytest

from accounts.models import AuthEvent
from tests.crashes import make_environment
from tests.processes import serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

TIMES_ORDINARY = 50
READ_TIMEOUT = 1  # seconds
THREADS = 4
HOST = b"Host: localhost\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
HALF_HEAD = b"POST /api/cart/add/ HTTP/1.1\r\nHost: loc"
JSON = b"POST /api/cart/add/ HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
HALF_BODY = JSON + b'Content-Length: 100\r\n\r\n{"product_id":'
HALF_CHUNK = JSON + b'Transfer-Encoding: chunked\r\n\r\n40\r\n{"product_id":'
REFUSED_HALF_BODY = b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nabc"


@pytest.fixture(scope="module")
def pid_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where gunicorn writes its process id."""
    return tmp_path_factory.mktemp("server") / "pid"


@pytest.fixture(scope="module")
def port(django_db_setup: None, pid_file: Path) -> Iterator[int]:
    """The port of a server with one process of four threads, and a large file among its media."""
    (pid_file.parent / "large.webp").write_bytes(bytes(16 * 1024**2))
    variables = make_environment(
        WEB_READ_TIMEOUT=str(READ_TIMEOUT), WEB_THREADS=str(THREADS), TRUSTED_PROXIES="1", MEDIA_ROOT=str(pid_file.parent)
    )
    with serving(variables, "--pid", str(pid_file)) as port:
        yield port


@contextmanager
def connected(port: int, sent: bytes) -> Iterator[socket.socket]:
    """Open a connection and send something."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused while it was still being sent
            connection.sendall(sent)
        yield connection


def read_response(connection: socket.socket) -> tuple[int, str | None, bytes]:
    """Read one response: its status, its Connection header and its body."""
    with HTTPResponse(connection) as response:
        response.begin()
        return response.status, response.headers["Connection"], response.read()


def read_to_end(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def get_health(port: int) -> int:
    """Ask for /healthz on a new connection and return the status."""
    with connected(port, HEALTH) as connection:
        return read_response(connection)[0]


@pytest.mark.parametrize("sent", [HALF_HEAD, HALF_BODY, HALF_CHUNK, REFUSED_HALF_BODY])
def test_half_sent_requests_free_their_threads(port: int, sent: bytes) -> None:
    with ExitStack() as stack:
        half_sent = [stack.enter_context(connected(port, sent)) for _ in range(THREADS)]

        assert get_health(port) == 200  # waits for a thread
        received = [read_to_end(connection) for connection in half_sent]
    expected = {HALF_HEAD: b"", REFUSED_HALF_BODY: b"HTTP/1.1 404 Not Found"}.get(sent, b"HTTP/1.1 408 Request Timeout")
    assert [answer.partition(b"\r\n")[0] for answer in received] == [expected] * THREADS
    if sent in (HALF_BODY, HALF_CHUNK):
        assert all(b'"code":"request_timeout"' in answer and b"Connection: close" in answer for answer in received)


def test_a_body_that_trickles_in_is_given_up(port: int) -> None:
    with connected(port, HALF_BODY) as connection:
        connection.settimeout(0.2)
        start, received = time.monotonic(), b""
        while not received and time.monotonic() - start < 20:
            connection.sendall(b" ")
            try:
                received = connection.recv(65536)
            except TimeoutError:
                continue

    assert received.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_in_two_parts_is_read(port: int) -> None:
    with connected(port, JSON + b'Content-Length: 17\r\n\r\n{"product_') as connection:
        time.sleep(READ_TIMEOUT / 3)
        connection.sendall(b'id": 0}')
        status, _, body = read_response(connection)

    assert (status, b"product_id" in body or b"not_found" in body) == (404, True)


def test_clients_that_do_not_read_their_answers_free_their_threads(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(("127.0.0.1", port))
            connection.sendall(HEALTH.replace(b"/healthz", b"/media/large.webp"))

        assert get_health(port) == 200  # waits for a thread


def test_clients_that_keep_an_ended_connection_open_delay_nobody(port: int) -> None:
    start = time.monotonic()

    with ExitStack() as stack:
        for _ in range(THREADS - 1):
            connection = stack.enter_context(connected(port, HEALTH.replace(HOST, HOST + b"Connection: close\r\n")))
            assert read_response(connection)[0] == 200
        assert get_health(port) == 200

    assert time.monotonic() - start < 2 * (THREADS - 1)  # gunicorn itself waits two seconds for each, one after the other


@pytest.mark.parametrize("size", [10, 100_000, 256 * 1024])
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"POST /nothing HTTP/1.1\r\n" + HOST, 404),
        (JSON + b"Origin: http://evil.example\r\n", 403),
        (JSON.replace(b"application/json", b"text/plain"), 415),
        (JSON.replace(b"localhost", b"evil.example"), 400),
    ],
)
def test_a_refused_body_never_reaches_the_next_request(port: int, head: bytes, expected: int, size: int) -> None:
    with connected(port, head + b"Content-Length: %d\r\n\r\n" % size + b"x" * size) as connection:
        first = read_response(connection)
        connection.sendall(HEALTH)
        second = read_response(connection)

    assert (first[0], first[1]) == (expected, "keep-alive")
    assert (second[0], second[1]) == (200, "keep-alive")


@pytest.mark.parametrize("size", [256 * 1024 + 1, 2_000_000, 10**19])
def test_where_too_much_is_left_the_answer_says_that_the_connection_ends(port: int, size: int) -> None:
    head = b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size
    with connected(port, head + b"x" * 1000) as connection:
        status, header, _ = read_response(connection)
        rest = read_to_end(connection)

    assert (status, header, rest) == (404, "close", b"")


def test_a_body_that_announces_too_much_is_refused_at_once(port: int) -> None:
    with connected(port, JSON + b"Content-Length: 99999999999\r\n\r\n{") as connection:
        status, header, body = read_response(connection)

    assert (status, header) == (413, "close")
    assert b'"code":"too_large"' in body


def test_an_underscore_does_not_replace_the_header_of_the_proxy(port: int) -> None:
    head = JSON + b"Origin: http://evil.example\r\nContent-Length: 0\r\n"

    for forwarded in (
        b"X-Forwarded-For: 203.0.113.7:4711\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n",
        b"X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: [2001:db8::1]:4711\r\n\r\n",
        b"X_Forwarded_For: 6.6.6.6\r\nX-Forwarded_For: 6.6.6.6\r\n\r\n",
    ):
        with connected(port, head + forwarded) as connection:
            assert read_response(connection)[0] == 403

    assert list(AuthEvent.objects.order_by("pk").values_list("ip", flat=True)) == ["203.0.113.7", "2001:db8::1", "127.0.0.1"]


MALFORMED = {
    "a path of 64 KB": (b"GET /" + b"-eyJ" * 16_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a query string of 64 KB": (b"GET /api/products/?q=" + b"%ff" * 21_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a header of 64 KB": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 65_536 + b"\r\n\r\n", 431),
    "400 KB of headers": (
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: %b\r\n" % (i, b"a" * 4000) for i in range(100)) + b"\r\n",
        431,
    ),
    "400 KB of short headers": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 67_000 + b"\r\n", 431),
    "60 KB of short headers": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 10_000 + b"\r\n", 431),
    "a long line without a colon": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"x" * 40_000 + b"\r\n\r\n", 400),
    "a long method": (b"G" * 8000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a long version": (b"GET / HTTP/1." + b"1" * 8000 + b"\r\n" + HOST + b"\r\n", 400),
    "a negative length": (JSON + b"Content-Length: -5\r\n\r\n", 400),
    "two lengths": (JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "a length and chunks": (JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "an unknown coding": (JSON + b"Transfer-Encoding: " + b"x" * 9000 + b"\r\n\r\n", 501),
    "two hosts": (b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
}


@pytest.mark.parametrize(("sent", "expected"), MALFORMED.values(), ids=MALFORMED)
def test_what_the_server_refuses_itself_is_cheap_and_short(port: int, pid_file: Path, sent: bytes, expected: int) -> None:
    def refuse() -> None:
        with connected(port, sent) as connection:
            received = read_to_end(connection)
        assert received == b"" or (int(received.split()[1]), len(received) < 1000) == (expected, True)

    ordinary = min(get_cpu_seconds(pid_file, lambda: get_health(port)) for _ in range(3))
    hostile = min(get_cpu_seconds(pid_file, refuse) for _ in range(3))

    assert hostile < TIMES_ORDINARY * ordinary


MESSAGES = {
    "bad_request": "The request cannot be read",
    "url_too_long": "The address is too long",
    "headers_too_large": "The headers of the request are too large",
}
REFUSED_BY_SERVER = {
    "a long path": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "url_too_long"),
    "a large header": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 17_000 + b"\r\n\r\n", 431, "headers_too_large"),
    "many headers": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 101 + b"\r\n", 431, "headers_too_large"),
    "no HTTP": (b"<script>alert(1)</script>\r\n\r\n", 400, "bad_request"),
    "a TLS handshake": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad_request"),
    "an odd method": (b"g@t / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
    "HTTP/9": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400, "bad_request"),
    "a header without a colon": (b"GET / HTTP/1.1\r\n" + HOST + b"<script>\r\n\r\n", 400, "bad_request"),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n <script>\r\n\r\n", 400, "bad_request"),
    "an unknown expectation": (b"GET / HTTP/1.1\r\n" + HOST + b"Expect: <script>\r\n\r\n", 417, "bad_request"),
    "an unknown coding": (JSON + b"Transfer-Encoding: <script>\r\n\r\n", 501, "bad_request"),
    "a length that is none": (JSON + b"Content-Length: <script>\r\n\r\n", 400, "bad_request"),
}


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED_BY_SERVER.values(), ids=REFUSED_BY_SERVER)
def test_what_the_server_refuses_itself_has_the_shape_of_every_refusal(port: int, sent: bytes, status: int, code: str) -> None:
    with connected(port, sent) as connection, HTTPResponse(connection) as response:
        response.begin()
        head, body = dict(response.getheaders()), json.loads(response.read())

    assert (response.status, head["Content-Type"], head["Connection"]) == (status, "application/json", "close")
    assert body == {
        **{"success": False, "status": status, "code": code, "errors": {}},
        **dict.fromkeys(("message", "detail"), MESSAGES[code]),
    }
    assert re.fullmatch(r"[0-9a-f]{32}", head["X-Request-ID"])


def test_a_head_that_comes_byte_by_byte_is_limited(port: int, pid_file: Path) -> None:
    def refuse() -> None:
        with connected(port, b"GET /healthz HTTP/1.1\r\n" + HOST) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(100):
                try:
                    connection.sendall(b"X: " + b"a" * 1000 + b"\r\n")
                except (BrokenPipeError, ConnectionResetError):
                    break
            assert read_to_end(connection)[:12] in (b"HTTP/1.1 431", b"")

    ordinary = min(get_cpu_seconds(pid_file, lambda: get_health(port)) for _ in range(3))
    hostile = min(get_cpu_seconds(pid_file, refuse) for _ in range(3))

    assert hostile < TIMES_ORDINARY * ordinary


def get_cpu_seconds(pid_file: Path, call: Callable[[], object]) -> float:
    """Return the CPU time that the server's worker spends on a call."""
    master = int(pid_file.read_text())
    (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()

    def read_clock() -> int:
        threads = Path(f"/proc/{worker}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)

    start = read_clock()
    call()
    return (read_clock() - start) / 1e9
