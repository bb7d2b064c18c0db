"""GET /api/products/?min_price=&max_price="""

import pytest

from products.tests.factories import make_product, make_variant
from tests.schema_client import SchemaClient


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"min_price": "20"}, ["Mug", "Rug"]),
        ({"min_price": "20.01"}, ["Rug"]),
        ({"max_price": "20.00"}, ["Cup", "Mug"]),
        ({"max_price": "19.999"}, ["Cup"]),
        ({"min_price": "10", "max_price": "20"}, ["Mug"]),
        ({"min_price": "21", "max_price": "20"}, []),
        ({"min_price": "", "max_price": ""}, ["Cup", "Mug", "Rug"]),
        ({"min_price": "0", "max_price": "9999999999"}, ["Cup", "Mug", "Rug"]),
    ],
)
def test_both_ends_of_the_range_count(api: SchemaClient, query: dict[str, str], expected: list[str]) -> None:
    make_product("Cup", price="9.50")
    make_product("Mug", price="20")
    make_product("Rug", price="100")

    response = api.get("/api/products/", {**query, "ordering": "name"})

    assert response.status_code == 200
    assert [row["name"] for row in response.json()["data"]] == expected


def test_the_price_of_a_product_with_variants_is_its_lowest(api: SchemaClient) -> None:
    make_product(variants=[make_variant("S", price="30"), make_variant("M", price="10")])

    assert len(api.get("/api/products/", {"max_price": "10"}).json()["data"]) == 1
    assert api.get("/api/products/", {"min_price": "10.01"}).json()["data"] == []


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["min_price", "max_price"])
@pytest.mark.parametrize(
    "amount", ["abc", "-1", "1e3", "NaN", "Infinity", "1,5", "1.2345", "12345678901", "0x10", "\u0663", "1_0", "5\x00", "1 0", "."]
)
def test_what_is_no_amount_is_refused_by_name(api: SchemaClient, name: str, amount: str) -> None:
    response = api.get("/api/products/", {name: amount})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]
