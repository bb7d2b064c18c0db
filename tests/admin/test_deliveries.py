"""/admin/products/delivery/: deliveries are received from typed lines or a file, with a preview"""

from io import BytesIO
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core.actors import SYSTEM
from products.exceptions import StockConflict
from products.importing import delivery_lines
from products.models import Delivery, StockMovement
from products.services import deliveries
from products.tests.editors import dump_catalog, get_variant, list_movements, list_products, make_tee
from products.tests.factories import make_product, update_variant
from tests.admin.catalog_pages import RECEIVE, copy_products, preview_delivery, read_text, receive_delivery
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db
DELIVERIES = "/admin/products/delivery/"
MOVEMENTS = "/admin/products/stockmovement/"
PREVIEW_STATEMENTS = 6
RECEIVE_STATEMENTS = 23


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def make_workbook(*rows: tuple[object, ...]) -> bytes:
    """Return an Excel workbook with these rows."""
    workbook, stream = openpyxl.Workbook(), BytesIO()
    sheet: Any = workbook.active
    for row in rows:
        sheet.append(row)
    workbook.save(stream)
    return stream.getvalue()


def test_a_delivery_is_previewed_and_received_with_its_reference(staff_client: Client) -> None:
    make_tee()
    make_product("Lamp", sku="L-1", stock=0)
    assert list_products(in_stock="true")[-1]["name"] == "Tee"

    preview = preview_delivery(staff_client, "TEE-S, 12\nL-1, 3")

    assert "2 SKUs, 15 units." in read_text(preview)
    assert "Tee, S TEE-S +12 4 → 16" in read_text(preview)
    assert (get_variant("TEE-S").stock, Delivery.objects.count()) == (4, 0)
    update_variant("TEE-S", stock=3)  # one is sold meanwhile
    page = receive_delivery(staff_client, preview)

    assert "DN-7: 2 SKUs, 15 units received." in read_text(page)
    assert (get_variant("TEE-S").stock, list_movements("TEE-S")) == (15, [(4, "initial", ""), (12, "received", "")])
    assert [item["stock"] for item in list_products(in_stock="true")] == [3, 25]
    movements = StockMovement.objects.filter(reference="DN-7").order_by("delta")
    assert list(movements.values_list("delta", "user__email")) == [(3, "staff@example.com"), (12, "staff@example.com")]
    delivery = Delivery.objects.get()
    assert (delivery.reference, delivery.skus, delivery.units, str(delivery.user)) == ("DN-7", 2, 15, "staff@example.com")
    assert f"{MOVEMENTS}?q=DN-7" in staff_client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()


def test_a_form_that_is_sent_twice_adds_the_units_once(staff_client: Client) -> None:
    make_product("Lamp", sku="L-1", stock=0)
    preview = preview_delivery(staff_client, "L-1 5")

    receive_delivery(staff_client, preview)
    text = read_text(receive_delivery(staff_client, preview))

    assert "This delivery was received before. Nothing was added a second time." in text
    assert (get_variant("L-1").stock, Delivery.objects.count()) == (5, 1)
    again = read_text(preview_delivery(staff_client, "L-1 5"))
    assert "A delivery with this reference was received on" in again


def test_unknown_skus_and_bad_units_are_named_with_their_lines_and_nothing_is_received(staff_client: Client) -> None:
    make_product("Lamp", sku="L-1", stock=0)
    make_product("Mug", sku="GONE")
    update_variant("GONE", deleted_at="2026-01-01T00:00Z", is_active=False)

    preview = preview_delivery(staff_client, "L-1\t5\nNOPE\t2\n\nL-1\tfive\nL-1\t0\nL-1\t-1\nL-1\nGONE\t1\nL-1\t1.5")
    page = receive_delivery(staff_client, preview)

    text = read_text(page)
    assert "line 2: NOPE , no product has this SKU line 4: L-1 , units must be a whole number from 1 to 1,000,000,000" in text
    assert [line.number for line in page.context["checked"].problems] == [2, 4, 5, 6, 7, 8, 9]
    assert page.context["form"]["lines"].value().split("\n")[:4] == ["L-1\t5", "NOPE\t2", "", "L-1\tfive"]
    assert (get_variant("L-1").stock, Delivery.objects.count()) == (0, 0)


def test_lines_of_one_sku_are_added_up_in_any_letter_case(staff_client: Client) -> None:
    make_product("Lamp", sku="Lamp-1", stock=1)

    preview = preview_delivery(staff_client, "Lamp-1;2\nlamp-1;3\nLAMP-1;4")

    assert "Lamp Lamp-1 +9 1 → 10 sum of line 1 and line 2 and line 3" in read_text(preview)
    receive_delivery(staff_client, preview)
    assert (get_variant("Lamp-1").stock, list_movements("Lamp-1")[1:]) == (10, [(9, "received", "")])


