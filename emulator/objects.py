"""The API objects as JSON, version 2026-10-28.endive; keys that begin with `_` are internal to the emulator."""

import copy
import secrets
from typing import Any

Json = dict[str, Any]
LATER_FIELDS: dict[str, Json] = {  # that files of earlier versions do not have
    "checkout.session": {
        "billing_address_collection": None,
        "_intent_data": {"metadata": {}, "description": None, "shipping": None},
    },
    "payment_intent": {"description": None, "shipping": None},
}
BILLING_ADDRESS = {"city": None, "country": "US", "line1": "1 Test Street", "line2": None, "postal_code": "94103", "state": "CA"}


def generate_id(prefix: str) -> str:
    """Return an id such as `cs_test_…`."""
    return f"{prefix}_{secrets.token_hex(14)}"


def to_public(obj: Json) -> Json:
    """Return a copy without the internal keys."""
    return copy.deepcopy({name: value for name, value in obj.items() if not name.startswith("_")})


def build_session(session_id: str, url: str, total: int, currency: str, now: int) -> Json:
    """Return an open Checkout Session."""
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
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


def build_line_item(line: Json) -> Json:
    """Return a line item of a session."""
    total = line["unit_amount"] * line["quantity"]
    return {
        "id": generate_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": line["currency"],
        "description": line["name"],
        "quantity": line["quantity"],
    }


def build_intent(amount: int, currency: str, now: int) -> Json:
    """Return a PaymentIntent that requires a payment method."""
    return {
        "id": generate_id("pi"),
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "payment_method_types": ["card"],
        "shipping": None,
        "status": "requires_payment_method",
    }


def build_charge(intent: Json, now: int) -> Json:
    """Return the charge of a paid PaymentIntent."""
    return {
        "id": generate_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": True,
        "created": now,
        "currency": intent["currency"],
        "description": intent["description"],
        "disputed": False,
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": True,
        "payment_intent": intent["id"],
        "refunded": False,
        "shipping": copy.deepcopy(intent["shipping"]),
        "status": "succeeded",
    }


def build_refund(charge: Json, amount: int, now: int) -> Json:
    """Return a refund of a charge, which succeeds at once."""
    return {
        "id": generate_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": None,
        "status": "succeeded",
    }


def build_dispute(charge: Json, now: int) -> Json:
    """Return a dispute of the full charge."""
    return {
        "id": generate_id("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {"due_by": now + 7 * 86_400, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }


def build_event(kind: str, obj: Json, api_version: str, now: int) -> Json:
    """Return an event."""
    return {
        "id": generate_id("evt"),
        "object": "event",
        "api_version": api_version,
        "created": now,
        "data": {"object": obj},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def build_list(rows: list[Json], url: str, *, has_more: bool) -> Json:
    """Return a list object that holds one page."""
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}
