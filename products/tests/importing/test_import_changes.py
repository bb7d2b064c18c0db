"""`manage.py import_products`: rows that differ from the shop"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from products.models import Category, MarketPrice, Product, StockMovement, Variant
from products.tests.factories import update_product
from products.tests.import_file import CommandResult, dump_shop, import_rows, make_row
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CHANGED = CommandResult(0, ["0 created, 1 changed, 0 unchanged, 0 failed"], [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "Floor lamp"}, {"name": "Floor lamp", "slug": "lamp-lmp-1"}),
        ({"description": "Of brass."}, {"description": "Of brass."}),
        ({"price": "19.00"}, {"price": "19.00"}),
        ({"compare_at_price": "30"}, {"compare_at_price": "30.00"}),
        ({"low_stock_threshold": 10}, {"is_low_stock": True}),
    ],
)
def test_a_changed_column_is_written(api: SchemaClient, tmp_path: Path, changes: dict[str, Any], expected: dict[str, Any]) -> None:
    import_rows(tmp_path, make_row(), make_row("OTHER"))

    result = import_rows(tmp_path, make_row(**changes), make_row("OTHER"))

    assert result == (0, ["0 created, 1 changed, 1 unchanged, 0 failed"], [])
    data = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert {name: data[name] for name in expected} == expected
    assert StockMovement.objects.count() == 2


def test_what_a_new_file_leaves_out_stays_as_it_is(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row(compare_at_price="30", description="Of brass.", prices={"us": "3.50"}, low_stock_threshold=1))
    before = dump_shop()

    result = import_rows(tmp_path, {"sku": "LMP-1"})

    assert result == (0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])
    assert dump_shop() == before


@pytest.mark.parametrize("empty", [None, ""])
def test_what_a_new_file_has_empty_is_emptied(api: SchemaClient, tmp_path: Path, empty: str | None) -> None:
    import_rows(tmp_path, make_row(compare_at_price="30", description="Of brass.", prices={"us": "3.50"}, low_stock_threshold=1))

    row = {"sku": "LMP-1", "name": empty, "category": empty, "description": empty, "price": empty, "compare_at_price": empty}
    result = import_rows(
        tmp_path,
        {**row, "prices": {"us": empty}, "stock": empty, "low_stock_threshold": empty, "is_active": empty, "images": empty},
    )

    assert result == CHANGED
    data = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert (data["name"], data["price"], data["stock"]) == ("Lamp LMP-1", "20.00", 10)
    assert (data["compare_at_price"], data["description"], data["category"]) == (None, "", None)
    assert (Product.objects.get().low_stock_threshold, Product.objects.get().is_active) == (1, True)
    assert api.get("/api/products/lamp-lmp-1/", headers={"X-Market": "us"}).status_code == 404


@pytest.mark.parametrize(
    ("prices", "compare_at", "expected"),
    [
        ({"us": "4.00"}, {}, [("us", Decimal("4.000"), None)]),
        ({"us": "3.50"}, {"us": "5"}, [("us", Decimal("3.500"), Decimal("5.000"))]),
        ({}, {}, []),
    ],
)
def test_the_prices_of_other_markets_follow_the_file(
    tmp_path: Path, prices: dict[str, str], compare_at: dict[str, str], expected: list[Any]
) -> None:
    import_rows(tmp_path, make_row(prices={"us": "3.50"}))

    assert import_rows(tmp_path, make_row(prices=prices, compare_at_prices=compare_at)) == CHANGED

    assert list(MarketPrice.objects.values_list("market", "price", "compare_at_price")) == expected


def test_a_first_price_in_a_market_puts_the_product_there(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row())

    assert import_rows(tmp_path, make_row(prices={"us": "3.50"})) == CHANGED

    assert [p["price"] for p in api.get("/api/products/", headers={"X-Market": "us"}).json()["data"]] == ["3.50"]


@pytest.mark.parametrize(("stock", "delta"), [(4, -6), (0, -10), (25, 15)])
def test_a_changed_stock_is_a_movement(tmp_path: Path, stock: int, delta: int) -> None:
    import_rows(tmp_path, make_row(stock=10))

    assert import_rows(tmp_path, make_row(stock=stock)) == CHANGED

    assert Variant.objects.get().stock == stock
    assert list(StockMovement.objects.order_by("id").values_list("delta", "reason")) == [(10, "import"), (delta, "import")]


def test_the_stock_of_a_file_is_what_can_be_bought_so_reserved_units_come_on_top(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row(stock=10))
    Variant.objects.update(reserved=3)

    assert import_rows(tmp_path, make_row(stock=10)) == CHANGED

    assert (Variant.objects.get().stock, Variant.objects.get().reserved) == (13, 3)
    assert api.get("/api/products/lamp-lmp-1/").json()["data"]["stock"] == 10


def test_a_changed_category_moves_the_product(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row())

    assert import_rows(tmp_path, make_row(category="Home > Floor lamps")) == CHANGED

    assert api.get("/api/products/").json()["data"][0]["category"]["name"] == "Floor lamps"
    assert list(Category.objects.order_by("pk").values_list("name", flat=True)) == ["Home", "Lighting", "Floor lamps"]


def test_a_changed_variant_changes_and_a_new_one_joins(api: SchemaClient, tmp_path: Path) -> None:
    small = {"sku": "TEE-S", "name": "S", "options": {"Size": "S"}, "price": "30", "stock": 1}
    medium = {"sku": "TEE-M", "name": "M", "options": {"Size": "M"}, "price": "25", "stock": 2, "prices": {"us": "4"}}
    tee = {"name": "Tee", "category": "Clothing"}
    import_rows(tmp_path, {**tee, "variants": [small]})

    assert import_rows(tmp_path, {**tee, "variants": [medium, {**small, "name": "Small", "options": {"Size": "Small"}}]}) == CHANGED

    data = api.get("/api/products/tee/").json()["data"]
    assert [(v["sku"], v["name"], v["options"]) for v in data["variants"]] == [
        ("TEE-M", "M", {"Size": "M"}),
        ("TEE-S", "Small", {"Size": "Small"}),
    ]
    assert (data["price"], data["variants_count"], data["sku_id"]) == ("25.00", 2, Variant.objects.get(sku="TEE-M").pk)
    assert list(StockMovement.objects.order_by("id").values_list("variant__sku", "delta")) == [("TEE-S", 1), ("TEE-M", 2)]
    assert api.get("/api/products/tee/", headers={"X-Market": "us"}).json()["data"]["price"] == "4.00"


def test_a_product_that_is_switched_off_stays_off_unless_the_file_says_otherwise(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row())
    update_product(Product.objects.get(), is_active=False)

    silent = import_rows(tmp_path, make_row())
    assert api.get("/api/products/lamp-lmp-1/").status_code == 404
    assert import_rows(tmp_path, make_row(is_active=True)) == CHANGED

    assert silent.output == [
        "  note: its product is switched off and stays so, because the file does not say that it is for sale (row 1)",
        "0 created, 0 changed, 1 unchanged, 0 failed",
    ]
    assert api.get("/api/products/lamp-lmp-1/").status_code == 200


def test_a_product_that_staff_have_taken_out_stays_out(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row())
    update_product(Product.objects.get(), deleted_at=datetime(2025, 1, 1, tzinfo=UTC))

    before = list(Product.objects.values())
    result = import_rows(tmp_path, make_row(price="1.00"), make_row("B"))

    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed"]
    assert "this product has been deleted" in result.errors[0]
    assert list(Product.objects.exclude(deleted_at=None).values()) == before
    assert api.get("/api/products/lamp-lmp-1/").status_code == 404


def test_a_product_that_a_file_does_not_name_is_left_alone(api: SchemaClient, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"))

    assert import_rows(tmp_path, make_row("A", price="1.00")) == CHANGED

    assert api.get("/api/products/lamp-b/").json()["data"]["price"] == "20.00"


def test_a_row_whose_skus_belong_to_different_products_is_refused_alone(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"), make_row("C"))
    row = {"name": "Both", "category": "Home", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    result = import_rows(tmp_path, row, make_row("C", price="1.00"), make_row("D"))

    assert result.code == 1
    assert result.output == ["1 created, 1 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 1 (Both): its SKUs belong to different products of the shop"
    assert dict(Variant.objects.values_list("sku", "price")) == {
        "A": Decimal("20.000"),
        "B": Decimal("20.000"),
        "C": Decimal("1.000"),
        "D": Decimal("20.000"),
    }


def test_a_variant_that_its_row_leaves_out_goes_off_sale_and_comes_back(api: SchemaClient, tmp_path: Path) -> None:
    small, large = {"sku": "S", "price": "5.00", "stock": 1}, {"sku": "L", "price": "6.00", "stock": 1}
    tee = {"name": "Tee", "category": "Clothing"}
    import_rows(tmp_path, tee | {"variants": [small, large]})

    def skus() -> list[str]:
        return [variant["sku"] for variant in api.get("/api/products/tee/").json()["data"]["variants"]]

    assert import_rows(tmp_path, tee | {"variants": [large]}) == CHANGED
    assert skus() == ["L"]
    assert import_rows(tmp_path, tee | {"variants": [small, large]}) == CHANGED
    assert skus() == ["S", "L"]
