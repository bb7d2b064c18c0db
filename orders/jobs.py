"""Background work of orders."""

from typing import Any
from uuid import UUID

from core import outbox
from orders import emails
from orders.models import Payment
from orders.payments import refunds, sessions, settlement
from orders.state import notifications


@outbox.job(notifications.BUYER)
def mail_buyer(payload: dict[str, Any]) -> None:
    """Send a buyer a mail about his order."""
    emails.send(payload)


@outbox.job(notifications.MERCHANT)
def mail_merchant(payload: dict[str, Any]) -> None:
    """Send the merchant a mail about an order."""
    emails.send_to_merchant(payload)


@outbox.job(refunds.JOB)
def give_back(payload: dict[str, Any]) -> None:
    """Ask the payment provider to give money back, until it has answered."""
    refunds.submit(UUID(payload["refund"]))


@outbox.job(settlement.CLOSE)
def close_session(payload: dict[str, Any]) -> None:
    """Close the session of an attempt that shall not be paid any more."""
    payment = Payment.objects.get(pk=payload["payment"])
    if payment.session_id is not None:
        settlement.apply_session(payment.pk, sessions.close(payment))
