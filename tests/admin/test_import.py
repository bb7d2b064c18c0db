"""/admin/products/importrun/: a file is uploaded, checked, confirmed and imported; the jobs are run by the outbox"""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core import outbox
from core.models import Job
from products.importing import runs, slices, uploads
from products.importing.preview import build_preview
from products.importing.raw_rows import RawRow
from products.models import ImportCheckpoint, ImportChunk, ImportReportLine, ImportRun, MarketPrice, Product, Variant
from products.tests.factories import add_picture, make_category, make_product, make_variant, update_product
from products.tests.import_file import PRICES, dump_shop, make_row
from tests.admin.import_pages import (
    CSV,
    PAGE,
    confirm,
    confirm_and_import,
    get_counts,
    get_page,
    make_file,
    read_report,
    run_jobs,
    upload,
    upload_and_check,
)
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db


def test_a_file_is_checked_in_the_background_and_nothing_changes() -> None:
    make_product("Lamp", sku="L-1", price="20.00", stock=10)
    client, before = make_superuser_client(), dump_shop()

    run = upload(client)
    assert run.state == "uploaded"
    run_jobs()

    run.refresh_from_db()
    assert (run.state, run.total, get_counts(run)) == ("checked", 3, (1, 1, 0, 1, 0))
    assert dump_shop() == before
    assert run.preview == [
        {
            "row": 2,
            "name": "Brass lamp",
            "sku": "L-1",
            "state": "changed",
            "changes": ["name: Lamp → Brass lamp", "price: ₹20.00 → ₹25.00", "stock: 10 → 7"],
        },
        {"row": 3, "name": "Mug", "sku": "M-1", "state": "created", "changes": ["price: ₹4.50", "stock: 3"]},
        {"row": 4, "name": "Broken", "sku": "X-1", "state": "failed", "changes": ["price must be an amount like 19.99: 'x'"]},
    ]
    page = get_page(client, run)
    assert "price: ₹20.00 → ₹25.00" in page
    assert PRICES in page
    assert "Pictures from URLs are not fetched in the check" in page
    assert "Import now" in page


def test_a_confirmed_file_is_imported_and_reported() -> None:
    make_product("Lamp", sku="L-1", price="20.00", stock=10)
    client = make_superuser_client()
    run = upload_and_check(client)

    confirm_and_import(client, run)

    assert (run.state, run.progress, get_counts(run)) == ("done", 3, (1, 1, 0, 1, 0))
    assert set(Variant.objects.values_list("sku", "stock")) == {("L-1", 7), ("M-1", 3)}
    assert read_report(client, run) == [
        ["row", "sku", "name", "kind", "text"],
        ["0", "", "", "note", PRICES],
        ["4", "X-1", "Broken", "problem", "price must be an amount like 19.99: 'x'"],
    ]
    assert "products.csv is imported" in get_page(client, run)
    assert not ImportChunk.objects.exists()
    assert not ImportCheckpoint.objects.exists()
    assert run.user == User.objects.get()
    assert Job.objects.filter(done_at=None).count() == 0


def test_a_file_without_differences_changes_nothing() -> None:
    client = make_superuser_client()
    confirm_and_import(client, upload_and_check(client))
    before = dump_shop()

    run = upload_and_check(client)
    assert [row["state"] for row in run.preview] == ["unchanged", "unchanged", "failed"]
    confirm_and_import(client, run)

    assert get_counts(run) == (0, 0, 2, 1, 0)
    assert dump_shop() == before


def test_the_preview_describes_what_changes_in_words() -> None:
    variants = [
        make_variant("S", name="S", options={"Size": "S"}, price="20.00", stock=1),
        make_variant("M", name="M", options={"Size": "M"}, price="20.00", compare_at="25.00", prices={"us": "2.00"}, stock=2),
        make_variant("L", name="L", options={"Size": "L"}, price="20.00", stock=3),
    ]
    tee = make_product("Tee", variants=variants, description="Old")
    update_product(tee, is_active=False)
    sizes = [
        {
            "sku": "M",
            "name": "M",
            "options": {"Size": "Medium"},
            "price": "21",
            "compare_at_price": None,
            "prices": {"us": "2.50"},
            "stock": 2,
        },
        {"sku": "S", "name": "S", "options": {"Size": "S"}, "price": "20", "stock": 0},
        {"sku": "XL", "name": "XL", "price": "20", "stock": 3},
    ]
    row = {
        "name": "Tee",
        "category": "Home > Tees",
        "description": "New",
        "low_stock_threshold": 2,
        "is_active": True,
        "variants": sizes,
    }

    run = upload_and_check(make_superuser_client(), [row])

    assert run.preview[0]["changes"] == [
        "category: – → Home > Tees",
        "description",
        "low stock threshold: 5 → 2",
        "goes on sale",
        "M: options: Size M → Size Medium",
        "M: price: ₹20.00 → ₹21.00",
        "M: compare-at price: ₹25.00 → –",
        "M: price in US: $2.00 → $2.50",
        "and 3 more",
    ]


