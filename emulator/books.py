"""The account's books: sessions and how they are paid, and the events that tell of it."""

import heapq
import time
from collections.abc import Callable
from typing import Any

from emulator import parameters, shapes
from emulator.errors import ApiError, invalid, missing
from emulator.storage import Storage

Json = dict[str, Any]
API_VERSION = "2026-10-28.endive"
KINDS = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "event")
LARGEST_OFFSET = 10**10  # seconds


class Books:
    """Everything that has happened, in memory. One lock: each act is whole or has not been."""

    def __init__(self, public_url: str, storage: Storage, tell: Callable[[Json], None]) -> None:
        self.public_url, self.storage, self.tell = public_url, storage, tell
        self.lock = storage.lock
        self.clear()

    def clear(self) -> None:
        """Forget everything; the clock shows the real time again."""
        with self.lock:
            self.offset = 0  # seconds by which the clock is ahead
            self.rows: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
            self.ends: list[tuple[int, str]] = []  # a heap of when which session ends

    def restore(self, thing: Json) -> None:
        """Take over what an earlier run has kept."""
        self.rows[thing["object"]][thing["id"]] = thing
        if thing["object"] == "checkout.session":
            heapq.heappush(self.ends, (thing["expires_at"], thing["id"]))

    def record(self, thing: Json, *events: str) -> None:
        """Write down what is new or has changed, and tell of it."""
        self.rows[thing["object"]][thing["id"]] = thing
        self.storage.mark(thing["object"], thing["id"], thing)
        for kind in events:
            event = shapes.event(kind, shapes.public(thing), API_VERSION, self.now())
            self.record(event)
            self.tell(event)

    def now(self) -> int:
        """Return the time as the stand-in sees it."""
        return int(time.time()) + self.offset

    def advance(self, seconds: int) -> int:
        """Turn the clock forward and return the time; sessions that are over by then expire. Raises ApiError."""
        with self.lock:
            if abs(self.offset + seconds) > LARGEST_OFFSET:
                raise ApiError(400, "The clock does not go that far.")
            self.offset += seconds
            self.expire_due()
            return self.now()

    def expire_due(self) -> None:
        """Expire the sessions whose time is up."""
        with self.lock:
            while self.ends and self.ends[0][0] <= self.now():
                session = self.rows["checkout.session"][heapq.heappop(self.ends)[1]]
                if session["status"] == "open":
                    self._expire(session)

    def all(self, kind: str) -> dict[str, Json]:
        """Return all objects of a kind by their ids, the oldest first."""
        self.expire_due()
        return self.rows[kind]

    def of(self, kind: str, name: str) -> Json:
        """Return the object of this id. Raises ApiError."""
        rows = self.all(kind)
        if name not in rows:
            raise missing(kind, name)
        return rows[name]

    def session(self, name: str) -> Json:
        """Return a session. Raises ApiError."""
        return self.of("checkout.session", name)

    def create_session(self, given: Json) -> Json:
        """Open a session. Raises ApiError."""
        intent_data = parameters.an_object(given.get("payment_intent_data"), "payment_intent_data")
        parameters.known(intent_data, parameters.INTENT_DATA, "payment_intent_data")
        if given.get("mode") != "payment":
            raise invalid("This stand-in knows the mode `payment` only.", "mode")
        parameters.addresses(given)
        lines = parameters.line_items(given.get("line_items"))
        total, currency = parameters.charged(lines)
        with self.lock:
            now = self.now()
            name = shapes.new_id("cs_test")
            session = shapes.session(name, f"{self.public_url}/pay/{name}", total, currency, now)
            session["expires_at"] = parameters.lifetime(given.get("expires_at"), now)
            session["metadata"] = parameters.texts(given.get("metadata"), "metadata")
            for field in ("success_url", "cancel_url", "client_reference_id", "customer_email", "locale"):
                session[field] = parameters.a_text(given, field)
            session["_lines"] = [shapes.line_item(line) for line in lines]
            session["_intent_metadata"] = parameters.texts(intent_data.get("metadata"), "payment_intent_data[metadata]")
            heapq.heappush(self.ends, (session["expires_at"], name))
            self.record(session)
            return session

    def expire(self, name: str) -> Json:
        """Expire an open session. Raises ApiError."""
        with self.lock:
            session = self.session(name)
            if session["status"] != "open":
                raise ApiError(400, 'Only Checkout Sessions with a status in ["open"] can be expired.')
            return self._expire(session)

    def _expire(self, session: Json) -> Json:
        session.update(status="expired", url=None)
        self.record(session, "checkout.session.expired")
        return session

    def pay(self, name: str, email: str = "") -> Json:
        """Pay an open session by card. Raises ApiError."""
        with self.lock:
            session = self._open(name)
            intent = self._intent(session)
            self._complete(session, intent, email, "paid")
            self._charge(session, intent)
            self.record(session, "checkout.session.completed")
            return session

    def decline(self, name: str) -> Json:
        """Try a card that is refused; the session stays open. Raises ApiError."""
        with self.lock:
            session = self._open(name)
            intent = self._intent(session)
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
            self.record(intent, "payment_intent.payment_failed")
            return session

    def pay_later(self, name: str, email: str = "") -> Json:
        """Complete a session whose money comes later. Raises ApiError."""
        with self.lock:
            session = self._open(name)
            intent = self._intent(session)
            intent.update(status="processing", last_payment_error=None)
            self._complete(session, intent, email, "unpaid")
            session["_awaits_money"] = True
            self.record(intent, "payment_intent.processing")
            self.record(session, "checkout.session.completed")
            return session

    def settle(self, name: str, *, succeeds: bool) -> Json:
        """Let the money of `pay_later` arrive, or not. Raises ApiError."""
        with self.lock:
            session = self.session(name)
            if not session["_awaits_money"]:
                raise ApiError(400, "This session waits for no money.")
            session["_awaits_money"] = False
            intent = self.rows["payment_intent"][session["payment_intent"]]
            if succeeds:
                session["payment_status"] = "paid"
                self._charge(session, intent)
                self.record(session, "checkout.session.async_payment_succeeded")
            else:
                intent["status"] = "requires_payment_method"
                self.record(intent, "payment_intent.payment_failed")
                self.record(session, "checkout.session.async_payment_failed")
            return session

    def _open(self, name: str) -> Json:
        session = self.session(name)
        if session["status"] != "open":
            raise ApiError(400, f"This session is {session['status']}.")
        return session

    def _intent(self, session: Json) -> Json:
        known = session["_intent"]
        if known is None:
            intent = shapes.intent(session["amount_total"], session["currency"], self.now())
            intent["metadata"] = dict(session["_intent_metadata"])
            known = session["_intent"] = intent["id"]
            self.record(session)
            self.record(intent, "payment_intent.created")
        return self.rows["payment_intent"][known]

    def _complete(self, session: Json, intent: Json, email: str, payment_status: str) -> None:
        email = email or session["customer_email"] or "buyer@example.com"
        session.update(status="complete", payment_status=payment_status, payment_intent=intent["id"], url=None)
        session["customer_details"] = {
            "address": None,
            "email": email,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        }

    def _charge(self, session: Json, intent: Json) -> None:
        charge = shapes.charge(intent, self.now())
        charge["billing_details"]["email"] = session["customer_details"]["email"]
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"], last_payment_error=None)
        self.record(intent, "payment_intent.succeeded")
        self.record(charge, "charge.succeeded")

    def ledger(self) -> list[Json]:
        """Return what was captured and given back for each session."""
        with self.lock:
            return [self._account(session) for session in self.all("checkout.session").values()]

    def _account(self, session: Json) -> Json:
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
