"""Webhook events of the payment provider: each is stored as it came, and processed once, however often it is sent."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from orders.models import Payment, StripeEvent
from orders.payments import disputes, refunds, settlement, stripe_gateway
from orders.payments.provider_state import ProviderRefund, ProviderSession, parse_dispute, parse_session

logger = logging.getLogger("shop.stripe")
Status = StripeEvent.Status
SESSION_EVENTS = {  # event type → whether the payment failed
    "checkout.session.completed": False,
    "checkout.session.async_payment_succeeded": False,
    "checkout.session.async_payment_failed": True,
    "checkout.session.expired": False,
}
REFUND_EVENTS = ("charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed")
MAX_ID = 255  # characters
MAX_ERROR = 2000  # characters


class EventFailed(Exception):
    """An event of this shop could not be processed; it is stored and can be tried again."""


def receive_event(body: bytes, signature: str) -> None:
    """Store a signed event and process it. Raises BadSignature, WebhookNotConfigured, EventFailed."""
    event = stripe_gateway.verify_event(body, signature)
    event_object = event["data"]["object"]
    stripe_event = StripeEvent(
        event_id=event["id"][:MAX_ID],
        type=event["type"][:80],
        api_version=str(event.get("api_version") or "")[:40],
        livemode=bool(event.get("livemode")),
        created=datetime.fromtimestamp(event["created"], UTC),
        object_id=str(event_object.get("id") or "")[:MAX_ID],
        intent=_intent_of(event_object)[:MAX_ID],
        payload=body.decode().replace("\0", ""),
    )
    StripeEvent.objects.bulk_create([stripe_event], ignore_conflicts=True)
    process_event(StripeEvent.objects.values_list("pk", flat=True).get(event_id=stripe_event.event_id))


def process_event(event_pk: int) -> None:
    """Process a stored event, once. Raises EventFailed, after storing the error with the event."""
    early_events: list[int] = []
    try:
        provider_refunds = _fetch_refunds(event_pk)
        with transaction.atomic():
            event = StripeEvent.objects.select_for_update(no_key=True).get(pk=event_pk)
            if event.status in (Status.DONE, Status.IGNORED):
                return
            event.status = Status.DONE if _apply_event(event, provider_refunds) else Status.IGNORED
            event.processed_at, event.tries, event.last_error = timezone.now(), event.tries + 1, ""
            event.save(update_fields=["status", "processed_at", "tries", "last_error"])
            early_events = _reopen_early_events(event)
    except OperationalError:  # the database failed, not the event, which stays as it came
        raise
    except Exception as error:
        message = f"{type(error).__name__}: {error}"[:MAX_ERROR]
        unprocessed = StripeEvent.objects.filter(pk=event_pk, status__in=(Status.RECEIVED, Status.FAILED))
        unprocessed.update(status=Status.FAILED, tries=F("tries") + 1, last_error=message)
        raise EventFailed(message) from error
    for pk in early_events:
        process_event(pk)


def _reopen_early_events(event: StripeEvent) -> list[int]:
    """Reopen the events of a payment that were ignored because they came before the shop knew the payment; return their ids."""
    if event.status != Status.DONE or event.type not in SESSION_EVENTS or not event.intent:
        return []
    early_events = StripeEvent.objects.filter(intent=event.intent, status=Status.IGNORED)
    pks = list(early_events.order_by("created", "pk").values_list("pk", flat=True))
    StripeEvent.objects.filter(pk__in=pks).update(status=Status.RECEIVED)
    return pks


def _fetch_refunds(event_pk: int) -> list[ProviderRefund] | None:
    """Return all refunds of the payment that a refund event is about, before anything is locked; None for other events.

    The event only triggers the call: the provider's current state is applied, not the event's.
    """
    event = StripeEvent.objects.get(pk=event_pk)
    event_object = _event_object(event)
    if event.type not in REFUND_EVENTS or event.status in (Status.DONE, Status.IGNORED) or _is_of_other_mode(event, event_object):
        return None
    payment = _find_payment_by_intent(event_object)
    return refunds.fetch_refunds(payment) if payment is not None else None


def _event_object(event: StripeEvent) -> dict[str, Any]:
    event_object: dict[str, Any] = json.loads(event.payload)["data"]["object"]
    return event_object


def _is_of_other_mode(event: StripeEvent, event_object: Mapping[str, Any]) -> bool:
    """Return whether the object contradicts the event's mode (live or test), which fits the shop's key. Refunds name no mode."""
    return event_object.get("livemode") not in (None, event.livemode)


def _apply_event(event: StripeEvent, provider_refunds: list[ProviderRefund] | None) -> bool:
    """Apply an event; return False if it is not about this shop. Raises LookupError if it is, and its payment is unknown."""
    event_object = _event_object(event)
    if _is_of_other_mode(event, event_object):
        logger.warning("Event %s is ignored: its object %s belongs to the other mode", event.event_id, event.object_id)
        return False
    if event.type in SESSION_EVENTS:
        return _apply_session_event(parse_session(event_object, has_failed=SESSION_EVENTS[event.type]))
    if event.type in REFUND_EVENTS:
        payment = _find_payment_by_intent(event_object)
        if payment is not None and provider_refunds is None:
            raise LookupError("its payment became known after its refunds were fetched: try it again")
        if payment is not None:
            refunds.record_refunds(payment.pk, provider_refunds or [])
        return payment is not None
    if event.type.startswith("charge.dispute."):
        payment = _find_payment_by_intent(event_object)
        if payment is not None:
            disputes.record_dispute(payment.pk, parse_dispute(event_object, event.created))
        return payment is not None
    return False


def _apply_session_event(session: ProviderSession) -> bool:
    payment = find_payment(session)
    if payment is None and belongs_to_shop(session):
        raise LookupError(f"no payment of this shop has the session {session.id}")
    if payment is not None:
        settlement.apply_session(payment.pk, session)
    return payment is not None


def find_payment(session: ProviderSession) -> Payment | None:
    """Find the payment of a session by the session's id, by its intent, or by the payment id in its metadata."""
    by_provider_id = Q(session_id=session.id)
    if session.intent:
        by_provider_id |= Q(payment_intent=session.intent)
    payments = Payment.objects.select_related("order")
    payment = payments.filter(by_provider_id).first()
    if payment is not None or not belongs_to_shop(session):
        return payment
    try:
        return payments.filter(pk=UUID(session.payment), session_id=None).first()
    except ValueError:
        return None


