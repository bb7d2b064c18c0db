"""GET /api/products/ with X-Market"""

import pytest

from products.models import Variant
from products.tests.factories import make_product, make_variant, update_variant
from tests.schema_client import SchemaClient


def names(api: SchemaClient, query: dict[str, str]) -> list[str]:
    """Return the names of what is listed in the market us."""
    response = api.get("/api/products/", query, headers={"X-Market": "us"})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize("market", ["us", "US", "Us"])
def test_a_market_has_its_own_prices_and_currency(api: SchemaClient, market: str) -> None:
    make_product(price="2499.00", prices={"us": "34.5"})

    data = api.get("/api/products/", headers={"X-Market": market}).json()["data"]

    assert [(product["price"], product["currency"]) for product in data] == [("34.50", "USD")]


@pytest.mark.parametrize("headers", [{}, {"X-Market": "in"}, {"X-Market": ""}])
def test_the_default_market_holds_where_none_is_named(api: SchemaClient, headers: dict[str, str]) -> None:
    make_product(price="2499.00", prices={"us": "34.50"})

    data = api.get("/api/products/", headers=headers).json()["data"]

    assert [(product["price"], product["currency"]) for product in data] == [("2499.00", "INR")]


def test_a_product_without_a_price_there_is_not_listed(api: SchemaClient) -> None:
    make_product("Both", prices={"us": "1.00"})
    make_product("Home only")

    assert names(api, {}) == ["Both"]


def test_filters_and_orderings_go_by_the_prices_of_the_market(api: SchemaClient) -> None:
    make_product("Cheap there", price="900", prices={"us": "1.00"})
    make_product("Dear there", price="10", prices={"us": "50.00"})

    assert names(api, {"ordering": "price"}) == ["Cheap there", "Dear there"]
    assert names(api, {"ordering": "-price"}) == ["Dear there", "Cheap there"]
    assert names(api, {"max_price": "1"}) == ["Cheap there"]
    assert names(api, {"min_price": "2"}) == ["Dear there"]


def test_only_variants_with_a_price_there_count(api: SchemaClient) -> None:
    variants = [make_variant("S", price="5"), make_variant("M", prices={"us": "9"}), make_variant("L", prices={"us": "8"})]
    make_product(variants=variants)

    data = api.get("/api/products/", headers={"X-Market": "us"}).json()["data"][0]

    assert (data["price"], data["variants_count"]) == ("8.00", 2)
    assert data["sku_id"] == Variant.objects.get(sku="M").pk


def test_a_product_leaves_the_market_with_its_last_variant_there(api: SchemaClient) -> None:
    make_product(variants=[make_variant("S"), make_variant("M", prices={"us": "9"})])
    update_variant("M", is_active=False)

    assert names(api, {}) == []


@pytest.mark.sampled
@pytest.mark.parametrize("market", ["zz", "../", "u", "usa", "u s", "x" * 300, "us\x00", "\u0131n"])
def test_an_unknown_market_is_refused(api: SchemaClient, market: str) -> None:
    make_product()

    response = api.get("/api/products/", headers={"X-Market": market.encode().decode("latin-1")})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"


def test_stock_counts_only_what_the_market_has_a_price_for(api: SchemaClient) -> None:
    make_product("Tee", variants=[make_variant("TEE-S", stock=50), make_variant("TEE-M", stock=3, prices={"us": "9.00"})])

    stock = [api.get("/api/products/", headers={"X-Market": code}).json()["data"][0]["stock"] for code in ("in", "us")]

    assert stock == [53, 3]
