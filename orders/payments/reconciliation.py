"""Brings orders to the payment provider's state, for events that never came and calls that never got an answer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from core.actors import SYSTEM
from core.exceptions import GatewayDown
from orders.models import Order, Payment, ReconciliationTime, Refund, StripeEvent
from orders.payments import refunds, sessions, settlement, stripe_gateway, webhook_events
from orders.payments.provider_state import ProviderRefund, ProviderSession
from orders.state import alerts

logger = logging.getLogger(__name__)
BATCH_SIZE = 100  # rows per look-up
MAX_FAILURES = 3  # calls in a row that the provider does not answer
REGULAR_PROCESSING_WINDOW = timedelta(minutes=2)  # during which events and requests may still be at work
BALANCE_RETRY_INTERVAL = timedelta(hours=1)  # for refunds that wait for balance
PROBLEMS = {  # stored as the reason of the alert, so a code and not its sentence
    "unknown_to_provider": "the provider does not know its payment any more",
    "closed_here": "the provider still expects money for a payment that is closed here",
    "overdue": "the delayed payment has not arrived",
}


@dataclass
class Report:
    """What one run found, in sentences."""

    repaired: list[str] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The exit code: 0 all was well, 1 something was repaired, 2 something needs attention."""
        return 2 if self.attention else 1 if self.repaired else 0


def _find_problem(payment: Payment, session: ProviderSession, *, is_overdue: bool) -> str:
    """Return the code of what staff have to decide about a payment, one of `PROBLEMS`; empty if there is nothing."""
    is_complete = payment.state == Payment.State.PROCESSING or payment.has_amount_mismatch
    if is_complete and session.status == "expired":  # a complete session never expires
        return "unknown_to_provider"
    if session.is_final or session.status != "complete":
        return ""
    if payment.state not in Payment.OPEN_STATES:
        return "closed_here"
    return "overdue" if is_overdue and payment.state == Payment.State.PROCESSING else ""


