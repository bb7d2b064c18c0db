"""Stripe, through its own package: the only module that talks to it.

The package is imported at the first call, since the import takes a tenth of a second and 23 MB. Calls time out within seconds, and
are retried once, with the same idempotency key, after a lost connection or a 5xx.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core import stripe_keys
from core.exceptions import DomainError
from orders.exceptions import (
    AmountTooLarge,
    AmountTooSmall,
    BadSignature,
    BalanceTooLow,
    EmailRefused,
    PaymentKeyRefused,
    PaymentNotConfigured,
    PaymentProviderUnavailable,
    PaymentSetupFailed,
    RefundRefused,
    SessionMissing,
    SessionNotOpen,
    WebhookNotConfigured,
)
from orders.models import Order, OrderItem, Payment, Refund
from orders.payments import session_params
from orders.payments.provider_state import BALANCE_TOO_LOW, ProviderRefund, ProviderSession, parse_refund, parse_session

if TYPE_CHECKING:
    from stripe import StripeClient  # noqa: TID251 - this is the file

logger = logging.getLogger("shop.stripe")
API_VERSION = "2026-10-28.endive"
CONNECT_TIMEOUT, READ_TIMEOUT, QUICK_READ_TIMEOUT = 3, 10, 5  # seconds
SIGNATURE_TOLERANCE = 300  # seconds that a timestamp may lie in the past or in the future
PAGE_SIZE = 100


def is_configured() -> bool:
    """Return whether this shop takes cards."""
    return bool(settings.STRIPE_SECRET_KEY)


def create_session(order: Order, items: Sequence[OrderItem], payment: Payment) -> ProviderSession:
    """Create the checkout session of a payment; a repeated call is the same call and returns the same session.

    Raises PaymentProviderUnavailable (can be retried), PaymentSetupFailed, AmountTooSmall, AmountTooLarge, EmailRefused.
    """
    with _translate_errors():
        session = _client().v1.checkout.sessions.create(
            session_params.build(order, items, payment), {"idempotency_key": str(payment.pk)}
        )
        return parse_session(session.to_dict())


def retrieve_session(session_id: str, *, quickly: bool = False) -> ProviderSession:
    """Return a session. Raises SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed."""
    with _translate_errors():
        return parse_session(_client(quickly).v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]}).to_dict())


def expire_session(session_id: str) -> ProviderSession:
    """Expire an open session, so that nobody can pay it.

    Raises SessionNotOpen, SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed.
    """
    with _translate_errors(partial(_refuse, refused=SessionNotOpen)):
        return parse_session(_client().v1.checkout.sessions.expire(session_id).to_dict())


def create_refund(refund: Refund, intent: str) -> ProviderRefund:
    """Refund a part of a payment; a repeated call returns the same refund.

    Raises PaymentProviderUnavailable, which may pass, as BalanceTooLow may; RefundRefused; PaymentKeyRefused.
    """
    params: Any = {"payment_intent": intent, "amount": refund.amount_minor, "metadata": {"refund": str(refund.pk)}}
    key = f"{refund.pk}-{refund.refusals}" if refund.refusals else str(refund.pk)
    with _translate_errors(_refuse_refund):
        return parse_refund(_client().v1.refunds.create(params, {"idempotency_key": key}).to_dict())


def list_refunds(intent: str) -> list[ProviderRefund]:
    """Return all refunds of a payment. Raises SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed."""
    with _translate_errors():
        rows = _client().v1.refunds.list({"payment_intent": intent, "limit": PAGE_SIZE})
        return [parse_refund(row.to_dict()) for row in rows.auto_paging_iter()]


def list_sessions_since(timestamp: float) -> Iterator[ProviderSession]:
    """Yield the sessions created since `timestamp` (Unix time), newest first. Raises as `retrieve_session` does."""
    with _translate_errors():
        rows = _client().v1.checkout.sessions.list({"created": {"gte": int(timestamp)}, "limit": PAGE_SIZE})
        for row in rows.auto_paging_iter():
            yield parse_session(row.to_dict())


def list_refunds_since(timestamp: float) -> Iterator[ProviderRefund]:
    """Yield the refunds created since `timestamp` (Unix time), newest first. Raises as `retrieve_session` does."""
    with _translate_errors():
        rows = _client().v1.refunds.list({"created": {"gte": int(timestamp)}, "limit": PAGE_SIZE})
        for row in rows.auto_paging_iter():
            yield parse_refund(row.to_dict())


def verify_event(body: bytes, signature: str) -> dict[str, Any]:
    """Return the event of a request that Stripe signed with one of the shop's secrets. Raises BadSignature, WebhookNotConfigured.

    The package accepts timestamps in the future and crashes on a body that is not an event; both are refused here.
    """
    import stripe  # noqa: TID251 - this is the file

    secrets = [secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRET.split(",") if secret.strip()]
    if not secrets:
        raise WebhookNotConfigured
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadSignature("The body is not UTF-8") from None
    if not signature.isascii() or not any(_is_signed(stripe, text, signature, secret) for secret in secrets):
        raise BadSignature
    return _read_event(text)


def _is_signed(stripe: Any, text: str, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(text, signature, secret, SIGNATURE_TOLERANCE)
        timestamp = next(part[2:] for part in signature.split(",") if part.startswith("t="))
        return int(timestamp) <= time.time() + SIGNATURE_TOLERANCE
    except (stripe.SignatureVerificationError, StopIteration, ValueError):
        return False


def _read_event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
        is_event = event["object"] == "event" and isinstance(event["data"]["object"], dict)
        is_complete = all(isinstance(event[name], str) for name in ("id", "type")) and isinstance(event["created"], int)
        is_complete = is_complete and isinstance(event.get("livemode"), bool | None)
    except (ValueError, KeyError, TypeError, RecursionError):
        is_event = is_complete = False
    if not is_event or not is_complete:
        raise BadSignature("This is not an event")
    if bool(event.get("livemode")) != stripe_keys.is_live(settings.STRIPE_SECRET_KEY):
        raise BadSignature("This event belongs to the other mode (live or test)")
    return dict(event)


def _client(quickly: bool = False) -> "StripeClient":
    if not is_configured():
        raise PaymentNotConfigured
    return _client_of(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, QUICK_READ_TIMEOUT if quickly else READ_TIMEOUT)


@lru_cache(maxsize=8)
def _client_of(key: str, base: str, read_timeout: int) -> "StripeClient":
    """Return the client of this process, which keeps connections for each thread."""
    import stripe  # noqa: TID251 - this is the file

    http = stripe.RequestsClient(timeout=(CONNECT_TIMEOUT, read_timeout))
    base_addresses: Any = {"api": base} if base else None
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses=base_addresses,
        http_client=http,
        max_network_retries=0 if read_timeout < READ_TIMEOUT else 1,
    )


@contextmanager
def _translate_errors(refuse: Callable[[Any], DomainError] | None = None) -> Iterator[None]:
    """Turn Stripe's errors into refusals, definite ones by `refuse`; their details go to the log, not to the client."""
    import stripe  # noqa: TID251 - this is the file

    try:
        yield
    except stripe.RateLimitError as error:
        logger.warning("Stripe limits the rate of calls: %s", error.request_id)
        raise PaymentProviderUnavailable(retry_after=10) from None
    except stripe.StripeError as error:
        status = error.http_status
        # below 400: an unreadable answer; 409 and 424: another call, or a system behind Stripe, was in the way
        if status is None or status < 400 or status >= 500 or status in (409, 424):
            logger.warning("Stripe did not answer: %s %s", type(error).__name__, error.request_id)
            raise PaymentProviderUnavailable from None
        refusal = PaymentKeyRefused() if status in (401, 403) else (refuse or _refuse)(error)
        level = logging.INFO if isinstance(refusal, SessionNotOpen) else logging.ERROR  # callers expect SessionNotOpen
        logger.log(level, "Stripe refused: %s %s %s %s", status, error.code, getattr(error, "param", None), error.request_id)
        raise refusal from None


def _refuse(error: Any, *, refused: type[DomainError] = PaymentSetupFailed) -> DomainError:
    kinds: dict[str, type[DomainError]] = {
        **{"amount_too_small": AmountTooSmall, "amount_too_large": AmountTooLarge},
        **{"resource_missing": SessionMissing, "email_invalid": EmailRefused},
    }
    return kinds.get(error.code or "", refused if error.http_status == 400 else PaymentSetupFailed)()


def _refuse_refund(error: Any) -> DomainError:
    """Return the refusal of a refund that waits for balance, or that will never be made: to a closed card, or after 60 days."""
    code = error.code or PaymentSetupFailed.code
    return BalanceTooLow(provider_code=code) if code in BALANCE_TOO_LOW else RefundRefused(provider_code=code)
