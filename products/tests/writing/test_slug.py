"""A product's slug: the readable part of its URL"""

import pytest

from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Desk lamp", "desk-lamp"),
        ("Caf\u00e9 cr\u00e8me", "cafe-creme"),
        ("12345", "product-12345"),
        ("\u00b2", "product-2"),
        ("Create", "product-create"),
        ("CATEGORIES", "product-categories"),
        ("550E8400-E29B-41D4-A716-446655440000", "product-550e8400-e29b-41d4-a716-446655440000"),
        ("550e8400 e29b 41d4 a716 446655440000", "product-550e8400-e29b-41d4-a716-446655440000"),
        ("\u706f", "deng"),
        ("---", "product"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_slug_is_never_taken_for_an_id_or_a_route(api: SchemaClient, name: str, slug: str) -> None:
    lamp = make_product(name)

    response = api.get(f"/api/products/{slug}/")

    assert response.status_code == 200
    assert response.json()["data"]["id"] == lamp.pk
    assert response.json()["data"]["slug"] == slug


@pytest.mark.parametrize("name", ["Lamp", "12345", "\u706f", "x" * 200, "create"])
def test_products_of_one_name_have_slugs_of_their_own(api: SchemaClient, name: str) -> None:
    products = [make_product(name) for _ in range(3)]

    opened = [api.get(f"/api/products/{product.slug}/").json()["data"]["id"] for product in products]

    assert opened == [product.pk for product in products]


def test_a_numbered_slug_leaves_out_those_that_are_taken(api: SchemaClient) -> None:
    slugs = [make_product(name).slug for name in ("Lamp 2", "Lamp", "Lamp", "Lamp 2", "Lamp")]

    assert slugs == ["lamp-2", "lamp", "lamp-3", "lamp-2-2", "lamp-4"]


def test_a_slug_of_hexadecimal_words_opens_its_product(api: SchemaClient) -> None:
    lamp = make_product("Decade facade decade facade decadeab")

    response = api.get(f"/api/products/{lamp.slug}/")

    assert response.status_code == 200
    assert response.json()["data"]["id"] == lamp.pk
