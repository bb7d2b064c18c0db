"""`manage.py import_products`: rows that cannot be imported"""

from pathlib import Path
from typing import Any

import pytest

from products.models import Product, Variant
from products.tests.import_file import import_rows, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MISSING = object()
SKU = "sku is missing or is not 1 to 64 printable characters"
PRICES = 'prices must be an object like {"us": "9.99"}'
AMOUNT = "must be an amount like 19.99"
RANGE = "must be from 0 to 9999999.999"
WHOLE = "must be a whole number from 0 to 1000000000"
CATEGORY = "category must look like Home > Lighting, each part at most 120 characters"
OPTIONS = 'options must be an object with text values, like {"Size": "M"}'
NEW = "SKU BAD is new to the shop, so its row needs"
MIXED = "has a decimal comma, but the other prices of the file have a decimal point"
EMPTY = "has no number; write 0 if it is 0, or leave it empty"
FLAG = "must be a word like true, yes, active, or false, no, draft"
DAMAGED = "was damaged by a spreadsheet program; format the column as text and enter it again"
IMAGE = "an image must be a file name, a URL, or an object with file and alt"


def variants(*items: Any) -> dict[str, Any]:
    """Return the columns of a row with these variants."""
    return {"sku": MISSING, "price": MISSING, "stock": MISSING, "variants": list(items)}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"sku": MISSING}, SKU),
        ({"sku": ""}, SKU),
        ({"sku": "  "}, SKU),
        ({"sku": 7.5}, SKU),
        ({"sku": True}, SKU),
        ({"sku": None}, SKU),
        ({"sku": "A" * 65}, SKU),
        ({"sku": "A\x00"}, SKU),
        ({"sku": "A\tB"}, SKU),
        ({"sku": "1.23457E+12"}, f"sku 1.23457E+12 {DAMAGED}"),
        ({"sku": "#N/A"}, f"sku #N/A {DAMAGED}"),
        ({"price": MISSING}, f"{NEW} a price"),
        ({"price": None}, f"{NEW} a price"),
        ({"price": ""}, f"{NEW} a price"),
        ({"price": True}, f"price {AMOUNT}: 'True'"),
        ({"price": ["1"]}, f"price {AMOUNT}: a list"),
        ({"price": "cheap"}, f"price {AMOUNT}: 'cheap'"),
        ({"price": "1,5"}, f"price {MIXED}: '1,5'"),
        ({"price": "1,2"}, f"price {MIXED}: '1,2'"),
        ({"price": "1.29,00"}, f"price {AMOUNT}: '1.29,00'"),
        ({"price": "5 each"}, f"price {AMOUNT}: '5 each'"),
        ({"price": "Free"}, f"price {EMPTY}: 'Free'"),
        ({"price": "-"}, f"price {EMPTY}: '-'"),
        ({"price": "$5"}, "price is not in INR: '$5'"),
        ({"price": "USD 5"}, "price is not in INR: 'USD 5'"),
        ({"price": "5 - 10"}, "price is a range; give one amount: '5 - 10'"),
        ({"currency": "USD", "prices": 5}, 'prices must be an object like {"us": "9.99"}'),
        ({"price": "\u20b9"}, f"price {AMOUNT}: '\u20b9'"),
        ({"price": "NaN"}, f"price {AMOUNT}: 'NaN'"),
        ({"price": "Infinity"}, f"price {AMOUNT}: 'Infinity'"),
        ({"price": "1" * 41}, f"price {AMOUNT}: '{'1' * 30}'"),
        ({"price": "-0.01"}, f"price {RANGE}: '-0.01'"),
        ({"price": "10000000"}, f"price {RANGE}: '10000000'"),
        ({"price": "9" * 20}, f"price {RANGE}: '{'9' * 20}'"),
        ({"price": 1e300}, f"price {RANGE}: '1E+300'"),
        ({"price": "1.005"}, "price INR has 2 decimal places: '1.005'"),
        ({"prices": {"us": 1.001}}, "prices.us USD has 2 decimal places: '1.001'"),
        ({"compare_at_price": "x"}, f"compare_at_price {AMOUNT}: 'x'"),
        ({"prices": []}, PRICES),
        ({"prices": {"us": "1"}, "compare_at_prices": []}, PRICES),
        ({"prices": {"de": "1"}}, "prices names 'de', which is not another market of this shop"),
        ({"prices": {"in": "1"}}, "prices names 'in', which is not another market of this shop"),
        ({"prices": {"us": "\u20b9 1"}}, "prices.us is not in USD: '\u20b9 1'"),
        ({"prices": {"us": 1}, "compare_at_prices": {"us": "x"}}, f"compare_at_prices.us {AMOUNT}: 'x'"),
        ({"stock": "many"}, f"stock {WHOLE}: 'many'"),
        ({"stock": "5²"}, f"stock {WHOLE}: '5²'"),
        ({"stock": 1.5}, f"stock {WHOLE}: '1.5'"),
        ({"stock": True}, f"stock {WHOLE}: 'True'"),
        ({"stock": "12 pcs"}, f"stock {WHOLE}: '12 pcs'"),
        ({"stock": 1_000_000_001}, f"stock {WHOLE}: '1000000001'"),
        ({"low_stock_threshold": -1}, f"low_stock_threshold {WHOLE}: '-1'"),
        ({"name": MISSING}, f"{NEW} a name"),
        ({"name": "  "}, f"{NEW} a name"),
        ({"name": "", "price": ""}, f"{NEW} a name and a price"),
        ({"name": 5}, "name is missing or is not text"),
        ({"name": "x" * 201}, "name is longer than 200 characters or contains a NUL"),
        ({"name": "a\x00b"}, "name is longer than 200 characters or contains a NUL"),
        ({"description": 5}, "description is missing or is not text"),
        ({"description": "x" * 20_001}, "description is longer than 20000 characters or contains a NUL"),
        ({"category": 5}, "category is missing or is not text"),
        ({"category": "Home > > Lighting"}, CATEGORY),
        ({"category": ">"}, CATEGORY),
        ({"category": "x" * 121}, CATEGORY),
        ({"is_active": "perhaps"}, f"is_active {FLAG}: 'perhaps'"),
        ({"is_active": 2}, f"is_active {FLAG}: '2'"),
        ({"is_active": []}, f"is_active {FLAG}: a list"),
        ({"images": 5}, "images must be a list"),
        ({"images": {"file": "a.png"}}, "images must be a list"),
        ({"images": [5]}, IMAGE),
        ({"images": [{"alt": "A lamp"}]}, IMAGE),
        ({"images": [{"file": "a.png", "alt": "x" * 201}]}, "alt is longer than 200 characters or contains a NUL"),
        ({"variants": []}, "variants must be a list with at least one entry"),
        ({"variants": {"sku": "A"}}, "variants must be a list with at least one entry"),
        (variants(5), "a variant must be an object"),
        (variants({"price": 1}), SKU),
        (variants({"sku": "A", "price": 1}, {"sku": "A", "price": 1}), "two of its variants have the same SKU"),
        (variants({"sku": "A", "price": 1, "options": ["S"]}), OPTIONS),
        (variants({"sku": "A", "price": 1, "options": {"Size": 5}}), OPTIONS),
        (variants({"sku": "A", "price": 1, "name": "x" * 201}), "name is longer than 200 characters or contains a NUL"),
    ],
)
def test_a_bad_row_is_named_with_its_reason_and_the_good_ones_are_in(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    bad = {name: value for name, value in make_row("BAD", **{"name": "Bad", **columns}).items() if value is not MISSING}

    result = import_rows(tmp_path, make_row("A1"), bad, make_row("B1"))

    name = bad.get("name")
    name_in_report = name[:60].replace("\x00", " ") if isinstance(name, str) and name.strip() else "BAD"
    assert result.code == 1
    assert result.output == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert result.errors == [f"  row 2 ({name_in_report}): {reason}", "1 problem(s); everything else was imported."]
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["A1", "B1"]


@pytest.mark.parametrize("raw", [None, 5, "LMP-1", [], True])
def test_what_is_no_object_is_no_row(tmp_path: Path, raw: Any) -> None:
    result = import_rows(tmp_path, raw, make_row("A1"))

    assert result.errors[0] == "  row 1 (?): is not an object"
    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed"]


def test_of_two_rows_with_one_sku_the_first_counts(tmp_path: Path) -> None:
    duplicate = {"name": "Again", "category": "Home", "variants": [{"sku": "NEW", "price": 1}, {"sku": "A1", "price": 1}]}

    result = import_rows(tmp_path, make_row("A1"), duplicate, make_row("NEW"))

    assert result.errors[0] == "  row 2 (Again): SKU A1 is already used in row 1"
    assert result.output == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Lamp A1", "Lamp NEW"]


def test_a_long_list_of_problems_is_cut(tmp_path: Path) -> None:
    result = import_rows(tmp_path, *[{"name": f"Bad {number}"} for number in range(60)])

    assert len(result.errors) == 52
    assert result.errors[50:] == [
        "  ... and 10 more (use --report FILE to list them all)",
        "60 problem(s); everything else was imported.",
    ]
    assert result.output == ["0 created, 0 changed, 0 unchanged, 60 failed"]
