"""The state of the emulated account: Checkout Sessions, their payments and the resulting events."""

import copy
import heapq
import time
from collections.abc import Callable
from typing import Any

from emulator import objects, parameters
from emulator.errors import ApiError, invalid, not_found
from emulator.storage import Storage

Json = dict[str, Any]
API_VERSION = "2026-10-28.endive"
KINDS = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "event", "parcel")
MAX_OFFSET = 10**10  # seconds


class State:
    """All API objects, in memory. One lock makes each operation atomic."""

    def __init__(self, public_url: str, storage: Storage, send_event: Callable[[Json], None]) -> None:
        self.public_url, self.storage, self.send_event = public_url, storage, send_event
        self.lock = storage.lock
        self.clear()

    def clear(self) -> None:
        """Delete all objects and reset the clock to the real time."""
        with self.lock:
            self.offset = 0  # seconds that the clock is ahead of the real time
            self.rows: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
            self.expirations: list[tuple[int, str]] = []  # heap of (expires_at, session id)

    def restore(self, obj: Json) -> None:
        """Load an object that an earlier run stored, perhaps of an earlier version."""
        self.rows[obj["object"]][obj["id"]] = obj = {**objects.LATER_FIELDS.get(obj["object"], {}), **obj}
        if obj["object"] == "checkout.session":
            heapq.heappush(self.expirations, (obj["expires_at"], obj["id"]))

    def record(self, obj: Json, *events: str) -> None:
        """Store a new or changed object and send an event of each of these types."""
        self.rows[obj["object"]][obj["id"]] = obj
        self.storage.mark(obj["object"], obj["id"], obj)
        for kind in events:
            event = objects.build_event(kind, objects.to_public(obj), API_VERSION, self.now())
            self.record(event)
            self.send_event(event)

    def now(self) -> int:
        """Return the current time of the emulator's clock."""
        return int(time.time()) + self.offset

    def advance(self, seconds: int) -> int:
        """Move the clock forward, expire the sessions that are due, and return the new time. Raises ApiError."""
        with self.lock:
            if abs(self.offset + seconds) > MAX_OFFSET:
                raise ApiError(400, "The clock does not go that far.")
            self.offset += seconds
            self.expire_due()
            return self.now()

    def expire_due(self) -> None:
        """Expire the open sessions that have reached `expires_at`."""
        with self.lock:
            while self.expirations and self.expirations[0][0] <= self.now():
                session = self.rows["checkout.session"][heapq.heappop(self.expirations)[1]]
                if session["status"] == "open":
                    self._expire(session)

    def list_objects(self, kind: str) -> dict[str, Json]:
        """Return all objects of a kind by id, oldest first."""
        self.expire_due()
        return self.rows[kind]

    def get(self, kind: str, object_id: str) -> Json:
        """Return the object with this id. Raises ApiError."""
        rows = self.list_objects(kind)
        if object_id not in rows:
            raise not_found(kind, object_id)
        return rows[object_id]

    def get_session(self, session_id: str) -> Json:
        """Return the Checkout Session. Raises ApiError."""
        return self.get("checkout.session", session_id)

    def create_session(self, params: Json) -> Json:
        """Create a session. Raises ApiError."""
        intent_data = parameters.parse_object(params.get("payment_intent_data"), "payment_intent_data")
        parameters.check_known(intent_data, parameters.INTENT_DATA, "payment_intent_data")
        if params.get("mode") != "payment":
            raise invalid("This stand-in knows the mode `payment` only.", "mode")
        parameters.check_urls(params)
        parameters.check_no_automatic_tax(params)
        lines = parameters.parse_line_items(params.get("line_items"))
        total, currency = parameters.compute_total(lines)
        with self.lock:
            now = self.now()
            session_id = objects.generate_id("cs_test")
            session = objects.build_session(session_id, f"{self.public_url}/pay/{session_id}", total, currency, now)
            session["expires_at"] = parameters.parse_expiry(params.get("expires_at"), now)
            session["metadata"] = parameters.parse_metadata(params.get("metadata"), "metadata")
            for field in ("success_url", "cancel_url", "client_reference_id", "customer_email", "locale"):
                session[field] = parameters.get_text(params, field)
            session["_lines"] = [objects.build_line_item(line) for line in lines]
            session["billing_address_collection"] = parameters.parse_choice(
                params, "billing_address_collection", ("auto", "required")
            )
            session["_intent_data"] = {
                "metadata": parameters.parse_metadata(intent_data.get("metadata"), "payment_intent_data[metadata]"),
                "description": parameters.get_filled_text(intent_data, "description", "payment_intent_data"),
                "shipping": parameters.parse_shipping(intent_data.get("shipping"), "payment_intent_data[shipping]"),
            }
            heapq.heappush(self.expirations, (session["expires_at"], session_id))
            self.record(session)
            return session

    def expire(self, session_id: str) -> Json:
        """Expire an open session. Raises ApiError."""
        with self.lock:
            session = self.get_session(session_id)
            if session["status"] != "open":
                raise ApiError(400, 'Only Checkout Sessions with a status in ["open"] can be expired.')
            return self._expire(session)

    def _expire(self, session: Json) -> Json:
        session.update(status="expired", url=None)
        self.record(session, "checkout.session.expired")
        return session

    def pay(self, session_id: str, email: str = "") -> Json:
        """Pay an open session by card. Raises ApiError."""
        with self.lock:
            session = self._get_open_session(session_id)
            intent = self._get_or_create_intent(session)
            self._complete(session, intent, email, "paid")
            self._create_charge(session, intent)
            self.record(session, "checkout.session.completed")
            return session

    def decline(self, session_id: str) -> Json:
        """Simulate a declined card; the session stays open. Raises ApiError."""
        with self.lock:
            session = self._get_open_session(session_id)
            intent = self._get_or_create_intent(session)
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
            self.record(intent, "payment_intent.payment_failed")
            return session

    def pay_later(self, session_id: str, email: str = "") -> Json:
        """Complete a session with an asynchronous payment method. Raises ApiError."""
        with self.lock:
            session = self._get_open_session(session_id)
            intent = self._get_or_create_intent(session)
            intent.update(status="processing", last_payment_error=None)
            self._complete(session, intent, email, "unpaid")
            session["_awaits_money"] = True
            self.record(intent, "payment_intent.processing")
            self.record(session, "checkout.session.completed")
            return session

    def settle(self, session_id: str, *, succeeds: bool) -> Json:
        """Complete or fail the asynchronous payment started by `pay_later`. Raises ApiError."""
        with self.lock:
            session = self.get_session(session_id)
            if not session["_awaits_money"]:
                raise ApiError(400, "This session waits for no money.")
            session["_awaits_money"] = False
            intent = self.rows["payment_intent"][session["payment_intent"]]
            if succeeds:
                session["payment_status"] = "paid"
                self._create_charge(session, intent)
                self.record(session, "checkout.session.async_payment_succeeded")
            else:
                intent["status"] = "requires_payment_method"
                self.record(intent, "payment_intent.payment_failed")
                self.record(session, "checkout.session.async_payment_failed")
            return session

    def _get_open_session(self, session_id: str) -> Json:
        session = self.get_session(session_id)
        if session["status"] != "open":
            raise ApiError(400, f"This session is {session['status']}.")
        return session

    def _get_or_create_intent(self, session: Json) -> Json:
        intent_id = session["_intent"]
        if intent_id is None:
            intent = objects.build_intent(session["amount_total"], session["currency"], self.now())
            intent |= copy.deepcopy(session["_intent_data"])
            intent_id = session["_intent"] = intent["id"]
            self.record(session)
            self.record(intent, "payment_intent.created")
        return self.rows["payment_intent"][intent_id]

    def _complete(self, session: Json, intent: Json, email: str, payment_status: str) -> None:
        email = email or session["customer_email"] or "buyer@example.com"
        session.update(status="complete", payment_status=payment_status, payment_intent=intent["id"], url=None)
        buyer = self._fill_billing_form(session)
        session["customer_details"] = {
            "address": buyer["address"],
            "email": email,
            "name": buyer["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        }

    def _fill_billing_form(self, session: Json) -> Json:
        """Return the billing name and address that a buyer enters if the page asks for them: those of the recipient."""
        shipping = session["_intent_data"]["shipping"]
        is_asked = session["billing_address_collection"] == "required"
        name, address = (shipping["name"], shipping["address"]) if shipping else ("A Buyer", objects.BILLING_ADDRESS)
        return {"name": name, "address": dict(address)} if is_asked else {"name": None, "address": None}

    def _create_charge(self, session: Json, intent: Json) -> None:
        charge = objects.build_charge(intent, self.now())
        charge["billing_details"] |= {name: session["customer_details"][name] for name in ("address", "email", "name")}
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"], last_payment_error=None)
        self.record(intent, "payment_intent.succeeded")
        self.record(charge, "charge.succeeded")

    def ledger(self) -> list[Json]:
        """Return the captured and refunded amounts of each session."""
        with self.lock:
            return [self._ledger_row(session) for session in self.list_objects("checkout.session").values()]

    def _ledger_row(self, session: Json) -> Json:
        intent = self.rows["payment_intent"].get(session["_intent"] or "", {})
        charge = self.rows["charge"].get(intent.get("latest_charge") or "", {})
        return {
            "session": session["id"],
            "order": session["client_reference_id"],
            "payment": session["metadata"].get("payment"),
            "status": session["status"],
            "payment_status": session["payment_status"],
            "currency": session["currency"],
            "captured": charge.get("amount", 0),
            "refunded": charge.get("amount_refunded", 0),
        }
