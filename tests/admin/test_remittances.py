"""Remittances in the admin: upload with a preview, rows, matching again, taking back"""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders.fulfilment.parcels import outcomes
from orders.models import OrderEvent, Remittance, RemittanceLine, Shipment
from orders.tests.parcels.parcels import STAFF
from orders.tests.remittances.remittances import get_money, make_lamp, make_parcel
from tests.admin.order_pages import read
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
LIST, UPLOAD, ROWS = "/admin/orders/remittance/", "/admin/orders/remittance/upload/", "/admin/orders/remittanceline/"


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


@pytest.fixture
def parcel(db: None) -> Shipment:
    """A delivered parcel of a lamp for 20.00."""
    return make_parcel(make_lamp())


def preview(client: Client, content: str | bytes, **fields: str) -> Any:
    """Upload a file; return what the page shows."""
    file = SimpleUploadedFile("november.csv", content.encode() if isinstance(content, str) else content, "text/csv")
    response = client.post(UPLOAD, {"file": file, "carrier": "post", **fields})
    assert response.status_code == 200
    return response.context


def confirm(client: Client, context: Any) -> str:
    """Confirm what the page shows; return the page that follows."""
    return read(client.post(UPLOAD, {"upload": context["upload"]}, follow=True))


def test_the_list_leads_to_the_rows_without_a_parcel_and_the_upload_suggests_carriers(staff: Client, parcel: Shipment) -> None:
    page, upload = read(staff.get(LIST)), read(staff.get(UPLOAD))

    assert f'href="{ROWS}?parcel=none"' in page
    assert f'<option value="{parcel.carrier}">' in upload
    assert 'list="carriers"' in upload


def run_action(client: Client, url: str, action: str, pk: int) -> str:
    """Run an action of a list with a row."""
    return read(client.post(url, {"action": action, "_selected_action": [pk]}, follow=True))


def test_an_upload_shows_what_it_records_and_writes_nothing(staff: Client, parcel: Shipment) -> None:
    context = preview(staff, f"AWB;COD Amount;Charges;City\n{parcel.tracking_number};15,50;1,00;Pune\nX1;3,00;;Pune\n")

    shown, result = context["preview"], context["preview"]["result"]
    assert (shown["title"], shown["amount_column"], shown["unread"]) == ("Post november.csv", "COD Amount", "City")
    assert [(row.label, row.paid_minor, row.short_minor) for row in result.matched] == [(parcel.label, 1550, 450)]
    assert [group["title"] for group in shown["tables"]] == ["Rows without a parcel", "Parcels that are paid short"]
    assert shown["tables"][0]["table"]["rows"][0][3] == "no parcel has this number"
    assert (Remittance.objects.count(), get_money(parcel)) == (0, (2000, 0, 0))


