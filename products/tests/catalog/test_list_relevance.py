"""GET /api/products/?search=&ordering=relevance"""

from datetime import UTC, datetime, timedelta

import pytest

from products.models import Product
from products.tests.factories import make_product, make_products, update_product
from products.tests.paging import SITE, follow_links, list_ids_both_ways
from tests.schema_client import SchemaClient


def names(api: SchemaClient, query: str) -> list[str]:
    """Return the names of what is listed."""
    response = api.get(f"/api/products/?{query}")
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


def test_the_name_counts_more_than_the_text(api: SchemaClient) -> None:
    make_product("Lamp")
    make_product("Table", description="lamp lamp lamp, and room for a lamp")

    assert names(api, "search=lamp") == ["Lamp", "Table"]
    assert names(api, "search=lamp&ordering=relevance") == ["Lamp", "Table"]


def test_all_words_in_the_name_count_more_than_some(api: SchemaClient) -> None:
    make_product("Brass lamp")
    make_product("Lamp", description="of brass")
    make_product("Chair", description="brass feet, room for a lamp")

    assert names(api, "search=brass+lamp") == ["Brass lamp", "Lamp", "Chair"]


def test_another_ordering_can_be_asked_for(api: SchemaClient) -> None:
    make_product("Lamp", price="5")
    make_product("Table", price="3", description="lamp")

    assert names(api, "search=lamp&ordering=newest") == ["Table", "Lamp"]
    assert names(api, "search=lamp&ordering=oldest") == ["Lamp", "Table"]
    assert names(api, "search=lamp&ordering=price") == ["Table", "Lamp"]
    assert names(api, "search=lamp&ordering=-price") == ["Lamp", "Table"]


def test_the_newest_id_comes_first_among_equals_whatever_its_age(api: SchemaClient) -> None:
    products = make_products("Lamp", "Lamp", "Lamp")
    for age, product in enumerate(products):
        update_product(product, created_at=datetime(2025, 1, 1, tzinfo=UTC) - timedelta(days=age))

    listed_ids = api.get("/api/products/?search=lamp").json()["data"]

    assert [row["id"] for row in listed_ids] == [product.pk for product in reversed(products)]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_pages_show_each_product_once_though_many_are_equal(api: SchemaClient, size: int) -> None:
    named = make_products(*["Lamp"] * 5)
    described = [make_product("Table", description="for a lamp") for _ in range(5)]
    make_products("Mug", "Rug")

    listed_ids = list_ids_both_ways(api, f"search=lamp&page_size={size}")

    assert listed_ids == [product.pk for product in (*reversed(named), *reversed(described))]


def test_pages_of_several_words_show_each_product_once(api: SchemaClient) -> None:
    for number in range(9):
        make_product("Brass lamp" if number % 3 else "Lamp", description="brass " * number + "of brass")

    listed_ids = list_ids_both_ways(api, "search=brass+lamp&page_size=2")

    assert sorted(listed_ids) == list(Product.objects.order_by("pk").values_list("pk", flat=True))


def test_a_newcomer_of_equal_relevance_neither_hides_nor_doubles_others(api: SchemaClient) -> None:
    ids = [product.pk for product in reversed(make_products(*["Lamp"] * 5))]
    first = api.get("/api/products/?search=lamp&page_size=2").json()
    make_product("Lamp")

    rest, _ = follow_links(api, first["pagination"]["next"].removeprefix(SITE))

    assert [row["id"] for row in first["data"]] + [pk for page in rest for pk in page] == ids


def test_the_pages_of_no_search_are_those_of_the_newest(api: SchemaClient) -> None:
    ids = [product.pk for product in reversed(make_products(*"ABCDE"))]

    assert list_ids_both_ways(api, "ordering=relevance&page_size=2") == ids


def test_a_market_and_the_filters_hold_for_relevance(api: SchemaClient) -> None:
    make_product("Lamp", price="5", prices={"us": "1.00"})
    make_product("Lamp dear", price="50")
    make_product("Lamp gone", price="5", stock=0)

    assert names(api, "search=lamp&max_price=10") == ["Lamp gone", "Lamp"]
    assert names(api, "search=lamp&in_stock=true&max_price=10") == ["Lamp"]
    assert [row["name"] for row in api.get("/api/products/?search=lamp", headers={"X-Market": "us"}).json()["data"]] == ["Lamp"]
