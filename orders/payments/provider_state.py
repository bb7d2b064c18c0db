"""The payment provider's state as plain values: the shop decides by these and never by the provider's own objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orders.models.payment import is_session_paid

BALANCE_TOO_LOW = ("balance_insufficient", "insufficient_funds")  # codes of refunds that will be made once there is balance
UNPAID_INTENT_STATUSES = ("requires_payment_method", "canceled")  # of a complete session: the payment failed


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """A checkout session as it was at some moment. Its state is monotone: once paid, it stays paid.

    `amount` is in the provider's minor units; `has_failed` says that an asynchronous payment failed.
    """

    id: str
    status: str
    payment_status: str
    amount: int
    currency: str
    intent: str | None
    url: str = ""
    shop: str = ""
    payment: str = ""
    has_failed: bool = False

    @property
    def is_paid(self) -> bool:
        """Whether the money has arrived."""
        return is_session_paid(self.status, self.payment_status)

    @property
    def is_final(self) -> bool:
        """Whether the session cannot change any more in a way that matters to the shop."""
        return self.is_paid or self.status == "expired" or self.has_failed

    def as_dict(self) -> dict[str, Any]:
        """Return what is stored with the payment."""
        names = ("status", "payment_status", "amount", "currency", "intent")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund as the provider knows it. `refund` is the shop's own id, empty if the shop did not request the refund."""

    id: str
    status: str
    amount: int
    currency: str
    intent: str | None
    refund: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """A dispute as an event of the provider reported it; `amount` is in the provider's minor units."""

    id: str
    status: str
    amount: int
    currency: str
    reason: str
    reported_at: datetime


def parse_session(payload: Mapping[str, Any], *, has_failed: bool = False) -> ProviderSession:
    """Parse a checkout session object; if its intent is expanded, the failure of an asynchronous payment shows too.

    Raises KeyError or TypeError if it is not a session object.
    """
    metadata = payload.get("metadata") or {}
    intent = payload.get("payment_intent")
    if isinstance(intent, Mapping) and payload["status"] == "complete" and payload["payment_status"] == "unpaid":
        has_failed = has_failed or intent.get("status") in UNPAID_INTENT_STATUSES
    return ProviderSession(
        id=payload["id"],
        status=payload["status"] or "",
        payment_status=payload["payment_status"],
        amount=int(payload["amount_total"] or 0),
        currency=(payload["currency"] or "").upper(),
        intent=_id_of(intent),
        url=payload.get("url") or "",
        shop=metadata.get("shop", ""),
        payment=metadata.get("payment", ""),
        has_failed=has_failed,
    )


def parse_refund(payload: Mapping[str, Any]) -> ProviderRefund:
    """Parse a refund object. Raises KeyError if it is not one."""
    return ProviderRefund(
        id=payload["id"],
        status=payload["status"] or "pending",
        amount=int(payload["amount"]),
        currency=payload["currency"].upper(),
        intent=_id_of(payload.get("payment_intent")),
        refund=(payload.get("metadata") or {}).get("refund", ""),
        failure=payload.get("failure_reason") or "",
    )


def parse_dispute(payload: Mapping[str, Any], reported_at: datetime) -> ProviderDispute:
    """Parse a dispute object. Raises KeyError, TypeError or ValueError if it is not one."""
    return ProviderDispute(
        id=payload["id"],
        status=payload["status"],
        amount=int(payload["amount"]),
        currency=payload["currency"].upper(),
        reason=payload.get("reason") or "",
        reported_at=reported_at,
    )


def _id_of(value: Any) -> str | None:
    """Return the id of what Stripe sends as an id or, expanded, as an object."""
    object_id: str | None = value["id"] if isinstance(value, Mapping) else value
    return object_id
