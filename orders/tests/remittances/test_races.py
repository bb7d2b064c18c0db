"""One file that is imported twice at once is recorded once, and its statements per row are bounded"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.tests.concurrency import run_concurrently
from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment.parcels import sending
from orders.models import OrderEvent, Remittance, RemittanceLine, Shipment
from orders.remittances import checks, recording
from orders.tests.parcels.parcels import list_problems
from orders.tests.remittances.remittances import (
    STAFF,
    build_draft,
    get_money,
    import_file,
    list_events,
    list_lines,
    make_lamp,
    make_parcel,
)
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
def test_a_file_that_is_recorded_meanwhile_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = make_parcel(make_lamp())
    draft = build_draft(tmp_path, f"awb,amount\n{parcel.tracking_number},15.00\n")
    run_before(monkeypatch, recording, "_create", lambda: recording.record(STAFF, draft))

    result = recording.record(STAFF, draft)

    assert (result.is_new, result.matched, result.unmatched, result.earlier) == (False, [], [], 1)
    assert (Remittance.objects.count(), get_money(parcel), len(list_events(parcel))) == (1, (2000, 1500, 500), 1)


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_gone_meanwhile_records_nothing(tmp_path: Path) -> None:
    parcel = make_parcel(make_lamp())
    draft = build_draft(tmp_path, f"awb,amount\n{parcel.tracking_number},15.00\n")

    with pytest.raises(IntegrityError):
        recording.record(Actor(kind="staff", user_id=10**6), draft)

    assert (Remittance.objects.count(), RemittanceLine.objects.count(), get_money(parcel)) == (0, 0, (2000, 0, 0))


@pytest.mark.django_db
def test_a_parcel_whose_carrier_is_corrected_meanwhile_is_not_paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = make_parcel(make_lamp())
    number = parcel.tracking_number
    draft = build_draft(tmp_path, f"awb,amount\n{number},15.00\n")
    run_before(
        monkeypatch,
        recording,
        "lock_parcel",
        lambda: sending.set_tracking(STAFF, parcel.pk, carrier="Blue Dart", tracking_number=number),
    )

    result = recording.record(STAFF, draft)

    assert [(row.row, row.problem) for row in result.unmatched] == [(2, f"parcel {parcel.label} was sent with Blue Dart")]
    assert list_lines() == [(2, None, 1500, f"parcel {parcel.label} was sent with Blue Dart")]
    assert (get_money(parcel), list_events(parcel)) == ((2000, 0, 0), [])


@pytest.mark.django_db
def test_a_row_that_pays_another_parcel_meanwhile_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = make_lamp()
    first, second = make_parcel(lamp), make_parcel(lamp, "bob@example.com")
    draft = build_draft(tmp_path, f"awb,amount\n{first.tracking_number},15.00\n")

    def move_number() -> None:
        Shipment.objects.filter(pk=first.pk).update(tracking_number="X1")
        Shipment.objects.filter(pk=second.pk).update(tracking_number=first.tracking_number)
        recording.match_again(STAFF, Remittance.objects.get())

    run_before(monkeypatch, checks, "find_problem", move_number)

    result = recording.record(STAFF, draft)

    assert (result.matched, result.unmatched, result.earlier) == ([], [], 1)
    assert (get_money(first), get_money(second)) == ((2000, 0, 0), (2000, 1500, 500))
    assert (list_events(first), list_lines()) == ([], [(2, first.tracking_number, 1500, "")])
    assert list_problems() == []


@pytest.mark.django_db
def test_a_row_that_is_taken_back_meanwhile_is_not_taken_back_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = make_parcel(make_lamp())
    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},15.00\n")
    line = RemittanceLine.objects.get()
    run_before(monkeypatch, recording, "lock_order", lambda: recording.remove_line(STAFF, line.pk))

    with pytest.raises(InvalidTransition, match="This row has no parcel"):
        recording.remove_line(STAFF, line.pk)

    # Both are in one transaction here, so the refusal rolls back the first one, too
    assert (get_money(parcel), list_lines()) == ((2000, 1500, 500), [(2, parcel.tracking_number, 1500, "")])
    assert [kind for kind, _ in list_events(parcel)] == ["cash_remitted"]


def run_before(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, change: Callable[[], object]) -> None:
    """Make a change, once, just before a function of the module runs, as another process could."""
    function: Callable[..., Any] = getattr(module, name)

    def change_and_run(*args: Any) -> Any:
        monkeypatch.undo()
        change()
        return function(*args)

    monkeypatch.setattr(module, name, change_and_run)


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
