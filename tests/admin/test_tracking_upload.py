"""/admin/orders/shipment/upload/ and manage.py import_tracking: tracking numbers and carriers' reports from files"""

import csv
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from core.money import format_price
from orders.admin import tracking_uploads
from orders.exceptions import TrackingNumberRefused
from orders.fulfilment import shipping
from orders.fulfilment.parcels import packing, sending
from orders.fulfilment.tracking_files import plans
from orders.fulfilment.tracking_files.files import TrackingFile, TrackingRow
from orders.models import Order, Shipment, TrackingEvent
from orders.tests.factories import database_rows
from orders.tests.parcels.parcels import STAFF, get_status, make_cash_order, pack, send
from orders.tests.payments.paid_orders import simulate_lock_timeout
from tests.admin.order_pages import copy_orders, read
from tests.admin.parcel_pages import PARCELS, confirm_tracking, get_states, upload_tracking
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def test_a_file_sends_what_its_preview_has_shown(staff: Client) -> None:
    order = make_cash_order(1)
    (other,) = copy_orders(order, 1)
    parcel = packing.pack_parcel(STAFF, other.pk)
    assert parcel is not None
    before = database_rows()

    preview = upload_tracking(
        staff, f"Order No;Courier Name;AWB\n#{order.number.lower()};Post;A 1\n{parcel.label};;A2\n", carrier="DHL"
    )
    unchanged = database_rows() == before
    result = confirm_tracking(staff, preview)

    assert unchanged
    assert all(text in preview for text in (order.number, parcel.label, "A 1", "DHL"))
    assert "2 sent, 0 reports recorded, 0 refused." in result
    assert get_states(order) == [(1, "shipped", "Post", "A 1")]
    assert get_states(other) == [(1, "shipped", "DHL", "A2")]


def test_rows_that_are_wrong_are_refused_with_their_number_and_the_others_go_through(staff: Client) -> None:
    order = make_cash_order(2)
    sent, cancelled, waiting, split, good, twice = copy_orders(order, 6)
    packing.pack_parcel(STAFF, split.pk, {split.items.get().pk: 1})
    send(order)
    Shipment.objects.filter(order=order).update(tracking_number="USED", carrier="Post")
    shipping.ship_order(STAFF, sent.pk)
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
    rows = [
        "order,carrier,tracking_number",
        "UNKNOWN-1,Post,N1",
        f"{sent.number},Post,N2",
        f"{cancelled.number},Post,N3",
        f"{good.number},post,USED",
        f"{good.number},Post,R\u00e4",
        f"{good.number},Post,{'9' * 101}",
        f"{good.number},{'C' * 61},N7",
        f"{split.number},Post,N8",
        f"{split.number}-9,Post,N9",
        f"{good.number},Post,N10",
        f"{good.number},Post,N11",
        f"{twice.number},POST,N10",
        f"{waiting.number},,",
        ",Post,N14",
        f"{sent.number}-1,Post,N15",
        f'"{good.number},Post,N16',
    ]

    preview = upload_tracking(staff, "\n".join(rows))
    result = confirm_tracking(staff, preview)

    for page in (preview, result):
        for reason in (
            "there is no order with this number",
            "the order is already sent",
            "An order that is cancelled cannot become shipped",
            f"Parcel {order.number}-1 has this tracking number",
            "A tracking number has letters from A to Z",
            "A tracking number has at most 100 characters",
            "The name of a carrier has at most 60 characters",
            f"the order has parcels that are packed; name the parcel, such as {split.number}-1",
            "the order has no parcel 9",
            "the same is in row 11 already",
            "the number of the order is missing",
            "the parcel is already shipped",
            "the quotation mark in line 17 is not closed",
        ):
            assert reason in page
    assert "1 row without a tracking number stays as it is" in preview
    assert "1 sent, 0 reports recorded, 14 refused." in result
    assert get_states(good) == [(1, "shipped", "Post", "N10")]
    assert (get_states(twice), get_states(waiting)) == ([], [])


def test_a_packed_parcel_is_sent_with_the_number_that_it_has(staff: Client) -> None:
    order = make_cash_order(1)
    parcel = pack(order)
    sending.set_tracking(STAFF, parcel.pk, carrier="Post", tracking_number="A1")

    preview = upload_tracking(staff, f"order,carrier,tracking\n{order.number},Post,A1\n")
    result = confirm_tracking(staff, preview)

    assert "1 sent, 0 reports recorded, 0 refused." in result
    assert get_states(order) == [(1, "shipped", "Post", "A1")]