def test_a_confirmed_upload_is_recorded_once(staff: Client, parcel: Shipment) -> None:
    content = f"awb,amount\n{parcel.tracking_number},15.00\nX1,3.00\n"
    context = preview(staff, content, reference="R 1", charges="2.50")

    page = confirm(staff, context)
    again = confirm(staff, context)

    assert "Parcels paid: 1, of them short: 1; rows without a parcel: 1." in page
    assert "This remittance is recorded already, and nothing has changed." in again
    row = Remittance.objects.get()
    assert (row.carrier, row.reference, row.charges_minor, str(row.created_by)) == ("Post", "R 1", 250, "staff@example.com")
    assert get_money(parcel) == (2000, 1500, 500)
    event = OrderEvent.objects.get(kind="cash_remitted")
    assert (event.actor_kind, event.data["remittance"]) == ("staff", "Post R 1")
    assert preview(staff, content, reference="R 1")["preview"]["result"].is_unchanged
    assert "Cash paid by the carrier" in read(staff.get(f"/admin/orders/order/{parcel.order_id}/change/"))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", "The file "),
        ("name,city\nAda,Pune\n", "The file must begin with a line of column names"),
        ("awb,amount\n", "The file has no rows."),
        ("awb,awb,amount\nX,Y,1\n", "The file has the column awb twice"),
        (b"\x00\x01\x02\xff", "The file "),
        (b"PK\x03\x04 damaged", "The file "),
        ("awb,amount,charges\nX,1,many\n", "The charges in row 2: “many” must be an amount like 19.99."),
        ("awb,amount,charges\nX,1,-1\n", "The charges in row 2 are negative; give their total as a positive amount."),
        ("awb,amount\nX,€1\nY,₹1\n", "The file has amounts in EUR, INR"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(staff: Client, content: str | bytes, error: str) -> None:
    context = preview(staff, content)

    assert context["form"].errors["file"][0].startswith(error)
    assert Remittance.objects.count() == 0


def test_the_same_reference_with_other_rows_is_refused(staff: Client, parcel: Shipment) -> None:
    first = preview(staff, f"awb,amount\n{parcel.tracking_number},15.00\n")
    second = preview(staff, f"awb,amount\n{parcel.tracking_number},16.00\n")
    confirm(staff, first)

    page = confirm(staff, second)
    errors = preview(staff, f"awb,amount\n{parcel.tracking_number},16.00\n")["form"].errors["file"]

    text = "The remittance november.csv of Post is recorded with other rows or charges."
    assert (f"Nothing was recorded: {text}" in page, errors) == (True, [text])
    assert get_money(parcel) == (2000, 1500, 500)


def test_a_changed_preview_is_refused(staff: Client, parcel: Shipment) -> None:
    context = preview(staff, f"awb,amount\n{parcel.tracking_number},15.00\n")

    page = read(staff.post(UPLOAD, {"upload": f"{context['upload']}x"}, follow=True))

    assert "The preview is too old. Please choose the file again." in page
    assert Remittance.objects.count() == 0


def test_rows_are_matched_again_and_taken_back(staff: Client, parcel: Shipment) -> None:
    other = make_parcel(parcel.lines.get().item.variant.product, "bob@example.com", is_delivered=False)  # type: ignore[union-attr]
    confirm(staff, preview(staff, f"awb,amount\n{parcel.tracking_number},20.00\n{other.tracking_number},20.00\n"))
    outcomes.deliver_parcel(STAFF, other.pk)
    line = RemittanceLine.objects.get(shipment=None)

    page = run_action(staff, ROWS, "match_again", line.pk)

    assert "Post november.csv: Parcels paid: 1, of them short: 0; rows without a parcel: 0." in page
    assert get_money(other) == (2000, 2000, 0)
    assert "1 taken back." in run_action(staff, ROWS, "take_back", line.pk)
    assert get_money(other) == (2000, 0, 0)
    assert "0 taken back, 1 had no parcel." in run_action(staff, ROWS, "take_back", line.pk)
    run_action(staff, LIST, "match_again", Remittance.objects.get().pk)
    assert get_money(other) == (2000, 2000, 0)


def test_rows_without_a_parcel_come_first(staff: Client, parcel: Shipment) -> None:
    confirm(staff, preview(staff, f"awb,amount\n{parcel.tracking_number},20.00\nX1,1.00\nX2,many\n"))
    remittance = Remittance.objects.get()

    rows = staff.get(f"{ROWS}?remittance__id__exact={remittance.pk}").context["cl"].result_list

    assert [(row.row, row.problem) for row in rows] == [
        (3, "no parcel has this number"),
        (4, "the amount “many” must be an amount like 19.99"),
        (2, ""),
    ]
    page = read(staff.get(LIST))
    assert "21.00" in page
    assert f"?remittance__id__exact={remittance.pk}&parcel=none" in page
    assert staff.get(f"{LIST}{remittance.pk}/change/").status_code == 200
    assert staff.get(f"{LIST}{remittance.pk}/delete/").status_code == 403


def test_only_staff_with_refunds_change_anything(parcel: Shipment) -> None:
    staff = make_staff_client("view_order", "view_remittance")

    statuses = [staff.get(url).status_code for url in (LIST, ROWS, UPLOAD)]

    assert statuses == [200, 200, 403]
    assert "take_back" not in staff.get(ROWS).content.decode()


def test_the_lists_have_the_same_statements_for_more_rows(staff: Client, parcel: Shipment) -> None:
    counts = []
    for rows in ("X1,1\n", "X1,1\nX2,1\nX3,1\n"):
        confirm(staff, preview(staff, f"awb,amount\n{parcel.tracking_number},1\n{rows}", reference=rows))
        for url in (LIST, ROWS):
            with capture_statements() as statements:
                staff.get(url)
            counts.append(len(statements))

    assert counts[:2] == counts[2:]
