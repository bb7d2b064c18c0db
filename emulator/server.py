"""Speaks HTTP: the API for those with a test key, pages for buyers, the control for those with its token."""

import base64
import binascii
import hmac
import json
import re
import secrets
import string
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlsplit

from emulator import forms, pages
from emulator.books import API_VERSION
from emulator.control import Control
from emulator.desk import Answer, Desk, Dropped
from emulator.errors import ApiError, invalid

MAX_BODY = 1_000_000  # bytes
LONGEST_KEY = 255  # characters


class Server(ThreadingHTTPServer):
    """A stand-in at a port of the loopback interface."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, desk: Desk, control_token: str = "") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.desk, self.control_token = desk, control_token
        self.control = Control(desk)

    def handle_error(self, *about: Any) -> None:
        """Say what went wrong with a connection, but not that the caller went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*about)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "emulator", ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a request, whatever its method and whatever goes wrong."""
        try:
            self._serve(self.command)
        except Dropped:
            self.close_connection = True
        except ConnectionError:
            raise  # there is nobody to be answered
        except ApiError as refusal:
            self._json(refusal.status, refusal.body())
        except Exception:  # noqa: BLE001 - the caller gets an answer, and whoever runs this learns why
            traceback.print_exc()
            self._json(500, ApiError(500, "The stand-in failed; its log says why.", kind="api_error").body())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - the names that http.server looks for

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request as the API refuses; the rest of the connection cannot be read."""
        self.close_connection = True
        self._json(code, ApiError(code, message or "This is no request.").body(), {"Connection": "close"})

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: `/_emu/requests` tells what was asked."""

    @property
    def desk(self) -> Desk:
        """The stand-in that answers."""
        return cast(Server, self.server).desk

    def _serve(self, method: str) -> None:
        text, url = self._body(), urlsplit(self.path)
        if url.path.startswith("/v1/"):
            self._api(method, url.path, url.query if method == "GET" else text)
        elif url.path.startswith("/_emu/"):
            self._control(method, url.path, text)
        elif url.path.startswith("/pay/"):
            _check_method(method, "GET", "POST")
            self._page(method, url.path.removeprefix("/pay/").strip("/"), text)
        elif url.path in ("/", "/healthz"):
            _check_method(method, "GET")
            self._send(200, "text/plain; charset=utf-8", b"A stand-in for Stripe Checkout. No money moves.\n")
        else:
            raise ApiError(404, f"Unrecognized request URL ({method}: {url.path}).")

    def _body(self) -> str:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            self.close_connection = True
            raise ApiError(413, f"A body has a Content-Length, of {MAX_BODY} bytes at most.")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Dropped  # by the caller
        return body.decode("utf-8", "replace")

    def _api(self, method: str, path: str, text: str) -> None:
        key = self.headers.get("Idempotency-Key", "")
        row: dict[str, Any] = {"method": method, "path": path, "key": key, "version": self.headers.get("Stripe-Version")}
        headers = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": row["version"] or API_VERSION}
        try:
            self._check_key()
            row["params"] = given = forms.decoded(text)
            answer = self.desk.call(method, path, text, given, key)
        except ApiError as refusal:
            answer = Answer.to(refusal)
        except Dropped:
            self.desk.requests.append({**row, "status": None})
            raise
        self.desk.requests.append({**row, "status": answer.status, "replayed": answer.is_replayed})
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Idempotent-Replayed": "true"} if answer.is_replayed else {}
        self._json(answer.status, answer.body, headers, is_broken=answer.is_broken)

    def _check_key(self) -> None:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                given = ""
        if kind.lower() not in ("basic", "bearer") or not given.startswith("sk_test_"):
            raise ApiError(401, "Give a test key (sk_test_…) as bearer; this stand-in takes no live key.")
        if len(self.headers.get("Idempotency-Key", "")) > LONGEST_KEY:
            raise invalid(f"An idempotency key has up to {LONGEST_KEY} characters.", "Idempotency-Key")

    def _page(self, method: str, name: str, text: str) -> None:
        books = self.desk.books
        try:
            session = books.session(name)
        except ApiError:
            self._html(404, pages.missing())
            return
        status, said = 200, ""
        if method == "POST":
            form = parse_qs(text)
            act = form.get("act", [""])[0]
            try:
                self._pay(name, act, form.get("email", [""])[0][:254])
            except ApiError as refusal:
                status, said = refusal.status, refusal.message
            self.desk.storage.save()
            if act in ("pay", "pay_later") and not said:
                self._redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", name))
                return
        is_open = session["status"] == "open"
        self._html(status if is_open else 200, pages.checkout(session, said) if is_open else pages.closed(session))

    def _pay(self, name: str, act: str, email: str) -> None:
        """Do what the buyer chose. Raises ApiError with what he should read."""
        books = self.desk.books
        if act == "pay":
            books.pay(name, email)
        elif act == "pay_later":
            books.pay_later(name, email)
        elif act in ("async_succeed", "async_fail"):
            books.settle(name, succeeds=act == "async_succeed")
        elif act == "decline":
            books.decline(name)
            raise ApiError(402, "Your card was declined. Try another way to pay.")
        else:
            raise ApiError(400, "There is no such button.")

    def _control(self, method: str, path: str, text: str) -> None:
        token = cast(Server, self.server).control_token
        if not token or not hmac.compare_digest(self.headers.get("X-Emulator-Token", "").encode(), token.encode()):
            raise ApiError(404 if not token else 403, "The control is for those who hold its token.")
        try:
            given = json.loads(text) if text else {}
        except (ValueError, RecursionError) as wrong:
            raise ApiError(400, f"Cannot read that: {wrong}") from None
        body = cast(Server, self.server).control.answer(method, path, given)
        self.desk.storage.save()
        self._json(200, body)

    def _json(self, status: int, body: Any, headers: dict[str, str] | None = None, *, is_broken: bool = False) -> None:
        text = json.dumps(body).encode()
        self._send(status, "application/json", text[:-1] if is_broken else text, headers)

    def _html(self, status: int, text: str) -> None:
        policy = (
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'; base-uri 'none'"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        self._send(status, "text/html; charset=utf-8", text.encode(), headers)

    def _redirect(self, url: str) -> None:
        # Whatever may not stand in an address is quoted, line breaks too; what is quoted already stays.
        self._send(303, "text/plain", b"", {"Location": quote(url, safe=string.punctuation), "Cache-Control": "no-store"})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, " ".join(value.split()))  # a header that is echoed may hold line breaks
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)


def _check_method(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise ApiError(405, f"Here {' and '.join(allowed)} alone are known.")
