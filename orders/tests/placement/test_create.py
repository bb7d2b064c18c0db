"""POST /api/orders/create/ with Cash on Delivery"""

import re
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_sku_id, make_shirt
from orders.models import Order
from orders.tests.factories import ADDRESS, create, customer, order_body, placed
from products.models import Variant
from products.tests.factories import add_picture, make_product, make_products, set_price, update_product
from tests.schema_client import SchemaClient

ADDRESSES = [
    *("/api/orders/create/", "/api/orders/create", "/orders/create/", "/orders/create"),
    *("/api/order/create", "/api/order/create/", "/order/create"),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_order_is_placed_at_each_of_its_addresses(api: SchemaClient, address: str) -> None:
    add_to_cart(api, make_product(price="20.00"), 2)

    response = api.post(address, order_body())

    assert response.status_code == 201
    assert response.json()["data"]["total"] == "40.00"
    assert Order.objects.count() == 1


def test_the_answer_holds_every_field_of_the_order(db: None) -> None:
    client = customer()
    lamp, shirt = make_product("Lamp", price="599.99", sku="LAMP-1"), make_shirt()
    picture = add_picture(lamp).image.name
    add_to_cart(client, lamp, 2)
    add_to_cart(client, shirt, 3, variant_id=get_sku_id("SHIRT-M"))

    response = create(client, note="Ring twice")

    order = Order.objects.get()
    data, items = response.json()["data"], list(order.items.all())
    at = order.placed_at.isoformat().replace("+00:00", "Z")
    assert data == {
        "id": order.pk,
        "number": order.number,
        "order_no": order.number,
        "status": "processing",
        "payment_status": "unpaid",
        "fulfilment_status": "unfulfilled",
        "payment_method": "cod",
        "market": "in",
        "currency": "INR",
        "subtotal": "1274.98",
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "fee_total": "0.00",
        "tax_total": "0.00",
        "shipping": {"code": "standard", "name": "Standard delivery", "earliest": None, "latest": None},
        "total": "1274.98",
        "discounts": [],
        "fees": [],
        "items": [
            {
                "id": items[0].pk,
                "product_id": lamp.pk,
                "variant_id": None,
                "sku_id": get_sku_id("LAMP-1"),
                "sku": "LAMP-1",
                "name": "Lamp",
                "unit_price": "599.99",
                "quantity": 2,
                "line_total": "1199.98",
                "discount_total": "0.00",
                "net_total": "1199.98",
                "image": f"http://testserver/media/{picture}",
            },
            {
                "id": items[1].pk,
                "product_id": shirt.pk,
                "variant_id": get_sku_id("SHIRT-M"),
                "sku_id": get_sku_id("SHIRT-M"),
                "sku": "SHIRT-M",
                "name": "Shirt – M",
                "unit_price": "25.00",
                "quantity": 3,
                "line_total": "75.00",
                "discount_total": "0.00",
                "net_total": "75.00",
                "image": None,
            },
        ],
        "shipments": [],
        "address": ADDRESS,
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "phone": "+91 98765 43210",
        "phone_confirm_until": None,
        "note": "Ring twice",
        "placed_at": at,
        "paid_at": None,
        "created_at": at,
    }
    assert response.json()["warnings"] == []


def test_a_users_order_shows_no_token(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    order = placed(client)

    assert Order.objects.get().user == User.objects.get()
    assert "order_token" not in order


def test_a_guest_may_order_and_gets_a_token_for_it(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    order = placed(api)

    assert Order.objects.get().user is None
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", order["order_token"])


def test_the_number_begins_with_the_day_and_holds_no_letter_that_is_misread(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    number = placed(api)["number"]

    assert re.fullmatch(r"\d{6}-[0-9A-HJKMNP-TV-Z]{6}", number)
    assert number[:6] == f"{timezone.now():%y%m%d}"


def test_an_order_keeps_what_was_bought_as_it_was(api: SchemaClient) -> None:
    lamp = make_product("Lamp", price="20.00", sku="LAMP")
    add_to_cart(api, lamp, 2)
    order = placed(api)
    set_price(lamp, "99.00")
    Variant.objects.update(sku="NEW-SKU")
    update_product(lamp, name="Renamed", slug="renamed", is_active=False)

    again = api.get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]}).json()["data"]

    assert again == order
    assert (again["items"][0]["name"], again["items"][0]["sku"], again["total"]) == ("Lamp", "LAMP", "40.00")


def test_an_order_outlives_its_product_and_its_cart(api: SchemaClient) -> None:
    lamp = make_product("Lamp")
    add_to_cart(api, lamp)
    order = placed(api)
    lamp.variants.get().movements.all().delete()
    lamp.delete()
    Cart.objects.all().delete()

    again = api.get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]}).json()["data"]

    line: dict[str, Any] = again["items"][0]
    assert (line["name"], line["product_id"], line["sku_id"], line["line_total"]) == ("Lamp", None, None, "20.00")


def test_an_order_is_charged_in_the_market_of_its_cart(db: None) -> None:
    client = customer()
    lamp = make_product(price="1700.00", prices={"us": "19.99"})
    client.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3}, headers={"X-Market": "us"})

    response = client.post("/api/orders/create/", order_body(), headers={"X-Market": "us"})

    data = response.json()["data"]
    assert (data["market"], data["currency"], data["total"]) == ("us", "USD", "59.97")
    assert data["items"][0]["unit_price"] == "19.99"


def test_an_empty_cart_cannot_be_ordered(db: None) -> None:
    emptied, user = SchemaClient(), customer()
    add_to_cart(emptied, make_product())
    emptied.delete("/api/cart/clear/")

    responses = [create(client) for client in (SchemaClient(), emptied, user)]

    assert [(response.status_code, response.json()["code"]) for response in responses] == [(400, "empty_cart")] * 3
    assert not Order.objects.exists()


def test_a_cart_of_lines_saved_for_later_is_empty(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})

    response = create(api)

    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    assert not Order.objects.exists()


def test_a_cart_in_another_market_is_not_ordered(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = client.post("/api/orders/create/", order_body(), headers={"X-Market": "us"})

    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    assert not Order.objects.exists()


def test_a_full_cart_of_a_hundred_lines_can_be_ordered(api: SchemaClient) -> None:
    products = make_products(*(f"Product {number}" for number in range(100)))
    cart = add_to_cart(api, products[0])["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=1, price_at_addition=20) for product in products[1:]
    )

    order = placed(api)

    assert (len(order["items"]), order["total"]) == (100, "2000.00")
    assert not CartItem.objects.exists()
    assert set(Variant.objects.values_list("stock", flat=True)) == {9}
