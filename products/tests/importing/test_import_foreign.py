"""`manage.py import_products`: files made for another shop (data/foreign.json, data/foreign.csv)"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from products.models import Product, ProductImage, StockMovement, Variant
from products.tests.import_file import dump_shop, list_stored_files, run_import
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DATA = Path(__file__).parent / "data"
AMOUNT = "price must be an amount like 19.99"
RANGE = "price must be from 0 to 9999999.999"
WHOLE = "stock must be a whole number from 0 to 1000000000"
SKU = "sku is missing or is not 1 to 64 printable characters"
FETCHED = "could not be fetched (its host is not public)"

JSON_REPORT = [
    "row 2 (Cotton Shirt): picture missing/shirt.jpg was not found",
    f"row 9 (Refund): {RANGE}: '-5'",
    f"row 10 (Mansion): {RANGE}: '99999999999999999999'",
    "row 11 (No price): SKU SC-011 is new to the shop, so its row needs a price",
    "row 12 (Forgot the price): SKU SC-012 is new to the shop, so its row needs a price",
    "row 15 (SC-015): SKU SC-015 is new to the shop, so its row needs a name",
    "row 16 (SC-016): name is missing or is not text",
    "row 17 (Dollars): price is not in INR: '$19.99'",
    "row 19 (Half a comma): price has a decimal comma, but the other prices of the file have a decimal point: '1,5'",
    f"row 20 (From): {AMOUNT}: 'from 99'",
    "row 21 (Earbuds again): SKU SC-001 is already used in row 1",
    "row 22 (Shirt again): SKU SC-002 is already used in row 2",
    f"row 24 (Many): {WHOLE}: 'lots'",
    f"row 26 (Half a unit): {WHOLE}: '2.5'",
    f"row 27 ({'L' * 60}): name is longer than 200 characters or contains a NUL",
    "row 28 (Long text): description is longer than 20000 characters or contains a NUL",
    "row 32 (Local file): picture file:///etc/passwd was not found",
    f"row 33 (Inside picture): picture http://127.0.0.1:9/a.jpg {FETCHED}",
    "row 34 (Metadata): picture ../../secret.png was not found",
    f"row 34 (Metadata): picture http://169.254.169.254/latest/meta-data/ {FETCHED}",
    "row 35 (Strange picture): an image must be a file name, a URL, or an object with file and alt",
    f"row 37 (Long SKU): {SKU}",
    "row 38 (Strange category): category is missing or is not text",
    "row 41 (?): is not an object",
    "row 42 (?): is not an object",
    "row 43 (?): is not an object",
    f"row 44 (Sold out forever): {AMOUNT}: 'True'",
    f"row 47 (?): {SKU}",
]
JSON_PRODUCTS = [  # SKU, name, description, price, stock, category, is_active
    ("SC-001", "Wireless Earbuds & Case", "True wireless sound.\n• 24 h battery\n• USB-C", "1299", 25, "Electronics", True),
    ("SC-002", "Cotton Shirt", "Soft.", "129900", 3, "Shirts", True),
    ("SC-003", "नीला दीपक", "हाथ से बना\u00a0दीपक।", "499", 12, None, True),
    ("SC-004", "青いランプ", "日本製。", "499", 0, None, True),
    ("SC-005", "Лампа «Север»", "Латунь — и стекло", "1250.5", 7, None, True),
    ("SC-006", "مصباح مكتب", "نحاس", "750", 4, None, True),
    ("SC-007", 'Mug 🫖☕️ – "best" dad', "Holds 300 ml 👍🏽", "250", 9, None, True),
    ("SC-008", "Free sample", "", "0", 1, None, True),
    ("1013", "No SKU", "", "10", 1, None, True),
    ("1014", "Null SKU", "", "10", 0, None, True),
    ("SC-018", "Euro style", "", "1299", 0, None, True),
    ("4006381333931", "Marker by barcode", "", "35", 5, None, True),
    ("SC-025", "Negative stock", "", "10", 0, None, True),
    ("SC-029", "Long enough", ("Fine. " * 500).strip(), "10", 0, None, True),
    ("SC-030", "Click me", "Safe.", "10", 0, None, True),
    ("SC-031", "<script>alert(1)</script>", "1 < 2 © 💡", "10", 0, None, True),
    ("SC-032", "Local file", "", "10", 0, None, True),
    ("SC-033", "Inside picture", "", "10", 0, None, True),
    ("SC-034", "Metadata", "", "10", 0, None, True),
    ("SC/036 #ä", "Odd SKU", "", "10", 0, None, True),
    ("SC-039", "Empty category", "", "10", 0, None, True),
    ("SC-040", "Switched off", "", "10", 0, None, False),
    ("SC-045", "Spaces", "\u200bZero\u200bwidth", "10", 0, None, True),
    ("SC-046", "Rs price", "", "1499", 0, None, True),
]
JSON_NOTES = [
    "Not read: vendor, tags.",
    "  note: all its prices are 0 (row 8)",
    "  note: the column id was taken as the SKU (rows 13, 14)",
    "  note: stock is below 0, so it was set to 0 (row 25)",
]
CSV_REPORT = [
    'row 3 (Shirt, "classic"): picture missing/a.jpg was not found',
    'row 3 (Shirt, "classic"): picture missing/b.jpg was not found',
    "row 6 (No price): SKU SC-005 is new to the shop, so its row needs a price in INR",
    "row 8 (SC-007): SKU SC-007 is new to the shop, so its row needs a name",
    "row 10 (Dollars): price is not in INR: '$10'",
    "row 11 (Rupees abroad): prices.us is not in USD: '₹10'",
    "row 12 (Again): SKU SC-001 is already used in row 2",
    f"row 15 (Text stock): {WHOLE}: 'many'",
    f"row 16 (Twenty digits): {RANGE}: '99999999999999999999'",
    f"row 17 (Negative): {RANGE}: '-5'",
    "row 20 (Long): description is longer than 20000 characters or contains a NUL",
    "row 21 (Short line): SKU SC-021 is new to the shop, so its row needs a price",
    f"row 22 (Inside picture): picture http://localhost:9/a.jpg {FETCHED}",
    "row 23 (Maybe): Is Active must be a word like true, yes, active, or false, no, draft: 'perhaps'",
]
CSV_PRODUCTS = [
    ("SC-001", "Wireless Earbuds & Case", "True wireless sound.\n\n• 24 h battery", "1299", 25, "Electronics", True),
    ("SC-002", 'Shirt, "classic"', "Soft.", "129900", 3, "Shirts", True),
    ("SC-003", "नीला दीपक", "", "499", 12, None, True),
    ("SC-004", "青いランプ 💡", "日本製。", "499", 0, None, False),
    ("f", "No SKU", "", "10", 1, None, True),
    ("SC-013", "=Guarded", "+1", "10", 1, None, True),
    ("SC-014", "=1+1", "@x", "10", 1, None, True),
    ("SC-018", "Zero", "", "0", 0, None, False),
    ("SC-019", "Euro style", "", "1299", 1, None, True),
    ("SC-022", "Inside picture", "", "10", 1, None, True),
]
CSV_NOTES = [
    "Not read: Tags.",
    "  note: the column Handle was taken as the SKU (row 7)",
    "  note: all its prices are 0 (row 18)",
]


def list_imported_rows() -> list[tuple[object, ...]]:
    """Return the variants of the shop, in the order in which they were imported."""
    rows = Variant.objects.order_by("product").values_list(
        *("sku", "product__name", "product__description", "price", "stock", "product__category__name", "product__is_active")
    )
    return [(*row[:3], f"{row[3].normalize():f}", *row[4:]) for row in rows]


@pytest.mark.parametrize(
    ("name", "notes", "report", "products", "failed", "missing"),
    [("foreign.json", JSON_NOTES, JSON_REPORT, JSON_PRODUCTS, 23, 5), ("foreign.csv", CSV_NOTES, CSV_REPORT, CSV_PRODUCTS, 11, 3)],
)
def test_what_can_be_read_is_in_and_the_rest_is_named(
    name: str, notes: list[str], report: list[str], products: list[tuple[object, ...]], failed: int, missing: int
) -> None:
    result = run_import(DATA / name)

    end = f"{failed} failed, {missing} picture(s) missing"
    assert result.code == 1
    assert result.output == [*notes, f"{len(products)} created, 0 changed, 0 unchanged, {end}"]
    assert result.errors == [*(f"  {line}" for line in report), f"{failed} problem(s); everything else was imported."]
    assert list_imported_rows() == products
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])
    assert StockMovement.objects.count() == sum(product[4] != 0 for product in products)
    before = dump_shop()
    assert run_import(DATA / name).output == [*notes, f"0 created, 0 changed, {len(products)} unchanged, {end}"]
    assert dump_shop() == before


def test_the_two_files_can_follow_one_another() -> None:
    run_import(DATA / "foreign.json")

    result = run_import(DATA / "foreign.csv", deactivate_missing=True)

    assert result.output[-1] == "5 created, 6 changed, 0 unchanged, 10 failed, 16 deactivated, 3 picture(s) missing"
    assert Variant.objects.get(sku="SC-018").price == 1299  # the second file has 0
    assert Product.objects.filter(is_active=True).count() == 11


def test_what_came_in_is_shown_as_text(api: SchemaClient) -> None:
    run_import(DATA / "foreign.json")

    products = api.get("/api/products/?search=Click").json()["data"]

    assert [product["name"] for product in products] == ["Click me"]
    assert api.get("/api/products/nila-dipk/").json()["data"]["name"] == "नीला दीपक"
    assert api.get("/api/products/wireless-earbuds-case/").json()["data"]["compare_at_price"] == "1999.00"


def test_nothing_but_products_that_are_switched_on_is_for_sale(api: SchemaClient) -> None:
    run_import(DATA / "foreign.csv")

    names = {product["name"] for product in api.get("/api/products/?page_size=50").json()["data"]}

    assert names == {name for _, name, _, _, _, _, is_active in CSV_PRODUCTS if is_active}
    us_products = api.get("/api/products/", headers={"X-Market": "us"}).json()["data"]
    assert [(product["name"], Decimal(product["price"])) for product in us_products] == [
        ("Wireless Earbuds & Case", Decimal("15.99"))
    ]


def test_the_file_is_one_that_nobody_has_tidied() -> None:
    rows = json.loads((DATA / "foreign.json").read_text(encoding="utf-8"))

    assert len(rows) == 47
    assert {type(row).__name__ for row in rows} == {"dict", "str", "NoneType", "list"}
