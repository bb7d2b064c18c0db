"""What the catalog costs the database: the same for one product as for many"""

import pytest
from django.contrib.auth import get_user_model

from products.tests.factories import add_picture, make_category, make_product, make_products, make_variant
from tests.counting import statements
from tests.schema_client import SchemaClient


def stock_up() -> None:
    """Make 22 products with pictures, variants, sellers and categories."""
    seller = get_user_model().objects.create_user("seller@example.com")
    for number in range(22):
        variants = [make_variant(f"V-{number}-{size}", prices={"us": "1.00"}) for size in "SML"]
        lamp = make_product("Lamp", variants=variants, seller_id=seller.pk, category=make_category(f"Shelf {number}", "Lighting"))
        add_picture(lamp)
        add_picture(lamp, position=1)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?search=lamp",
        "?ordering=price&min_price=1&max_price=99",
        "?category=lighting",
        "?category=lighting&search=lamp&ordering=-price",
        "?page_size=100&ordering=name",
    ],
)
def test_a_list_of_many_costs_what_a_list_of_one_costs(api: SchemaClient, query: str) -> None:
    make_product("Lamp", category=make_category("Lighting"), prices={"us": "1.00"})
    with statements() as for_one:
        assert api.get(f"/api/products/{query}").status_code == 200
    stock_up()

    with statements() as for_many:
        response = api.get(f"/api/products/{query}")
    with statements() as in_another_market:
        api.get(f"/api/products/{query}", headers={"X-Market": "us"})

    assert len(response.json()["data"]) == 23
    assert len(for_one) == len(for_many) == len(in_another_market) <= 2


def test_a_page_in_the_middle_costs_what_the_first_costs(api: SchemaClient) -> None:
    make_products(*["Lamp"] * 30)
    link = api.get("/api/products/?page_size=10").json()["pagination"]["next"].removeprefix("http://testserver")

    with statements() as spent:
        response = api.get(link)

    assert len(response.json()["data"]) == 10
    assert len(spent) <= 2


def test_the_page_of_a_rich_product_costs_what_that_of_a_plain_one_costs(api: SchemaClient) -> None:
    plain = make_product("Plain")
    rich = make_product("Rich", variants=[make_variant(f"R-{number}") for number in range(20)], category=make_category())
    for position in range(5):
        add_picture(rich, position=position)

    with statements() as for_plain:
        api.get(f"/api/products/{plain.pk}/")
    with statements() as for_rich:
        response = api.get("/api/products/rich/")

    assert (len(response.json()["data"]["variants"]), len(response.json()["data"]["images"])) == (20, 5)
    assert len(for_plain) == len(for_rich) <= 4


def test_being_signed_in_costs_one_statement_more(api: SchemaClient) -> None:
    make_product()
    given = {"email": "ada@example.com", "password": "a lamp on the hill", "mode": "token"}
    api.bearer(api.post("/api/auth/register/", given).json()["data"]["access_token"])

    with statements() as signed_in:
        assert api.get("/api/products/").status_code == 200
    api.credentials()
    with statements() as as_guest:
        assert api.get("/api/products/").status_code == 200

    assert len(signed_in) == len(as_guest) + 1
