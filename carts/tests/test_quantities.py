"""Accepted quantities when adding and updating items."""

from typing import Any

import pytest

from carts.models import CartItem
from carts.tests.factories import add_to_cart, change_cart, get_cart_rows, units_by_sku
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

LIMIT = "Cannot add more. Maximum 99 units allowed per item"
INVALID_QUANTITIES: list[Any] = [
    *(None, -1, -(10**30), 1.5, 1.0, 1e300, True, False, [], [1], {}, {"n": 1}),
    *("", " ", "many", "1.5", "-1", "+1", "1e1", "٣", "0x1", "1\x00"),
]
EXCESSIVE_QUANTITIES: list[Any] = [100, 101, 32768, 2**31, 2**63, 2**64 - 1, "100", "999999999"]


@pytest.mark.sampled
@pytest.mark.parametrize("quantity", [0, "0", *INVALID_QUANTITIES])
def test_add_takes_whole_numbers_from_1_on(api: SchemaClient, quantity: object) -> None:
    lamp = make_product(stock=10_000)
    add_to_cart(api, lamp, 2)
    before = get_cart_rows()

    for name in ("quantity", "qty"):
        response = api.post("/api/cart/add/", {"product_id": lamp.pk, name: quantity})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [name]
    assert get_cart_rows() == before


@pytest.mark.sampled
@pytest.mark.parametrize("quantity", INVALID_QUANTITIES)
def test_update_takes_whole_numbers_from_0_on(api: SchemaClient, quantity: object) -> None:
    lamp = make_product(stock=10_000)
    line = add_to_cart(api, lamp, 2)["data"]["id"]
    before = get_cart_rows()

    responses = [
        api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": quantity}),
        api.patch("/api/cart/update/", {"product_id": lamp.pk, "qty": quantity}),
        api.patch(f"/api/cart/update/{line}/", {"quantity": quantity}),
    ]

    assert [response.status_code for response in responses] == [400] * 3
    assert [list(response.json()["errors"]) for response in responses] == [["quantity"], ["qty"], ["quantity"]]
    assert get_cart_rows() == before


@pytest.mark.parametrize("quantity", EXCESSIVE_QUANTITIES)
def test_a_line_holds_at_most_99(api: SchemaClient, quantity: object) -> None:
    lamp = make_product(stock=10_000)
    line = add_to_cart(api, lamp, 2)["data"]["id"]
    before = get_cart_rows()

    responses = [
        api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": quantity}),
        api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": quantity}),
        api.patch(f"/api/cart/update/{line}/", {"quantity": quantity}),
    ]

    for response in responses:
        body = response.json()
        assert response.status_code == 400
        assert (body["code"], body["message"], body["errors"]) == ("quantity_limit", LIMIT, {})
    assert get_cart_rows() == before


def test_the_limit_counts_what_the_line_holds_already(api: SchemaClient) -> None:
    lamp = make_product(stock=10_000)
    add_to_cart(api, lamp, 99)
    before = get_cart_rows()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 1})

    assert response.status_code == 400
    assert (response.json()["message"], response.json()["errors"]) == (LIMIT, {})
    assert get_cart_rows() == before


@pytest.mark.parametrize("change", ["add", "update"])
def test_the_limit_is_looked_at_before_the_stock(api: SchemaClient, change: str) -> None:
    lamp = make_product(stock=5)
    add_to_cart(api, lamp)
    method, address = {"add": ("post", "/api/cart/add/"), "update": ("patch", "/api/cart/update/")}[change]

    response = getattr(api, method)(address, {"product_id": lamp.pk, "quantity": 100})

    assert (response.status_code, response.json()["code"]) == (400, "quantity_limit")


def test_99_fit(api: SchemaClient) -> None:
    lamp = make_product(stock=99, sku="LAMP")
    add_to_cart(api, lamp, 98)

    response = change_cart(api, "add", lamp)

    assert units_by_sku(response.json()["cart"]) == {"LAMP": 99}


def test_a_cart_holds_a_hundred_lines_and_more_of_them_but_no_other(api: SchemaClient) -> None:
    lamp, *others = [make_product(f"Product {number}", sku=f"P-{number}") for number in range(101)]
    cart = add_to_cart(api, lamp)["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=0, price_at_addition=1) for product in others[:-1]
    )

    more, other = change_cart(api, "add", lamp), api.post("/api/cart/add/", {"product_id": others[-1].pk})

    assert (more.status_code, more.json()["data"]["quantity"]) == (200, 2)
    assert (other.status_code, other.json()["code"]) == (400, "cart_full")
    assert CartItem.objects.count() == 100
