"""The HTTP server: the API (with a test key), the payment pages, the carrier, and the control API (with its token)."""

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

from emulator import carrier, form_encoding, overview, pages
from emulator.control import Control
from emulator.emulator import ApiResponse, ConnectionDropped, Emulator
from emulator.errors import ApiError, invalid
from emulator.state import API_VERSION

MAX_BODY = 1_000_000  # bytes
MAX_KEY_LENGTH = 255  # characters
MAX_WAIT = 2  # seconds for the shop's answer to an event that a person sends again


class Server(ThreadingHTTPServer):
    """An emulator on a port of the loopback interface."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, emulator: Emulator, control_token: str = "") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.emulator, self.control_token = emulator, control_token
        self.control = Control(emulator)

    def handle_error(self, *args: Any) -> None:
        """Report a connection's error, unless the client has disconnected."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*args)


class Handler(BaseHTTPRequestHandler):
    """Handles the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "emulator", ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Handle a request of any method and turn every error into a response."""
        try:
            self._serve(self.command)
        except ConnectionDropped:
            self.close_connection = True
        except ConnectionError:
            raise  # the client has disconnected
        except ApiError as error:
            self._json(error.status, error.body())
        except Exception:  # noqa: BLE001 - the client gets a response, and the log gets the traceback
            traceback.print_exc()
            self._json(500, ApiError(500, "The stand-in failed; its log says why.", kind="api_error").body())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - names that http.server looks up

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a malformed request with an API error and close the connection, whose remaining data cannot be parsed."""
        self.close_connection = True
        self._json(code, ApiError(code, message or "This is no request.").body(), {"Connection": "close"})

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing; `/_emu/requests` lists the requests."""

    @property
    def emulator(self) -> Emulator:
        """The emulator that answers."""
        return cast(Server, self.server).emulator

    def _serve(self, method: str) -> None:
        text, url = self._body(), urlsplit(self.path)
        if url.path.startswith("/v1/"):
            self._handle_api(method, url.path, url.query if method == "GET" else text)
        elif url.path == carrier.PATH:
            _check_method(method, "GET")
            self._handle_carrier(url.query)
        elif url.path.startswith("/_emu/"):
            self._handle_control(method, url.path, text)
        elif url.path.startswith("/pay/"):
            _check_method(method, "GET", "POST")
            self._handle_page(method, url.path.removeprefix("/pay/").strip("/"), text)
        elif url.path == "/":
            _check_method(method, "GET")
            self._html(200, overview.render_overview(self.emulator))
        elif match := re.fullmatch(r"/events/(\w+)/send", url.path):
            _check_method(method, "POST")
            self._send_again(match[1])
        elif url.path == "/healthz":
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
            raise ConnectionDropped  # by the client
        return body.decode("utf-8", "replace")

    def _handle_api(self, method: str, path: str, text: str) -> None:
        key = self.headers.get("Idempotency-Key", "")
        row: dict[str, Any] = {"method": method, "path": path, "key": key, "version": self.headers.get("Stripe-Version")}
        headers = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": row["version"] or API_VERSION}
        try:
            self._check_key()
            row["params"] = params = form_encoding.decode(text)
            response = self.emulator.handle(method, path, text, params, key)
        except ApiError as error:
            response = ApiResponse.from_error(error)
        except ConnectionDropped:
            self.emulator.requests.append({**row, "status": None})
            raise
        self.emulator.requests.append({**row, "status": response.status, "replayed": response.is_replayed})
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Idempotent-Replayed": "true"} if response.is_replayed else {}
        self._json(response.status, response.body, headers, is_broken=response.is_broken)

    def _handle_carrier(self, query: str) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.startswith("test_"):
            raise ApiError(401, "Give a test token (test_…) as bearer; this stand-in takes no live token.")
        response = self.emulator.list_parcels(query)
        self.emulator.requests.append({"method": "GET", "path": carrier.PATH, "params": parse_qs(query), "status": response.status})
        self._json(response.status, response.body, is_broken=response.is_broken)

    def _check_key(self) -> None:
        scheme, _, api_key = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                api_key = base64.b64decode(api_key, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                api_key = ""
        if scheme.lower() not in ("basic", "bearer") or not api_key.startswith("sk_test_"):
            raise ApiError(401, "Give a test key (sk_test_…) as bearer; this stand-in takes no live key.")
        if len(self.headers.get("Idempotency-Key", "")) > MAX_KEY_LENGTH:
            raise invalid(f"An idempotency key has up to {MAX_KEY_LENGTH} characters.", "Idempotency-Key")

    def _handle_page(self, method: str, session_id: str, text: str) -> None:
        state = self.emulator.state
        try:
            session = state.get_session(session_id)
        except ApiError:
            self._html(404, pages.render_not_found())
            return
        status, message = 200, ""
        if method == "POST":
            form = parse_qs(text)
            action = form.get("act", [""])[0]
            try:
                self._pay(session_id, action, form.get("email", [""])[0][:254])
            except ApiError as error:
                status, message = error.status, error.message
            self.emulator.storage.save()
            if action in ("pay", "pay_later") and not message:
                self._redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))
                return
        is_open = session["status"] == "open"
        self._html(status if is_open else 200, pages.render_checkout(session, message) if is_open else pages.render_closed(session))

    def _pay(self, session_id: str, action: str, email: str) -> None:
        """Run the buyer's choice. Raises ApiError with the message to show."""
        state = self.emulator.state
        if action == "pay":
            state.pay(session_id, email)
        elif action == "pay_later":
            state.pay_later(session_id, email)
        elif action in ("async_succeed", "async_fail"):
            state.settle(session_id, succeeds=action == "async_succeed")
        elif action == "decline":
            state.decline(session_id)
            raise ApiError(402, "Your card was declined. Try another way to pay.")
        else:
            raise ApiError(400, "There is no such button.")

    def _send_again(self, event_id: str) -> None:
        """Deliver an event again, and return to the page that lists it once the shop has answered."""
        deliveries = self.emulator.deliveries
        deliveries.resend(self.emulator.state.get("event", event_id))
        deliveries.wait_for_first_attempts(MAX_WAIT)
        self._redirect("/#events")

    def _handle_control(self, method: str, path: str, text: str) -> None:
        token = cast(Server, self.server).control_token
        if not token or not hmac.compare_digest(self.headers.get("X-Emulator-Token", "").encode(), token.encode()):
            raise ApiError(404 if not token else 403, "The control is for those who hold its token.")
        try:
            params = json.loads(text) if text else {}
        except (ValueError, RecursionError) as error:
            raise ApiError(400, f"Cannot read that: {error}") from None
        body = cast(Server, self.server).control.handle(method, path, params)
        self.emulator.storage.save()
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
        # Quote characters that a URL may not contain, including line breaks; keep existing escapes.
        self._send(303, "text/plain", b"", {"Location": quote(url, safe=string.punctuation), "Cache-Control": "no-store"})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, " ".join(value.split()))  # an echoed header may contain line breaks
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)


def _check_method(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise ApiError(405, f"Here {' and '.join(allowed)} alone are known.")
