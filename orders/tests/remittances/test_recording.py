"""What a carrier pays is recorded for each parcel, once, and no money is lost"""

from pathlib import Path

import pytest
from django.db.models import Sum
from pytest_django import Settings

from core.money import format_price
from orders.exceptions import InvalidTransition, RemittanceDiffers
from orders.fulfilment.parcels import outcomes, sending
from orders.models import Order, Remittance, RemittanceLine, Shipment
from orders.remittances import balance, recording
from orders.tests.parcels.parcels import list_problems, make_cash_order, send
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
from products.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp for 20.00."""
    return make_lamp()


def test_a_parcel_is_paid_in_full_and_another_in_part(lamp: Product, tmp_path: Path) -> None:
    full, short = make_parcel(lamp), make_parcel(lamp, "bob@example.com", units=2)
    version = Order.objects.get(pk=full.order_id).version

    result = import_file(
        tmp_path, f"AWB No,COD Amount,Charges\n{full.tracking_number},20.00,1.50\n {short.tracking_number.lower()} ,35.00,2.00\n"
    )

    assert (get_money(full), get_money(short)) == ((2000, 2000, 0), (4000, 3500, 500))
    assert [(row.row, row.label, row.paid_minor, row.short_minor) for row in result.matched] == [
        (2, full.label, 2000, 0),
        (3, short.label, 3500, 500),
    ]
    assert Remittance.objects.values_list("carrier", "reference", "charges_minor").get() == ("Post", "R1", 350)
    amount = format_price(full.order.total, full.order.currency)
    assert list_events(full) == [("cash_remitted", {"parcel": 1, "amount": amount, "remittance": "Post R1"})]
    assert Order.objects.get(pk=full.order_id).version == version + 1
    assert list_problems() == []


def test_a_later_remittance_pays_what_was_short(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},15\n")
    short = get_money(parcel)

    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},3\n", reference="R2")
    result = import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},3\n", reference="R3")

    assert (short, get_money(parcel)) == ((2000, 1500, 500), (2000, 1800, 200))
    assert [row.problem.endswith(f"that parcel {parcel.label} has open") for row in result.unmatched] == [True]
    assert result.twin == "R2"
    assert list_problems() == []


def test_the_same_file_changes_nothing_and_other_rows_are_refused(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    content = f"awb,amount,charges\n{parcel.tracking_number},15.00,1\n"
    import_file(tmp_path, content)
    lines = list_lines()

    again = import_file(tmp_path, content)
    for other in (content.replace("15.00", "16.00"), content.replace(",1\n", ",2\n"), f"{content}X1,1.00,0\n"):
        with pytest.raises(RemittanceDiffers):
            import_file(tmp_path, other)

    assert (again.is_unchanged, again.earlier, again.matched) == (True, 1, [])
    assert (list_lines(), get_money(parcel), Remittance.objects.count()) == (lines, (2000, 1500, 500), 1)
    assert len(list_events(parcel)) == 1


def test_rows_that_match_no_parcel_are_kept_with_their_problem(lamp: Product, tmp_path: Path) -> None:
    paid, sent = make_parcel(lamp), make_parcel(lamp, "bob@example.com", is_delivered=False)
    other, earlier = make_parcel(lamp, "cy@example.com"), make_parcel(lamp, "di@example.com")
    Shipment.objects.filter(pk=other.pk).update(carrier="Blue Dart")
    Shipment.objects.filter(pk=earlier.pk).update(settled_before=True)
    rows = [
        (paid.tracking_number, "20.00"),
        (paid.order.number, "20.00"),
        (sent.tracking_number, "20.00"),
        (other.tracking_number, "20.00"),
        (earlier.tracking_number, "20.00"),
        ("UNKNOWN-1", "7.00"),
        ("", "3.00"),
        (sent.order.number, "-5.00"),
        (sent.order.number, "many"),
        ("1,23E+11", "1.00"),
    ]

    result = import_file(tmp_path, "awb;amount\n" + "".join(f"{name};{amount}\n" for name, amount in rows))

    assert [(row.row, row.paid_minor, row.problem) for row in result.unmatched] == [
        (3, 2000, f"parcel {paid.label} is in another row of this remittance"),
        (4, 2000, f"parcel {sent.label} is shipped, not delivered"),
        (5, 2000, f"parcel {other.label} was sent with Blue Dart"),
        (6, 2000, f"parcel {earlier.label} was sent before the shop had parcels"),
        (7, 700, "no parcel has this number"),
        (8, 300, "names no parcel"),
        (9, -500, f"parcel {sent.label} is shipped, not delivered"),
        (10, None, "the amount “many” must be an amount like 19.99"),
        (11, 100, "digits of the number are lost; format the column as text"),
    ]
    assert RemittanceLine.objects.aggregate(Sum("paid_minor"))["paid_minor__sum"] == 6 * 2000 - 2000 + 700 + 300 - 500 + 100
    assert [get_money(parcel) for parcel in (paid, sent, other)] == [(2000, 2000, 0), (0, 0, 0), (2000, 0, 0)]


def test_negative_payments_are_for_no_parcel(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)

    result = import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},-1.00\n")

    assert [row.problem for row in result.unmatched] == ["the amount is negative"]
    assert get_money(parcel) == (2000, 0, 0)


def test_parcels_of_other_payment_methods_and_currencies_are_left(lamp: Product, tmp_path: Path) -> None:
    prepaid, foreign = make_parcel(lamp), make_parcel(lamp, "bob@example.com")
    Order.objects.filter(pk=prepaid.order_id).update(payment_method="stripe")
    Order.objects.filter(pk=foreign.order_id).update(currency="EUR")
    content = f"awb,amount\n{prepaid.tracking_number},20.00\n{foreign.tracking_number},20.00\n"

    result = import_file(tmp_path, content, currency=prepaid.order.currency)

    assert [row.problem for row in result.unmatched] == [
        f"parcel {prepaid.label} is not paid on delivery",
        f"parcel {foreign.label} is paid in EUR",
    ]


def test_rows_are_matched_later_once_the_cause_is_mended(lamp: Product, tmp_path: Path) -> None:
    first, second = make_parcel(lamp, is_delivered=False), make_parcel(lamp, "bob@example.com", is_delivered=False)
    content = f"awb,amount\n{first.tracking_number},20.00\n{second.order.number},20.00\n"
    import_file(tmp_path, content)
    outcomes.deliver_parcel(STAFF, first.pk)

    result = import_file(tmp_path, content)
    outcomes.deliver_parcel(STAFF, second.pk)
    again = recording.match_again(STAFF, Remittance.objects.get())

    assert ([row.row for row in result.matched], [row.row for row in result.unmatched]) == ([2], [3])
    assert ([row.row for row in again.matched], again.unmatched, again.earlier) == ([3], [], 1)
    assert (get_money(first), get_money(second)) == ((2000, 2000, 0), (2000, 2000, 0))
    assert [line[3] for line in list_lines()] == ["", ""]
    assert list_problems() == []


def test_a_wrong_match_is_taken_back(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    content = f"awb,amount\n{parcel.tracking_number},15.00\n"
    import_file(tmp_path, content)
    line = RemittanceLine.objects.get()

    recording.remove_line(STAFF, line.pk)

    taken_back = get_money(parcel)
    assert (taken_back, list_lines()) == ((2000, 0, 0), [(2, None, 1500, "taken back by staff")])
    assert [kind for kind, _ in list_events(parcel)] == ["cash_remitted", "cash_taken_back"]
    assert list_problems() == []
    assert import_file(tmp_path, content).is_unchanged
    with pytest.raises(InvalidTransition):
        recording.remove_line(STAFF, line.pk)
    recording.match_again(STAFF, Remittance.objects.get())
    assert get_money(parcel) == (2000, 1500, 500)


def test_a_parcel_that_was_paid_twice_keeps_the_other_payment(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},15.00\n")
    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},2.00\n", reference="R2")

    recording.remove_line(STAFF, RemittanceLine.objects.get(paid_minor=1500).pk)

    assert get_money(parcel) == (2000, 200, 1800)
    assert list_problems() == []


def test_a_preview_shows_the_same_and_writes_nothing(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    number = parcel.tracking_number
    draft = build_draft(tmp_path, f"awb,amount\n{number},15.00\n{number},1.00\nX,1.00\n")

    shown = recording.preview(draft)

    assert (Remittance.objects.count(), get_money(parcel)) == (0, (2000, 0, 0))
    assert recording.record(STAFF, draft) == shown
    assert shown.matched[0].short_minor == 500
    after = recording.preview(draft)
    assert (after.is_unchanged, after.earlier) == (True, 1)


def test_a_parcel_without_a_carrier_gets_it_from_its_payment(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    Shipment.objects.filter(pk=parcel.pk).update(carrier="", tracking_number="")

    import_file(tmp_path, f"order,amount\n{parcel.order.number},20.00\n", carrier="  Post ")

    assert Shipment.objects.values_list("carrier", "remitted_minor").get(pk=parcel.pk) == ("Post", 2000)


def test_carriers_are_spelled_as_before(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    content = f"awb,amount\n{parcel.tracking_number},20.00\n"

    import_file(tmp_path, content, carrier="POST")
    again = import_file(tmp_path, content, carrier="post")

    assert (Remittance.objects.get().carrier, again.is_unchanged) == ("Post", True)


@pytest.mark.parametrize("stored", ["fast", "Fast Couriers"])  # as it is since the settings name it, and before
@pytest.mark.parametrize("entered", ["FAST", "fast  couriers"])
def test_a_carrier_of_the_settings_is_named_by_its_code_or_its_name(
    settings: Settings, lamp: Product, tmp_path: Path, stored: str, entered: str
) -> None:
    parcel = make_parcel(lamp)
    Shipment.objects.filter(pk=parcel.pk).update(carrier=stored)
    settings.CARRIERS = {"fast": ("Fast Couriers", "", "")}

    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},20.00\n", carrier=entered)

    assert Remittance.objects.get().carrier == "fast"
    assert get_money(parcel) == (2000, 2000, 0)


def test_what_is_needed_of_an_order_with_two_parcels_is_the_parcel(tmp_path: Path) -> None:
    order = make_cash_order()
    first, second = send(order, lamp=2), send(order)
    for parcel in (first, second):
        outcomes.deliver_parcel(STAFF, parcel.pk)
    content = f"order,amount\n{order.number},40.00\n{order.number}-2,30.00\n"

    result = import_file(tmp_path, content)

    assert [(row.label, row.paid_minor) for row in result.matched] == [(f"{order.number}-2", 3000)]
    assert [row.problem for row in result.unmatched] == [
        f"it may mean parcels {order.number}-1, {order.number}-2; name one of them"
    ]


@pytest.mark.parametrize("name", ["post", "Post", "INDIA  post"])
def test_a_carrier_of_the_settings_is_one_by_code_and_name(name: str, lamp: Product, tmp_path: Path, settings: Settings) -> None:
    settings.CARRIERS = {"post": ("India Post", "", "")}
    parcel = make_parcel(lamp)

    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},20.00\n", carrier=name)

    assert (Remittance.objects.get().carrier, get_money(parcel)) == ("post", (2000, 2000, 0))


def test_a_parcel_keeps_its_carrier_once_that_has_accounted_for_it(lamp: Product, tmp_path: Path) -> None:
    parcel = make_parcel(lamp)
    import_file(tmp_path, f"awb,amount\n{parcel.tracking_number},0\n")

    with pytest.raises(InvalidTransition, match="The carrier has accounted for this parcel"):
        sending.set_tracking(STAFF, parcel.pk, carrier="Other", tracking_number="A1")

    assert Shipment.objects.values_list("carrier", "tracking_number").get(pk=parcel.pk) == ("Post", parcel.tracking_number)


def test_a_carrier_of_the_settings_is_found_by_name_and_by_how_it_was_typed_before(
    lamp: Product, tmp_path: Path, settings: Settings
) -> None:
    early = make_parcel(lamp)
    settings.CARRIERS = {"ip": ("Post", "", "")}
    late = make_parcel(lamp, "bob@example.com")
    assert [early.carrier, late.carrier] == ["Post", "ip"]
    content = f"AWB,COD Amount\n{early.tracking_number},20.00\n{late.tracking_number},20.00\n"

    import_file(tmp_path, content, carrier="post")
    import_file(tmp_path, content, carrier="IP")

    assert [get_money(early), get_money(late)] == [(2000, 2000, 0), (2000, 2000, 0)]
    assert list(Remittance.objects.values_list("carrier", flat=True)) == ["ip"]
    (row,) = balance.list_balances(Shipment.objects.all(), Remittance.objects.all())
    assert (row.carrier, row.cash["remitted"]) == ("ip", (2, 4000))


def test_a_remittance_from_before_its_carrier_was_in_the_settings_is_recorded_once(
    lamp: Product, tmp_path: Path, settings: Settings
) -> None:
    content = f"AWB,COD Amount\n{make_parcel(lamp).tracking_number},20.00\n"
    import_file(tmp_path, content)
    settings.CARRIERS = {"ip": ("Post", "", "")}

    import_file(tmp_path, content, carrier="ip")

    assert list(Remittance.objects.values_list("carrier", flat=True)) == ["Post"]
