"""Stripe, through its own package: the only module that talks to it.

The package is imported at the first call, since the import takes a tenth of a second and 23 MB. Calls time out within seconds, and
are retried once, with the same idempotency key, after a lost connection or a 5xx.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from orders import minor_units
from orders.exceptions import (
    AmountNotChargeable,
    AmountTooLarge,
    AmountTooSmall,
    BadSignature,
    EmailRefused,
    PaymentKeyRefused,
    PaymentNotConfigured,
    PaymentProviderUnavailable,
    PaymentSetupFailed,
    SessionMissing,
    SessionNotOpen,
    WebhookNotConfigured,
)
from orders.models import Order, OrderItem, Payment, Refund
from orders.payments.provider_state import ProviderRefund, ProviderSession, parse_refund, parse_session

if TYPE_CHECKING:
    from stripe import StripeClient  # noqa: TID251 - this is the file

logger = logging.getLogger("shop.stripe")
API_VERSION = "2026-10-28.endive"
CONNECT_TIMEOUT, READ_TIMEOUT, QUICK_READ_TIMEOUT = 3, 10, 5  # seconds
MAX_LINE_ITEMS = 100  # per session
MAX_NAME = 250  # characters
MAX_METADATA_VALUE = 500  # characters
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
            _session_params(order, items, payment), {"idempotency_key": str(payment.pk)}
        )
        return parse_session(session.to_dict())


def _session_params(order: Order, items: Sequence[OrderItem], payment: Payment) -> Any:
    if payment.expires_at is None:
        raise ValueError("a card payment needs expires_at")
    metadata = {"shop": settings.SHOP_ID[:MAX_METADATA_VALUE], "order": order.number, "payment": str(payment.pk)}
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": order.number,
        "line_items": _line_items(order, items, payment),
        "success_url": _fill_url(settings.CHECKOUT_SUCCESS_URL, order),
        "cancel_url": _fill_url(settings.CHECKOUT_CANCEL_URL, order),
        "expires_at": int(payment.expires_at.timestamp()),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "adaptive_pricing": {"enabled": False},  # Stripe would convert amount and currency
        "allowed_payment_method_types": settings.STRIPE_ALLOWED_PAYMENT_METHODS,
    }
    has_full_domain = "." in order.email.rpartition("@")[2]  # Stripe rejects addresses without a dotted domain
    return params | ({"customer_email": order.email} if has_full_domain else {})


def _fill_url(url: str, order: Order) -> str:
    return url.replace("{ORDER}", order.number)


def _line_items(order: Order, items: Sequence[OrderItem], payment: Payment) -> list[dict[str, Any]]:
    total_line = [_line_item(f"Order {order.number}", order.total, 1, order.currency)]
    try:
        lines = [_line_item(item.name, item.unit_price, item.quantity, order.currency) for item in items]
        lines += [_line_item("Shipping", order.shipping_total, 1, order.currency)] if order.shipping_total else []
    except AmountNotChargeable:  # a unit price may have a fraction that Stripe does not charge, while the total has none
        lines = total_line
    lines = total_line if len(lines) > MAX_LINE_ITEMS or order.discount_total else lines
    total = sum(line["quantity"] * line["price_data"]["unit_amount"] for line in lines)
    if total != payment.amount_minor:
        raise ValueError(f"the lines of {order.number} add up to {total} and not to {payment.amount_minor}")
    return lines


def _line_item(name: str, amount: Decimal, quantity: int, currency: str) -> dict[str, Any]:
    unit_amount = minor_units.to_minor(amount, Order.Method.STRIPE, currency)
    price = {"currency": currency.lower(), "unit_amount": unit_amount, "product_data": {"name": name[:MAX_NAME]}}
    return {"quantity": quantity, "price_data": price}


def retrieve_session(session_id: str, *, quickly: bool = False) -> ProviderSession:
    """Return a session. Raises SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed."""
    with _translate_errors():
        return parse_session(_client(quickly).v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]}).to_dict())


def expire_session(session_id: str) -> ProviderSession:
    """Expire an open session, so that nobody can pay it.

    Raises SessionNotOpen, SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed.
    """
    with _translate_errors(refused=SessionNotOpen):
        return parse_session(_client().v1.checkout.sessions.expire(session_id).to_dict())


def create_refund(refund: Refund, intent: str) -> ProviderRefund:
    """Refund a part of a payment; a repeated call returns the same refund.

    Raises PaymentProviderUnavailable, PaymentSetupFailed, SessionMissing.
    """
    params: Any = {"payment_intent": intent, "amount": refund.amount_minor, "metadata": {"refund": str(refund.pk)}}
    with _translate_errors():
        return parse_refund(_client().v1.refunds.create(params, {"idempotency_key": str(refund.pk)}).to_dict())


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
    except (ValueError, KeyError, TypeError, RecursionError):
        is_event = is_complete = False
    if not is_event or not is_complete:
        raise BadSignature("This is not an event")
    if bool(event.get("livemode")) != settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
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
def _translate_errors(refused: type[Exception] = PaymentSetupFailed) -> Iterator[None]:
    """Turn Stripe's errors into refusals; their details go to the log, not to the client."""
    import stripe  # noqa: TID251 - this is the file

    try:
        yield
    except stripe.RateLimitError as error:
        logger.warning("Stripe limits the rate of calls: %s", error.request_id)
        raise PaymentProviderUnavailable(retry_after=10) from None
    except stripe.StripeError as error:
        status = error.http_status
        if status is None or status < 400 or status >= 500 or status == 409:  # below 400: an unreadable answer
            logger.warning("Stripe did not answer: %s %s", type(error).__name__, error.request_id)
            raise PaymentProviderUnavailable from None
        refusals = {
            **{"amount_too_small": AmountTooSmall, "amount_too_large": AmountTooLarge},
            **{"resource_missing": SessionMissing, "email_invalid": EmailRefused},
        }
        other = PaymentKeyRefused if status in (401, 403) else PaymentSetupFailed
        kind = refusals.get(error.code or "") or (refused if status == 400 else other)
        level = logging.INFO if kind is SessionNotOpen else logging.ERROR  # callers expect SessionNotOpen
        logger.log(level, "Stripe refused: %s %s %s %s", status, error.code, getattr(error, "param", None), error.request_id)
        raise kind from None
