"""gunicorn as it runs in production: bytes outside ASCII in headers, and bodies in chunks."""

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from carts.models import Cart
from orders.models import StripeEvent
from products.tests.factories import make_product
from tests.crashes import make_environment
from tests.processes import serving

MAX_BODY = 256 * 1024
WEBHOOK_SECRET = "whsec_of_the_tests"
FOREIGN = {
    "latin-1": "São Paulo".encode("latin-1"),
    "UTF-8": "São Paulo".encode(),
    "emoji": "\N{SHOPPING TROLLEY}\N{VARIATION SELECTOR-16}".encode(),
    "Devanagari": "मुंबई".encode(),
}
KEY_HEADERS = ["X-Cart-Token", "X-Session-Key", "X-Order-Token"]
Answer = tuple[int, dict[str, Any], list[str]]


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    """The port of a server on the database of the tests."""
    with serving(make_environment(STRIPE_SECRET_KEY="sk_test_1", STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET)) as port:
        yield port


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Open a connection to the server."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection


def answer_of(connection: socket.socket) -> Answer:
    """Read a response: its status, its body, and the cookies that it sets."""
    with HTTPResponse(connection) as response:
        response.begin()
        cookies = [value.partition(";")[0] for name, value in response.getheaders() if name == "Set-Cookie"]
        return response.status, json.loads(response.read()), cookies


