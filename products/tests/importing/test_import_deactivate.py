"""`manage.py import_products --deactivate-missing`: products that the file does not contain go off sale"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from products.models import Listing, Product, StockMovement
from products.tests.factories import make_product, update_product
from products.tests.import_file import dump_shop, import_rows, make_row, run_import, write_file
from tests.people import make_user
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def import_and_deactivate(folder: Path, *rows: Any) -> tuple[int, list[str], list[str]]:
    """Import these rows, and deactivate other products."""
    return run_import(write_file(folder, list(rows)), deactivate_missing=True)


def list_active_names() -> list[str]:
    """Return the names of the active products."""
    return sorted(Product.objects.filter(is_active=True).values_list("name", flat=True))


def test_a_product_that_the_file_does_not_name_goes_off_sale(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B", prices={"us": 1}))

    assert import_and_deactivate(tmp_path, make_row("A")) == (0, ["0 created, 0 changed, 1 unchanged, 0 failed, 1 deactivated"], [])

    assert api.get("/api/products/lamp-b/").status_code == 404
    assert [product["name"] for product in api.get("/api/products/").json()["data"]] == ["Lamp A"]
    assert api.get("/api/products/", headers={"X-Market": "us"}).json()["data"] == []
    assert Listing.objects.count() == 1
    assert StockMovement.objects.count() == 2


def test_a_second_run_switches_nothing_off_and_a_file_that_says_so_brings_it_back(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"))
    import_and_deactivate(tmp_path, make_row("A"))

    assert import_and_deactivate(tmp_path, make_row("A")) == (0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])
    stays_off = import_and_deactivate(tmp_path, make_row("A"), make_row("B"))
    result = import_and_deactivate(tmp_path, make_row("A"), make_row("B", is_active="yes"))

    assert stays_off[1][-1] == "0 created, 0 changed, 2 unchanged, 0 failed"
    assert result == (0, ["0 created, 1 changed, 1 unchanged, 0 failed"], [])

    assert list_active_names() == ["Lamp A", "Lamp B"]


def test_without_the_option_nothing_goes_off_sale(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"))

    import_rows(tmp_path, make_row("A"))

    assert list_active_names() == ["Lamp A", "Lamp B"]


def test_the_products_of_sellers_are_left_alone(tmp_path: Path) -> None:
    make_product("Seller's lamp", sku="S", seller_id=make_user().pk)
    make_product("Our lamp", sku="O")

    result = import_and_deactivate(tmp_path, make_row("A"))

    assert result[1] == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 deactivated"]
    assert list_active_names() == ["Lamp A", "Seller's lamp"]


def test_a_product_of_which_the_file_names_one_variant_stays(tmp_path: Path) -> None:
    import_rows(tmp_path, {"name": "Tee", "variants": [{"sku": "S", "price": 1}, {"sku": "M", "price": 1}]}, make_row("A"))

    result = import_and_deactivate(tmp_path, {"sku": "M", "price": 1})

    assert result[1] == ["0 created, 0 changed, 1 unchanged, 0 failed, 1 deactivated"]
    assert list_active_names() == ["Tee"]


@pytest.mark.parametrize(
    "bad_row",
    [
        make_row("B", price="x"),
        make_row(" B ", name=5),
        {"name": "Tee", "variants": [{"sku": "NEW", "price": 1}, {"sku": "B", "price": "x"}]},
        {"name": "Tee", "variants": [{"sku": "B"}, 5]},
        {"name": "Tee", "sku": "B", "variants": []},
    ],
)
def test_a_row_that_cannot_be_read_counts_as_named(tmp_path: Path, bad_row: dict[str, Any]) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"), make_row("C"))

    result = import_and_deactivate(tmp_path, make_row("A"), bad_row)

    assert result[1] == ["0 created, 0 changed, 1 unchanged, 1 failed, 1 deactivated"]
    assert list_active_names() == ["Lamp A", "Lamp B"]


def test_the_number_of_a_bad_row_counts_as_named_too(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row(sku=77, name="Lamp 77"))

    import_and_deactivate(tmp_path, make_row("A"), make_row(sku=77, price="x"))

    assert list_active_names() == ["Lamp 77", "Lamp A"]


def test_a_row_that_the_shop_refuses_counts_as_named(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"), make_row("C"))
    row = {"name": "Both", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    result = import_and_deactivate(tmp_path, row)

    assert result[1] == ["0 created, 0 changed, 0 unchanged, 1 failed, 1 deactivated"]
    assert list_active_names() == ["Lamp A", "Lamp B"]


def test_an_empty_file_switches_nothing_off(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"))
    before = dump_shop()

    result = import_and_deactivate(tmp_path)

    assert result[0] == 1
    assert result[2] == ["The file contains no product that could be read, so nothing was deactivated."]
    assert dump_shop() == before


def test_a_file_of_bad_rows_alone_switches_nothing_off(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"))
    before = dump_shop()

    assert import_and_deactivate(tmp_path, make_row("X", price="x"))[0] == 1
    assert dump_shop() == before


def test_the_problems_of_a_file_of_bad_rows_are_named_all_the_same(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"

    result = run_import(write_file(tmp_path, [make_row("X", price="x")]), deactivate_missing=True, report=report)

    assert result.errors[0] == "  row 1 (Lamp X): price must be an amount like 19.99: 'x'"
    assert report.exists()


def test_a_broken_file_switches_nothing_off(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"))
    before = dump_shop()

    result = run_import(write_file(tmp_path, '[{"sku": "A", "name": "Lamp", "price": 1}, {'), deactivate_missing=True)

    assert result.code == 2
    assert dump_shop() == before


def test_what_staff_have_deleted_or_switched_off_is_not_counted(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"), make_row("C"))
    update_product(Product.objects.get(slug="lamp-b"), deleted_at=datetime(2025, 1, 1, tzinfo=UTC))
    update_product(Product.objects.get(slug="lamp-c"), is_active=False)

    assert import_and_deactivate(tmp_path, make_row("A"))[1] == ["0 created, 0 changed, 1 unchanged, 0 failed"]


def test_the_number_of_statements_grows_with_batches_only(tmp_path: Path) -> None:
    import_rows(tmp_path, *(make_row(f"R-{number}") for number in range(450)))

    with capture_statements() as few:
        result = import_and_deactivate(tmp_path, make_row("R-0"))

    assert result[1] == ["0 created, 0 changed, 1 unchanged, 0 failed, 449 deactivated"]
    assert len(few) < 70