def belongs_to_shop(session: ProviderSession) -> bool:
    """Return whether this shop created a session, and not another shop with the same Stripe account."""
    return session.shop == settings.SHOP_ID


def _find_payment_by_intent(event_object: Mapping[str, Any]) -> Payment | None:
    intent = _intent_of(event_object)
    return Payment.objects.filter(payment_intent=intent).first() if intent else None


def _intent_of(event_object: Mapping[str, Any]) -> str:
    intent = event_object.get("payment_intent")
    intent = intent.get("id") if isinstance(intent, dict) else intent
    return intent if isinstance(intent, str) else ""


def replay_events(event_id: str = "") -> tuple[int, int]:
    """Process the failed and unprocessed events again, or the named one; return how many succeeded and how many failed."""
    if event_id:  # an operator who names an event wants it processed even if it was ignored before
        events = StripeEvent.objects.filter(event_id=event_id)
        events.filter(status=Status.IGNORED).update(status=Status.RECEIVED)
    else:
        events = StripeEvent.objects.filter(status__in=(Status.RECEIVED, Status.FAILED)).order_by("created", "pk")
    succeeded = failed = 0
    for pk in list(events.values_list("pk", flat=True)):
        try:
            process_event(pk)
            succeeded += 1
        except (EventFailed, OperationalError):
            failed += 1
    return succeeded, failed