def test_a_file_that_is_confirmed_twice_sends_once(staff: Client) -> None:
    order = make_cash_order(1)
    preview = upload_tracking(staff, f"order,tracking_number\n{order.number},A1\n")

    first, second = confirm_tracking(staff, preview), confirm_tracking(staff, preview)

    assert "1 sent" in first
    assert "0 sent, 0 reports recorded, 1 refused." in second
    assert "the order is already sent" in second
    assert get_states(order) == [(1, "shipped", "", "A1")]


def test_reports_of_a_carrier_are_recorded_once_and_deliver_parcels_with_their_cash(staff: Client) -> None:
    order = make_cash_order(1)
    send(order)
    Shipment.objects.update(tracking_number="A1", carrier="Post")
    content = (
        "awb,status,at,text,collected\n"
        "A1,Out for delivery,2026-11-20 09:00,With the courier,\n"
        "A1,delivered,2026-11-20T18:30:00+05:30,,25.00\n"
        "A1,in transit,2026-11-9,,\n"
        "A1,delivered,2026-11-20,,99\n"
        "A1,delivered,2026-11-20,,many\n"
        "A1,delivered,2026-11-20,,24.999\n"
        "A1,exploded,,,\n"
        "A1,failed,2126-01-01,,\n"
        "A1,delivered,1999-12-31,,\n"
        "A1,delivered,0001-01-01T00:00:00+14:00,,\n"
        "A1,failed,yesterday,,\n"
        "A1,failed,2026-02-30,,\n"
        ",lost,,,\n"
        "A1,failed,,,5\n"
        "A9,lost,,,\n"
    )

    preview = upload_tracking(staff, content)
    result, again = confirm_tracking(staff, preview), confirm_tracking(staff, preview)
    corrected = upload_tracking(staff, "awb,status,collected\nA1,delivered,20.00\n")

    for reason in (
        "many is not an amount such as 1250.00",
        "24.999 is not an amount in INR",
        "2026-02-30 is not a time such as",
        "the tracking number is missing",
        "this is more than the parcel has to collect",
        "exploded is not a status",
        "2126-01-01 is in the future",
        "1999-12-31 is too long ago",
        "0001-01-01T00:00:00+14:00 is too long ago",
        "yesterday is not a time such as",
        "cash is collected only with a delivery",
        "no parcel has this tracking number",
    ):
        assert reason in preview
    assert "₹25.00" in preview
    assert "0 sent, 3 reports recorded, 12 refused." in result
    assert "0 sent, 0 reports recorded, 12 refused." in again
    assert "the parcel is delivered with another amount; correct the cash on its page" in corrected
    assert get_status(order) == ("delivered", "succeeded", 2500)
    assert list(TrackingEvent.objects.order_by("at").values_list("code", "text")) == [
        ("in_transit", ""),
        ("out_for_delivery", "With the courier"),
        ("delivered", ""),
    ]
    assert f"{timezone.localtime(TrackingEvent.objects.earliest('at').at):%Y-%m-%d %H:%M}" == "2026-11-09 00:00"


def test_a_report_of_a_number_that_two_carriers_use_names_its_carrier(staff: Client) -> None:
    order = make_cash_order(2)
    first, second = send(order, lamp=1), send(order)
    Shipment.objects.filter(pk=first.pk).update(tracking_number="A1")
    Shipment.objects.filter(pk=second.pk).update(tracking_number="A1", carrier="DHL")

    preview = upload_tracking(staff, "awb,carrier,status\nA1,,lost\nA1,dhl,failed\n")
    result = confirm_tracking(staff, preview)

    assert "several parcels have this tracking number; name the carrier" in preview
    assert "0 sent, 1 report recorded, 1 refused." in result
    assert list(TrackingEvent.objects.values_list("shipment", "code")) == [(second.pk, "failed")]
    assert get_states(order) == [(first.number, "shipped", "Post", "A1"), (second.number, "shipped", "DHL", "A1")]


