"""`manage.py import_products`: what is imported, and what a second run changes"""

from decimal import Decimal
from pathlib import Path

import pytest

from products.models import Category, MarketPrice, Product, ProductImage, StockMovement, Variant
from products.tests.factories import make_png
from products.tests.import_file import import_rows, list_stored_files, make_row, run_import, write_file
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def test_a_simple_row_becomes_a_product_with_one_variant(api: SchemaClient, tmp_path: Path) -> None:
    row_data = make_row(
        description="  Takes an E14 bulb.  ",
        compare_at_price="25.00",
        prices={"us": "3.50"},
        compare_at_prices={"us": "4"},
        low_stock_threshold=2,
    )

    result = import_rows(tmp_path, row_data)

    assert result == (0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])
    data = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert (data["name"], data["description"], data["stock"]) == ("Lamp LMP-1", "Takes an E14 bulb.", 10)
    assert (data["price"], data["compare_at_price"], data["seller_name"]) == ("20.00", "25.00", "Our shop")
    assert (data["category"]["name"], Category.objects.get(name="Lighting").parent) == (
        "Lighting",
        Category.objects.get(name="Home"),
    )
    assert [(variant["sku"], variant["name"], variant["options"]) for variant in data["variants"]] == [("LMP-1", "", {})]
    us_data = api.get("/api/products/lamp-lmp-1/", headers={"X-Market": "us"}).json()["data"]
    assert (us_data["price"], us_data["compare_at_price"]) == ("3.50", "4.00")
    assert Product.objects.get().low_stock_threshold == 2
    assert list(StockMovement.objects.values_list("delta", "reason")) == [(10, "import")]


def test_a_row_with_variants_becomes_one_product(api: SchemaClient, tmp_path: Path) -> None:
    small = {"sku": "TEE-S", "name": "Olive / S", "options": {"Size": "S"}, "price": 899, "stock": 2, "prices": {"us": 16}}
    medium = {"sku": "TEE-M", "name": "Olive / M", "options": {"Size": "M"}, "price": 949.5}

    result = import_rows(tmp_path, {"name": "Tee", "category": "Clothing", "variants": [small, medium]})

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    data = api.get("/api/products/tee/").json()["data"]["variants"]
    assert [(v["sku"], v["name"], v["options"], v["price"], v["stock"]) for v in data] == [
        ("TEE-S", "Olive / S", {"Size": "S"}, "899.00", 2),
        ("TEE-M", "Olive / M", {"Size": "M"}, "949.50", 0),
    ]
    assert list(MarketPrice.objects.values_list("variant__sku", "price")) == [("TEE-S", Decimal("16.000"))]


def test_a_row_that_is_switched_off_is_imported_and_not_shown(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row(is_active=False))

    assert Product.objects.count() == 1
    assert api.get("/api/products/").json()["data"] == []


def test_the_same_file_twice_writes_nothing(tmp_path: Path, settings: object) -> None:
    file = write_file(
        tmp_path, [make_row("A", images=["a.png"], prices={"us": "3.50"}, compare_at_price="25"), make_row("B", variants=None)]
    )
    (file.parent / "a.png").write_bytes(make_png())
    run_import(file)
    models = (Category, Product, Variant, MarketPrice, ProductImage, StockMovement)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    pictures = list_stored_files()

    result = run_import(file)

    assert result == (0, ["0 created, 0 changed, 2 unchanged, 0 failed"], [])
    assert [list(model.objects.order_by("pk").values()) for model in models] == before
    assert list_stored_files() == pictures


def test_amounts_written_in_another_way_are_no_change(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row(price="20.00", prices={"us": "3.50"}))

    result = import_rows(tmp_path, make_row(price=20, prices={"us": 3.5}))

    assert result.output == ["0 created, 0 changed, 1 unchanged, 0 failed"]


def test_a_file_of_more_than_a_batch_comes_in_whole(tmp_path: Path) -> None:
    rows = [make_row(f"SKU-{number}") for number in range(450)]
    rows[200] = make_row("SKU-0")
    rows[300] = {"name": "No SKU"}

    result = import_rows(tmp_path, *rows)

    assert result.output == ["448 created, 0 changed, 0 unchanged, 2 failed"]
    assert result.errors[:2] == [
        "  row 201 (Lamp SKU-0): SKU SKU-0 is already used in row 1",
        "  row 301 (No SKU): sku is missing or is not 1 to 64 printable characters",
    ]
    assert Variant.objects.count() == 448


def test_products_of_one_name_come_in_side_by_side(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A", name="Lamp 2"))

    result = import_rows(tmp_path, make_row("B", name="Lamp"), make_row("C", name="Lamp"))

    assert result.output == ["2 created, 0 changed, 0 unchanged, 0 failed"]
    assert sorted(Product.objects.values_list("slug", flat=True)) == ["lamp", "lamp-2", "lamp-3"]


def test_an_empty_list_is_a_file_too(tmp_path: Path) -> None:
    assert import_rows(tmp_path) == (0, ["0 created, 0 changed, 0 unchanged, 0 failed"], [])
