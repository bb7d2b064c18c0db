"""What the payment provider says, as plain values: the shop decides by these and never by the provider's own objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_MONEY = ("requires_payment_method", "canceled")  # states of an intent whose buyer is through: the money does not come


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A checkout session as it was at some moment. Facts are monotone: once paid, it stays paid.

    `amount` is in the provider's minor units; `has_failed` says that money which was to come later will not.
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
        """Whether the money is there (https://docs.stripe.com/checkout/fulfillment)."""
        return self.status == "complete" and self.payment_status != "unpaid"

    @property
    def is_final(self) -> bool:
        """Whether nothing that the shop waits for can happen any more."""
        return self.is_paid or self.status == "expired" or self.has_failed

    def as_dict(self) -> dict[str, Any]:
        """Return what is kept with the payment."""
        names = ("status", "payment_status", "amount", "currency", "intent")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund as the provider has it. `refund` is the shop's own id of it, empty where the shop did not ask for it."""

    id: str
    status: str
    amount: int
    currency: str
    intent: str | None
    refund: str = ""
    failure: str = ""


def session_facts(told: Mapping[str, Any], *, has_failed: bool = False) -> SessionFacts:
    """Read a session; with its intent expanded, one also sees that money which was to come later will not.

    Raises KeyError, TypeError for what is none.
    """
    metadata = told.get("metadata") or {}
    intent = told.get("payment_intent")
    if isinstance(intent, Mapping) and told["status"] == "complete" and told["payment_status"] == "unpaid":
        has_failed = has_failed or intent.get("status") in NO_MONEY
    return SessionFacts(
        id=told["id"],
        status=told["status"] or "",
        payment_status=told["payment_status"],
        amount=int(told["amount_total"] or 0),
        currency=(told["currency"] or "").upper(),
        intent=_id_of(told.get("payment_intent")),
        url=told.get("url") or "",
        shop=metadata.get("shop", ""),
        payment=metadata.get("payment", ""),
        has_failed=has_failed,
    )


def refund_facts(told: Mapping[str, Any]) -> RefundFacts:
    """Read a refund. Raises KeyError for what is none."""
    return RefundFacts(
        id=told["id"],
        status=told["status"] or "pending",
        amount=int(told["amount"]),
        currency=told["currency"].upper(),
        intent=_id_of(told.get("payment_intent")),
        refund=(told.get("metadata") or {}).get("refund", ""),
        failure=told.get("failure_reason") or "",
    )


def _id_of(value: Any) -> str | None:
    """Return the id of what may be given as an id or as an object."""
    found: str | None = value["id"] if isinstance(value, Mapping) else value
    return found
