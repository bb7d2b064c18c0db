"""The cart audit log: one entry per change, none for a rejected change."""

import pytest

from accounts.tests.factories import make_user
from carts.models import CartAuditLog
from carts.tests.factories import add_to_cart, get_audit_log, get_sku_id, make_shirt, signed_in_client
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient


def test_every_change_is_written_down_with_what_it_changed(api: SchemaClient) -> None:
    lamp = make_product("Lamp", price="599.99", stock=50)
    add_to_cart(api, lamp, 2)
    set_price(lamp, "650.00")
    add_to_cart(api, lamp, 1)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 5})
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})
    api.delete("/api/cart/remove/", {"product_id": lamp.pk})
    add_to_cart(api, lamp, 4)

    api.delete("/api/cart/clear/")

    assert get_audit_log() == [
        ("ADD", "Lamp", {"quantity": 2, "price": "599.99"}),
        ("ADD", "Lamp", {"quantity": 1, "price": "650.00"}),
        ("UPDATE", "Lamp", {"old_quantity": 3, "new_quantity": 5}),
        ("UPDATE", "Lamp", {"old_quantity": 5, "new_quantity": 0}),
        ("REMOVE", "Lamp", {"quantity": 0}),
        ("ADD", "Lamp", {"quantity": 4, "price": "650.00"}),
        ("CLEAR", "", {"items_removed": 1}),
    ]


def test_an_entry_says_who_and_from_where(db: None) -> None:
    user, shirt = make_user(), make_shirt()

    signed_in_client(user).post("/api/cart/add/", {"sku_id": get_sku_id("SHIRT-M")}, REMOTE_ADDR="203.0.113.9")

    entry = CartAuditLog.objects.get()
    assert (entry.user, entry.ip_address) == (user, "203.0.113.9")
    assert (entry.product, entry.variant_id, entry.product_name) == (shirt, get_sku_id("SHIRT-M"), "Shirt")
    assert entry.cart.user == user


def test_a_guest_is_known_by_the_cart_alone(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    entry = CartAuditLog.objects.get()

    assert (entry.user, entry.ip_address) == (None, "127.0.0.1")


def test_a_forwarded_address_is_not_believed_where_no_proxy_is_trusted(api: SchemaClient) -> None:
    lamp = make_product()

    api.post("/api/cart/add/", {"product_id": lamp.pk}, headers={"X-Forwarded-For": "198.51.100.7"})

    assert CartAuditLog.objects.get().ip_address == "127.0.0.1"


def test_an_entry_outlives_its_product(api: SchemaClient) -> None:
    lamp = make_product("Lamp")
    add_to_cart(api, lamp)

    lamp.variants.get().movements.all().delete()
    lamp.delete()

    entry = CartAuditLog.objects.get()
    assert (entry.product, entry.variant, entry.product_name) == (None, None, "Lamp")


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("post", "/api/cart/add/", {"quantity": 11}),
        ("post", "/api/cart/add/", {"quantity": 100}),
        ("post", "/api/cart/add/", {"quantity": "many"}),
        ("patch", "/api/cart/update/", {"quantity": 11}),
        ("patch", "/api/cart/update/", {"quantity": None}),
        ("patch", "/api/cart/update/0/", {"quantity": 1}),
        ("delete", "/api/cart/remove/0/", {}),
    ],
)
def test_a_refusal_is_no_change(api: SchemaClient, method: str, address: str, body: dict[str, object]) -> None:
    lamp = make_product(stock=10)
    add_to_cart(api, lamp)

    response = getattr(api, method)(address, {"product_id": lamp.pk, **body})

    assert response.status_code in (400, 404)
    assert get_audit_log() == [("ADD", "Lamp", {"quantity": 1, "price": "20.00"})]
