"""GET /api/products/?count="""

import pytest
from django.db import connection

from products.models import Listing, Product, SearchDocument, Variant
from products.tests.factories import make_category, make_product, make_products
from tests.schema_client import SchemaClient


def get_count(api: SchemaClient, query: str = "", market: str = "in") -> object:
    """Return the count that the list reports."""
    response = api.get(f"/api/products/?count=true&{query}", headers={"X-Market": market})
    assert response.status_code == 200
    return response.json()["pagination"]["count"]


def make_listings(count: int) -> None:
    """Put many products on sale at once, all with the same variant."""
    first = Product.objects.count()
    products = Product.objects.bulk_create(
        Product(name="Lamp", slug=f"lamp-{first + number}", search_name="lamp") for number in range(count)
    )
    variant = Variant.objects.create(product=products[0], sku=f"SKU-{first}", price="20")
    Listing.objects.bulk_create(
        Listing(product=row, market="in", variant=variant, variants_count=1, price="20", created_at=row.created_at)
        for row in products
    )
    SearchDocument.objects.bulk_create(SearchDocument(product=row, key_terms="nlamp", text_terms="", digest="") for row in products)
    with connection.cursor() as cursor:  # as autovacuum does; the planner would go by the data of other tests
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("query", ["", "?count=", "?count=false", "?count=0", "?page_size=1"])
def test_nothing_is_counted_where_nobody_asks(api: SchemaClient, query: str) -> None:
    make_products("Lamp", "Mug")

    assert set(api.get(f"/api/products/{query}").json()["pagination"]) == {"next", "previous", "page_size"}


@pytest.mark.sampled
@pytest.mark.parametrize("value", ["yes", "2", "-1", "all", "%00", "true%00", "null"])
def test_any_other_value_is_refused_by_name(api: SchemaClient, value: str) -> None:
    response = api.get(f"/api/products/?count={value}")

    assert response.status_code == 400
    assert response.json()["errors"] == {"count": ["Must be true or false"]}


@pytest.mark.parametrize("value", ["true", "1", "TRUE"])
def test_all_are_counted_and_not_only_those_on_the_page(api: SchemaClient, value: str) -> None:
    make_products(*["Lamp"] * 5)

    body = api.get(f"/api/products/?page_size=2&count={value}").json()

    assert (len(body["data"]), body["pagination"]["count"]) == (2, 5)


def test_the_count_is_the_same_on_every_page(api: SchemaClient) -> None:
    make_products(*["Lamp"] * 5)
    url, counts = "/api/products/?page_size=2&count=true", []

    while url:
        links = api.get(url).json()["pagination"]
        counts.append(links["count"])
        url = (links["next"] or "").removeprefix("http://testserver")

    assert counts == [5, 5, 5]


def test_what_is_counted_is_what_the_filters_leave(api: SchemaClient) -> None:
    lighting, candles = make_category("Lighting"), make_category("Candles", "Lighting")
    make_product("Desk lamp", category=lighting, price="5", prices={"us": "1.00"})
    make_product("Floor lamp", category=lighting, price="50", stock=0)
    make_product("Candle", category=candles, price="5", description="no lamp")
    make_product("Mug", prices={"us": "9.00"})
    make_product("Hidden", is_active=False)

    assert get_count(api) == 4
    assert get_count(api, market="us") == 2
    assert get_count(api, "category=lighting") == 3
    assert get_count(api, "category=candles") == 1
    assert get_count(api, "category=lighting", "us") == 1
    assert get_count(api, "max_price=5") == 2
    assert get_count(api, "min_price=6&max_price=50") == 2
    assert get_count(api, "in_stock=false") == 1
    assert get_count(api, "search=lamp") == 3
    assert get_count(api, "search=lamp&ordering=price&in_stock=true&category=lighting&max_price=5") == 2
    assert get_count(api, "search=desk+lamp&category=lighting") == 1


@pytest.mark.parametrize(
    "query", ["category=nowhere", "search=zzzzzz", "search=%25", "min_price=99", "seller=999999", "in_stock=false"]
)
def test_nothing_is_none(api: SchemaClient, query: str) -> None:
    make_products("Lamp", "Mug")

    assert get_count(api, query) == 0


def test_ten_thousand_are_counted_and_more_are_many(api: SchemaClient) -> None:
    make_listings(10_000)
    exact = get_count(api)
    make_listings(1)

    assert exact == 10_000
    assert get_count(api) == "10000+"
    assert get_count(api, "search=lamp&page_size=1") == "10000+"
    assert get_count(api, "min_price=21") == 0
