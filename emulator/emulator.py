"""The parts of one emulator, and how an API request passes through them."""

import threading
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from emulator import carrier, refunds
from emulator.api import Api
from emulator.background import start_loop
from emulator.deliveries import Deliveries
from emulator.errors import ApiError
from emulator.faults import Faults
from emulator.idempotency import IdempotencyKeys
from emulator.state import State
from emulator.storage import UNDELIVERED, Storage

Json = dict[str, Any]
LOG_SIZE = 10_000  # rows
MAX_WAIT = 10  # seconds
REFUSED = "invalid_request_error"
CLOCK_INTERVAL = 0.25  # seconds between two checks for expired sessions


class ConnectionDropped(Exception):
    """The connection is closed without a response."""


@dataclass(frozen=True)
class ApiResponse:
    """The response to an API request."""

    status: int
    body: Json
    is_replayed: bool = False
    is_broken: bool = False  # the JSON is truncated

    @classmethod
    def from_error(cls, error: ApiError) -> "ApiResponse":
        """Return the response for an API error."""
        return cls(error.status, error.body())


class Emulator:
    """State, faults, deliveries, idempotency keys and the log of requests."""

    def __init__(self, public_url: str, webhook_url: str, secret: str, *, pace: float = 1.0, file: str = "") -> None:
        self.lock = threading.RLock()
        self.storage = Storage(file, self.lock)
        self.faults, self.idempotency_keys = Faults(), IdempotencyKeys(self.storage)
        self.deliveries = Deliveries(webhook_url, secret, self.faults, self.storage, pace=pace)
        self.state = State(public_url, self.storage, self.deliveries.enqueue)
        self.api = Api(self.state)
        self.requests: deque[Json] = deque(maxlen=LOG_SIZE)
        self._load()
        start_loop(self._tick, "clock")

    def _load(self) -> None:
        with self.lock:
            undelivered = []
            for kind, object_id, value in self.storage.load():
                if kind == UNDELIVERED:
                    undelivered.append(object_id)
                elif kind == "key":
                    self.idempotency_keys.restore(object_id, value)
                else:
                    self.state.restore(value)
            for event_id in undelivered:
                self.deliveries.resend(self.state.rows["event"][event_id])

    def _tick(self) -> None:
        time.sleep(CLOCK_INTERVAL)
        self.state.expire_due()
        self.storage.save()

    def reset(self) -> Json:
        """Delete all state and reset the clock to the real time."""
        with self.lock:
            self.put_faults([])
            self.deliveries.clear()
            self.state.clear()
            self.requests.clear()
            self.idempotency_keys.clear()
            self.storage.clear()
        return {"reset": True}

    def put_faults(self, rules: Any) -> Json:
        """Replace the faults and return them; send the events that old faults held back. Raises ApiError."""
        with self.lock:
            faults = self.faults.replace(rules)
            self.deliveries.release()
        return {"faults": faults}

    def handle(self, method: str, path: str, text: str, params: Json, key: str) -> ApiResponse:
        """Handle an API request. Raises ConnectionDropped."""
        fault = self.faults.match_call(method, path)
        if fault.get("close") == "before":
            _sleep(fault)
            raise ConnectionDropped
        if "status" in fault and not fault.get("after"):
            _sleep(fault)
            response = self._refuse(method, path, text, key if method == "POST" else "", fault)
        else:
            response = self._handle_idempotently(method, path, text, params, key if method == "POST" else "", fault)
        if fault.get("close") == "after":
            raise ConnectionDropped
        return replace(response, is_broken=fault.get("bad_json", False))

    def list_parcels(self, query: str) -> ApiResponse:
        """Handle a request to the carrier. Raises ConnectionDropped."""
        fault = self.faults.match_call("GET", carrier.PATH)
        _sleep(fault)
        if "close" in fault:
            raise ConnectionDropped
        if "status" in fault:
            return ApiResponse.from_error(ApiError(fault["status"], "The stand-in was told to refuse.", kind="api_error"))
        return ApiResponse(200, carrier.list_parcels(self.state, query, fault), is_broken=fault.get("bad_json", False))

    def _refuse(self, method: str, path: str, text: str, key: str, fault: Json) -> ApiResponse:
        """Return the error of a fault. One with a code is Stripe's decision, which it repeats for the same key."""
        code = fault.get("code", "")
        error = ApiError(fault["status"], "The stand-in was told to refuse.", code=code, kind=REFUSED if code else "api_error")
        response = ApiResponse.from_error(error)
        if not code or not key or error.status not in (400, 402, 404):
            return response
        try:
            with self.idempotency_keys.lock_key(key, f"{method} {path} {text}") as stored:
                if stored:
                    return ApiResponse(*stored, is_replayed=True)
                self.idempotency_keys.store_response(key, response.status, response.body)
        except ApiError as conflict:
            return ApiResponse.from_error(conflict)
        return response

    def _handle_idempotently(self, method: str, path: str, text: str, params: Json, key: str, fault: Json) -> ApiResponse:
        """Execute the request, or replay the stored response of its key. The key stays locked until the response is returned."""
        try:
            with self.idempotency_keys.lock_key(key, f"{method} {path} {text}") if key else nullcontext() as stored:
                try:
                    return ApiResponse(*stored, is_replayed=True) if stored else self._execute(method, path, params, key, fault)
                finally:
                    _sleep(fault)
        except ApiError as error:
            return ApiResponse.from_error(error)

    def _execute(self, method: str, path: str, params: Json, key: str, fault: Json) -> ApiResponse:
        with self.lock:
            body = self.api.handle(method, path, params)
            if body["object"] == "refund" and method == "POST" and "refund_fails" in fault:
                body = refunds.fail_refund(self.state, body["id"], fault["refund_fails"])
            is_paid_at_once = fault.get("pay_at_once") and method == "POST" and body["object"] == "checkout.session"
            if is_paid_at_once and body["status"] == "open":
                self.state.pay(body["id"])
            response = ApiResponse(200, {**body, **fault.get("tamper", {})})
            if "status" in fault:
                message = "The stand-in was told to fail after the effect."
                response = ApiResponse.from_error(ApiError(fault["status"], message, kind="api_error"))
            if key:
                self.idempotency_keys.store_response(key, response.status, response.body)
            self.storage.save()
        if is_paid_at_once:
            self.deliveries.wait_for_first_attempts(MAX_WAIT)
        return response


def _sleep(fault: Json) -> None:
    time.sleep(fault.get("delay_ms", 0) / 1000)
