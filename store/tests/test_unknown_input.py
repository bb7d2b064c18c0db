"""Keys of bodies and query parameters that the shop does not know are named in `warnings`"""

import pytest
from django.test import Client

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, get_cart
from orders.tests.factories import ADDRESS
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def test_unknown_keys_of_a_write_are_named(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user()))

    response = api.patch("/api/auth/me/", {"firstname": "Ada", "last_name": "Byron", "nickname": None})

    assert response.status_code == 200
    assert response.json()["data"]["last_name"] == "Byron"
    assert response.json()["warnings"] == ["Unknown field: firstname", "Unknown field: nickname"]


def test_they_come_after_the_warnings_of_the_view(api: SchemaClient) -> None:
    lamp = make_product(stock=1)
    line = add_to_cart(api, lamp)
    lamp.variants.update(stock=0)

    response = api.patch(f"/api/cart/update/{line['data']['id']}/?sort=price", {"quantity": 0, "colour": "red"})

    assert response.json()["warnings"][-2:] == ["Unknown field: colour", "Unknown query parameter: sort"]


def test_keys_inside_of_lists_are_named_once(api: SchemaClient) -> None:
    lamp, mug = make_product(), make_product("Mug", sku="MUG")
    add_to_cart(api, lamp)
    add_to_cart(api, mug)
    lines = [{"id": product.pk, "qty": 1, "title": "as a shop front has it", "wrapping": "red"} for product in (lamp, mug)]

    response = api.post(
        "/api/orders/create/",
        {"payment_method": "cod", "cart": lines, "address": ADDRESS, "email": "ada@example.com", "coupon": "X"},
    )

    assert response.status_code == 201
    assert response.json()["warnings"] == ["Unknown field: cart.wrapping", "Unknown field: coupon"]


@pytest.mark.parametrize("body", [{"qty": 1}, {"quantity": 1, "qty": 2}, {"variant_id": None, "cart_token": "x"}])
def test_other_names_of_a_field_are_known(api: SchemaClient, body: dict[str, object]) -> None:
    response = api.post("/api/cart/add/", {"product_id": make_product().pk, **body})

    assert response.status_code == 201
    assert response.json()["warnings"] == []


def test_a_body_where_none_is_expected_is_named(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user()))

    response = api.post("/api/auth/email/resend/?force=1", {"to": "me"})

    assert response.status_code == 202
    assert response.json()["warnings"] == ["Unknown query parameter: force"]


def test_unknown_query_parameters_are_named_and_pages_still_have_links(api: SchemaClient) -> None:
    for number in range(3):
        make_product(f"Lamp {number}", sku=f"L{number}")

    page = api.get("/api/products/?sort=price&page_size=2").json()
    following = api.get(page["pagination"]["next"].removeprefix("http://testserver")).json()

    assert (len(page["data"]), page["warnings"]) == (2, ["Unknown query parameter: sort"])
    assert (len(following["data"]), following["warnings"]) == (1, ["Unknown query parameter: sort"])


@pytest.mark.parametrize("query", ["utm_source=x&utm_campaign=y", "fbclid=1", "gclid=1&gbraid=2", "_=1700000000", "page_size=5"])
def test_parameters_that_advertising_and_caches_append_are_not(api: SchemaClient, query: str) -> None:
    make_product()

    assert api.get(f"/api/products/?{query}").json()["warnings"] == []


def test_the_etag_is_that_of_the_answer_without_these_warnings(client: Client, db: None) -> None:
    make_product()
    plain, odd = client.get("/api/products/"), client.get("/api/products/?sort=price")

    again = client.get("/api/products/?sort=price", headers={"If-None-Match": odd["ETag"]})

    assert plain["ETag"] == odd["ETag"]
    assert again.status_code == 304


def test_at_most_twenty_are_named_and_long_names_are_cut(api: SchemaClient) -> None:
    body = {"product_id": make_product().pk, "x" * 5_000: 1, **{f"key{number}": 1 for number in range(50)}}

    warnings = api.post("/api/cart/add/", body).json()["warnings"]

    assert len(warnings) == 20
    assert warnings[0] == "Unknown field: " + "x" * 100


def test_a_refusal_names_none(api: SchemaClient) -> None:
    response = api.post("/api/cart/add/?sort=1", {"colour": "red"})

    assert response.status_code == 400
    assert "warnings" not in response.json()
    assert get_cart(api)["items"] == []
