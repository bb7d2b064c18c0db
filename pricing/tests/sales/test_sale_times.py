"""Sales whose times change, that are cancelled or ended, and a worker that was off"""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import outbox
from core.actors import SYSTEM
from core.exceptions import Conflict
from core.models import Job
from pricing.models import Sale, SaleLine
from pricing.sales import scheduling, states
from pricing.tests.sales.planned_sales import HOUR, JOB_KINDS, list_lines, pass_time, plan_sale, run_jobs, start_sale
from products.tests.editors import list_prices
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _lamp() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")


def get_state(sale: Sale) -> str:
    """Return the state of a sale as it is stored."""
    return Sale.objects.get(pk=sale.pk).state


def change(sale: Sale, **values: object) -> None:
    """Change columns of a sale, as its form does."""
    sale.refresh_from_db()
    for name, value in values.items():
        setattr(sale, name, value)
    scheduling.change(SYSTEM, sale, values.keys())


def test_a_sale_that_is_postponed_starts_at_the_new_time_only() -> None:
    sale = plan_sale(starts_in=HOUR, lasts=5 * HOUR)
    change(sale, starts_at=sale.starts_at + HOUR, percent=50)

    pass_time(HOUR)
    run_jobs()
    assert (get_state(sale), list_prices("LAMP")) == ("planned", ["20.00"])
    pass_time(HOUR)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("running", ["20.00", "10.00"])


def test_a_sale_that_is_moved_forward_starts_once() -> None:
    sale = plan_sale(starts_in=2 * HOUR, lasts=5 * HOUR)
    change(sale, starts_at=sale.starts_at - HOUR)

    pass_time(HOUR)
    run_jobs()
    pass_time(HOUR)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("running", ["20.00", "16.00"])


def test_the_end_of_a_running_sale_can_be_moved() -> None:
    sale = start_sale(lasts=HOUR)
    change(sale, ends_at=sale.ends_at + HOUR)

    pass_time(HOUR + MINUTE)
    run_jobs()
    assert (get_state(sale), list_prices("LAMP")) == ("running", ["20.00", "16.00"])
    pass_time(HOUR)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("ended", ["20.00", "16.00", "20.00"])


@pytest.mark.parametrize("column", ["percent", "starts_at", "name", "markets"])
def test_nothing_else_of_a_running_sale_can_be_changed(column: str) -> None:
    sale = start_sale()
    before = Sale.objects.values().get()

    with pytest.raises(Conflict):
        change(sale, **{column: getattr(sale, column)})

    assert Sale.objects.values().get() == before


def test_a_change_that_was_typed_before_the_start_is_refused_after_it() -> None:
    sale = plan_sale(starts_in=HOUR)
    stale = Sale.objects.get()
    pass_time(HOUR)
    run_jobs()
    stale.percent = 90

    with pytest.raises(Conflict):
        scheduling.change(SYSTEM, stale, {"percent"})

    assert Sale.objects.get(pk=sale.pk).percent == 20


def test_a_cancelled_sale_changes_nothing() -> None:
    sale = plan_sale(starts_in=HOUR)
    assert scheduling.cancel(sale.pk)

    pass_time(HOUR)
    run_jobs()
    pass_time(2 * HOUR)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("cancelled", ["20.00"])
    assert not SaleLine.objects.exists()
    assert not scheduling.cancel(sale.pk)


def test_a_running_sale_can_be_ended_but_not_cancelled() -> None:
    sale = start_sale()

    assert not scheduling.cancel(sale.pk)
    assert scheduling.end_now(sale.pk)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("ended", ["20.00", "16.00", "20.00"])
    assert Sale.objects.get().ends_at <= timezone.now()
    assert not scheduling.end_now(sale.pk)


def test_an_end_before_all_prices_are_reduced_leaves_the_rest() -> None:
    make_product("Torch", sku="TORCH", price="30.00")
    sale = plan_sale(markets=["in"])
    outbox.run_due(limit=1)
    assert get_state(sale) == "running"
    assert scheduling.end_now(sale.pk)
    Job.objects.filter(kind="reduce_sale_prices").update(run_at=timezone.now() + MINUTE)

    run_jobs()
    pass_time(MINUTE)
    run_jobs()

    assert get_state(sale) == "ended"
    reason = "the sale ended before this price was reduced"
    assert list_lines(sale) == [("LAMP", "in", "left_out", reason), ("TORCH", "in", "left_out", reason)]
    assert list_prices("LAMP") == ["20.00"]


def test_a_reduction_after_the_end_has_begun_changes_nothing() -> None:
    sale = plan_sale(markets=["in"])
    outbox.run_due(limit=1)
    Sale.objects.update(state="ending")

    outbox.run_due(limit=1)

    assert list_lines(sale) == [("LAMP", "in", "pending", "")]
    assert list_prices("LAMP") == ["20.00"]


