"""The account's books: sessions, intents, charges, refunds, disputes, and the events that tell of them."""

import threading
import time
from collections.abc import Callable
from typing import Any

from emulator import parameters, shapes
from emulator.errors import ApiError, invalid, missing

Json = dict[str, Any]
API_VERSION = "2026-10-28.endive"
TABLES = ("sessions", "intents", "charges", "refunds", "disputes", "events")


class Books:
    """Everything that has happened, in memory. One lock: each act is whole or has not been."""

    def __init__(self, public_url: str, tell: Callable[[Json], None]) -> None:
        self.public_url, self.tell = public_url, tell
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """Forget everything; the clock shows the real time again."""
        with self.lock:
            self.offset = 0  # seconds by which the clock is ahead
            self.sessions: dict[str, Json] = {}
            self.intents: dict[str, Json] = {}
            self.charges: dict[str, Json] = {}
            self.refunds: dict[str, Json] = {}
            self.disputes: dict[str, Json] = {}
            self.events: dict[str, Json] = {}

    def now(self) -> int:
        """Return the time as the stand-in sees it."""
        return int(time.time()) + self.offset

    def advance(self, seconds: int) -> int:
        """Turn the clock forward and return the time; sessions that are over by then expire."""
        with self.lock:
            self.offset += seconds
            self.expire_due()
            return self.now()

    def expire_due(self) -> None:
        """Expire the sessions whose time is up."""
        with self.lock:
            for session in list(self.sessions.values()):
                if session["status"] == "open" and session["expires_at"] <= self.now():
                    self._expire(session)

    def session(self, name: str) -> Json:
        """Return a session. Raises ApiError."""
        self.expire_due()
        return self.of("sessions", "checkout.session", name)

    def of(self, table: str, what: str, name: str) -> Json:
        """Return the object of this id. Raises ApiError."""
        rows: dict[str, Json] = getattr(self, table)
        if name not in rows:
            raise missing(what, name)
        return rows[name]

    def create_session(self, given: Json) -> Json:
        """Open a session. Raises ApiError."""
        parameters.known(given, parameters.SESSION)
        intent_data = given.get("payment_intent_data") or {}
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
                session[field] = given.get(field)
            session["_lines"] = [shapes.line_item(line) for line in lines]
            session["_intent_metadata"] = parameters.texts(intent_data.get("metadata"), "payment_intent_data[metadata]")
            self.sessions[name] = session
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
        self._event("checkout.session.expired", session)
        return session

    def pay(self, name: str, email: str = "") -> Json:
        """Pay an open session by card. Raises ApiError."""
        with self.lock:
            session = self._open(name)
            intent = self._intent(session)
            self._complete(session, intent, email, "paid")
            charge = self._charge(session, intent)
            self._event("payment_intent.created", {**intent, "status": "requires_payment_method", "latest_charge": None})
            self._event("payment_intent.succeeded", intent)
            self._event("charge.succeeded", charge)
            self._event("checkout.session.completed", session)
            return session

    def decline(self, name: str) -> Json:
        """Try a card that is refused; the session stays open. Raises ApiError."""
        with self.lock:
            session = self._open(name)
            intent = self._intent(session)
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
            self._event("payment_intent.payment_failed", intent)
            return session

    def pay_later(self, name: str, email: str = "") -> Json:
        """Complete a session whose money comes later. Raises ApiError."""
        with self.lock:
            session = self._open(name)
            intent = self._intent(session)
            intent["status"] = "processing"
            self._complete(session, intent, email, "unpaid")
            self._event("payment_intent.processing", intent)
            self._event("checkout.session.completed", session)
            return session

    def settle(self, name: str, *, succeeds: bool) -> Json:
        """Let the money of `pay_later` arrive, or not. Raises ApiError."""
        with self.lock:
            session = self.session(name)
            if session["status"] != "complete" or session["payment_status"] != "unpaid":
                raise ApiError(400, "This session waits for no money.")
            intent = self.intents[session["payment_intent"]]
            if succeeds:
                session["payment_status"] = "paid"
                self._event("charge.succeeded", self._charge(session, intent))
                self._event("payment_intent.succeeded", intent)
                self._event("checkout.session.async_payment_succeeded", session)
            else:
                intent["status"] = "requires_payment_method"
                self._event("payment_intent.payment_failed", intent)
                self._event("checkout.session.async_payment_failed", session)
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
            self.intents[intent["id"]] = intent
            known = session["_intent"] = intent["id"]
        return self.intents[known]

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

    def _charge(self, session: Json, intent: Json) -> Json:
        charge = shapes.charge(intent, self.now())
        charge["billing_details"]["email"] = session["customer_details"]["email"]
        self.charges[charge["id"]] = charge
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])
        return charge

    def create_refund(self, given: Json) -> Json:
        """Give money back. Raises ApiError."""
        parameters.known(given, parameters.REFUND)
        with self.lock:
            charge = self._charge_of(given)
            rest = charge["amount"] - charge["amount_refunded"]
            amount = parameters.whole(given["amount"], "amount", least=1) if "amount" in given else rest
            if not rest:
                raise ApiError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
            if amount > rest:
                raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({rest})", "amount")
            refund = shapes.refund(charge, amount, self.now())
            refund["metadata"] = parameters.texts(given.get("metadata"), "metadata")
            refund["reason"] = given.get("reason")
            self.refunds[refund["id"]] = refund
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self._event("refund.created", refund)
            self._event("charge.refunded", charge)
            self._event("refund.updated", refund)
            return refund

    def _charge_of(self, given: Json) -> Json:
        if given.get("charge"):
            return self.of("charges", "charge", given["charge"])
        intent = self.of("intents", "payment_intent", str(given.get("payment_intent", "")))
        if intent["latest_charge"] is None:
            raise ApiError(400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        return self.charges[intent["latest_charge"]]

    def fail_refund(self, name: str) -> Json:
        """Let a refund come back, as a closed bank account does. Raises ApiError."""
        with self.lock:
            refund = self.of("refunds", "refund", name)
            if refund["status"] == "failed":
                return refund
            refund.update(status="failed", failure_reason="lost_or_stolen_card")
            charge = self.charges[refund["charge"]]
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            self._event("refund.failed", refund)
            return refund

    def dispute(self, charge_name: str, status: str) -> Json:
        """Open a dispute (`needs_response`), or close it (`won`, `lost`). Raises ApiError."""
        with self.lock:
            charge = self.of("charges", "charge", charge_name)
            found = next((dispute for dispute in self.disputes.values() if dispute["charge"] == charge_name), None)
            if found is None:
                found = shapes.dispute(charge, self.now())
                self.disputes[found["id"]] = found
                charge["disputed"] = True
                self._event("charge.dispute.created", found)
            if status != found["status"]:
                found["status"] = status
                self._event("charge.dispute.closed" if status in ("won", "lost") else "charge.dispute.updated", found)
            return found

    def _event(self, kind: str, about: Json) -> None:
        event = shapes.event(kind, shapes.public(about), API_VERSION, self.now())
        self.events[event["id"]] = event
        self.tell(event)

    def ledger(self) -> list[Json]:
        """Return what was captured and given back for each session."""
        with self.lock:
            return [self._account(session) for session in self.sessions.values()]

    def _account(self, session: Json) -> Json:
        intent = self.intents.get(session["_intent"] or "", {})
        charge = self.charges.get(intent.get("latest_charge") or "", {})
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