def test_rows_that_meet_a_lock_are_refused_and_can_be_tried_again(staff: Client) -> None:
    order = make_cash_order(1)
    locked, other = copy_orders(order, 2)
    sent = send(order)
    preview = upload_tracking(staff, f"order,awb,status\n{locked.number},A1,\n,{sent.tracking_number},failed\n{other.number},A2,\n")

    with (
        simulate_lock_timeout('INSERT INTO "orders_shipment"'),
        simulate_lock_timeout('INSERT INTO "orders_trackingevent"'),
    ):
        result = confirm_tracking(staff, preview)
    before = (get_states(locked), TrackingEvent.objects.count(), get_states(other))
    again = confirm_tracking(staff, preview)

    assert "1 sent, 0 reports recorded, 2 refused." in result
    assert result.count("the order could not be changed at the moment, try again") == 2
    assert before == ([], 0, [(1, "shipped", "", "A2")])
    assert "1 sent, 1 report recorded, 1 refused." in again
    assert get_states(locked) == [(1, "shipped", "", "A1")]


def test_a_workbook_is_read_and_a_damaged_file_is_refused(staff: Client) -> None:
    order = make_cash_order(1)
    workbook, stream = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = workbook.active
    sheet.append(["Order", "Tracking number"])
    sheet.append([order.number, 1234567890])
    workbook.save(stream)

    preview = upload_tracking(staff, stream.getvalue(), "numbers.xlsx")
    damaged = [
        upload_tracking(staff, content, name)
        for content, name in ((b"PK\x03\x04nonsense", "x.xlsx"), (b"", "x.csv"), (b"a,b\n1,2", "x.csv"), (b"\xff\xfe\x00", "x.csv"))
    ]
    too_large = upload_tracking(staff, b"order,awb\n".ljust(5 * 1024**2 + 1, b"\n"))
    without_rows = upload_tracking(staff, "order,awb\n")

    assert "1234567890" in preview
    assert all("The file " in page and 'name="upload"' not in page for page in [*damaged, too_large, without_rows])
    assert "The file is larger than 5 MB." in too_large
    assert "The file has no rows." in without_rows
    assert "1 sent" in confirm_tracking(staff, preview)


def test_numbers_are_read_as_carriers_keep_them_in_csv(staff: Client) -> None:
    order = make_cash_order(2)
    parcel, other = pack(order, lamp=1), pack(order)

    preview = upload_tracking(staff, f'order,awb\n"=""{parcel.label}""",="00123"\n\'{other.label},\'00124\n')
    confirm_tracking(staff, preview)

    assert get_states(order) == [(1, "shipped", "", "00123"), (2, "shipped", "", "00124")]


def test_a_preview_that_was_changed_is_refused(staff: Client) -> None:
    order = make_cash_order(1)

    page = read(staff.post(f"{PARCELS}upload/", {"upload": "forged"}, follow=True))

    assert "The preview is too old. Please choose the file again." in page
    assert get_states(order) == []


def test_a_long_file_is_done_in_several_steps(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_uploads, "ROWS_AT_ONCE", 2)
    orders = copy_orders(make_cash_order(1), 3)
    lines = [f"{order.number},N{order.pk}" for order in orders]

    first = confirm_tracking(staff, upload_tracking(staff, "\n".join(["order,awb", "GONE-1,X", *lines])))
    second = confirm_tracking(staff, first)

    assert "2 sent, 0 reports recorded, 1 refused." in first
    assert "1 rows are left." in first
    assert "3 sent, 0 reports recorded, 1 refused." in second
    assert "GONE-1" in second


def test_many_refused_rows_do_not_keep_the_others_from_being_confirmed(staff: Client) -> None:
    order = make_cash_order(1)
    wrong = [f"{hashlib.sha512(str(number).encode()).hexdigest()[:90]},lost" for number in range(4_999)]

    preview = upload_tracking(staff, "\n".join(["awb,status,order", *wrong, f"A1,,{order.number}"]))
    too_long = upload_tracking(staff, "\n".join(["awb,status", *wrong, "A1,lost", "A2,exploded"]))
    result = confirm_tracking(staff, preview)

    assert len(re.findall(r'name="upload" value="([^"]+)"', preview)[0]) < 50_000
    assert "The file has more than 5,000 rows. Split it." in too_long
    assert "1 sent, 0 reports recorded, 4999 refused." in result
    assert "and 4799 more" in result
    assert get_states(order) == [(1, "shipped", "", "A1")]