@dataclass
class ReconciliationRun:
    """One run. A dry run rolls back its own writes and only reads from the provider."""

    since: timedelta
    order: str = ""
    is_dry: bool = False
    report: Report = field(default_factory=Report)
    failures_in_a_row: int = 0  # calls that the provider did not answer

    def run(self) -> Report:
        """Check open payments, unprocessed events, the provider's sessions and refunds, and unanswered refunds."""
        now, is_compared = timezone.now(), False
        for payment in self._list_payments(now):
            self._try(f"order {payment.order.number}", partial(self._check_payment, payment, now))
        if self.order:
            self._try("the provider's refunds", self._compare_refunds_of_order)
        else:
            self._replay_events(now)
            if stripe_gateway.is_configured():
                are_sessions_compared = self._try("the provider's sessions", partial(self._compare_sessions, now))
                is_compared = self._try("the provider's refunds", partial(self._compare_refunds, now)) and are_sessions_compared
        for refund in self._list_unanswered_refunds(now):
            self._try(f"refund {refund.pk}", partial(self._submit_refund, refund))
        if is_compared and not self.is_dry:
            ReconciliationTime.objects.update_or_create(pk=1, defaults={"finished_at": timezone.now()})
        return self.report

    def _try(self, subject: str, act: Callable[[], None]) -> bool:
        """Call `act`; if it fails, report it and go on with the rest. Return whether it succeeded.

        Once the provider has left several calls unanswered, the rest waits for the next run: each would take as long as a time-out.
        Raises OperationalError, InterfaceError if the connection to the database is lost.
        """
        if self.failures_in_a_row >= MAX_FAILURES:
            _append_once(self.report.attention, "the payment provider does not answer, so the rest was not checked")
            return False
        try:
            act()
        except GatewayDown as error:
            self.failures_in_a_row += 1
            self.report.attention.append(f"{subject}: {error.message}")
            return False
        except sessions.PROVIDER_ERRORS as error:
            self.report.attention.append(f"{subject}: {error.message}")
        except (OperationalError, InterfaceError) as error:
            if not connection.is_usable():
                raise
            self.report.attention.append(f"{subject}: the database did not answer: {error}")
        except Exception as error:
            logger.exception("Reconciliation of %s failed", subject)
            self.report.attention.append(f"{subject}: {type(error).__name__}: {error}")
        else:
            self.failures_in_a_row = 0
            return True
        return False

    def _list_payments(self, now: datetime) -> list[Payment]:
        payments = Payment.objects.select_related("order").filter(provider=Order.Method.STRIPE)
        if self.order:  # closed payments too: an event that reported their money may be lost
            unpaid = payments.filter(order__number=self.order).exclude(state=Payment.State.SUCCEEDED)
            return list(unpaid.filter(Q(state__in=Payment.OPEN_STATES) | Q(session_id__isnull=False)))
        due = Q(created_at__lt=now - REGULAR_PROCESSING_WINDOW, created_at__gt=now - self.since) | Q(order__reserved_until__lt=now)
        due |= Q(state=Payment.State.PROCESSING)  # asynchronous methods take days
        return list(payments.filter(due, state__in=Payment.OPEN_STATES).order_by("created_at"))

    def _check_payment(self, payment: Payment, now: datetime) -> None:
        """Apply the provider's state of a payment, after expiring its session if the reservation is over."""
        order = payment.order
        is_overdue = order.reserved_until is not None and order.reserved_until <= now
        is_closing = is_overdue or order.status != Order.Status.PENDING
        if payment.session_id is None:
            if is_closing:
                self._repair(order.number, "was closed: it had no checkout session", partial(self._abandon_payment, payment))
            return
        session = sessions.fetch_session(payment)
        if session.status == "open" and is_closing:
            if self.is_dry:
                self.report.repaired.append(f"order {order.number} is to be closed")
                return
            session = sessions.expire_session(payment)
        problem = _find_problem(payment, session, is_overdue=is_overdue)
        if problem:
            self.report.attention.append(f"order {order.number}: {PROBLEMS[problem]}")
            if not self.is_dry:
                settlement.raise_overdue_alert(payment.pk, problem)
        elif session.is_final or (session.status == "complete" and payment.state != Payment.State.PROCESSING):
            self._apply_session(payment, session)

    def _apply_session(self, payment: Payment, session: ProviderSession) -> None:
        before = (payment.state, payment.order.status)
        last_event = payment.order.events.order_by("pk").values_list("pk", flat=True).last() or 0
        with transaction.atomic():
            order = settlement.apply_session(payment.pk, session, SYSTEM)
            payment.refresh_from_db()
            new_events = order.events.filter(pk__gt=last_event)
            codes = list(new_events.filter(kind__in=alerts.PRIORITY).values_list("kind", flat=True))
            transaction.set_rollback(self.is_dry)
        for code in codes:
            _append_once(self.report.attention, f"order {order.number}: {code}")
        if not codes and (payment.state, order.status) != before:
            _append_once(self.report.repaired, f"order {order.number} is {order.status} now")

    def _repair(self, number: str, result: str, act: Callable[[], object]) -> None:
        """Call `act`, and report the result if it changed anything; a dry run rolls it back."""
        with transaction.atomic():
            has_changed = act()
            transaction.set_rollback(self.is_dry)
        if has_changed:
            self.report.repaired.append(f"order {number} {result}")

    def _abandon_payment(self, payment: Payment) -> bool:
        return sessions.abandon_payment(payment.pk).status != payment.order.status

    def _replay_events(self, now: datetime) -> None:
        """Process the events that failed, or whose worker died."""
        unprocessed = (StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED)
        events = StripeEvent.objects.filter(status__in=unprocessed, received_at__lt=now - REGULAR_PROCESSING_WINDOW)
        event_ids = list(events.order_by("created", "pk").values_list("event_id", flat=True))
        if self.is_dry:
            self.report.repaired += [f"event {event_id} waits" for event_id in event_ids]
            return
        for event_id in event_ids:
            self._try(f"event {event_id}", partial(self._replay_event, event_id))

    def _replay_event(self, event_id: str) -> None:
        succeeded, _ = webhook_events.replay_events(event_id)
        if succeeded:
            self.report.repaired.append(f"event {event_id} is processed")
        else:
            self.report.attention.append(f"event {event_id} fails: see its page in the admin")

    def _compare_sessions(self, now: datetime) -> None:
        """Look for paid sessions whose payment has not succeeded in the shop."""
        paid = (session for session in stripe_gateway.list_sessions_since((now - self.since).timestamp()) if session.is_paid)
        while batch := list(islice(paid, BATCH_SIZE)):
            intents = [session.intent for session in batch if session.intent]
            payments = Payment.objects.filter(Q(session_id__in=[session.id for session in batch]) | Q(payment_intent__in=intents))
            rows = list(payments.values_list("session_id", "payment_intent", "state"))
            settled = {session_id for session_id, _, state in rows if state == Payment.State.SUCCEEDED}
            known_ids = {provider_id for session_id, intent, _ in rows for provider_id in (session_id, intent)}
            for session in batch:
                is_ours = webhook_events.belongs_to_shop(session) or known_ids & {session.id, session.intent}
                if session.id not in settled and is_ours:
                    self._try(f"session {session.id}", partial(self._settle_session, session))

    def _settle_session(self, session: ProviderSession) -> None:
        payment = webhook_events.find_payment(session)
        if payment is not None:
            self._apply_session(payment, session)
        else:
            self.report.attention.append(f"session {session.id} is paid and belongs to no order")

    def _compare_refunds(self, now: datetime) -> None:
        """Look for refunds that the shop does not know, or knows in another state."""
        by_payment: dict[Payment, list[ProviderRefund]] = {}
        provider_refunds = stripe_gateway.list_refunds_since((now - self.since).timestamp())
        while batch := list(islice(provider_refunds, BATCH_SIZE)):
            known = Refund.objects.filter(provider_id__in=[refund.id for refund in batch])
            states = dict(known.values_list("provider_id", "state"))
            differing = [refund for refund in batch if states.get(refund.id) != refunds.state_of(refund)]
            intents = {refund.intent for refund in differing if refund.intent}
            rows = Payment.objects.select_related("order").filter(payment_intent__in=intents)
            payments = {payment.payment_intent: payment for payment in rows}
            for refund in differing:
                if refund.intent in payments:
                    by_payment.setdefault(payments[refund.intent], []).append(refund)
        for payment, payment_refunds in by_payment.items():
            self._record_refunds(payment, payment_refunds)

    def _record_refunds(self, payment: Payment, provider_refunds: list[ProviderRefund]) -> None:
        act = partial(refunds.record_refunds, payment.pk, provider_refunds, SYSTEM)
        self._repair(payment.order.number, "has refunds that were not known", act)

    def _compare_refunds_of_order(self) -> None:
        payments = Payment.objects.select_related("order").filter(order__number=self.order).exclude(payment_intent=None)
        for payment in payments:
            self._record_refunds(payment, refunds.fetch_refunds(payment))

    def _list_unanswered_refunds(self, now: datetime) -> list[Refund]:
        unanswered = Refund.objects.filter(state__in=(Refund.State.REQUESTED, Refund.State.SUBMITTED))
        if self.order:
            return list(unanswered.filter(payment__order__number=self.order))
        due = Q(refusals=0) | Q(updated_at__lt=now - BALANCE_RETRY_INTERVAL)
        return list(unanswered.filter(due).order_by("created_at"))

    def _submit_refund(self, refund: Refund) -> None:
        if self.is_dry:
            self.report.repaired.append(f"refund {refund.pk} waits for an answer")
            return
        refunds.submit_refund(refund.pk)
        refund.refresh_from_db()
        lines = self.report.attention if refund.state == Refund.State.FAILED else self.report.repaired
        lines.append(f"refund {refund.pk} is {refund.state} now")


def _append_once(lines: list[str], line: str) -> None:
    """Append a line unless it is there: a dry run can find the same problem twice because it repairs nothing."""
    if line not in lines:
        lines.append(line)
