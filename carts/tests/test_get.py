"""GET /api/cart/ and GET /api/cart/current/"""

from typing import Any

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_cart, get_sku_id, signed_in_client
from products.tests.factories import add_picture, make_product
from tests.schema_client import SchemaClient

ADDRESSES = [f"{mount}/cart{tail}" for mount in ("/api", "") for tail in ("/", "", "/current/", "/current")]
EMPTY: dict[str, Any] = {
    "user": None,
    "market": "in",
    "currency": "INR",
    "items": [],
    "total_items": 0,
    "count": 0,
    "subtotal": "0.00",
    "current_subtotal": "0.00",
    "codes": [],
    "discounts": [],
    "discount_total": "0.00",
    "shipping_estimate": "0.00",
    "total_estimate": "0.00",
    "delivery": {"country": "IN", "postal_code": "", "state": "", "serviceable": None, "reason": None, "method": None},
    "has_unavailable_items": False,
    "has_stock_issues": False,
    "has_price_changes": False,
}


def format_time(moment: object) -> str:
    """Return a time as the API writes it."""
    return str(moment).replace(" ", "T").replace("+00:00", "Z")


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_cart_answers_at_each_of_its_addresses(api: SchemaClient, address: str) -> None:
    add_to_cart(api, make_product(), 2)

    response = api.get(address)

    assert response.status_code == 200
    assert response.json()["message"] == "Cart retrieved successfully"
    assert response.json()["data"] == get_cart(api)
    assert response.json()["data"]["total_items"] == 2
    assert response.json()["warnings"] == []


def test_a_cart_is_shown_with_every_field(api: SchemaClient) -> None:
    lamp = make_product("Desk Lamp", price="599.99", stock=50, sku="LAMP-1")
    picture = f"http://testserver/media/{add_picture(lamp).image.name}"
    key = add_to_cart(api, lamp, 2)["cart_token"]
    cart, item = Cart.objects.get(), CartItem.objects.get()

    data = api.get("/api/cart/").json()["data"]

    line = {
        "id": item.pk,
        "product": {
            "id": lamp.pk,
            "uuid": str(lamp.uuid),
            "name": "Desk Lamp",
            "slug": "desk-lamp",
            "price": "599.99",
            "stock": 50,
            "primary_image": picture,
            "seller_name": "Our shop",
            "is_available": True,
            "is_low_stock": False,
        },
        "product_id": lamp.pk,
        "variant_id": None,
        "sku_id": get_sku_id("LAMP-1"),
        "sku": "LAMP-1",
        "name": "Desk Lamp",
        "price": "599.99",
        "thumbnail": picture,
        "quantity": 2,
        "price_at_addition": "599.99",
        "current_price": "599.99",
        "total_price": "1199.98",
        "discount": "0.00",
        "net_total": "1199.98",
        "price_changed": False,
        "price_difference": "0.00",
        "is_available": True,
        "has_sufficient_stock": True,
        "stock_status": "in_stock",
        "created_at": format_time(item.created_at),
        "updated_at": format_time(item.updated_at),
    }
    assert data == EMPTY | {
        "id": cart.pk,
        "items": [line],
        "total_items": 2,
        "count": 1,
        "subtotal": "1199.98",
        "current_subtotal": "1199.98",
        "total_estimate": "1199.98",
        "delivery": {
            "country": "IN",
            "postal_code": "",
            "state": "",
            "serviceable": True,
            "reason": None,
            "method": {
                "code": "standard",
                "name": "Standard delivery",
                "price": "0.00",
                "free_from": None,
                "earliest": None,
                "latest": None,
            },
        },
        "created_at": format_time(cart.created_at),
        "updated_at": format_time(cart.updated_at),
        "owner": {"type": "guest", "user_id": None, "session_key": key},
    }


def test_a_user_without_a_cart_gets_an_empty_one_and_no_row(db: None) -> None:
    user = make_user(first_name="Ada", last_name="Lovelace")

    body = signed_in_client(user).get("/api/cart/").json()

    data = body["data"]
    assert data == EMPTY | {
        "id": None,
        "user": "Ada Lovelace",
        "created_at": data["updated_at"],
        "updated_at": data["updated_at"],
        "owner": {"type": "user", "user_id": user.pk, "session_key": None},
    }
    assert (body["owner"], body["cart_token"]) == (data["owner"], None)
    assert not Cart.objects.exists()


def test_a_user_without_a_name_is_shown_by_number_and_never_by_email_address(db: None) -> None:
    user = make_user("ada@example.com")

    response = signed_in_client(user).get("/api/cart/")

    assert response.json()["data"]["user"] == f"user-{user.pk}"
    assert "ada@example.com" not in response.content.decode()


def test_lines_stand_in_the_order_in_which_they_came(api: SchemaClient) -> None:
    names = ["Mug", "Lamp", "Chair"]
    for name in names:
        add_to_cart(api, make_product(name))

    data = get_cart(api)

    assert [line["name"] for line in data["items"]] == names
    assert (data["count"], data["total_items"], data["subtotal"]) == (3, 3, "60.00")


def test_a_seller_is_shown_by_display_name(api: SchemaClient) -> None:
    seller = make_user("grace@example.com", first_name="Grace", last_name="Hopper")
    add_to_cart(api, make_product(seller_id=seller.pk))

    data = get_cart(api)

    assert data["items"][0]["product"]["seller_name"] == "Grace Hopper"


def test_a_cart_is_never_kept_by_a_cache(api: SchemaClient) -> None:
    response = api.get("/api/cart/")

    assert response["Cache-Control"] == "no-store"
    assert {"cookie", "authorization", "origin"} <= {name.strip() for name in response["Vary"].lower().split(",")}
