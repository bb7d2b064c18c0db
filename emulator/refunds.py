"""Refunds and disputes of a charge."""

from typing import Any

from emulator import objects, parameters
from emulator.errors import ApiError, invalid
from emulator.fault_rules import FAILURE_REASONS
from emulator.state import State

Json = dict[str, Any]
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
DISPUTE_STATUSES = {
    *("needs_response", "under_review", "won", "lost", "prevented", "appeal_needs_response", "appeal_under_review"),
    *("warning_needs_response", "warning_under_review", "warning_closed"),
}
CLOSED_STATUSES = ("won", "lost", "prevented", "warning_closed")
FIRST_STATUSES = ("prevented", "warning_needs_response")  # in which no money is withdrawn yet


def create_refund(state: State, params: Json) -> Json:
    """Refund a charge in part or in full. Raises ApiError."""
    reason, metadata = parameters.get_text(params, "reason"), parameters.parse_metadata(params.get("metadata"), "metadata")
    if reason is not None and reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", "reason")
    with state.lock:
        charge = _get_charge(state, params)
        remaining = charge["amount"] - charge["amount_refunded"]
        amount = parameters.parse_integer(params["amount"], "amount", minimum=1) if "amount" in params else remaining
        if not remaining:
            raise ApiError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if amount > remaining:
            raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({remaining})", "amount")
        refund = {**objects.build_refund(charge, amount, state.now()), "metadata": metadata, "reason": reason}
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        state.record(refund, "refund.created")
        state.record(charge, "charge.refunded")
        state.record(refund, "refund.updated")
        return refund


def _get_charge(state: State, params: Json) -> Json:
    charge_id, intent_id = parameters.get_text(params, "charge"), parameters.get_text(params, "payment_intent")
    if charge_id:
        return state.get("charge", charge_id)
    if not intent_id:
        raise ApiError(400, "One of the following params should be provided for this request: payment_intent or charge.")
    intent = state.get("payment_intent", intent_id)
    if intent["latest_charge"] is None:
        raise ApiError(400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return state.get("charge", intent["latest_charge"])


def fail_refund(state: State, refund_id: str, reason: str = "lost_or_stolen_card") -> Json:
    """Fail a refund after the fact, as a closed bank account does. Raises ApiError."""
    if reason not in FAILURE_REASONS:
        raise invalid(f"A refund fails for one of {', '.join(FAILURE_REASONS)}.", "reason")
    with state.lock:
        refund = state.get("refund", refund_id)
        if refund["status"] == "failed":
            return refund
        refund.update(status="failed", failure_reason=reason)
        charge = state.get("charge", refund["charge"])
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        state.record(charge)
        state.record(refund, "refund.failed")
        return refund


def set_dispute_status(state: State, charge_id: str, status: str, amount: int | None = None) -> Json:
    """Open a dispute, or change its status and amount. Raises ApiError.

    A dispute begins as an inquiry or prevented if that is its first status, otherwise with `needs_response`.
    """
    if status not in DISPUTE_STATUSES:
        raise invalid(f"A dispute is one of {', '.join(sorted(DISPUTE_STATUSES))}.", "status")
    with state.lock:
        charge = state.get("charge", charge_id)
        dispute = next((row for row in state.list_objects("dispute").values() if row["charge"] == charge_id), None)
        is_new = dispute is None
        if dispute is None:
            dispute = _open_dispute(state, charge, status if status in FIRST_STATUSES else "needs_response", amount)
        has_changed = (status, amount or dispute["amount"]) != (dispute["status"], dispute["amount"])
        if has_changed or (is_new and status == "prevented"):
            dispute |= {"status": status, "amount": amount or dispute["amount"]}
            state.record(dispute, "charge.dispute.closed" if status in CLOSED_STATUSES else "charge.dispute.updated")
            if status == "won":
                state.record(dispute, "charge.dispute.funds_reinstated")
        return dispute


def _open_dispute(state: State, charge: Json, status: str, amount: int | None) -> Json:
    dispute = {**objects.build_dispute(charge, state.now()), "status": status, "amount": amount or charge["amount"]}
    charge["disputed"] = True
    state.record(charge)
    events = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    state.record(dispute, *(events[:1] if status in FIRST_STATUSES else events))
    return dispute
