"""DELETE /api/products/<pk>/: soft-deletes; carts show it as unavailable, orders and stock history stay"""

import pytest

from products.models import Listing, Product, StockMovement, Variant
from products.tests.editors import (
    assert_refused,
    dump_catalog,
    list_prices,
    list_products,
    make_product_of,
    seller_client,
    staff_client,
)
from products.tests.factories import make_product
from tests.people import add_to_cart, customer, get_cart, placed
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
LAMP = {"name": "Lamp", "price": "20", "sku": "L-1"}


def test_a_deleted_product_is_gone_from_the_shop(api: SchemaClient) -> None:
    client = seller_client()
    lamp = make_product_of("seller@example.com", "Desk lamp", sku="L-1", prices={"us": "2.00"})

    response = client.delete(f"/api/products/{lamp.pk}/")

    assert response.status_code == 200
    assert response.json()["message"] == "Product deleted successfully"
    data = response.json()["data"]
    assert (data["id"], data["name"], data["is_available"]) == (lamp.pk, "Desk lamp", False)
    assert (list_products(), list_products("us"), list_products(search="lamp")) == ([], [], [])
    for ref in (lamp.pk, lamp.uuid, lamp.slug):
        for caller in (api, client):
            assert_refused(caller.get(f"/api/products/{ref}/"), 404, "product_not_found")
    row = Product.objects.get()
    assert (row.is_active, row.deleted_at is not None) == (False, True)
    assert (Listing.objects.count(), Variant.objects.get().stock, StockMovement.objects.get().delta) == (0, 10, 10)
    assert list_prices("L-1") == ["20.00"]


def test_it_is_deleted_once() -> None:
    lamp = make_product()
    client = staff_client()
    client.delete(f"/api/products/{lamp.pk}/")
    before = dump_catalog()

    assert_refused(client.delete(f"/api/products/{lamp.pk}/"), 404, "product_not_found")
    assert dump_catalog() == before


def test_a_line_on_it_is_unavailable_and_stops_the_order() -> None:
    lamp = make_product()
    shopper = customer("ada@example.com")
    add_to_cart(shopper, lamp, 2)

    staff_client().delete(f"/api/products/{lamp.pk}/")

    line = get_cart(shopper)["items"][0]
    assert (line["is_available"], line["stock_status"], line["product"]["is_available"]) == (False, "unavailable", False)
    assert get_cart(shopper)["has_unavailable_items"] is True
    response = shopper.post("/api/orders/create/", {"payment_method": "cod", "address": "12 Hill Road", "name": "Ada"})
    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert_refused(shopper.post("/api/cart/add/", {"product_id": lamp.pk}), 404, "product_not_found")


def test_an_order_of_it_keeps_its_copy() -> None:
    lamp = make_product("Lamp")
    shopper = customer("ada@example.com")
    add_to_cart(shopper, lamp, 2)
    number = placed(shopper)["number"]

    staff_client().delete(f"/api/products/{lamp.pk}/")

    ordered = shopper.get(f"/api/orders/{number}/").json()["data"]["items"]
    assert [(item["name"], item["quantity"], item["unit_price"]) for item in ordered] == [("Lamp", 2, "20.00")]


def test_its_sku_and_its_address_stay_taken() -> None:
    lamp = make_product("Lamp", sku="L-1")
    client = staff_client()
    client.delete(f"/api/products/{lamp.pk}/")

    assert_refused(client.post("/api/products/", LAMP), 400, "sku_taken", "sku")
    assert_refused(client.post("/api/products/", {**LAMP, "sku": "L-2", "slug": "lamp"}), 400, "slug_taken", "slug")
    assert client.post("/api/products/", {**LAMP, "sku": "L-2"}).json()["data"]["slug"] == "lamp-2"


def test_a_product_that_was_off_sale_is_deleted_too() -> None:
    lamp = make_product(is_active=False)

    assert staff_client().delete(f"/api/products/{lamp.slug}/").status_code == 200
    assert Product.objects.filter(deleted_at=None).count() == 0
