"""GET /api/products/?count="""

import pytest

from products.models import Listing, Product, Variant
from products.tests.factories import make_category, make_product, make_products
from tests.schema_client import SchemaClient


def counted(api: SchemaClient, query: str = "", market: str = "in") -> object:
    """Return how many there are, as the list says."""
    response = api.get(f"/api/products/?count=true&{query}", headers={"X-Market": market})
    assert response.status_code == 200
    return response.json()["pagination"]["count"]


def put_on_sale(count: int) -> None:
    """Put many products on sale in one go, all with the variant of one."""
    first = Product.objects.count()
    products = Product.objects.bulk_create(
        Product(name="Lamp", slug=f"lamp-{first + number}", search_name="lamp") for number in range(count)
    )
    variant = Variant.objects.create(product=products[0], sku=f"SKU-{first}", price="20")
    Listing.objects.bulk_create(
        Listing(product=row, market="in", variant=variant, variants_count=1, price="20", created_at=row.created_at)
        for row in products
    )


@pytest.mark.parametrize("query", ["", "?count=", "?count=false", "?count=0", "?page_size=1"])
def test_nothing_is_counted_where_nobody_asks(api: SchemaClient, query: str) -> None:
    make_products("Lamp", "Mug")

    assert set(api.get(f"/api/products/{query}").json()["pagination"]) == {"next", "previous", "page_size"}


@pytest.mark.parametrize("given", ["yes", "2", "-1", "all", "%00", "true%00", "null"])
def test_any_other_value_is_refused_by_name(api: SchemaClient, given: str) -> None:
    response = api.get(f"/api/products/?count={given}")

    assert response.status_code == 400
    assert response.json()["errors"] == {"count": ["Must be true or false"]}


@pytest.mark.parametrize("given", ["true", "1", "TRUE"])
def test_all_are_counted_and_not_only_those_on_the_page(api: SchemaClient, given: str) -> None:
    make_products(*["Lamp"] * 5)

    answer = api.get(f"/api/products/?page_size=2&count={given}").json()

    assert (len(answer["data"]), answer["pagination"]["count"]) == (2, 5)


def test_the_count_is_the_same_on_every_page(api: SchemaClient) -> None:
    make_products(*["Lamp"] * 5)
    address, counts = "/api/products/?page_size=2&count=true", []

    while address:
        links = api.get(address).json()["pagination"]
        counts.append(links["count"])
        address = (links["next"] or "").removeprefix("http://testserver")

    assert counts == [5, 5, 5]


def test_what_is_counted_is_what_the_filters_leave(api: SchemaClient) -> None:
    lighting, candles = make_category("Lighting"), make_category("Candles", "Lighting")
    make_product("Desk lamp", category=lighting, price="5", prices={"us": "1.00"})
    make_product("Floor lamp", category=lighting, price="50", stock=0)
    make_product("Candle", category=candles, price="5", description="no lamp")
    make_product("Mug", prices={"us": "9.00"})
    make_product("Hidden", is_active=False)

    assert counted(api) == 4
    assert counted(api, market="us") == 2
    assert counted(api, "category=lighting") == 3
    assert counted(api, "category=candles") == 1
    assert counted(api, "category=lighting", "us") == 1
    assert counted(api, "max_price=5") == 2
    assert counted(api, "min_price=6&max_price=50") == 2
    assert counted(api, "in_stock=false") == 1
    assert counted(api, "search=lamp") == 3
    assert counted(api, "search=lamp&ordering=price&in_stock=true&category=lighting&max_price=5") == 2
    assert counted(api, "search=desk+lamp&category=lighting") == 1


@pytest.mark.parametrize(
    "query", ["category=nowhere", "search=zzzzzz", "search=%25", "min_price=99", "seller=999999", "in_stock=false"]
)
def test_nothing_is_none(api: SchemaClient, query: str) -> None:
    make_products("Lamp", "Mug")

    assert counted(api, query) == 0


def test_ten_thousand_are_counted_and_more_are_many(api: SchemaClient) -> None:
    put_on_sale(10_000)
    exact = counted(api)
    put_on_sale(1)

    assert exact == 10_000
    assert counted(api) == "10000+"
    assert counted(api, "search=lamp&page_size=1") == "10000+"
    assert counted(api, "min_price=21") == 0