def send(port: int, method: str, path: str, headers: dict[str, bytes], body: bytes = b"") -> Answer:
    """Send a request whose headers are these very bytes."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: localhost", b"Content-Type: application/json"]
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    if "Transfer-Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}".encode())
    with connected(port) as connection:
        connection.sendall(b"\r\n".join((*lines, b"", body)))
        return answer_of(connection)


def in_chunks(body: bytes, size: int) -> bytes:
    """Return a body as chunks of this many bytes."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def send_chunked(port: int, path: str, body: bytes, size: int = 100, **headers: bytes) -> Answer:
    """Post a body in chunks."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(port, "POST", path, {"Transfer-Encoding": b"chunked", **named}, in_chunks(body, size))


def test_a_guest_keeps_the_cart_beside_a_foreign_cookie(port: int) -> None:
    lamp = make_product()
    _, body, cookies = send(port, "POST", "/api/cart/add/", {}, json.dumps({"product_id": lamp.pk, "quantity": 2}).encode())
    key = body["cart_token"]
    own = "; ".join(cookies).encode()

    for foreign in FOREIGN.values():
        for header in (b"city=" + foreign + b"; " + own, own + b"; city=" + foreign, own + b"; " + foreign):
            status, body, set_cookies = send(port, "GET", "/api/cart/summary/", {"Cookie": header})
            assert (status, body["data"]["total_items"], body["cart_token"]) == (200, 2, key)
            assert set_cookies == []
    assert Cart.objects.count() == 1


def test_a_user_stays_signed_in_beside_a_foreign_cookie(port: int) -> None:
    ada = make_user_with_password()
    credentials = json.dumps({"email": ada.email, "password": PASSWORD}).encode()
    _, _, cookies = send(port, "POST", "/api/auth/login/", {}, credentials)
    own = "; ".join(cookies).encode()

    for foreign in FOREIGN.values():
        for header in (b"city=" + foreign + b"; " + own, own + b"; city=" + foreign):
            status, body, _ = send(port, "GET", "/api/auth/me/", {"Cookie": header})
            assert (status, body["data"]["email"]) == (200, ada.email)


def test_two_cookie_headers_make_no_new_guest_key(port: int) -> None:
    lamp = make_product()
    addition = json.dumps({"product_id": lamp.pk}).encode()
    _, first, cookies = send(port, "POST", "/api/cart/add/", {}, addition)
    (readable,) = [cookie.encode() for cookie in cookies if cookie.startswith("cart_token=")]
    own = "; ".join(cookies).encode()

    status, body, _ = send(port, "POST", "/api/cart/add/", {"Cookie": own + b"\r\nCookie: city=Pune"}, addition)
    refused = [
        send(port, "POST", "/api/cart/add/", {"Cookie": joined}, addition)
        for joined in (readable + b"\r\nCookie: city=Pune", b"city=Pune\r\nCookie: " + readable, readable[:-1] + b"\xe3")
    ]

    assert (status, body["cart_token"]) == (200, first["cart_token"])
    assert [(status, body["code"], cookies) for status, body, cookies in refused] == [(400, "unreadable_cookie", [])] * 3
    assert Cart.objects.count() == 1


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_a_header_with_such_bytes_is_refused_by_name(port: int, foreign: bytes) -> None:
    for name in KEY_HEADERS:
        status, body, cookies = send(port, "GET", "/api/cart/", {name: foreign})
        assert (status, body["code"], body["details"], cookies) == (400, "invalid_header", {"header": name}, [])
    event = b'{"id": "evt_1"}'
    order = json.dumps({"payment_method": "cod", "name": "Ada", "email": "ada@example.com"}).encode()

    told = [
        send(port, "GET", "/api/cart/", {"Authorization": b"Bearer " + foreign}),
        send(port, "GET", "/api/cart/", {"X-Market": foreign}),
        send(port, "POST", "/api/orders/create/", {"Idempotency-Key": foreign}, order),
        send(port, "POST", "/api/orders/webhook/", {"Stripe-Signature": foreign}, event),
    ]

    assert [(status, body["code"], body["success"]) for status, body, _ in told] == [
        (401, "token_invalid", False),
        (400, "unknown_market", False),
        (400, "invalid_idempotency_key", False),
        (400, "bad_signature", False),
    ]
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_json_may_come_in_chunks(port: int, size: int) -> None:
    ada = make_user_with_password()
    credentials = json.dumps({"email": ada.email, "password": PASSWORD, "mode": "token"}).encode()

    status, body, _ = send_chunked(port, "/api/auth/login/", credentials, size)

    assert (status, body["data"]["user"]["email"]) == (200, ada.email)


def test_an_event_may_come_in_chunks(port: int) -> None:
    event = json.dumps(
        {"id": "evt_1", "type": "payout.paid", "created": 1_700_000_000, "object": "event", "data": {"object": {"id": "po_1"}}}
    ).encode()

    status, _, _ = send_chunked(port, "/api/orders/webhook/", event, Stripe_Signature=sign(event))

    assert status == 200
    assert list(StripeEvent.objects.values_list("event_id", "payload")) == [("evt_1", event.decode())]


@pytest.mark.parametrize("path", ["/api/cart/add/", "/api/orders/webhook/"])
def test_no_more_is_read_of_chunks_than_of_a_whole_body(port: int, path: str) -> None:
    lamp = make_product()
    fitting = json.dumps({"product_id": lamp.pk}).encode().ljust(MAX_BODY)

    just_fits, _, _ = send_chunked(port, path, fitting, 8000)
    too_large, body, _ = send_chunked(port, path, fitting + b" ", 8000)

    assert just_fits == {"/api/cart/add/": 201, "/api/orders/webhook/": 400}[path]
    assert (too_large, body["code"]) == (413, "too_large")
    assert Cart.objects.count() == (1 if path == "/api/cart/add/" else 0)


def test_a_body_without_end_is_refused_before_it_ends(port: int) -> None:
    head = (
        b"POST /api/cart/add/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with connected(port) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused while it was still being sent
            connection.sendall(head)
            for _ in range(MAX_BODY // 4096 + 2):
                connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
        status, body, _ = answer_of(connection)

    assert (status, body["code"]) == (413, "too_large")


def test_chunks_that_are_none_are_refused(port: int) -> None:
    status, body, _ = send(port, "POST", "/api/cart/add/", {"Transfer-Encoding": b"chunked"}, b"zz\r\n{}\r\n0\r\n\r\n")

    assert (status, body["code"]) == (400, "bad_request")


def test_a_response_says_how_long_it_is(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with HTTPResponse(connection) as response:
            response.begin()
            length, body = response.headers["Content-Length"], response.read()

    assert int(length) == len(body)


def sign(body: bytes) -> bytes:
    """Return the header by which Stripe signs this event now."""
    now = str(int(time.time())).encode()
    return b"t=%b,v1=%b" % (now, hmac.new(WEBHOOK_SECRET.encode(), now + b"." + body, hashlib.sha256).hexdigest().encode())


def make_user_with_password() -> User:
    """Make a user whose password the server can check, which does not know the hasher of the tests."""
    ada = make_user()
    User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1))
    return ada
