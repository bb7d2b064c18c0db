"""GET /api/products/?ordering="""

from datetime import UTC, datetime

import pytest

from products.models import Product
from products.tests.factories import make_products, update_product
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
    update_product(Product.objects.get(name="Basket"), created_at=datetime(2024, 1, 1, tzinfo=UTC))

    response = api.get("/api/products/", {"ordering": ordering})

    assert response.status_code == 200
    assert [row["name"] for row in response.json()["data"]] == expected


@pytest.mark.parametrize(
    ("ordering", "ascending"), [("newest", False), ("oldest", True), ("price", True), ("-price", False), ("name", True)]
)
def test_ties_are_parted_by_id_in_the_same_direction(api: SchemaClient, ordering: str, ascending: bool) -> None:
    products = make_products("Lamp", "Lamp", "Lamp")
    for product in products:
        update_product(product, created_at=datetime(2025, 1, 1, tzinfo=UTC))

    response = api.get("/api/products/", {"ordering": ordering})

    ids = [product.pk for product in products]
    assert [row["id"] for row in response.json()["data"]] == (ids if ascending else ids[::-1])


def test_names_are_sorted_without_case_accents_and_punctuation(api: SchemaClient) -> None:
    make_products(
        "Zebra",
        "éclair",
        "Lampshade",
        "\u00c5ngström",
        "eagle",
        "\u0926\u0940\u092a",
        "Lamp 2",
        "ECLIPSE",
        '"apple"',
        "2 mugs",
        "10 mugs",
    )

    data = [row["name"] for row in api.get("/api/products/?ordering=name").json()["data"]]

    assert data == [
        *("10 mugs", "2 mugs", "\u00c5ngström", '"apple"', "eagle", "éclair", "ECLIPSE", "Lamp 2", "Lampshade", "Zebra"),
        "\u0926\u0940\u092a",
    ]


def test_names_that_fold_alike_are_parted_by_id(api: SchemaClient) -> None:
    products = make_products("Creme", "CRÈME", "crème!", "Crème")

    assert [row["id"] for row in api.get("/api/products/?ordering=name").json()["data"]] == [row.pk for row in products]


def test_without_words_the_newest_are_the_most_relevant(api: SchemaClient) -> None:
    oldest = make_products("First", "Second", "Third")[0]
    update_product(oldest, created_at=datetime(2026, 1, 1, tzinfo=UTC))

    for query in ("ordering=relevance", "ordering=relevance&search=", "ordering=relevance&search=+%00+"):
        assert [row["name"] for row in api.get(f"/api/products/?{query}").json()["data"]] == ["First", "Third", "Second"]


def test_without_an_ordering_the_newest_come_first(api: SchemaClient) -> None:
    make_products("First", "Second", "Third")

    assert [row["name"] for row in api.get("/api/products/").json()["data"]] == ["Third", "Second", "First"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    "ordering", ["cheapest", "-name", "-relevance", "-newest", "NEWEST", "id", "product__seller__email", "price,name", "\x00"]
)
def test_an_unknown_ordering_is_refused_by_name(api: SchemaClient, ordering: str) -> None:
    response = api.get("/api/products/", {"ordering": ordering})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["ordering"]