def test_the_preview_names_pictures_and_products_that_return() -> None:
    lamp = make_product("Lamp", sku="L-1", price="20.00", stock=10)
    add_picture(lamp)
    make_product("Mug", sku="M-1", price="20.00", stock=10)
    Variant.objects.filter(sku="M-1").update(is_active=False)
    pot = make_product("Pot", variants=[make_variant("P-1", name="S"), make_variant("P-2", name="M")])
    rows = [
        make_row("L-1", name="Lamp", category=None, images=["https://example.com/lamp.png"]),
        make_row("M-1", name="Mug", category=None, is_active=True),
        {
            "name": "Pot",
            "category": None,
            "variants": [{"sku": code, "name": name, "price": "20", "stock": 10} for code, name in (("P-2", "M"), ("P-1", "S"))],
        },
    ]

    run = upload_and_check(make_superuser_client(), rows)

    assert pot.variants.count() == 2
    assert [row["state"] for row in run.preview] == ["changed"] * 3
    assert [row["changes"] for row in run.preview] == [["pictures"], ["goes on sale"], ["order of its variants"]]


def test_the_preview_compares_with_the_product_of_the_variants_not_with_the_id_of_another_shop() -> None:
    make_product("Mug", sku="7", price="20.00", stock=10)
    make_product("Pot", variants=[make_variant("P-1", name="S")])
    rows = [{"id": 7, "name": "Pan", "variants": [{"sku": "P-1", "name": "S", "price": "20", "stock": 10}]}]

    run = upload_and_check(make_superuser_client(), rows)

    assert run.preview == [{"row": 1, "name": "Pan", "sku": "P-1", "state": "changed", "changes": ["name: Pot → Pan"]}]


def test_a_row_that_can_no_longer_be_imported_is_shown_as_failed(tmp_path: Path) -> None:
    update_product(make_product("Lamp", sku="L-1"), deleted_at=timezone.now())

    rows = build_preview([RawRow(1, make_row("L-1"))], {}, tmp_path)

    assert [(row["state"], row["changes"]) for row in rows] == [
        ("failed", ["this product has been deleted, and its SKUs cannot be used again"])
    ]


def test_the_page_names_what_of_the_file_is_not_used_and_what_will_be_deactivated() -> None:
    make_product("Gone", sku="GONE")
    client = make_superuser_client()
    run = upload_and_check(client, deactivate_missing="on")
    ImportRun.objects.update(unread=["colour", "length"], format="a Shopify product export")

    page = get_page(client, run)

    assert "a Shopify product export, 3 rows" in page
    assert "colour, length" in page
    assert "will be deactivated: not in the file" in page


def test_an_export_of_another_shop_is_recognised_and_what_is_not_read_is_named() -> None:
    client = make_superuser_client()
    lines = (
        "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty,Vendor",
        "lamp,Lamp,L-1,20.00,1,Acme",
        "mug,Mug,M-1,0,-2,Acme",
    )

    run = upload_and_check(client, "\n".join(lines))

    assert (run.format, run.unread, run.created_count) == ("a Shopify product export", ["Vendor"], 2)
    page = get_page(client, run)
    assert "a Shopify product export, 2 rows" in page
    assert list(run.report_lines.values_list("kind", "row", "sku", "text")) == [
        ("note", 0, "", PRICES),
        ("note", 3, "M-1", "stock is below 0, so it was set to 0"),
        ("note", 3, "M-1", "all its prices are 0"),
    ]
    assert "all its prices are 0" in page


