"""The valid values of a product's fields, which are the same for POST, PUT and PATCH"""

from decimal import Decimal
from typing import Any

import pytest

from products.models import MarketPrice, Product, Variant
from products.tests.editors import assert_refused, cases, dump_catalog, staff_client
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
HUGE = 10**30
NUL = "a\x00b"
INVALID_AMOUNTS: list[Any] = [
    *(True, False, [], ["1"], {}, {"amount": "1"}, "", "  ", "abc", "1,5", "1,299.00", "NaN", "-NaN", "Infinity", "1e400", "0x10"),
    *("-1", -1, "-0.01", "9" * 20, HUGE, 2**64, "10000000", 10_000_000, 9999999.991, "1.001", 1.001, "0.005", "1.999999999999"),
    *("12 34", "\u20b912", "$5", NUL, "1" * 41, "1e-3", "0." + "0" * 30 + "1"),
]
INVALID_WHOLE_NUMBERS: list[Any] = [
    1.5,
    "1.5",
    -1,
    "-1",
    True,
    False,
    1_000_000_001,
    HUGE,
    -HUGE,
    "abc",
    "",
    [],
    [1],
    {},
    None,
    NUL,
    2**63,
    2**64,
]
INVALID_TEXTS: list[Any] = [None, True, [], ["Lamp"], {}, {"a": 1}, NUL]
INVALID_FIELDS: list[tuple[str, Any, str]] = [
    *[("price", value, "price") for value in cases(*INVALID_AMOUNTS, None)],
    *[("compare_at_price", value, "compare_at_price") for value in INVALID_AMOUNTS],
    *[("prices", {"us": value}, "prices") for value in INVALID_AMOUNTS],
    *[("compare_at_prices", {"us": value}, "compare_at_prices") for value in INVALID_AMOUNTS],
    *[("stock", value, "stock") for value in INVALID_WHOLE_NUMBERS],
    *[("low_stock_threshold", value, "low_stock_threshold") for value in INVALID_WHOLE_NUMBERS],
    *[("name", value, "name") for value in cases(*INVALID_TEXTS, "", "  ", "x" * 201)],
    *[("description", value, "description") for value in cases(*INVALID_TEXTS, "x" * 20_001)],
    *[("sku", value, "sku") for value in cases(True, [], {}, NUL, "x" * 65, "a\nb", "a\tb", "a\u200bb")],
    *[
        ("slug", value, "slug")
        for value in cases(*INVALID_TEXTS, "x" * 201, "Desk", "desk lamp", "desk--lamp", "-desk", "d\u00e9sk")
    ],
    *[
        ("slug", value, "slug")
        for value in cases("2025", "create", "categories", "550e8400-e29b-41d4-a716-446655440000", "a/b", ".")
    ],
    *[("is_active", value, "is_active") for value in cases(None, [], {}, "maybe", 2, NUL, HUGE)],
    *[("category", value, "category") for value in cases(True, 1.5, [], {}, NUL, "x" * 501, HUGE)],
    *[
        ("prices", value, "prices")
        for value in cases(None, [], "us", 5, True, {"in": "5"}, {"eu": "5"}, {"US": "5"}, {"": "5"}, {NUL: "5"})
    ],
    *[("compare_at_prices", value, "compare_at_prices") for value in cases(None, [], {"in": "5"}, {"eu": "5"})],
    *[("variants", value, "variants") for value in cases(None, [], {}, "S", 5, True)],
    ("variants", [None], "variants.0"),
    *[("variants", [value], "variants.0.non_field_errors") for value in cases("S", 5, [], True)],
    *[("variants", [{"price": value}], "variants.0.price") for value in cases(None, True, "abc", [], {})],
    *[("variants", [{"price": 1, "stock": value}], "variants.0.stock") for value in cases(None, True, 1.5, -1, [], 10**9 + 1)],
    *[("variants", [{"price": 1, "options": value}], "variants.0.options") for value in cases(None, [], "S", 5, True)],
    *[
        ("variants", [{"price": 1, "options": {"a": value}}], "variants.0.options.a")
        for value in cases(None, [], {}, True, NUL, "x" * 101)
    ],
    *[("variants", [{"price": 1, "position": value}], "variants.0.position") for value in cases(-1, 1.5, 10_001, None, [])],
    *[("variants", [{"price": 1, "id": value}], "variants.0.id") for value in cases(-1, 0, 1.5, None, [], 2**63, HUGE)],
    *[("variants", [{"price": 1, "name": value}], "variants.0.name") for value in cases(None, [], True, NUL, "x" * 201)],
]


# Such amounts are not prices in any currency, and PostgreSQL's JSON columns cannot store NUL.
UNSTORABLE_VALUES = [
    *[("price", value, "price") for value in ("1e-9999999", "1e-99999999999", "0e99999999999", "0e-99999999", "1_000", "\u0663")],
    ("variants", [{"price": 1, "options": {NUL: "S"}}], "variants.0.options"),
]


@pytest.mark.parametrize(("field", "value", "error_field"), UNSTORABLE_VALUES)
def test_what_no_column_holds_is_refused_by_name(field: str, value: Any, error_field: str) -> None:
    client = staff_client()
    client.raise_request_exception = False

    response = client.post("/api/products/", {"name": "Lamp", "price": "20", field: value})

    assert response.status_code == 400
    assert next(iter(response.json()["errors"])).startswith(error_field)
    assert not Product.objects.exists()


OVERLONG_PRICES = ["0" * 41 + "e-99999999", "0" * 41 + "_0", "0" * 41 + "\u0663"]


