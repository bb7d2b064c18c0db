"""Money that goes back: refunds, and disputes of a charge."""

from typing import Any

from emulator import parameters, shapes
from emulator.books import Books
from emulator.errors import ApiError, invalid

Json = dict[str, Any]
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
DISPUTES = {
    *("needs_response", "under_review", "won", "lost", "prevented", "appeal_needs_response", "appeal_under_review"),
    *("warning_needs_response", "warning_under_review", "warning_closed"),
}


def create(books: Books, given: Json) -> Json:
    """Give money back. Raises ApiError."""
    reason, metadata = parameters.a_text(given, "reason"), parameters.texts(given.get("metadata"), "metadata")
    if reason is not None and reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", "reason")
    with books.lock:
        charge = _charge_of(books, given)
        rest = charge["amount"] - charge["amount_refunded"]
        amount = parameters.whole(given["amount"], "amount", least=1) if "amount" in given else rest
        if not rest:
            raise ApiError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if amount > rest:
            raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({rest})", "amount")
        refund = {**shapes.refund(charge, amount, books.now()), "metadata": metadata, "reason": reason}
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        books.record(refund, "refund.created")
        books.record(charge, "charge.refunded")
        books.record(refund, "refund.updated")
        return refund


def _charge_of(books: Books, given: Json) -> Json:
    charge, payment = parameters.a_text(given, "charge"), parameters.a_text(given, "payment_intent")
    if charge:
        return books.of("charge", charge)
    if not payment:
        raise ApiError(400, "One of the following params should be provided for this request: payment_intent or charge.")
    intent = books.of("payment_intent", payment)
    if intent["latest_charge"] is None:
        raise ApiError(400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return books.of("charge", intent["latest_charge"])


def fail(books: Books, name: str) -> Json:
    """Let a refund come back, as a closed bank account does. Raises ApiError."""
    with books.lock:
        refund = books.of("refund", name)
        if refund["status"] == "failed":
            return refund
        refund.update(status="failed", failure_reason="lost_or_stolen_card")
        charge = books.of("charge", refund["charge"])
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        books.record(charge)
        books.record(refund, "refund.failed")
        return refund


def dispute(books: Books, charge_name: str, status: str) -> Json:
    """Open a dispute (`needs_response`), or close it (`won`, `lost`). Raises ApiError."""
    if status not in DISPUTES:
        raise invalid(f"A dispute is one of {', '.join(sorted(DISPUTES))}.", "status")
    with books.lock:
        charge = books.of("charge", charge_name)
        found = next((row for row in books.all("dispute").values() if row["charge"] == charge_name), None)
        if found is None:
            found = shapes.dispute(charge, books.now())
            charge["disputed"] = True
            books.record(charge)
            books.record(found, "charge.dispute.created", "charge.dispute.funds_withdrawn")
        if status != found["status"]:
            found["status"] = status
            books.record(found, "charge.dispute.closed" if status in ("won", "lost") else "charge.dispute.updated")
            if status == "won":
                books.record(found, "charge.dispute.funds_reinstated")
        return found
