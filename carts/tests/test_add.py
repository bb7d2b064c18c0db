"""POST /api/cart/add/ and POST /api/cart/items/"""

from decimal import Decimal
from typing import Any

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import (
    add_to_cart,
    get_cart,
    get_cart_rows,
    get_product_refs,
    get_sku_id,
    make_shirt,
    signed_in_client,
    units_by_sku,
)
from products.tests.factories import make_product, set_price, update_product, update_variant
from tests.schema_client import SchemaClient

ADDRESSES = [f"{mount}/cart/{name}{tail}" for mount in ("/api", "") for name in ("add", "items") for tail in ("/", "")]
UNKNOWN_PRODUCTS = [0, 999_999, "999999", "no-such-product", "550e8400-e29b-41d4-a716-446655440000", "9" * 30, "9" * 64]


def test_the_price_is_kept_as_it_was_when_added(api: SchemaClient) -> None:
    lamp = make_product(price=Decimal("20.00"))
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})
    set_price(lamp, "25.00")

    response = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 200
    assert response.json()["message"] == "Cart item quantity updated"
    assert response.json()["data"]["total_price"] == "60.00"
    assert response.json()["data"]["price_difference"] == "5.00"


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_answer_holds_the_line_and_the_cart(api: SchemaClient, address: str) -> None:
    lamp = make_product(price="20.00")

    response = api.post(address, {"product_id": lamp.pk, "quantity": 2})

    body = response.json()
    assert response.status_code == 201
    assert body["message"] == "Item added to cart successfully"
    assert (body["data"]["product_id"], body["data"]["quantity"], body["data"]["total_price"]) == (lamp.pk, 2, "40.00")
    assert body["cart"] == get_cart(api)
    assert body["data"] == body["cart"]["items"][0]


@pytest.mark.parametrize("way", ["number", "text", "uuid", "slug", "sku_id", "sku_id as text", "with variant_id", "with null"])
def test_a_product_can_be_named_in_many_ways(api: SchemaClient, way: str) -> None:
    lamp = make_product(sku="LAMP")

    response = api.post("/api/cart/add/", get_product_refs(lamp)[way])

    assert response.status_code == 201
    assert units_by_sku(response.json()["cart"]) == {"LAMP": 1}


def test_a_slug_may_be_as_long_as_slugs_are(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    update_product(lamp, slug="x" * 220)

    response = api.post("/api/cart/add/", {"product_id": "x" * 220})

    assert response.status_code == 201
    assert units_by_sku(response.json()["cart"]) == {"LAMP": 1}


@pytest.mark.sampled
@pytest.mark.parametrize("nonsense", ["x" * 221, "", " ", True, 1.5, [], {}])
def test_what_cannot_name_a_product_is_refused(api: SchemaClient, nonsense: object) -> None:
    make_product()

    response = api.post("/api/cart/add/", {"product_id": nonsense})

    assert response.status_code == 400
    assert response.json()["errors"] == {"product_id": ["Must be a product's id, uuid or slug"]}
    assert not CartItem.objects.exists()


@pytest.mark.parametrize(
    ("fields", "units"),
    [({}, 1), ({"quantity": 3}, 3), ({"qty": 4}, 4), ({"quantity": 3, "qty": 4}, 3), ({"quantity": "3"}, 3)],
)
def test_the_units_are_quantity_or_qty_or_one(api: SchemaClient, fields: dict[str, Any], units: int) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, **fields})

    assert response.json()["data"]["quantity"] == units


def test_more_of_the_same_goes_into_the_same_line(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp, 2)

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3})

    assert response.status_code == 200
    assert units_by_sku(response.json()["cart"]) == {"LAMP": 5}
    assert CartItem.objects.count() == 1


def test_a_line_saved_for_later_is_filled_again(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp, 2)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3})

    assert units_by_sku(response.json()["cart"]) == {"LAMP": 3}


def test_more_than_the_stock_is_refused_and_nothing_changes(api: SchemaClient) -> None:
    lamp = make_product(stock=3)

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 4})

    assert response.status_code == 400
    assert response.json()["message"] == "Validation failed"
    assert response.json()["code"] == "out_of_stock"
    assert response.json()["errors"] == {"quantity": ["Only 3 unit(s) available"]}
    assert not Cart.objects.exists()
    assert not CartAuditLog.objects.exists()


