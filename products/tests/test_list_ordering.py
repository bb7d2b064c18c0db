"""GET /api/products/?ordering="""

from datetime import UTC, datetime

import pytest

from products.models import Product
from products.tests.factories import change, make_products
from tests.schema_client import SchemaClient


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("newest", ["Anchor", "Candle", "Basket"]),
        ("oldest", ["Basket", "Candle", "Anchor"]),
        ("price", ["Candle", "Anchor", "Basket"]),
        ("-price", ["Basket", "Anchor", "Candle"]),
        ("name", ["Anchor", "Basket", "Candle"]),
        ("", ["Anchor", "Candle", "Basket"]),
    ],
)
def test_each_ordering_sorts_by_what_it_says(api: SchemaClient, ordering: str, expected: list[str]) -> None:
    make_products("Basket", price="100")
    make_products("Candle", "Anchor", price="20")
    change(Product.objects.get(name="Basket"), created_at=datetime(2024, 1, 1, tzinfo=UTC))

    response = api.get("/api/products/", {"ordering": ordering})

    assert response.status_code == 200
    assert [shown["name"] for shown in response.json()["data"]] == expected


@pytest.mark.parametrize(
    ("ordering", "upwards"), [("newest", False), ("oldest", True), ("price", True), ("-price", False), ("name", True)]
)
def test_ties_are_parted_by_id_in_the_same_direction(api: SchemaClient, ordering: str, upwards: bool) -> None:
    products = make_products("Lamp", "Lamp", "Lamp")
    for product in products:
        change(product, created_at=datetime(2025, 1, 1, tzinfo=UTC))

    response = api.get("/api/products/", {"ordering": ordering})

    ids = [product.pk for product in products]
    assert [shown["id"] for shown in response.json()["data"]] == (ids if upwards else ids[::-1])


def test_without_an_ordering_the_newest_come_first(api: SchemaClient) -> None:
    make_products("First", "Second", "Third")

    assert [shown["name"] for shown in api.get("/api/products/").json()["data"]] == ["Third", "Second", "First"]


@pytest.mark.parametrize("ordering", ["cheapest", "-name", "NEWEST", "id", "product__seller__email", "price,name", "\x00"])
def test_an_unknown_ordering_is_refused_by_name(api: SchemaClient, ordering: str) -> None:
    response = api.get("/api/products/", {"ordering": ordering})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["ordering"]