def test_only_the_first_twenty_rows_are_previewed_and_all_are_counted() -> None:
    rows = [make_row(f"L-{number}") for number in range(45)]

    run = upload_and_check(make_superuser_client(), rows)

    assert (len(run.preview), run.total, run.created_count) == (20, 45, 45)


def test_what_the_preview_shows_is_compared_again_at_the_import() -> None:
    client = make_superuser_client()
    run = upload_and_check(client, [make_row("L-1", name="Lamp", category=None)])
    make_product("Lamp", sku="L-1", price="20.00", stock=10)

    confirm_and_import(client, run)

    assert get_counts(run) == (0, 0, 1, 0, 0)


def test_a_discarded_file_changes_nothing_and_is_deleted() -> None:
    client, before = make_superuser_client(), dump_shop()
    run = upload_and_check(client)

    client.post(f"{PAGE}{run.pk}/cancel/")
    run_jobs()

    run.refresh_from_db()
    assert (run.state, ImportChunk.objects.count()) == ("cancelled", 0)
    assert dump_shop() == before
    assert "The file was discarded. Nothing was changed." in get_page(client, run)


def test_a_second_click_imports_once_and_a_closed_run_cannot_be_moved() -> None:
    client = make_superuser_client()
    run = upload_and_check(client)
    confirm(client, run)

    again = client.post(f"{PAGE}{run.pk}/confirm/", follow=True).content.decode()
    run_jobs()
    late = client.post(f"{PAGE}{run.pk}/cancel/", follow=True).content.decode()

    run.refresh_from_db()
    assert (run.state, get_counts(run)) == ("done", (2, 0, 0, 1, 0))
    assert "The import has changed in the meantime" in again
    assert "The import has changed in the meantime" in late


def test_renamed_columns_are_read() -> None:
    client, mapping = make_superuser_client(), "Artikel = sku, Preis=price,Bezeichnung=name"

    run = upload_and_check(client, "Artikel,Bezeichnung,Preis\nL-1,Lampe,20\n", mapping=mapping)
    listed = upload_and_check(client, [{"Artikel": "M-1", "Bezeichnung": "Mug", "Preis": 4}], mapping=mapping)

    assert (run.created_count, run.preview[0]["name"]) == (1, "Lampe")
    assert (listed.created_count, listed.preview[0]["name"]) == (1, "Mug")
    assert "Artikel = sku" in get_page(client, run)


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        ("", {}, "The file is empty"),
        (CSV, {"mapping": "Artikel"}, "the mapping must look like their column=ours"),
        (CSV, {"mapping": "=sku"}, "the mapping must look like their column=ours"),
        (b"x" * 101, {}, "The file is larger than 0 MB"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(monkeypatch: pytest.MonkeyPatch, content: Any, fields: Any, reason: str) -> None:
    monkeypatch.setattr(uploads, "MAX_SIZE", 100)

    response = make_superuser_client().post(f"{PAGE}upload/", {"file": make_file(content), **fields})

    assert response.status_code == 200
    assert reason in response.content.decode()
    assert not ImportRun.objects.exists()
    assert not Job.objects.exists()


def test_a_form_without_a_file_is_shown_again() -> None:
    client = make_superuser_client()

    assert "This field is required." in client.post(f"{PAGE}upload/").content.decode()
    assert "Check the file" in client.get(f"{PAGE}upload/").content.decode()


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (
            "name,price\nLamp,20\n",
            "products.csv",
            "products.csv must begin with a line of column names, including sku; "
            "a column with another name can be renamed, such as Artikel=sku",
        ),
        ('{"a": 1}', "shop.json", "shop.json must contain a JSON list of products"),
        ("sku,name,price\n", "products.csv", "The file contains no products."),
    ],
)
def test_an_unreadable_file_fails_with_the_reason(content: str, name: str, reason: str) -> None:
    client = make_superuser_client()

    run = upload(client, content, name=name)
    run_jobs()

    run.refresh_from_db()
    assert (run.state, run.message, ImportChunk.objects.count()) == ("failed", reason, 0)
    assert reason in get_page(client, run)


