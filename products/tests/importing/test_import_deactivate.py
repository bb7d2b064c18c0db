"""`manage.py import_products --deactivate-missing`: what the file does not name goes off sale"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from products.models import Listing, Product, StockMovement
from products.tests.factories import change, make_product
from products.tests.import_file import load, row, run, shop, write
from tests.counting import statements
from tests.people import make_user
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def ran_on(folder: Path, *rows: Any) -> tuple[int, list[str], list[str]]:
    """Import these rows, and switch off what they do not name."""
    return run(write(folder, list(rows)), deactivate_missing=True)


def active() -> list[str]:
    """Return the names of the products that are switched on."""
    return sorted(Product.objects.filter(is_active=True).values_list("name", flat=True))


def test_a_product_that_the_file_does_not_name_goes_off_sale(api: SchemaClient, tmp_path: Path) -> None:
    load(tmp_path, row("A"), row("B", prices={"us": 1}))

    assert ran_on(tmp_path, row("A")) == (0, ["0 created, 0 changed, 1 unchanged, 0 failed, 1 switched off"], [])

    assert api.get("/api/products/lamp-b/").status_code == 404
    assert [product["name"] for product in api.get("/api/products/").json()["data"]] == ["Lamp A"]
    assert api.get("/api/products/", headers={"X-Market": "us"}).json()["data"] == []
    assert Listing.objects.count() == 1
    assert StockMovement.objects.count() == 2


def test_a_second_run_switches_nothing_off_and_a_file_that_names_it_brings_it_back(tmp_path: Path) -> None:
    load(tmp_path, row("A"), row("B"))
    ran_on(tmp_path, row("A"))

    assert ran_on(tmp_path, row("A")) == (0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])
    assert ran_on(tmp_path, row("A"), row("B")) == (0, ["0 created, 1 changed, 1 unchanged, 0 failed"], [])

    assert active() == ["Lamp A", "Lamp B"]


def test_without_the_option_nothing_goes_off_sale(tmp_path: Path) -> None:
    load(tmp_path, row("A"), row("B"))

    load(tmp_path, row("A"))

    assert active() == ["Lamp A", "Lamp B"]


def test_the_products_of_sellers_are_left_alone(tmp_path: Path) -> None:
    make_product("Seller's lamp", sku="S", seller_id=make_user().pk)
    make_product("Our lamp", sku="O")

    ran = ran_on(tmp_path, row("A"))

    assert ran[1] == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 switched off"]
    assert active() == ["Lamp A", "Seller's lamp"]


def test_a_product_of_which_the_file_names_one_variant_stays(tmp_path: Path) -> None:
    load(tmp_path, {"name": "Tee", "variants": [{"sku": "S", "price": 1}, {"sku": "M", "price": 1}]}, row("A"))

    ran = ran_on(tmp_path, {"sku": "M", "name": "Tee", "price": 1})

    assert ran[1] == ["0 created, 1 changed, 0 unchanged, 0 failed, 1 switched off"]
    assert active() == ["Tee"]


@pytest.mark.parametrize(
    "spoiled",
    [
        row("B", price="x"),
        row(" B ", name=None),
        {"name": "Tee", "variants": [{"sku": "NEW", "price": 1}, {"sku": "B", "price": "x"}]},
        {"name": "Tee", "variants": [{"sku": "B"}, 5]},
        {"name": "Tee", "sku": "B", "variants": []},
    ],
)
def test_a_row_that_cannot_be_read_counts_as_named(tmp_path: Path, spoiled: dict[str, Any]) -> None:
    load(tmp_path, row("A"), row("B"), row("C"))

    ran = ran_on(tmp_path, row("A"), spoiled)

    assert ran[1] == ["0 created, 0 changed, 1 unchanged, 1 failed, 1 switched off"]
    assert active() == ["Lamp A", "Lamp B"]


def test_the_number_of_a_bad_row_counts_as_named_too(tmp_path: Path) -> None:
    load(tmp_path, row("A"), row(sku=77, name="Lamp 77"))

    ran_on(tmp_path, row("A"), row(sku=77, price="x"))

    assert active() == ["Lamp 77", "Lamp A"]


def test_a_row_that_the_shop_refuses_counts_as_named(tmp_path: Path) -> None:
    load(tmp_path, row("A"), row("B"), row("C"))
    both = {"name": "Both", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    ran = ran_on(tmp_path, both)

    assert ran[1] == ["0 created, 0 changed, 0 unchanged, 1 failed, 1 switched off"]
    assert active() == ["Lamp A", "Lamp B"]


def test_an_empty_file_switches_nothing_off(tmp_path: Path) -> None:
    load(tmp_path, row("A"))
    before = shop()

    ran = ran_on(tmp_path)

    assert ran[0] == 1
    assert ran[2] == ["The file names no product that could be read, so nothing was switched off."]
    assert shop() == before


def test_a_file_of_bad_rows_alone_switches_nothing_off(tmp_path: Path) -> None:
    load(tmp_path, row("A"))
    before = shop()

    assert ran_on(tmp_path, row("X", price="x"))[0] == 1
    assert shop() == before


def test_the_problems_of_a_file_of_bad_rows_are_named_all_the_same(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"

    ran = run(write(tmp_path, [row("X", price="x")]), deactivate_missing=True, report=report)

    assert ran.complaints[0] == "  row 1 (Lamp X): price must be an amount like 19.99: 'x'"
    assert report.exists()


def test_a_broken_file_switches_nothing_off(tmp_path: Path) -> None:
    load(tmp_path, row("A"), row("B"))
    before = shop()

    ran = run(write(tmp_path, '[{"sku": "A", "name": "Lamp", "price": 1}, {'), deactivate_missing=True)

    assert ran.code == 2
    assert shop() == before


def test_what_staff_have_deleted_or_switched_off_is_not_counted(tmp_path: Path) -> None:
    load(tmp_path, row("A"), row("B"), row("C"))
    change(Product.objects.get(slug="lamp-b"), deleted_at=datetime(2025, 1, 1, tzinfo=UTC))
    change(Product.objects.get(slug="lamp-c"), is_active=False)

    assert ran_on(tmp_path, row("A"))[1] == ["0 created, 0 changed, 1 unchanged, 0 failed"]


def test_the_number_of_statements_grows_with_batches_only(tmp_path: Path) -> None:
    load(tmp_path, *(row(f"R-{number}") for number in range(450)))

    with statements() as few:
        ran = ran_on(tmp_path, row("R-0"))

    assert ran[1] == ["0 created, 0 changed, 1 unchanged, 0 failed, 449 switched off"]
    assert len(few) < 70