def test_a_worker_that_was_off_at_the_start_starts_late() -> None:
    sale = plan_sale(starts_in=HOUR, lasts=3 * HOUR)

    pass_time(2 * HOUR)
    run_jobs()
    pass_time(2 * HOUR)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("ended", ["20.00", "16.00", "20.00"])


def test_a_worker_that_was_off_at_the_end_ends_late() -> None:
    sale = start_sale(lasts=HOUR)

    pass_time(48 * HOUR)
    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("ended", ["20.00", "16.00", "20.00"])


@pytest.mark.parametrize("first", ["start_sale", "end_sale"])
def test_a_worker_that_was_off_all_the_time_changes_nothing(first: str) -> None:
    sale = plan_sale(starts_in=HOUR, lasts=HOUR)
    pass_time(3 * HOUR)
    Job.objects.filter(kind=first).update(run_at=timezone.now() - 9 * HOUR)

    run_jobs()

    assert (get_state(sale), list_prices("LAMP")) == ("ended", ["20.00"])
    assert Sale.objects.get().started_at is None
    assert not SaleLine.objects.exists()


def test_a_sale_that_begins_when_another_ends_reduces_the_prices_from_before_it() -> None:
    later = plan_sale("50", name="Second week", starts_in=HOUR, lasts=HOUR, markets=["in"])  # its job comes first
    earlier = plan_sale("10", name="First week", lasts=HOUR, markets=["in"])
    Sale.objects.filter(pk=earlier.pk).update(ends_at=later.starts_at)
    Job.objects.filter(kind="end_sale", payload={"sale": earlier.pk}).update(run_at=later.starts_at)
    run_jobs()

    pass_time(HOUR)
    run_jobs()
    pass_time(timedelta(seconds=5))
    run_jobs()

    assert (get_state(earlier), get_state(later)) == ("ended", "running")
    assert list_prices("LAMP") == ["20.00", "18.00", "20.00", "10.00"]


def test_a_sale_waits_five_minutes_for_one_that_cannot_end() -> None:
    stuck = start_sale(name="Stuck", markets=["in"])
    Sale.objects.filter(pk=stuck.pk).update(state="ending")
    sale = plan_sale(markets=["in"])

    for _ in range(61):
        assert get_state(sale) == "planned"
        run_jobs()
        pass_time(timedelta(seconds=5))

    assert get_state(sale) == "running"
    assert list_lines(sale) == [("LAMP", "in", "left_out", "already in the sale Stuck")]


@pytest.mark.parametrize(
    ("columns", "is_overdue"),
    [
        ({}, False),
        ({"starts_at": -4 * MINUTE}, False),
        ({"starts_at": -6 * MINUTE}, True),
        ({"state": "running", "starts_at": -6 * MINUTE}, True),
        ({"state": "running", "starts_at": -6 * MINUTE, "applied_at": -5 * MINUTE}, False),
        ({"state": "running", "starts_at": -60 * MINUTE, "applied_at": -59 * MINUTE, "ends_at": -4 * MINUTE}, False),
        ({"state": "running", "starts_at": -60 * MINUTE, "applied_at": -59 * MINUTE, "ends_at": -6 * MINUTE}, True),
        ({"state": "ending", "starts_at": -60 * MINUTE, "applied_at": -59 * MINUTE, "ends_at": -6 * MINUTE}, True),
        ({"state": "ended", "starts_at": -60 * MINUTE, "ends_at": -6 * MINUTE}, False),
        ({"state": "cancelled", "starts_at": -60 * MINUTE, "ends_at": -6 * MINUTE}, False),
    ],
)
def test_a_sale_is_overdue_after_five_minutes(columns: dict[str, object], is_overdue: bool) -> None:
    plan_sale(starts_in=HOUR)
    now = timezone.now()
    Sale.objects.update(**{name: now + value if isinstance(value, timedelta) else value for name, value in columns.items()})

    assert states.list_overdue().exists() == is_overdue


def test_lines_are_deleted_90_days_after_the_end() -> None:
    sale = start_sale(markets=["in"])
    scheduling.end_now(sale.pk)
    run_jobs()

    Sale.objects.update(ended_at=timezone.now() - timedelta(days=89))
    assert scheduling.clean_up() == {"lines of sales": 0}
    Sale.objects.update(ended_at=timezone.now() - timedelta(days=91))
    assert scheduling.clean_up() == {"lines of sales": 1}

    assert Sale.objects.count() == 1
    assert set(Job.objects.values_list("kind", flat=True)) == set(JOB_KINDS)
