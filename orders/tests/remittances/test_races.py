"""One file that is imported twice at once is recorded once, and its statements per row are bounded"""

from collections import Counter
from pathlib import Path

import pytest

from accounts.tests.concurrency import run_concurrently
from orders.models import OrderEvent, Remittance, RemittanceLine, Shipment
from orders.remittances import recording
from orders.tests.parcels.parcels import list_problems
from orders.tests.remittances.remittances import STAFF, build_draft, get_money, make_lamp, make_parcel
from tests.admin.order_pages import copy_orders
from tests.query_capture import capture_statements

STATEMENTS_PER_ROW = 11


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(3))
def test_one_file_imported_at_once_is_recorded_once(_: int, tmp_path: Path) -> None:
    lamp = make_lamp()
    parcels = [make_parcel(lamp, f"buyer{number}@example.com") for number in range(4)]
    rows = "".join(f"{parcel.tracking_number},15.00\n" for parcel in reversed(parcels))
    draft = build_draft(tmp_path, f"awb,amount\n{rows}X1,1.00\n")

    results = run_concurrently(4, lambda _: recording.record(STAFF, draft))

    assert [get_money(parcel) for parcel in parcels] == [(2000, 1500, 500)] * 4
    assert (Remittance.objects.count(), RemittanceLine.objects.count()) == (1, 5)
    assert Counter(OrderEvent.objects.values_list("kind", flat=True))["cash_remitted"] == 4
    assert sum(result.is_new for result in results) == 1
    assert Counter(row.label for result in results for row in result.matched) == {parcel.label: 1 for parcel in parcels}
    assert {len(result.unmatched) for result in results} == {1}
    assert list_problems() == []


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_never_exceed_what_was_collected(tmp_path: Path) -> None:
    parcel = make_parcel(make_lamp())
    drafts = [build_draft(tmp_path, f"awb,amount\n{parcel.tracking_number},15.00\n", reference=f"R{n}") for n in range(4)]

    results = run_concurrently(4, lambda number: recording.record(STAFF, drafts[number]))

    assert (get_money(parcel), sorted(len(result.matched) for result in results)) == ((2000, 1500, 500), [0, 0, 0, 1])
    assert list_problems() == []


@pytest.mark.django_db
def test_the_statement_budget_of_five_hundred_rows(tmp_path: Path) -> None:
    lamp = make_lamp()
    parcel = make_parcel(lamp)
    make_copies(parcel, 500)
    numbers = Shipment.objects.exclude(pk=parcel.pk).values_list("tracking_number", flat=True)
    draft = build_draft(tmp_path, "awb,amount\n" + "".join(f"{number},20.00\n" for number in numbers))

    with capture_statements() as shown:
        preview = recording.preview(draft)
    with capture_statements() as statements:
        result = recording.record(STAFF, draft)

    assert (len(result.matched), preview == result) == (500, True)
    assert len(shown) <= 10
    assert len(statements) <= 20 + STATEMENTS_PER_ROW * 500


def make_copies(parcel: Shipment, count: int) -> None:
    """Copy a delivered parcel with its order."""
    money = {"cod_due_minor": 2000, "cod_collected_minor": 2000}
    times = {"packed_at": parcel.packed_at, "delivered_at": parcel.delivered_at}
    Shipment.objects.bulk_create(
        Shipment(order=order, number=1, carrier="Post", tracking_number=f"C{order.pk}", state="delivered", **money, **times)
        for order in copy_orders(parcel.order, count)
    )
