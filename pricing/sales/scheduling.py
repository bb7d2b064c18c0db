"""Plan sales, change their times, cancel them, and end them at once."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core import outbox
from core.actors import Actor
from core.exceptions import Conflict
from core.models import Job
from pricing.models import Sale, SaleLine
from pricing.sales.ending import END_JOB
from pricing.sales.starting import START_JOB
from pricing.sales.states import lock_sale

LINE_RETENTION = timedelta(days=90)
CHANGED_MEANWHILE = "The sale has begun or ended in the meantime. See its current state below"
State = Sale.State


@transaction.atomic
def plan(actor: Actor, sale: Sale) -> None:
    """Save a new sale, and have it started and ended at its times."""
    sale.user_id = actor.user_id
    sale.save()
    _enqueue_jobs(sale)


@transaction.atomic
def change(actor: Actor, sale: Sale, columns: Collection[str]) -> None:
    """Save these columns of a planned sale, or the end of a running one. Raises Conflict.

    The jobs of the times before do nothing, because the sale is not due then.
    """
    current = lock_sale(sale.pk)
    if current is None or current.state != sale.state or current.state not in (State.PLANNED, State.RUNNING):
        raise Conflict(CHANGED_MEANWHILE)
    if current.state == State.RUNNING and not {"ends_at"}.issuperset(columns):
        raise Conflict(CHANGED_MEANWHILE)
    sale.user_id = actor.user_id
    sale.save(update_fields=[*columns, "user", "updated_at"])
    _enqueue_jobs(sale)


def _enqueue_jobs(sale: Sale) -> None:
    times = {END_JOB: sale.ends_at} if sale.state == State.RUNNING else {START_JOB: sale.starts_at, END_JOB: sale.ends_at}
    outbox.enqueue_all(*(Job(kind=kind, payload={"sale": sale.pk}, run_at=run_at) for kind, run_at in times.items()))


@transaction.atomic
def cancel(sale_id: int) -> bool:
    """Cancel a planned sale; return whether it was one."""
    sale = lock_sale(sale_id)
    if sale is None or sale.state != State.PLANNED:
        return False
    sale.state = State.CANCELLED
    sale.save(update_fields=["state", "updated_at"])
    return True


@transaction.atomic
def end_now(sale_id: int) -> bool:
    """Have the prices of a running sale restored at once; return whether it was one."""
    sale = lock_sale(sale_id)
    if sale is None or sale.state != State.RUNNING:
        return False
    sale.ends_at = min(sale.ends_at, timezone.now())
    sale.save(update_fields=["ends_at", "updated_at"])
    outbox.enqueue(END_JOB, {"sale": sale_id})
    return True


def clean_up() -> dict[str, int]:
    """Delete the lines of sales that ended 90 days ago."""
    lines = SaleLine.objects.filter(sale__ended_at__lt=timezone.now() - LINE_RETENTION)
    return {"lines of sales": lines.delete()[0]}