def test_a_letter_case_that_two_skus_share_is_not_guessed(staff_client: Client) -> None:
    make_product("Lamp", sku="ab-1")
    make_product("Mug", sku="AB-1")

    preview = preview_delivery(staff_client, "Ab-1 2\nab-1 3")

    assert "line 1: Ab-1 , no product has this SKU" in read_text(preview)
    assert [level.variant.sku for level in preview.context["checked"].levels] == ["ab-1"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("note.csv", b"sku,quantity\r\nL-1,5\r\nT-1,7\r\n"),
        ("note.csv", "\ufeffArtikel;SKU;Menge\nLampe;L-1;5\nTisch;T-1;7\n".encode()),
        ("note.csv", b'"L-1","5"\n"T-1","7"\n'),
        ("note.xlsx", make_workbook(("Delivery note 7", None), ("SKU", "Qty"), ("L-1", 5), ("T-1", 7))),
    ],
)
def test_a_file_is_read_with_or_without_column_names(staff_client: Client, name: str, content: bytes) -> None:
    make_product("Lamp", sku="L-1", stock=0)
    make_product("Table", sku="T-1", stock=0)

    preview = preview_delivery(staff_client, "", file=SimpleUploadedFile(name, content))
    receive_delivery(staff_client, preview)

    assert (get_variant("L-1").stock, get_variant("T-1").stock) == (5, 7)


def test_a_problem_in_a_file_is_named_with_the_file(staff_client: Client) -> None:
    preview = preview_delivery(staff_client, "", file=SimpleUploadedFile("note.csv", b"sku,quantity\nNOPE,5\n"))

    assert "note.csv, line 2: NOPE , no product has this SKU" in read_text(preview)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"lines": " \n\n"}, "lines"),
        ({"reference": "x" * 65}, "reference"),
        ({"file": SimpleUploadedFile("note.xlsx", b"PK\x03\x04broken")}, "file"),
    ],
)
def test_a_form_that_cannot_be_read_is_shown_again(staff_client: Client, fields: dict[str, Any], field: str) -> None:
    make_product("Lamp", sku="L-1", stock=0)

    response: Any = staff_client.post(RECEIVE, {"reference": "DN-7", "page": "0" * 32, "lines": "L-1 5", "receive": "1", **fields})

    assert (response.status_code, list(response.context["form"].errors)) == (200, [field])
    assert get_variant("L-1").stock == 0


def test_a_delivery_with_too_many_lines_is_received_in_parts(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_lines, "MAX_LINES", 2)

    page = preview_delivery(staff_client, "A 1\nB 2\nC 3")

    assert page.context["form"].errors["lines"] == ["A delivery has at most 2 lines. Receive it in parts"]


def test_lines_that_were_not_previewed_are_not_received(staff_client: Client) -> None:
    make_product("Lamp", sku="L-1", stock=0)
    preview = preview_delivery(staff_client, "L-1 5")

    page = receive_delivery(staff_client, preview, lines="L-1 50")

    assert "The lines have changed since the preview. Please check them again." in read_text(page)
    assert get_variant("L-1").stock == 0
    receive_delivery(staff_client, page)
    assert get_variant("L-1").stock == 50


def test_more_units_than_a_column_holds_are_refused(staff_client: Client) -> None:
    make_product("Lamp", sku="L-1", stock=1)
    make_product("Mug", sku="M-1", stock=1)
    preview = preview_delivery(staff_client, "L-1 1000000000\nM-1 1")
    update_variant("L-1", stock=1_500_000_000)
    before = dump_catalog()

    page = receive_delivery(staff_client, preview)

    assert "L-1 , there can be at most 2,000,000,000 units on hand" in read_text(page)
    with pytest.raises(StockConflict):  # as if they came in between the check and the update
        deliveries.receive(SYSTEM, uuid4(), {get_variant("M-1").pk: 1, get_variant("L-1").pk: 10**9}, reference="DN-8")
    assert (dump_catalog(), Delivery.objects.count()) == (before, 0)


def test_deliveries_need_the_permission_for_stock() -> None:
    make_product("Lamp", sku="L-1", stock=0)
    client = make_staff_client("view_stockmovement", "change_product", "change_variant")

    assert (client.get(DELIVERIES).status_code, client.get(RECEIVE).status_code) == (200, 403)
    form = {"reference": "DN-7", "page": "0" * 32, "lines": "L-1 5", "receive": "1"}
    assert client.post(RECEIVE, form).status_code == 403
    assert (get_variant("L-1").stock, Delivery.objects.count()) == (0, 0)


@pytest.mark.parametrize("count", [20, 2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_delivery_costs_the_same_statements_in_a_shop_of_20_products_and_of_thousands(
    staff_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    copy_products(make_product("Lamp", sku="L-1"), count)
    lines = "\n".join(f"L-1-{number} {number + 1}" for number in range(min(count, 100)))
    staff_client.get(RECEIVE)

    with django_assert_num_queries(PREVIEW_STATEMENTS):
        preview = preview_delivery(staff_client, lines)
    with django_assert_num_queries(RECEIVE_STATEMENTS):
        receive_delivery(staff_client, preview)