def test_a_number_that_was_entered_before_is_uploaded_with_its_parcel(staff: Client) -> None:
    order = make_cash_order(2)
    parcel, other = pack(order, lamp=1), pack(order)
    sending.set_tracking(STAFF, parcel.pk, carrier="Post", tracking_number="A1")
    sending.set_tracking(STAFF, other.pk, carrier="Post", tracking_number="A2")

    preview = upload_tracking(staff, read_download(staff).replace(f"{other.label},Post,A2", f"{other.label},Post,A1"))
    result = confirm_tracking(staff, preview)

    assert f"Parcel {parcel.label} has this tracking number" in preview
    assert "1 sent, 0 reports recorded, 1 refused." in result
    assert get_states(order) == [(1, "shipped", "Post", "A1"), (2, "packed", "Post", "A2")]


def test_what_is_to_be_sent_is_downloaded_filled_in_and_uploaded(staff: Client) -> None:
    order = make_cash_order(2, name="Grace")
    (other,) = copy_orders(order, 1)
    parcel = pack(order, lamp=1)

    content = read_download(staff)
    rows = list(csv.DictReader(io.StringIO(content)))
    filled = content.replace(f"{parcel.label},,", f"{parcel.label},Post,A1").replace(f"{other.number},,", f"{other.number},Post,A2")
    result = confirm_tracking(staff, upload_tracking(staff, filled))

    assert [(row["order"], row["units"], row["name"]) for row in rows] == [
        (parcel.label, "1", "Grace"),
        (other.number, "2", "Grace"),
    ]
    assert "2 sent" in result
    assert get_states(order) == [(1, "shipped", "Post", "A1")]
    packer = make_staff_client("view_order", "ship_order")
    assert "name" not in read_download(packer).splitlines()[0]


def read_download(client: Client) -> str:
    """Return the file of what is to be sent."""
    response = client.get(f"{PARCELS}template/")
    return b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it is streamed


def test_the_file_to_fill_in_says_what_is_due_of_orders_that_are_not_packed(staff: Client) -> None:
    order = make_cash_order(2)

    row = next(csv.DictReader(read_download(staff).splitlines()))

    assert (row["order"], row["cash_due"]) == (order.number, format_price(order.total, order.currency))


def test_the_upload_suggests_the_carriers_of_parcels(staff: Client) -> None:
    send(make_cash_order(1))

    page = read(staff.get(f"{PARCELS}upload/"))

    assert 'list="carriers"' in page
    assert '<option value="Post">' in page


def test_the_command_does_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = make_cash_order(1)
    file = tmp_path / "numbers.csv"
    file.write_text(f"order,tracking_number\n{order.number},A1\nGONE-1,A2\n")

    with pytest.raises(CommandError, match="1 row"):
        call_command("import_tracking", file=file, carrier="Post", dry_run=True)
    dry = get_states(order)
    with pytest.raises(CommandError, match="1 row"):
        call_command("import_tracking", file=file, carrier="Post")

    output = capsys.readouterr()
    assert dry == []
    assert "1 to send, 0 reports, 1 refused (dry run: nothing was written)" in output.out
    assert "1 sent, 0 reports, 1 refused" in output.out
    assert "row 3, GONE-1: there is no order with this number" in output.err
    assert get_states(order) == [(1, "shipped", "Post", "A1")]
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_tracking", file=tmp_path / "gone.csv")


def test_a_plan_takes_the_same_statements_for_20_orders_and_for_400(db: None) -> None:
    orders = copy_orders(make_cash_order(1), 400)

    counts = []
    for count in (20, 400):
        rows = [TrackingRow(number, order.number, "Post", f"N{number}") for number, order in enumerate(orders[:count])]
        with capture_statements() as statements:
            plan = plans.make_plan(TrackingFile(rows))
        counts.append(len(statements))
        assert (len(plan.ships), plan.problems) == (count, [])

    assert counts[0] == counts[1] <= 5


def test_a_carrier_of_the_settings_is_the_one_that_was_typed_before(staff: Client, settings: Settings) -> None:
    order = make_cash_order(1)
    (other,) = copy_orders(order, 1)
    sent = send(order)
    settings.CARRIERS = {"ip": ("Post", "", "")}
    report = f"carrier,awb,status\nip,{sent.tracking_number},delivered\n"

    confirm_tracking(staff, upload_tracking(staff, report))
    again = upload_tracking(staff, f"order,carrier,awb\n{other.number},Post,{sent.tracking_number}\n")

    assert get_states(order) == [(1, "delivered", "Post", sent.tracking_number)]
    assert f"Parcel {sent.label} has this tracking number" in again
    with pytest.raises(TrackingNumberRefused):
        shipping.ship_order(STAFF, other.pk, carrier="ip", tracking_number=sent.tracking_number)