def test_products_that_are_not_in_the_file_are_deactivated_after_the_preview_said_so() -> None:
    make_product("Gone", sku="GONE")
    client = make_superuser_client()

    run = upload_and_check(client, deactivate_missing="on")
    assert get_counts(run) == (2, 0, 0, 1, 1)
    assert Product.objects.get().is_active
    confirm_and_import(client, run)

    assert get_counts(run) == (2, 0, 0, 1, 1)
    assert list(Product.objects.filter(is_active=False).values_list("name", flat=True)) == ["Gone"]


def test_a_file_without_a_readable_product_deactivates_nothing() -> None:
    make_product("Kept", sku="KEPT")
    client = make_superuser_client()

    run = upload_and_check(client, "sku,name,price\nX,Lamp,x\n", deactivate_missing="on")
    confirm_and_import(client, run)

    assert Product.objects.get().is_active
    assert (run.message, run.deactivated_count) == (slices.NOT_DEACTIVATED, 0)


def test_characters_that_a_database_cannot_store_are_reported_as_spaces() -> None:
    rows = [make_row("A", name="Lamp \0", price="x"), make_row("B\0", name="\ud800 lamp"), make_row("C" * 100)]

    run = upload_and_check(make_superuser_client(), rows, deactivate_missing="on")

    assert (run.state, run.failed_count) == ("checked", 3)
    assert list(ImportReportLine.objects.values_list("name", flat=True)) == ["", "Lamp  ", "? lamp", "Lamp " + "C" * 55]


def test_files_are_imported_one_at_a_time_in_the_order_of_their_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", -1)
    client = make_superuser_client()
    first = upload(client, [make_row(f"A-{number}") for number in range(12)], name="first.json")
    outbox.run_due(limit=2)
    second = upload(client, [make_row("B")])

    outbox.run_due(limit=1)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("checking", "uploaded")
    assert "One file at a time: this one waits for products.json, which is being checked." in get_page(client, second)
    run_jobs()
    second.refresh_from_db()
    assert second.state == "checked"


def test_a_file_that_waits_for_a_decision_keeps_no_other_waiting() -> None:
    client = make_superuser_client()
    upload_and_check(client)

    assert upload_and_check(client, [make_row("B")]).state == "checked"


def test_files_that_nobody_confirms_are_deleted_after_a_week_and_reports_after_90_days() -> None:
    client = make_superuser_client()
    old, new, done = upload_and_check(client), upload_and_check(client), upload_and_check(client)
    confirm_and_import(client, done)
    ImportRun.objects.filter(pk=old.pk).update(checked_at=timezone.now() - runs.CONFIRM_WITHIN)
    ImportRun.objects.filter(pk=done.pk).update(finished_at=timezone.now() - runs.REPORT_RETENTION)

    call_command("clean_up", verbosity=0)

    assert set(ImportRun.objects.values_list("pk", "state")) == {(old.pk, "cancelled"), (new.pk, "checked"), (done.pk, "done")}
    assert set(ImportChunk.objects.values_list("run", flat=True)) == {new.pk}
    assert set(ImportReportLine.objects.values_list("run", flat=True)) == {old.pk, new.pk}


PATHS = ("", "upload/", "{pk}/change/", "{pk}/progress/", "{pk}/report/")


@pytest.mark.parametrize("rights", [(), ("view_product", "change_product"), ("view_product", "add_product")])
def test_an_import_needs_the_rights_to_add_and_to_change_products(rights: tuple[str, ...]) -> None:
    run = upload_and_check(make_superuser_client())
    clerk, before = make_staff_client(*rights), list(ImportRun.objects.values())

    assert [clerk.get(PAGE + path.format(pk=run.pk)).status_code for path in PATHS] == [403] * 5
    assert clerk.post(f"{PAGE}upload/", {"file": make_file(CSV)}).status_code == 403
    assert [clerk.post(f"{PAGE}{run.pk}/{action}/").status_code for action in ("confirm", "cancel")] == [403, 403]
    assert "/admin/products/importrun/" not in clerk.get("/admin/").content.decode()
    assert list(ImportRun.objects.values()) == before


def test_staff_with_these_rights_import() -> None:
    clerk = make_staff_client("add_product", "change_product")

    run = upload_and_check(clerk)
    confirm_and_import(clerk, run)

    assert run.state == "done"
    assert [clerk.get(PAGE + path.format(pk=run.pk)).status_code for path in PATHS] == [200] * 5
    assert "/admin/products/importrun/" in clerk.get("/admin/").content.decode()
    assert clerk.get(f"{PAGE}add/").status_code == 403
    assert clerk.post(f"{PAGE}{run.pk}/delete/", {"post": "yes"}).status_code == 403