@pytest.mark.parametrize("value", OVERLONG_PRICES)
def test_what_stands_behind_the_fortieth_character_of_a_price_counts(value: str) -> None:
    client = staff_client()
    client.raise_request_exception = False

    response = client.post("/api/products/", {"name": "Lamp", "price": value})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["price"])
    assert not Product.objects.exists()


def test_fields_that_cannot_be_are_refused_by_name_and_nothing_is_made() -> None:
    client = staff_client()

    for field, value, error_field in INVALID_FIELDS:
        response = client.post("/api/products/", {"name": "Lamp", "price": "20", field: value})
        assert (field, value, response.status_code) == (field, value, 400)
        assert (field, value, list(response.json()["errors"])) == (field, value, [error_field])

    assert not Product.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch"])
def test_they_are_refused_in_a_change_too_and_nothing_changes(method: str) -> None:
    lamp = make_product(prices={"us": "2.00"})
    client = staff_client()
    before = dump_catalog()
    required = {"name": "Lamp", "price": "20"} if method == "put" else {}

    for field, value, error_field in INVALID_FIELDS:
        response = getattr(client, method)(f"/api/products/{lamp.pk}/", {**required, field: value})
        assert (field, value, response.status_code) == (field, value, 400)
        assert (field, value, list(response.json()["errors"])) == (field, value, [error_field])

    assert dump_catalog() == before


@pytest.mark.parametrize("payload", [{}, {"price": "5"}, {"name": "Lamp"}, {"name": "Lamp", "stock": 3}])
@pytest.mark.parametrize("method", ["post", "put"])
def test_a_whole_product_has_a_name_and_a_price(method: str, payload: dict[str, Any]) -> None:
    lamp = make_product()
    client = staff_client()
    before = dump_catalog()

    response = getattr(client, method)("/api/products/" if method == "post" else f"/api/products/{lamp.pk}/", payload)

    missing = [field for field in ("name", "price") if field not in payload]
    assert_refused(response, 400, "invalid", *(missing if "name" not in missing else ["name"]))
    assert dump_catalog() == before


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            ("599.99", "599.99"),
            ("600", "600.00"),
            (600, "600.00"),
            (599.99, "599.99"),
            (" 5.5 ", "5.50"),
            ("0", "0.00"),
            (0, "0.00"),
        ),
        *(("9999999.99", "9999999.99"), (9999999.99, "9999999.99"), ("5.500", "5.50"), ("1e2", "100.00"), (0.1, "0.10")),
        *(("005", "5.00"), ("+5", "5.00"), (".5", "0.50"), ("-0", "0.00"), (-0.0, "0.00"), ("0.000000", "0.00")),
    ],
)
def test_a_price_is_a_number_or_a_text_and_shown_with_the_currencys_digits(value: object, expected: str) -> None:
    body = {"name": "Lamp", "price": value, "compare_at_price": value, "prices": {"us": value}, "compare_at_prices": {"us": value}}

    response = staff_client().post("/api/products/", body)

    assert response.status_code == 201
    data = response.json()["data"]
    variant = Variant.objects.get()
    compare_at = Decimal(expected) or None  # nothing is reduced from 0
    assert (data["price"], data["variants"][0]["price"], data["lowest_price_30_days"]) == (expected,) * 3
    assert data["compare_at_price"] == (expected if compare_at else None)
    assert (variant.price, variant.compare_at_price) == (Decimal(expected), compare_at)
    assert list(MarketPrice.objects.values_list("market", "price", "compare_at_price")) == [("us", Decimal(expected), compare_at)]


def test_a_price_of_none_in_a_market_is_no_price_there() -> None:
    response = staff_client().post(
        "/api/products/", {"name": "Lamp", "price": "5", "compare_at_price": None, "prices": {"us": None}}
    )

    assert response.status_code == 201
    assert response.json()["data"]["compare_at_price"] is None
    assert not MarketPrice.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        *(("stock", 10**9, 10**9), ("stock", "7", 7), ("stock", 0, 0), ("stock", 3.0, 3)),
        *(("low_stock_threshold", 10**9, 10**9), ("low_stock_threshold", 0, 0)),
    ],
)
def test_whole_numbers_go_from_nothing_to_a_thousand_million(field: str, value: object, expected: int) -> None:
    response = staff_client().post("/api/products/", {"name": "Lamp", "price": "5", field: value})

    assert response.status_code == 201
    row = Variant.objects.get() if field == "stock" else Product.objects.get()
    assert getattr(row, field) == expected


def test_the_longest_texts_are_taken() -> None:
    payload = {"name": "x" * 200, "description": "y" * 20_000, "sku": "z" * 64, "slug": "a" * 200, "price": "1"}

    response = staff_client().post("/api/products/", payload)

    assert response.status_code == 201
    lamp = Product.objects.get()
    assert (lamp.name, lamp.description, lamp.slug) == ("x" * 200, "y" * 20_000, "a" * 200)
    assert Variant.objects.get().sku == "z" * 64


@pytest.mark.parametrize(
    "name", ["\u706f " * 60, "\u00df" * 200, "\U0001f4a1", "' OR 1=1 --", "<b>Lamp</b>", "Lamp \u202e", "%", "_"]
)
def test_any_name_is_taken_as_it_is(name: str) -> None:
    response = staff_client().post("/api/products/", {"name": name, "price": "1"})

    assert response.status_code == 201
    data = response.json()["data"]
    assert data["name"] == name.strip()
    assert is_public_slug(data["slug"])


def is_public_slug(slug: str) -> bool:
    """Return whether a slug is valid in a URL."""
    return slug.isascii() and not slug.isdigit() and 0 < len(slug) <= 220
