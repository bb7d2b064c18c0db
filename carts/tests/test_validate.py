"""GET /api/cart/validate/"""

from decimal import Decimal
from typing import Any

import pytest

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart, get_cart_rows, signed_in_client
from products.models import MarketPrice, Product, Variant
from products.tests.factories import make_product, set_price
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

URL = "/api/cart/validate/"


def get_issues(client: SchemaClient) -> list[dict[str, Any]]:
    """Return the issues of the client's cart."""
    data = client.get(URL).json()["data"]
    assert data["valid"] is not bool(data["issues"])
    issues: list[dict[str, Any]] = data["issues"]
    return issues


def set_stock(product: Product, units: int) -> None:
    """Set a product's stock."""
    Variant.objects.filter(product=product).update(stock=units)


def test_a_cart_that_can_be_ordered_is_valid(api: SchemaClient) -> None:
    add_to_cart(api, make_product(), 2)

    response = api.get(URL)

    assert response.status_code == 200
    body = response.json()
    assert (body["message"], body["data"]) == ("Cart is valid", {"valid": True, "issues": []})
    assert body["owner"]["type"] == "guest"


def test_an_empty_cart_is_valid_and_writes_nothing(api: SchemaClient) -> None:
    assert api.get(URL).json()["data"]["valid"] is True
    assert get_cart_rows() == [[], [], []]


def test_an_increased_price_and_insufficient_stock_are_both_reported(api: SchemaClient) -> None:
    phone = make_product("Smartphone XYZ", price="599.99", stock=50)
    body = add_to_cart(api, phone, 3)
    set_price(phone, "649.99")
    set_stock(phone, 2)

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


def test_a_decreased_price_is_reported_with_its_sign(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp)
    set_price(lamp, "18.50")

    (issue,) = get_issues(api)

    assert issue["issues"] == ["Price decreased by 1.50"]
    assert issue["codes"] == [{"code": "price_decreased", "old_price": "20.00", "new_price": "18.50", "difference": "-1.50"}]


def test_unavailability_is_the_only_issue_of_a_line(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp, 2)
    set_price(lamp, "25.00")
    set_stock(lamp, 0)
    Product.objects.update(is_active=False)

    (issue,) = get_issues(api)

    assert issue["issues"] == ["Product is no longer available"]
    assert issue["codes"] == [{"code": "unavailable"}]


def test_nothing_left_is_insufficient(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    set_stock(lamp, 0)

    assert get_issues(api)[0]["issues"] == ["Insufficient stock. Only 0 available"]


def test_what_is_saved_for_later_is_never_an_issue(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})
    set_price(lamp, "99.00")
    set_stock(lamp, 0)
    Product.objects.update(is_active=False)

    assert get_issues(api) == []


def test_a_sellers_own_product_cannot_be_bought(db: None) -> None:
    seller = make_user()
    client = signed_in_client(seller)
    lamp = make_product()
    add_to_cart(client, lamp)
    Product.objects.update(seller=seller)

    (issue,) = get_issues(client)

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
        add_to_cart(api, product)
        set_price(product, "21.00")

    with capture_statements() as statements:
        assert len(get_issues(api)) == lines

    assert len(statements) == 2
