"""`manage.py import_products`: rows that cannot be imported"""

from pathlib import Path
from typing import Any

import pytest

from products.models import Product, Variant
from products.tests.import_file import load, row

pytestmark = pytest.mark.django_db
GONE = object()
SKU = "sku is missing or is not 1 to 64 letters, digits, dots, dashes, slashes"
PRICES = 'prices must be an object like {"us": "9.99"}'
RANGE = "must be from 0 to 9999999.999"
WHOLE = "must be a whole number from 0 to 1000000000"
CATEGORY = "category must look like Home > Lighting, each part at most 120 characters"
OPTIONS = 'options must be an object of texts, like {"Size": "M"}'
IMAGE = "an image must be a file name, or an object with file and alt"


def variants(*given: Any) -> dict[str, Any]:
    """Return the columns of a row with these variants."""
    return {"sku": GONE, "price": GONE, "stock": GONE, "variants": list(given)}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"sku": GONE}, SKU),
        ({"sku": ""}, SKU),
        ({"sku": 7}, SKU),
        ({"sku": "-A"}, SKU),
        ({"sku": "A B"}, SKU),
        ({"sku": "A" * 65}, SKU),
        ({"sku": "\u00e4"}, SKU),
        ({"sku": "A\x00"}, SKU),
        ({"price": GONE}, "price is missing or is not an amount"),
        ({"price": None}, "price is missing or is not an amount"),
        ({"price": True}, "price is missing or is not an amount"),
        ({"price": ["1"]}, "price is missing or is not an amount"),
        ({"price": "cheap"}, "price is not an amount like 19.99: 'cheap'"),
        ({"price": "1,5"}, "price is not an amount like 19.99: '1,5'"),
        ({"price": "-0.01"}, f"price {RANGE}"),
        ({"price": "NaN"}, f"price {RANGE}"),
        ({"price": "Infinity"}, f"price {RANGE}"),
        ({"price": "10000000"}, f"price {RANGE}"),
        ({"price": 1e300}, f"price {RANGE}"),
        ({"price": "1.005"}, "price has more digits than INR has: 1.005"),
        ({"price": 0.1 + 0.2}, "price has more digits than INR has: 0.30000000000000004"),
        ({"compare_at_price": "x"}, "compare_at_price is not an amount like 19.99: 'x'"),
        ({"prices": []}, PRICES),
        ({"prices": None}, PRICES),
        ({"prices": {"us": "1"}, "compare_at_prices": []}, PRICES),
        ({"prices": {"de": "1"}}, "prices names 'de', which is not another market of this shop"),
        ({"prices": {"in": "1"}}, "prices names 'in', which is not another market of this shop"),
        ({"prices": {"us": None}}, "prices.us is missing or is not an amount"),
        ({"prices": {"us": "1.001"}}, "prices.us has more digits than USD has: 1.001"),
        ({"prices": {"us": 1}, "compare_at_prices": {"us": "x"}}, "compare_at_prices is not an amount like 19.99: 'x'"),
        ({"stock": -1}, f"stock {WHOLE}"),
        ({"stock": "5"}, f"stock {WHOLE}"),
        ({"stock": 1.0}, f"stock {WHOLE}"),
        ({"stock": True}, f"stock {WHOLE}"),
        ({"stock": None}, f"stock {WHOLE}"),
        ({"stock": 1_000_000_001}, f"stock {WHOLE}"),
        ({"low_stock_threshold": -1}, f"low_stock_threshold {WHOLE}"),
        ({"name": GONE}, "name is missing or is not text"),
        ({"name": "  "}, "name is missing or is not text"),
        ({"name": 5}, "name is missing or is not text"),
        ({"name": "x" * 201}, "name is longer than 200 characters or holds a NUL"),
        ({"name": "a\x00b"}, "name is longer than 200 characters or holds a NUL"),
        ({"description": 5}, "description is missing or is not text"),
        ({"description": "x" * 20_001}, "description is longer than 20000 characters or holds a NUL"),
        ({"category": GONE}, "category is missing or is not text"),
        ({"category": "Home > > Lighting"}, CATEGORY),
        ({"category": ">"}, CATEGORY),
        ({"category": "x" * 121}, CATEGORY),
        ({"is_active": "no"}, "is_active must be true or false"),
        ({"images": "lamp.png"}, "images must be a list"),
        ({"images": None}, "images must be a list"),
        ({"images": [5]}, IMAGE),
        ({"images": [{"alt": "A lamp"}]}, IMAGE),
        ({"images": [{"file": "a.png", "alt": "x" * 201}]}, "alt is longer than 200 characters or holds a NUL"),
        ({"variants": []}, "variants must be a list with at least one entry"),
        ({"variants": {"sku": "A"}}, "variants must be a list with at least one entry"),
        (variants(5), "a variant must be an object"),
        (variants({"price": 1}), SKU),
        (variants({"sku": "A", "price": 1}, {"sku": "A", "price": 1}), "the same SKU twice among its variants"),
        (variants({"sku": "A", "price": 1, "options": ["S"]}), OPTIONS),
        (variants({"sku": "A", "price": 1, "options": {"Size": 5}}), OPTIONS),
        (variants({"sku": "A", "price": 1, "name": "x" * 201}), "name is longer than 200 characters or holds a NUL"),
    ],
)
def test_a_bad_row_is_named_with_its_reason_and_the_good_ones_are_in(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    bad = {name: value for name, value in row("BAD", **{"name": "Bad", **columns}).items() if value is not GONE}

    ran = load(tmp_path, row("A1"), bad, row("B1"))

    shown = str(bad.get("name") or "?")[:60]
    assert ran.code == 1
    assert ran.said == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert ran.complaints == [f"  row 2 ({shown}): {reason}", "1 problem(s); everything else is in."]
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["A1", "B1"]


@pytest.mark.parametrize("raw", [None, 5, "LMP-1", [], True])
def test_what_is_no_object_is_no_row(tmp_path: Path, raw: Any) -> None:
    ran = load(tmp_path, raw, row("A1"))

    assert ran.complaints[0] == "  row 1 (?): is not an object"
    assert ran.said == ["1 created, 0 changed, 0 unchanged, 1 failed"]


def test_of_two_rows_with_one_sku_the_first_counts(tmp_path: Path) -> None:
    again = {"name": "Again", "category": "Home", "variants": [{"sku": "NEW", "price": 1}, {"sku": "A1", "price": 1}]}

    ran = load(tmp_path, row("A1"), again, row("NEW"))

    assert ran.complaints[0] == "  row 2 (Again): SKU A1 stands in row 1 already"
    assert ran.said == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Lamp A1", "Lamp NEW"]


def test_a_long_list_of_problems_is_cut(tmp_path: Path) -> None:
    ran = load(tmp_path, *[{"name": f"Bad {number}"} for number in range(60)])

    assert len(ran.complaints) == 52
    assert ran.complaints[50:] == ["  ... and 10 more", "60 problem(s); everything else is in."]
    assert ran.said == ["0 created, 0 changed, 0 unchanged, 60 failed"]
