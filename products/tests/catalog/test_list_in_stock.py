"""GET /api/products/?in_stock="""

import pytest

from products.tests.factories import make_category, make_product, make_variant, update_variant
from tests.schema_client import SchemaClient


def names(api: SchemaClient, query: str, market: str = "in") -> list[str]:
    """Return the names of what is listed."""
    response = api.get(f"/api/products/?ordering=name&{query}", headers={"X-Market": market})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", ["Lamp"]),
        ("1", ["Lamp"]),
        ("TRUE", ["Lamp"]),
        ("+True+", ["Lamp"]),
        ("false", ["Mug"]),
        ("0", ["Mug"]),
        ("False", ["Mug"]),
        ("", ["Lamp", "Mug"]),
        ("++", ["Lamp", "Mug"]),
    ],
)
def test_what_is_left_and_what_is_sold_out(api: SchemaClient, value: str, expected: list[str]) -> None:
    make_product("Lamp", stock=1)
    make_product("Mug", stock=0)

    assert names(api, f"in_stock={value}") == expected


@pytest.mark.sampled
@pytest.mark.parametrize("value", ["yes", "2", "-1", "null", "truee", "%00", "true%00", "true,false", "1.0", "%D9%A1", "x" * 5_000])
def test_any_other_value_is_refused_by_name(api: SchemaClient, value: str) -> None:
    response = api.get(f"/api/products/?in_stock={value}")

    assert response.status_code == 400
    assert response.json()["errors"] == {"in_stock": ["Must be true or false"]}


def test_one_variant_that_is_left_is_enough(api: SchemaClient) -> None:
    make_product("Tee", variants=[make_variant("S", stock=0), make_variant("M", stock=1), make_variant("L", stock=0)])
    make_product("Shirt", variants=[make_variant("S-2", stock=0), make_variant("M-2", stock=0)])

    assert (names(api, "in_stock=true"), names(api, "in_stock=false")) == (["Tee"], ["Shirt"])


@pytest.mark.parametrize("columns", [{"is_active": False}, {"reserved": 3}, {"stock": 0}])
def test_what_cannot_be_bought_is_not_left(api: SchemaClient, columns: dict[str, object]) -> None:
    make_product("Tee", variants=[make_variant("S", stock=0), make_variant("M", stock=3)])
    update_variant("M", **columns)

    assert (names(api, "in_stock=true"), names(api, "in_stock=false")) == ([], ["Tee"])


def test_one_unit_more_than_what_is_reserved_is_left(api: SchemaClient) -> None:
    make_product("Tee", sku="T", stock=3)
    update_variant("T", reserved=2)

    assert names(api, "in_stock=true") == ["Tee"]


def test_only_variants_with_a_price_in_the_market_count(api: SchemaClient) -> None:
    make_product("Left at home", variants=[make_variant("H-1", stock=5), make_variant("H-2", stock=0, prices={"us": "1.00"})])
    make_product("Left abroad", variants=[make_variant("A-1", stock=0), make_variant("A-2", stock=5, prices={"us": "1.00"})])
    make_product("Home only", stock=0)

    assert names(api, "in_stock=true") == ["Left abroad", "Left at home"]
    assert names(api, "in_stock=false") == ["Home only"]
    assert names(api, "in_stock=true", "us") == ["Left abroad"]
    assert names(api, "in_stock=false", "us") == ["Left at home"]


def test_it_goes_with_the_other_filters(api: SchemaClient) -> None:
    lighting = make_category()
    make_product("Lamp", price="5", category=lighting)
    make_product("Lamp dear", price="50", category=lighting)
    make_product("Lamp gone", price="5", stock=0, category=lighting)
    make_product("Lamp elsewhere", price="5")

    query = "category=lighting&max_price=10&search=lamp"
    assert names(api, f"{query}&in_stock=true") == ["Lamp"]
    assert names(api, f"{query}&in_stock=false") == ["Lamp gone"]
    assert names(api, "category=lighting&in_stock=true") == ["Lamp", "Lamp dear"]


def test_it_agrees_with_the_stock_that_is_shown(api: SchemaClient) -> None:
    for stock in (0, 1, 7):
        make_product(f"Lamp {stock}", stock=stock)

    data = {value: api.get(f"/api/products/?in_stock={value}").json()["data"] for value in ("true", "false")}

    assert sorted(row["stock"] for row in data["true"]) == [1, 7]
    assert [row["stock"] for row in data["false"]] == [0]