@pytest.mark.parametrize(("stock", "reserved", "available"), [(3, 0, 3), (3, 1, 2), (3, 3, 0)])
def test_what_the_line_holds_counts_and_what_others_have_reserved_does_not(
    api: SchemaClient, stock: int, reserved: int, available: int
) -> None:
    lamp = make_product(stock=10, sku="LAMP")
    add_to_cart(api, lamp, 2)
    update_variant("LAMP", stock=stock, reserved=reserved)
    before = get_cart_rows()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})

    assert response.status_code == 400
    assert response.json()["errors"] == {"quantity": [f"Only {available} unit(s) available"]}
    assert get_cart_rows() == before


@pytest.mark.parametrize("reference", UNKNOWN_PRODUCTS)
def test_an_unknown_product_is_not_found(api: SchemaClient, reference: object) -> None:
    response = api.post("/api/cart/add/", {"product_id": reference})

    assert response.status_code == 404
    assert response.json()["message"] == "Product not found or unavailable"
    assert not Cart.objects.exists()


@pytest.mark.parametrize("state", ["switched off", "variant switched off"])
def test_what_is_not_for_sale_is_not_found(api: SchemaClient, state: str) -> None:
    lamp = make_product(sku="LAMP")
    if state == "switched off":
        update_product(lamp, is_active=False)
    else:
        update_variant("LAMP", is_active=False)

    responses = [api.post("/api/cart/add/", body) for body in get_product_refs(lamp).values()]

    assert [response.status_code for response in responses] == [404] * len(responses)
    assert {response.json()["message"] for response in responses} == {"Product not found or unavailable"}
    assert not Cart.objects.exists()


@pytest.mark.sampled
@pytest.mark.parametrize(
    "body",
    [{}, {"quantity": 2}, {"product_id": None}, {"product_id": ""}, {"product_id": True}, {"product_id": 1.5}, {"product_id": []}],
)
def test_a_body_that_names_no_product_is_refused(api: SchemaClient, body: dict[str, Any]) -> None:
    make_product()

    response = api.post("/api/cart/add/", body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["product_id"]
    assert not Cart.objects.exists()


def test_sellers_cannot_buy_their_own_products(db: None) -> None:
    seller = make_user("grace@example.com")
    lamp = make_product(seller_id=seller.pk)

    response = signed_in_client(seller).post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 400
    assert response.json()["message"] == "Validation failed"
    assert response.json()["errors"] == {"product_id": ["You cannot add your own products to cart"]}
    assert not Cart.objects.exists()
    assert not CartAuditLog.objects.exists()


def test_others_can_buy_from_the_seller(db: None) -> None:
    lamp = make_product(seller_id=make_user("grace@example.com").pk)

    response = signed_in_client(make_user()).post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 201


def test_a_product_with_several_variants_asks_for_one(api: SchemaClient) -> None:
    shirt = make_shirt()

    response = api.post("/api/cart/add/", {"product_id": shirt.pk})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["variant_id"]
    assert not Cart.objects.exists()


def test_each_variant_has_its_own_line(api: SchemaClient) -> None:
    shirt = make_shirt()
    api.post("/api/cart/add/", {"product_id": shirt.pk, "variant_id": get_sku_id("SHIRT-S")})

    response = api.post("/api/cart/add/", {"sku_id": get_sku_id("SHIRT-M"), "quantity": 2})

    assert response.status_code == 201
    assert units_by_sku(response.json()["cart"]) == {"SHIRT-S": 1, "SHIRT-M": 2}
    assert response.json()["cart"]["subtotal"] == "70.00"


def test_the_stock_of_one_variant_is_not_that_of_another(api: SchemaClient) -> None:
    make_shirt()

    response = api.post("/api/cart/add/", {"sku_id": get_sku_id("SHIRT-S"), "quantity": 5})

    assert response.status_code == 400
    assert response.json()["errors"] == {"quantity": ["Only 4 unit(s) available"]}
    assert not Cart.objects.exists()


def test_a_variant_of_another_product_is_not_found(api: SchemaClient) -> None:
    shirt, lamp = make_shirt(), make_product(sku="LAMP")

    response = api.post("/api/cart/add/", {"product_id": shirt.pk, "variant_id": lamp.variants.get().pk})

    assert response.status_code == 404
    assert not Cart.objects.exists()
