"""GET /api/cart/validate/"""

from decimal import Decimal
from typing import Any

import pytest

from accounts.tests.factories import make_user
from carts.tests.factories import add, everything, signed_in
from products.models import MarketPrice, Product, Variant
from products.tests.factories import change_price, make_product
from tests.counting import statements
from tests.schema_client import SchemaClient

URL = "/api/cart/validate/"


def found(client: SchemaClient) -> list[dict[str, Any]]:
    """Return the issues of the client's cart."""
    data = client.get(URL).json()["data"]
    assert data["valid"] is not bool(data["issues"])
    issues: list[dict[str, Any]] = data["issues"]
    return issues


def left(product: Product, units: int) -> None:
    """Leave so many units of a product."""
    Variant.objects.filter(product=product).update(stock=units)


def test_a_cart_that_can_be_ordered_is_valid(api: SchemaClient) -> None:
    add(api, make_product(), 2)

    response = api.get(URL)

    assert response.status_code == 200
    body = response.json()
    assert (body["message"], body["data"]) == ("Cart is valid", {"valid": True, "issues": []})
    assert body["owner"]["type"] == "guest"


def test_an_empty_cart_is_valid_and_writes_nothing(api: SchemaClient) -> None:
    assert api.get(URL).json()["data"]["valid"] is True
    assert everything() == [[], [], []]


def test_a_price_that_rose_and_too_few_units_are_both_told(api: SchemaClient) -> None:
    phone = make_product("Smartphone XYZ", price="599.99", stock=50)
    body = add(api, phone, 3)
    change_price(phone, "649.99")
    left(phone, 2)

    response = api.get(URL)

    assert response.json()["message"] == "Cart has validation issues"
    assert response.json()["data"] == {
        "valid": False,
        "issues": [
            {
                "item_id": body["data"]["id"],
                "product_id": phone.pk,
                "sku_id": body["data"]["sku_id"],
                "product_name": "Smartphone XYZ",
                "issues": ["Price increased by 50.00", "Insufficient stock. Only 2 available"],
                "codes": [
                    {"code": "price_increased", "old_price": "599.99", "new_price": "649.99", "difference": "50.00"},
                    {"code": "insufficient_stock", "available": 2, "quantity": 3},
                ],
            }
        ],
    }


def test_a_price_that_fell_is_told_with_its_sign(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add(api, lamp)
    change_price(lamp, "18.50")

    (issue,) = found(api)

    assert issue["issues"] == ["Price decreased by 1.50"]
    assert issue["codes"] == [{"code": "price_decreased", "old_price": "20.00", "new_price": "18.50", "difference": "-1.50"}]


def test_what_is_not_for_sale_any_more_is_told_alone(api: SchemaClient) -> None:
    lamp = make_product()
    add(api, lamp, 2)
    change_price(lamp, "25.00")
    left(lamp, 0)
    Product.objects.update(is_active=False)

    (issue,) = found(api)

    assert issue["issues"] == ["Product is no longer available"]
    assert issue["codes"] == [{"code": "unavailable"}]


def test_nothing_left_is_insufficient(api: SchemaClient) -> None:
    lamp = make_product()
    add(api, lamp)
    left(lamp, 0)

    assert found(api)[0]["issues"] == ["Insufficient stock. Only 0 available"]


def test_what_is_saved_for_later_is_never_an_issue(api: SchemaClient) -> None:
    lamp = make_product()
    add(api, lamp)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})
    change_price(lamp, "99.00")
    left(lamp, 0)
    Product.objects.update(is_active=False)

    assert found(api) == []


def test_a_sellers_own_product_cannot_be_bought(db: None) -> None:
    seller = make_user()
    client = signed_in(seller)
    lamp = make_product()
    add(client, lamp)
    Product.objects.update(seller=seller)

    (issue,) = found(client)

    assert (issue["issues"], issue["codes"]) == (["You cannot buy your own product"], [{"code": "own_product"}])


def test_amounts_have_the_digits_of_their_currency(api: SchemaClient) -> None:
    lamp = make_product(price="1700.00", prices={"us": "19.99"})
    us = {"X-Market": "us"}
    api.post("/api/cart/add/", {"product_id": lamp.pk}, headers=us)
    MarketPrice.objects.update(price=Decimal("21.49"))

    issue = api.get(URL, headers=us).json()["data"]["issues"][0]

    assert issue["issues"] == ["Price increased by 1.50"]


@pytest.mark.parametrize("lines", [1, 50])
def test_it_costs_two_statements(api: SchemaClient, unthrottled: None, lines: int) -> None:
    for number in range(lines):
        product = make_product(f"Lamp {number}", sku=f"L{number}")
        add(api, product)
        change_price(product, "21.00")

    with statements() as spent:
        assert len(found(api)) == lines

    assert len(spent) == 2
