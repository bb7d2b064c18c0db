"""Stripe, through its own package: the one file that speaks to it.

The package is imported at the first call, since it costs a tenth of a second and 23 MB. Times out after seconds, not minutes;
tries once more by itself, with the same idempotency key, after a lost connection or a 5xx.
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

from core import money
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
from orders.payments.provider_state import RefundFacts, SessionFacts, refund_facts, session_facts

if TYPE_CHECKING:
    from stripe import StripeClient  # noqa: TID251 - this is the file

logger = logging.getLogger("shop.stripe")
API_VERSION = "2026-10-28.endive"
CONNECT, READ, QUICK_READ = 3, 10, 5  # seconds
MAX_LINES = 100  # of a session
MAX_NAME = 250  # characters
TOLERANCE = 300  # seconds that a signature may be old, or early
# https://docs.stripe.com/currencies: what Stripe counts otherwise than ISO 4217.
TWO_DIGITS = {"ISK", "UGX"}  # which must be 00
NO_DIGITS = {"MGA"}
THREE_DIGITS = {"BHD", "JOD", "KWD", "OMR", "TND"}  # of which the last must be 0
PAGE = 100


def is_configured() -> bool:
    """Say whether this shop takes cards."""
    return bool(settings.STRIPE_SECRET_KEY)


def digits_of(currency: str) -> int:
    """Return how many digits behind the point Stripe counts in."""
    return 2 if currency in TWO_DIGITS else 0 if currency in NO_DIGITS else money.exponent(currency)


def minor(amount: Decimal, currency: str) -> int:
    """Return the amount in Stripe's minor units. Raises AmountNotChargeable; nothing is ever rounded."""
    scaled = amount.scaleb(digits_of(currency))
    whole = int(scaled)
    rounded = 10 if currency in THREE_DIGITS else 100 if currency in TWO_DIGITS else 1
    if whole != scaled or whole % rounded:
        raise AmountNotChargeable
    return whole


def major(amount_minor: int, currency: str) -> Decimal:
    """Return Stripe's minor units as an amount."""
    return Decimal(amount_minor).scaleb(-digits_of(currency))


def open_session(order: Order, items: Sequence[OrderItem], payment: Payment) -> SessionFacts:
    """Open the checkout session of a payment, or get the one that was opened before; the same call each time.

    Raises PaymentProviderUnavailable (worth another try), PaymentSetupFailed, AmountTooSmall, AmountTooLarge.
    """
    with _translated():
        session = _client().v1.checkout.sessions.create(
            _session_params(order, items, payment), {"idempotency_key": str(payment.pk)}
        )
        return session_facts(session.to_dict())


def _session_params(order: Order, items: Sequence[OrderItem], payment: Payment) -> Any:
    if payment.expires_at is None:
        raise ValueError("a payment by card has an end")
    metadata = {"shop": settings.SHOP_ID[:500], "order": order.number, "payment": str(payment.pk)}
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": order.number,
        "line_items": _line_items(order, items, payment),
        "success_url": _filled(settings.CHECKOUT_SUCCESS_URL, order),
        "cancel_url": _filled(settings.CHECKOUT_CANCEL_URL, order),
        "expires_at": int(payment.expires_at.timestamp()),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "adaptive_pricing": {"enabled": False},  # so that amount and currency can be compared
        "allowed_payment_method_types": settings.STRIPE_ALLOWED_PAYMENT_METHODS,
    }
    has_domain = "." in order.email.rpartition("@")[2]  # Stripe takes no other
    return params | ({"customer_email": order.email} if has_domain else {})


def _filled(url: str, order: Order) -> str:
    return url.replace("{ORDER}", order.number)


def _line_items(order: Order, items: Sequence[OrderItem], payment: Payment) -> list[dict[str, Any]]:
    whole = [_line(f"Order {order.number}", order.total, 1, order.currency)]
    try:
        lines = [_line(item.name, item.unit_price, item.quantity, order.currency) for item in items]
        lines += [_line("Shipping", order.shipping_total, 1, order.currency)] if order.shipping_total else []
    except AmountNotChargeable:  # a unit costs what no card is charged; all of them together need not
        lines = whole
    lines = whole if len(lines) > MAX_LINES or order.discount_total else lines
    total = sum(line["quantity"] * line["price_data"]["unit_amount"] for line in lines)
    if total != payment.amount_minor:
        raise ValueError(f"the lines of {order.number} add up to {total} and not to {payment.amount_minor}")
    return lines


def _line(name: str, amount: Decimal, quantity: int, currency: str) -> dict[str, Any]:
    price = {"currency": currency.lower(), "unit_amount": minor(amount, currency), "product_data": {"name": name[:MAX_NAME]}}
    return {"quantity": quantity, "price_data": price}


def session(session_id: str, *, quickly: bool = False) -> SessionFacts:
    """Ask how a session stands. Raises SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed."""
    with _translated():
        return session_facts(_client(quickly).v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]}).to_dict())


