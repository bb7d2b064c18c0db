"""products.json: the catalog included with the shop"""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from products.models import Category, MarketPrice, Product, ProductImage, StockMovement, Variant
from products.tests.import_file import run_import

FILE = settings.BASE_DIR / "products.json"
ROWS: list[dict[str, Any]] = json.loads(FILE.read_text())
VARIANTS: list[dict[str, Any]] = [variant for row in ROWS for variant in row.get("variants", [row])]
PICTURES: list[dict[str, str]] = [picture for row in ROWS for picture in row["images"]]


def test_it_holds_a_shop_worth_looking_at() -> None:
    assert len(ROWS) >= 60
    assert len({row["category"] for row in ROWS}) >= 8
    assert len({row["category"].partition(" > ")[0] for row in ROWS}) >= 8
    assert any("variants" in row for row in ROWS)


def test_each_variant_has_a_price_and_a_sku_of_its_own() -> None:
    assert len({variant["sku"] for variant in VARIANTS}) == len(VARIANTS)
    assert [variant["sku"] for variant in VARIANTS if Decimal(variant["price"]) <= 0] == []


def test_each_variant_has_a_weight_so_that_delivery_costs_something_by_weight() -> None:
    assert [variant["sku"] for variant in VARIANTS if not 50 <= variant["weight_grams"] <= 25_000] == []


def test_nearly_all_is_sold_in_both_markets_and_some_at_home_only() -> None:
    prices = [Decimal(variant["prices"]["us"]) for variant in VARIANTS if "us" in variant.get("prices", {})]

    assert min(prices) > 0
    assert len(VARIANTS) * 9 // 10 < len(prices) < len(VARIANTS)


def test_each_product_has_pictures_that_exist_and_are_described() -> None:
    folder = settings.BASE_DIR.resolve()

    assert [row["name"] for row in ROWS if not row["images"]] == []
    assert [picture["file"] for picture in PICTURES if not (folder / picture["file"]).is_file()] == []
    assert [picture["file"] for picture in PICTURES if not picture["alt"].strip()] == []
    assert {(folder / picture["file"]).resolve().is_relative_to(folder) for picture in PICTURES} == {True}


@pytest.mark.django_db
def test_it_comes_in_whole_and_a_second_run_changes_nothing() -> None:
    first = run_import(FILE)
    moved, stored = StockMovement.objects.count(), ProductImage.objects.count()
    second = run_import(FILE)

    assert first == (0, [f"{len(ROWS)} created, 0 changed, 0 unchanged, 0 failed"], [])
    assert second == (0, [f"0 created, 0 changed, {len(ROWS)} unchanged, 0 failed"], [])
    assert Product.objects.count() == len(ROWS)
    imported = {v.sku: (v.price, v.stock, v.weight_grams) for v in Variant.objects.all()}
    assert imported == {v["sku"]: (Decimal(v["price"]), v.get("stock", 0), v["weight_grams"]) for v in VARIANTS}
    us_prices = dict(MarketPrice.objects.values_list("variant__sku", "price"))
    assert us_prices == {v["sku"]: Decimal(v["prices"]["us"]) for v in VARIANTS if "prices" in v}
    assert (StockMovement.objects.count(), ProductImage.objects.count()) == (moved, stored)
    assert stored == len(PICTURES)
    assert set(Category.objects.values_list("name", flat=True)) == {name for row in ROWS for name in row["category"].split(" > ")}
