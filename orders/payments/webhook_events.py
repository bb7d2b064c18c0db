"""Events of the payment provider: each is kept as it came, and what follows from it is done once, however often it is sent."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from core.compiled_queries import CompiledInsert
from orders.models import Payment, StripeEvent
from orders.payments import disputes, refunds, settlement, stripe_gateway
from orders.payments.provider_state import RefundFacts, SessionFacts, session_facts

NEW = CompiledInsert(StripeEvent, ignore_conflicts=True)
Status = StripeEvent.Status
SESSIONS = {
    "checkout.session.completed": False,
    "checkout.session.async_payment_succeeded": False,
    "checkout.session.async_payment_failed": True,  # the money does not come
    "checkout.session.expired": False,
}
REFUNDS = ("charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed")


class EventFailed(Exception):
    """An event of ours that could not be worked through; it is kept, and worth another try."""


def receive(body: bytes, signature: str) -> None:
    """Keep a signed event and work it through. Raises BadSignature, WebhookNotConfigured, EventFailed."""
    event = stripe_gateway.event_of(body, signature)
    about = event["data"]["object"]
    NEW.add(
        StripeEvent(
            event_id=event["id"][:255],
            type=event["type"][:80],
            api_version=str(event.get("api_version") or "")[:40],
            livemode=bool(event.get("livemode")),
            created=datetime.fromtimestamp(event["created"], UTC),
            object_id=str(about.get("id") or "")[:255],
            intent=_intent_of(about)[:255],
            payload=body.decode().replace("\0", ""),
        )
    )
    work_through(StripeEvent.objects.values_list("pk", flat=True).get(event_id=event["id"][:255]))


def work_through(event_pk: int) -> None:
    """Do what follows from a kept event, once. Raises EventFailed; what went wrong is kept with the event."""
    early: list[int] = []
    try:
        told = _asked(event_pk)
        with transaction.atomic():
            event = StripeEvent.objects.select_for_update(no_key=True).get(pk=event_pk)
            if event.status in (Status.DONE, Status.IGNORED):
                return
            event.status = Status.DONE if _apply(event, told) else Status.IGNORED
            event.processed_at, event.tries, event.last_error = timezone.now(), event.tries + 1, ""
            event.save(update_fields=["status", "processed_at", "tries", "last_error"])
            early = _told_before(event)
    except OperationalError:  # the database, not the event: it waits as it came
        raise
    except Exception as wrong:
        said = f"{type(wrong).__name__}: {wrong}"[:2000]
        open_ = StripeEvent.objects.filter(pk=event_pk, status__in=(Status.RECEIVED, Status.FAILED))
        open_.update(status=Status.FAILED, tries=F("tries") + 1, last_error=said)
        raise EventFailed(said) from wrong
    for pk in early:
        work_through(pk)


def _told_before(event: StripeEvent) -> list[int]:
    """Open again what was told of a payment before the shop knew that it is its own, and return it."""
    if event.status != Status.DONE or event.type not in SESSIONS or not event.intent:
        return []
    early = StripeEvent.objects.filter(intent=event.intent, status=Status.IGNORED)
    found = list(early.order_by("created", "pk").values_list("pk", flat=True))
    StripeEvent.objects.filter(pk__in=found).update(status=Status.RECEIVED)
    return found


def _asked(event_pk: int) -> list[RefundFacts] | None:
    """For an event about a refund, ask for all refunds of the payment, before anything is locked: the event is but the occasion.

    None where nothing was asked.
    """
    event = StripeEvent.objects.get(pk=event_pk)
    if event.type not in REFUNDS or event.status in (Status.DONE, Status.IGNORED):
        return None
    payment = _by_intent(_about(event))
    return refunds.told_of(payment) if payment is not None else None


def _about(event: StripeEvent) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(event.payload)["data"]["object"]
    return about


def _apply(event: StripeEvent, told: list[RefundFacts] | None) -> bool:
    """Do what follows from the event; False where it is not about this shop. Raises LookupError for ours that is not known."""
    about = _about(event)
    if event.type in SESSIONS:
        facts = session_facts(about, has_failed=SESSIONS[event.type])
        payment = payment_of(facts)
        if payment is None and is_ours(facts):
            raise LookupError(f"no payment of this shop has the session {facts.id}")
        if payment is None:
            return False
        settlement.apply_session(payment.pk, facts)
        return True
    if event.type in REFUNDS:
        payment = _by_intent(about)
        if payment is not None and told is None:
            raise LookupError("its payment became known in this moment: worth another try")
        if payment is not None:
            refunds.record(payment.pk, told or [])
        return payment is not None
    if event.type.startswith("charge.dispute."):
        payment = _by_intent(about)
        if payment is not None:
            disputes.note(payment.pk, about)
        return payment is not None
    return False


def payment_of(facts: SessionFacts) -> Payment | None:
    """Find the payment of a session: by the session, by the intent, or by what the shop wrote on the session."""
    named = Q(session_id=facts.id)
    if facts.intent:
        named |= Q(payment_intent=facts.intent)
    payments = Payment.objects.select_related("order")
    found = payments.filter(named).first()
    if found is not None or not is_ours(facts):
        return found
    try:
        return payments.filter(pk=UUID(facts.payment), session_id=None).first()
    except ValueError:
        return None


def is_ours(facts: SessionFacts) -> bool:
    """Say whether this shop has made a session, and not another one of the same account."""
    return facts.shop == settings.SHOP_ID


def _by_intent(about: Mapping[str, Any]) -> Payment | None:
    intent = _intent_of(about)
    return Payment.objects.filter(payment_intent=intent).first() if intent else None


def _intent_of(about: Mapping[str, Any]) -> str:
    intent = about.get("payment_intent")
    intent = intent.get("id") if isinstance(intent, dict) else intent
    return intent if isinstance(intent, str) else ""


def replay(event_id: str = "") -> tuple[int, int]:
    """Work failed and waiting events through again, or the one that is named; returns how many were done and how many failed."""
    waiting = StripeEvent.objects.filter(status__in=(Status.RECEIVED, Status.FAILED)).order_by("created", "pk")
    chosen = StripeEvent.objects.filter(event_id=event_id) if event_id else waiting
    if event_id:  # whoever names one wants it looked at once more, even if it was nobody's then
        chosen.filter(status=Status.IGNORED).update(status=Status.RECEIVED)
    done = failed = 0
    for pk in list(chosen.values_list("pk", flat=True)):
        try:
            work_through(pk)
            done += 1
        except (EventFailed, OperationalError):
            failed += 1
    return done, failed