def expire_session(session_id: str) -> SessionFacts:
    """Close an open session, so that nobody can pay it.

    Raises SessionNotOpen, SessionMissing, PaymentProviderUnavailable, PaymentSetupFailed.
    """
    with _translated(refused=SessionNotOpen):
        return session_facts(_client().v1.checkout.sessions.expire(session_id).to_dict())


def give_back(refund: Refund, intent: str) -> RefundFacts:
    """Refund a part of a payment, or get the refund that was made before. Raises PaymentProviderUnavailable, PaymentSetupFailed."""
    params: Any = {"payment_intent": intent, "amount": refund.amount_minor, "metadata": {"refund": str(refund.pk)}}
    with _translated():
        return refund_facts(_client().v1.refunds.create(params, {"idempotency_key": str(refund.pk)}).to_dict())


def refunds_of(intent: str) -> list[RefundFacts]:
    """Return all refunds of a payment. Raises PaymentProviderUnavailable, PaymentSetupFailed."""
    with _translated():
        rows = _client().v1.refunds.list({"payment_intent": intent, "limit": PAGE})
        return [refund_facts(row.to_dict()) for row in rows.auto_paging_iter()]


def sessions_since(moment: float) -> Iterator[SessionFacts]:
    """Return the sessions that were opened since then (Unix time), newest first. Raises as `session` does."""
    with _translated():
        rows = _client().v1.checkout.sessions.list({"created": {"gte": int(moment)}, "limit": PAGE})
        for row in rows.auto_paging_iter():
            yield session_facts(row.to_dict())


def refunds_since(moment: float) -> Iterator[RefundFacts]:
    """Return the refunds that were made since then (Unix time), newest first. Raises as `session` does."""
    with _translated():
        rows = _client().v1.refunds.list({"created": {"gte": int(moment)}, "limit": PAGE})
        for row in rows.auto_paging_iter():
            yield refund_facts(row.to_dict())


def event_of(body: bytes, signature: str) -> dict[str, Any]:
    """Return the event that Stripe has signed with one of our secrets. Raises BadSignature, WebhookNotConfigured.

    The package takes signatures of the future and stumbles over what is no event; both are refused here.
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
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
        stamp = next(part[2:] for part in signature.split(",") if part.startswith("t="))
        return int(stamp) <= time.time() + TOLERANCE
    except (stripe.SignatureVerificationError, StopIteration, ValueError):
        return False


def _read_event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
        is_event = event["object"] == "event" and isinstance(event["data"]["object"], dict)
        whole = all(isinstance(event[name], str) for name in ("id", "type")) and isinstance(event["created"], int)
    except (ValueError, KeyError, TypeError, RecursionError):
        is_event = whole = False
    if not is_event or not whole:
        raise BadSignature("This is no event")
    if bool(event.get("livemode")) != settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        raise BadSignature("This event is of the other mode")
    return dict(event)


def _client(quickly: bool = False) -> "StripeClient":
    if not is_configured():
        raise PaymentNotConfigured
    return _client_of(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, QUICK_READ if quickly else READ)


@lru_cache(maxsize=8)
def _client_of(key: str, base: str, read: int) -> "StripeClient":
    """Return the client of a process; its connections are kept for each thread."""
    import stripe  # noqa: TID251 - this is the file

    http = stripe.RequestsClient(timeout=(CONNECT, read))
    addresses: Any = {"api": base} if base else None
    return stripe.StripeClient(
        key, stripe_version=API_VERSION, base_addresses=addresses, http_client=http, max_network_retries=0 if read < READ else 1
    )


@contextmanager
def _translated(refused: type[Exception] = PaymentSetupFailed) -> Iterator[None]:
    """Turn Stripe's errors into the shop's; what they say goes to the log, not to the client."""
    import stripe  # noqa: TID251 - this is the file

    try:
        yield
    except stripe.RateLimitError as wrong:
        logger.warning("Stripe is asked too often: %s", wrong.request_id)
        raise PaymentProviderUnavailable(retry_after=10) from None
    except stripe.StripeError as wrong:
        status = wrong.http_status
        if status is None or status < 400 or status >= 500 or status == 409:  # under 400: an answer that cannot be read
            logger.warning("Stripe did not answer: %s %s", type(wrong).__name__, wrong.request_id)
            raise PaymentProviderUnavailable from None
        known = {
            **{"amount_too_small": AmountTooSmall, "amount_too_large": AmountTooLarge},
            **{"resource_missing": SessionMissing, "email_invalid": EmailRefused},
        }
        no_key = PaymentKeyRefused if status in (401, 403) else PaymentSetupFailed
        kind = known.get(wrong.code or "") or (refused if status == 400 else no_key)
        level = logging.INFO if kind is SessionNotOpen else logging.ERROR  # which is what is asked for, not what went wrong
        logger.log(level, "Stripe refused: %s %s %s %s", status, wrong.code, getattr(wrong, "param", None), wrong.request_id)
        raise kind from None
