"""Background jobs of orders."""

from typing import Any
from uuid import UUID

from core import outbox
from orders import emails
from orders.fulfilment import cancellation, phone_confirmation
from orders.models import Payment
from orders.payments import refunds, sessions, settlement
from orders.state import notifications


@outbox.job(notifications.CUSTOMER_EMAIL_JOB)
def send_customer_email(payload: dict[str, Any]) -> None:
    """Send a customer an e-mail about their order."""
    emails.send_to_customer(payload)


@outbox.job(notifications.MERCHANT_EMAIL_JOB)
def send_merchant_email(payload: dict[str, Any]) -> None:
    """Send the merchant an e-mail about an order."""
    emails.send_to_merchant(payload)


@outbox.job(phone_confirmation.DEADLINE_JOB)
def cancel_unconfirmed_order(payload: dict[str, Any]) -> None:
    """Cancel an order whose phone was not confirmed in time."""
    cancellation.cancel_unconfirmed_order(payload["order"])


@outbox.job(refunds.SUBMIT_REFUND_JOB)
def submit_refund(payload: dict[str, Any]) -> None:
    """Submit a refund to the payment provider; retried until the provider answers."""
    refunds.submit_refund(UUID(payload["refund"]))


@outbox.job(settlement.EXPIRE_SESSION_JOB)
def close_session(payload: dict[str, Any]) -> None:
    """Expire the session of a payment that must no longer be completed."""
    payment = Payment.objects.get(pk=payload["payment"])
    if payment.session_id is not None:
        settlement.apply_session(payment.pk, sessions.expire_session(payment))
