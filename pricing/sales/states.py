"""The states of sales, and which of them are late."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pricing.models import Sale, SaleLine
from pricing.sales.planning import OPEN_STATES

OVERDUE_LIMIT = timedelta(minutes=5)  # after which a sale whose prices are not what they should be is reported
State, LineState = Sale.State, SaleLine.State


def lock_sale(sale_id: int) -> Sale | None:
    """Lock a sale for the rest of the transaction, and return it as it is now."""
    return Sale.objects.select_for_update(no_key=True).filter(pk=sale_id).first()


def end_planned(sale: Sale) -> None:
    """End a locked sale that has not begun, because its time is over."""
    sale.state, sale.ended_at = State.ENDED, timezone.now()
    sale.save(update_fields=["state", "ended_at", "updated_at"])


def note_applied(sale_id: int) -> None:
    """Note the time if no price of a running sale is still to be reduced; call it after the commit of the last change."""
    now = timezone.now()
    sales = Sale.objects.filter(pk=sale_id, state=State.RUNNING, applied_at=None)
    sales.filter(~_has_lines(LineState.PENDING)).update(applied_at=now, updated_at=now)


def note_ended(sale_id: int) -> None:
    """End a sale if none of its prices is still to be restored; call it after the commit of the last change."""
    now = timezone.now()
    sales = Sale.objects.filter(pk=sale_id, state=State.ENDING)
    sales.filter(~_has_lines(*OPEN_STATES)).update(state=State.ENDED, ended_at=now, updated_at=now)


def _has_lines(*states: str) -> Exists:
    return Exists(SaleLine.objects.filter(sale=OuterRef("pk"), state__in=states))


def list_overdue() -> QuerySet[Sale]:
    """Return the sales whose prices should have been reduced or restored five minutes ago, and are not."""
    late = timezone.now() - OVERDUE_LIMIT
    not_applied = Q(state=State.PLANNED) | Q(state=State.RUNNING, applied_at=None)
    not_restored = Q(state__in=(State.RUNNING, State.ENDING), ends_at__lt=late)
    return Sale.objects.filter(not_applied & Q(starts_at__lt=late) | not_restored).order_by("starts_at", "pk")