def test_customers_see_nothing_of_it() -> None:
    run = upload_and_check(make_superuser_client())

    assert [Client().get(PAGE + path.format(pk=run.pk)).status_code for path in PATHS] == [302] * 5


def test_decisions_are_posted_and_other_runs_are_not_found() -> None:
    client = make_superuser_client()
    run = upload_and_check(client)

    assert [client.get(f"{PAGE}{run.pk}/{action}/").status_code for action in ("confirm", "cancel")] == [405, 405]
    assert [client.get(f"{PAGE}{pk}/change/").status_code for pk in ("999", "x")] == [404, 404]
    run.refresh_from_db()
    assert run.state == "checked"


def test_the_history_says_who_imported_what() -> None:
    client = make_superuser_client()
    confirm_and_import(client, upload_and_check(client))

    page = client.get(PAGE).content.decode()

    assert "products.csv" in page
    assert "staff@example.com" in page
    assert "2 new, 0 changed, 0 unchanged, 1 failed" in page


def test_the_history_shows_no_counts_of_a_discarded_file() -> None:
    client = make_superuser_client()
    run = upload_and_check(client)
    assert "2 new, 0 changed, 0 unchanged, 1 failed" in client.get(PAGE).content.decode()

    client.post(f"{PAGE}{run.pk}/cancel/")

    assert "2 new" not in client.get(PAGE).content.decode()


def test_the_history_outlives_the_account() -> None:
    client = make_superuser_client()
    run = upload_and_check(client)

    User.objects.all().delete()

    run.refresh_from_db()
    assert run.user is None


def test_the_preview_shows_the_values_of_new_products() -> None:
    make_category("Home")
    rows = [
        make_row("A", name="Lamp", category="Home", description="Of brass.", compare_at_price="25", prices={"us": "2.5"}, stock=3),
        {
            "name": "Tee",
            "is_active": False,
            "images": ["https://example.com/a.png", "https://example.com/b.png"],
            "variants": [
                {"sku": "T-S", "name": "S", "options": {"Size": "S"}, "price": "9", "stock": 1},
                {"sku": "T-M", "name": "M", "options": {"Size": "M"}, "price": "9.5"},
            ],
        },
    ]

    run = upload_and_check(make_superuser_client(), rows)

    assert [row["changes"] for row in run.preview] == [
        [
            "category: Home",
            "description: Of brass.",
            "price: ₹20.00",
            "compare-at price: ₹25.00",
            "price in US: $2.50",
            "stock: 3",
        ],
        [
            "not for sale",
            "T-S: options: Size S, price: ₹9.00, stock: 1",
            "T-M: options: Size M, price: ₹9.50, stock: 0",
            "pictures: 2",
        ],
    ]


def test_market_encoding_and_prices_of_0_can_be_chosen() -> None:
    make_product("Tea", sku="L-1", price="20.00", prices={"us": "2.00"}, stock=10)
    client = make_superuser_client()
    content = "sku,name,price\nL-1,Čaj,0\n".encode("cp1250")

    refused = upload_and_check(client, content, market="us")
    run = upload_and_check(client, content, market="us", encoding="cp1250", allow_free="on")
    page = get_page(client, run)
    confirm_and_import(client, run)

    assert get_counts(refused) == (0, 0, 0, 1, 0)
    assert get_counts(run) == (0, 1, 0, 0, 0)
    assert run.preview[0]["changes"] == ["name: Tea → Čaj", "price in US: $2.00 → $0.00"]
    assert "Prices without a currency are read in USD, the currency of the chosen market us." in page
    assert "Windows-1250 (Central European)" in page
    assert list(MarketPrice.objects.values_list("price", flat=True)) == [0]
    assert Variant.objects.get().price == 20


@pytest.mark.parametrize("fields", [{"market": "xx"}, {"encoding": "klingon"}])
def test_a_choice_that_the_form_does_not_offer_is_refused(fields: dict[str, str]) -> None:
    response = make_superuser_client().post(f"{PAGE}upload/", {"file": make_file(CSV), **fields})

    assert "is not one of the available choices" in response.content.decode()
    assert not ImportRun.objects.exists()
