"""Speaks HTTP: the API for those with a test key, pages for buyers, the control for those with its token."""

import base64
import binascii
import hmac
import json
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from emulator import forms, pages
from emulator.books import API_VERSION
from emulator.control import Control
from emulator.desk import Desk, Dropped
from emulator.errors import ApiError

MAX_BODY = 1_000_000  # bytes


class Server(ThreadingHTTPServer):
    """A stand-in at a port of the loopback interface."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, desk: Desk, control_token: str = "") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.desk, self.control_token = desk, control_token
        self.control = Control(desk)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "emulator", ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve("POST")

    def do_PUT(self) -> None:
        """Answer a PUT."""
        self._serve("PUT")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: `/_emu/requests` tells what was asked."""

    @property
    def desk(self) -> Desk:
        """The stand-in that answers."""
        return cast(Server, self.server).desk

    def _serve(self, method: str) -> None:
        url = urlsplit(self.path)
        try:
            text = self._body()
            if url.path.startswith("/v1/"):
                self._api(method, url.path, url.query if method == "GET" else text)
            elif url.path.startswith("/pay/"):
                self._page(method, url.path.removeprefix("/pay/").strip("/"), text)
            elif url.path.startswith("/_emu/"):
                self._control(method, url.path, text)
            elif url.path in ("/", "/healthz"):
                self._send(200, "text/plain; charset=utf-8", b"A stand-in for Stripe Checkout. No money moves.\n")
            else:
                raise ApiError(404, f"Unrecognized request URL ({method}: {url.path}).")
        except Dropped:
            self.close_connection = True
        except ApiError as refusal:
            self._json(refusal.status, refusal.body())

    def _body(self) -> str:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            raise ApiError(413, "The body is too large.")
        return self.rfile.read(int(length)).decode("utf-8", "replace")

    def _api(self, method: str, path: str, text: str) -> None:
        key = self.headers.get("Idempotency-Key", "")
        row: dict[str, Any] = {"method": method, "path": path, "key": key, "version": self.headers.get("Stripe-Version")}
        headers = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": row["version"] or API_VERSION}
        try:
            self._check_key()
            row["params"] = given = forms.decoded(text)
            status, body, replayed = self.desk.call(method, path, text, given, key)
        except ApiError as refusal:
            status, body, replayed = refusal.status, refusal.body(), False
        except Dropped:
            self.desk.requests.append({**row, "status": None})
            raise
        self.desk.requests.append({**row, "status": status, "replayed": replayed})
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Idempotent-Replayed": "true"} if replayed else {}
        self._json(status, body, headers)

    def _check_key(self) -> None:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                given = ""
        if kind.lower() not in ("basic", "bearer") or not given.startswith(("sk_test_", "rk_test_")):
            raise ApiError(401, "Give a test key (sk_test_…) as bearer; this stand-in takes no live key.")

    def _page(self, method: str, name: str, text: str) -> None:
        books = self.desk.books
        try:
            session = books.session(name)
        except ApiError:
            self._html(404, pages.missing())
            return
        said = ""
        if method == "POST":
            form = parse_qs(text)
            act, email = form.get("act", [""])[0], form.get("email", [""])[0][:254]
            try:
                said = self._pay(name, act, email)
            except ApiError as refusal:
                said = refusal.message
            self.desk.save()
            if act in ("pay", "pay_later") and not said:
                self._redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", name))
                return
        is_open = session["status"] == "open"
        self._html(402 if said and is_open else 200, pages.checkout(session, said) if is_open else pages.closed(session))

    def _pay(self, name: str, act: str, email: str) -> str:
        """Do what the buyer chose; returns what he should read."""
        books = self.desk.books
        if act == "pay":
            books.pay(name, email)
        elif act == "pay_later":
            books.pay_later(name, email)
        elif act in ("async_succeed", "async_fail"):
            books.settle(name, succeeds=act == "async_succeed")
        else:
            books.decline(name)
            return "Your card was declined. Try another way to pay."
        return ""

    def _control(self, method: str, path: str, text: str) -> None:
        token = cast(Server, self.server).control_token
        if not token or not hmac.compare_digest(self.headers.get("X-Emulator-Token", "").encode(), token.encode()):
            raise ApiError(404 if not token else 403, "The control is for those who hold its token.")
        try:
            given = json.loads(text) if text else {}
            body = cast(Server, self.server).control.answer(method, path, given)
        except (ValueError, KeyError, TypeError) as wrong:
            raise ApiError(400, f"Cannot read that: {wrong}") from None
        self.desk.save()
        self._json(200, body)

    def _json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(body).encode(), headers)

    def _html(self, status: int, text: str) -> None:
        policy = "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'; base-uri 'none'"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        self._send(status, "text/html; charset=utf-8", text.encode(), headers)

    def _redirect(self, url: str) -> None:
        self._send(303, "text/plain", b"", {"Location": url, "Cache-Control": "no-store"})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
