"""Brings orders to what the payment provider says, for events that never came and calls that never got an answer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.actors import SYSTEM
from orders.exceptions import PaymentNotConfigured, PaymentProviderUnavailable, PaymentSetupFailed
from orders.models import Order, Payment, Refund, StripeEvent
from orders.payments import refunds, sessions, settlement, stripe_gateway, webhook_events
from orders.payments.provider_state import RefundFacts, SessionFacts
from orders.state import transitions
from orders.state.locking import LIVE

logger = logging.getLogger(__name__)
SOME = 100  # rows that are looked up at once
YOUNG = timedelta(minutes=2)  # for so long the ordinary way may still be at work
DOWN = (PaymentProviderUnavailable, PaymentSetupFailed, PaymentNotConfigured)


@dataclass
class Report:
    """What one run has found, in words."""

    repaired: list[str] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """Return the exit code: 0 all was well, 1 something was repaired, 2 somebody has to look."""
        return 2 if self.attention else 1 if self.repaired else 0


def _trouble(payment: Payment, facts: SessionFacts, *, is_over: bool) -> str:
    """Say what staff have to decide about a payment that its provider calls final, or whose money is late; empty where nothing."""
    is_through = payment.state == Payment.State.PROCESSING or payment.is_paid_otherwise
    if is_through and facts.status == "expired":  # which what was paid through never is
        return "the provider does not know its payment any more"
    if facts.is_final or facts.status != "complete":
        return ""
    if payment.state not in LIVE:
        return "its money is on its way, though its payment has ended"
    return "its money was to come later, and has not" if is_over and payment.state == Payment.State.PROCESSING else ""


@dataclass
class Run:
    """One run; `is_dry` takes back at once what it would write, and asks the provider for nothing but how things stand."""

    since: timedelta
    order: str = ""
    is_dry: bool = False
    report: Report = field(default_factory=Report)

    def all(self) -> Report:
        """Do everything: open payments, other attempts, events, what the provider lists, refunds."""
        now = timezone.now()
        for payment in self._payments(now):
            self._try(f"order {payment.order.number}", partial(self._settle, payment, now))
        if self.order:
            self._try("the provider's refunds", self._compare_refunds_of_order)
        else:
            self._replay(now)
            if stripe_gateway.is_configured():
                self._try("the provider's sessions", partial(self._compare_sessions, now))
                self._try("the provider's refunds", partial(self._compare_refunds, now))
        for refund in self._refunds():
            self._try(f"refund {refund.pk}", partial(self._submit, refund))
        return self.report

    def _try(self, what: str, act: Callable[[], None]) -> None:
        """Do it; where the provider does not answer, all stays as it is, and where something is wrong, the rest goes on."""
        try:
            act()
        except DOWN as wrong:
            self.report.attention.append(f"{what}: {wrong.message}")
        except Exception as wrong:
            logger.exception("%s could not be settled", what)
            self.report.attention.append(f"{what}: {type(wrong).__name__}: {wrong}")

    def _payments(self, now: datetime) -> list[Payment]:
        of_stripe = Payment.objects.select_related("order").filter(provider=Order.Method.STRIPE)
        if self.order:  # also what is over for the shop: an event that told of its money may be lost
            asked = of_stripe.filter(order__number=self.order).exclude(state=Payment.State.SUCCEEDED)
            return list(asked.filter(Q(state__in=LIVE) | Q(session_id__isnull=False)))
        open_ = of_stripe.filter(state__in=LIVE)
        due = Q(created_at__lt=now - YOUNG, created_at__gt=now - self.since) | Q(order__reserved_until__lt=now)
        due |= Q(state=Payment.State.PROCESSING)  # whose money takes days
        return list(open_.filter(due).order_by("created_at"))

    def _settle(self, payment: Payment, now: datetime) -> None:
        """Ask how an open payment stands, and do what follows; whose time is over is closed first."""
        order = payment.order
        is_over = order.reserved_until is not None and order.reserved_until <= now
        if payment.session_id is None:
            if is_over or order.status != Order.Status.PENDING:
                self._repair(order.number, "has ended: its payment was never begun", partial(self._give_up, payment))
            return
        facts = sessions.facts_of(payment)
        if facts.status == "open" and (is_over or order.status != Order.Status.PENDING):
            if self.is_dry:
                self.report.repaired.append(f"order {order.number} is to be closed")
                return
            facts = sessions.close(payment)
        why = _trouble(payment, facts, is_over=is_over)
        if why:
            self.report.attention.append(f"order {order.number}: {why}")
            if not self.is_dry:
                settlement.flag_overdue(payment.pk, why)
        elif facts.is_final or (facts.status == "complete" and payment.state != Payment.State.PROCESSING):
            self._apply(payment, facts)

    def _apply(self, payment: Payment, facts: SessionFacts) -> None:
        before = (payment.state, payment.order.status)
        seen = payment.order.events.order_by("pk").values_list("pk", flat=True).last() or 0
        with transaction.atomic():
            order = settlement.apply_session(payment.pk, facts, SYSTEM)
            payment.refresh_from_db()
            flags = list(order.events.filter(pk__gt=seen, kind__in=transitions.URGENCY).values_list("kind", flat=True))
            transaction.set_rollback(self.is_dry)
        for code in flags:
            _tell(self.report.attention, f"order {order.number}: {code}")
        if not flags and (payment.state, order.status) != before:
            _tell(self.report.repaired, f"order {order.number} is {order.status} now")

    def _repair(self, number: str, words: str, act: Callable[[], object]) -> None:
        """Do it, and report it where it changed anything; a dry run takes it back."""
        with transaction.atomic():
            has_changed = act()
            transaction.set_rollback(self.is_dry)
        if has_changed:
            self.report.repaired.append(f"order {number} {words}")

    def _give_up(self, payment: Payment) -> bool:
        return sessions.give_up(payment.pk).status != payment.order.status

    def _replay(self, now: datetime) -> None:
        """Work events through that failed, or whose worker died."""
        waiting = StripeEvent.objects.filter(status__in=("received", "failed"), received_at__lt=now - YOUNG)
        if self.is_dry:
            self.report.repaired += [f"event {name} waits" for name in waiting.values_list("event_id", flat=True)]
            return
        for event_id in list(waiting.order_by("created", "pk").values_list("event_id", flat=True)):
            self._try(f"event {event_id}", partial(self._replay_one, event_id))

    def _replay_one(self, event_id: str) -> None:
        done, _ = webhook_events.replay(event_id)
        (self.report.repaired if done else self.report.attention).append(
            f"event {event_id} {'is worked through' if done else 'fails: see its page in the admin'}"
        )

    def _compare_sessions(self, now: datetime) -> None:
        """Look for paid sessions that the shop has not taken as paid."""
        paid = (facts for facts in stripe_gateway.sessions_since((now - self.since).timestamp()) if facts.is_paid)
        while some := list(islice(paid, SOME)):
            named = Q(session_id__in=[facts.id for facts in some]) | Q(
                payment_intent__in=[one.intent for one in some if one.intent]
            )
            rows = list(Payment.objects.filter(named).values_list("session_id", "payment_intent", "state"))
            settled = {session for session, _, state in rows if state == Payment.State.SUCCEEDED}
            known = {name for session, intent, _ in rows for name in (session, intent)}
            for facts in some:
                if facts.id not in settled and (webhook_events.is_ours(facts) or known & {facts.id, facts.intent}):
                    self._try(f"session {facts.id}", partial(self._settle_unknown, facts))

    def _settle_unknown(self, facts: SessionFacts) -> None:
        payment = webhook_events.payment_of(facts)
        if payment is not None:
            self._apply(payment, facts)
        else:
            self.report.attention.append(f"session {facts.id} is paid and belongs to no order")

    def _compare_refunds(self, now: datetime) -> None:
        """Look for refunds that the shop does not know, or knows otherwise."""
        by_payment: dict[Payment, list[RefundFacts]] = {}
        told = stripe_gateway.refunds_since((now - self.since).timestamp())
        while some := list(islice(told, SOME)):
            states = dict(Refund.objects.filter(provider_id__in=[one.id for one in some]).values_list("provider_id", "state"))
            unknown = [facts for facts in some if states.get(facts.id) != refunds.state_of(facts)]
            intents = {facts.intent for facts in unknown if facts.intent}
            found = Payment.objects.select_related("order").filter(payment_intent__in=intents)
            payments = {payment.payment_intent: payment for payment in found}
            for facts in unknown:
                if facts.intent in payments:
                    by_payment.setdefault(payments[facts.intent], []).append(facts)
        for payment, those in by_payment.items():
            self._record(payment, those)

    def _record(self, payment: Payment, told: list[RefundFacts]) -> None:
        act = partial(refunds.record, payment.pk, told, SYSTEM)
        self._repair(payment.order.number, "has refunds that were not known", act)

    def _compare_refunds_of_order(self) -> None:
        known = Payment.objects.select_related("order").filter(order__number=self.order).exclude(payment_intent=None)
        for payment in known:
            self._record(payment, refunds.told_of(payment))

    def _refunds(self) -> list[Refund]:
        """Return the refunds for which no answer came."""
        waiting = Refund.objects.filter(state__in=(Refund.State.REQUESTED, Refund.State.SUBMITTED))
        return list(waiting.filter(payment__order__number=self.order) if self.order else waiting.order_by("created_at"))

    def _submit(self, refund: Refund) -> None:
        if self.is_dry:
            self.report.repaired.append(f"refund {refund.pk} waits for an answer")
            return
        refunds.submit(refund.pk)
        refund.refresh_from_db()
        told = f"refund {refund.pk} is {refund.state} now"
        (self.report.attention if refund.state == Refund.State.FAILED else self.report.repaired).append(told)


def _tell(lines: list[str], words: str) -> None:
    """Say it once: a dry run finds the same twice, for it mends nothing in between."""
    if words not in lines:
        lines.append(words)
