"""Background work of orders."""

from typing import Any
from uuid import UUID

from core import outbox
from orders import checkout, mailing, notices, refunds, settling
from orders.models import Payment


@outbox.job(notices.BUYER)
def mail_buyer(payload: dict[str, Any]) -> None:
    """Send a buyer a mail about his order."""
    mailing.send(payload)


@outbox.job(notices.MERCHANT)
def mail_merchant(payload: dict[str, Any]) -> None:
    """Send the merchant a mail about an order."""
    mailing.send_to_merchant(payload)


@outbox.job(refunds.JOB)
def give_back(payload: dict[str, Any]) -> None:
    """Ask the payment provider to give money back, until it has answered."""
    refunds.submit(UUID(payload["refund"]))


@outbox.job(settling.CLOSE)
def close_session(payload: dict[str, Any]) -> None:
    """Close the session of an attempt that shall not be paid any more."""
    payment = Payment.objects.get(pk=payload["payment"])
    if payment.session_id is not None:
        settling.apply_session(payment.pk, checkout.close(payment))
