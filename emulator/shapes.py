"""The API's objects as JSON, of the version 2026-10-28.endive; names that begin with `_` are the stand-in's own."""

import copy
import secrets
from typing import Any

Json = dict[str, Any]


def new_id(prefix: str) -> str:
    """Return an id such as `cs_test_…`."""
    return f"{prefix}_{secrets.token_hex(14)}"


def public(about: Json) -> Json:
    """Return a copy without what is the stand-in's own."""
    return copy.deepcopy({name: value for name, value in about.items() if not name.startswith("_")})


def session(name: str, url: str, total: int, currency: str, now: int) -> Json:
    """Return an open Checkout Session."""
    return {
        "id": name,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None},
        "customer": None,
        "customer_details": None,
        "livemode": False,
        "metadata": {},
        "mode": "payment",
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": url,
        "_awaits_money": False,
        "_intent": None,
    }


def line_item(line: Json) -> Json:
    """Return a line of a session."""
    total = line["unit_amount"] * line["quantity"]
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": line["currency"],
        "description": line["name"],
        "quantity": line["quantity"],
    }


def intent(amount: int, currency: str, now: int) -> Json:
    """Return a PaymentIntent that waits for a card."""
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def charge(of: Json, now: int) -> Json:
    """Return the charge of a PaymentIntent that was paid."""
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": of["amount"],
        "amount_captured": of["amount"],
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": True,
        "created": now,
        "currency": of["currency"],
        "disputed": False,
        "livemode": False,
        "metadata": dict(of["metadata"]),
        "paid": True,
        "payment_intent": of["id"],
        "refunded": False,
        "status": "succeeded",
    }


def refund(of: Json, amount: int, now: int) -> Json:
    """Return a refund of a charge, done at once."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": of["id"],
        "created": now,
        "currency": of["currency"],
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "reason": None,
        "status": "succeeded",
    }


def dispute(of: Json, now: int) -> Json:
    """Return a dispute of a whole charge."""
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": of["amount"],
        "balance_transactions": [],
        "charge": of["id"],
        "created": now,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {"due_by": now + 7 * 86_400, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }


def event(kind: str, about: Json, api_version: str, now: int) -> Json:
    """Return an event."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": api_version,
        "created": now,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def listed(rows: list[Json], url: str, *, has_more: bool) -> Json:
    """Return a page of a list."""
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}
