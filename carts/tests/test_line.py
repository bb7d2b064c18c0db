"""Price changes, stock and availability of a cart line, and the cart's flags and warnings about them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from carts.tests.factories import add_to_cart, get_cart, get_sku_id, make_shirt
from products.models import MarketPrice, Variant
from products.tests.factories import make_product, set_price, update_product, update_variant
from tests.schema_client import SchemaClient

GONE = "Some items in your cart are no longer available"
SHORT = "Some items have insufficient stock"
REPRICED = "Some prices have changed since you added them"


def get_flags(data: dict[str, Any]) -> tuple[bool, bool, bool]:
    """Return the cart's flags for availability, stock and prices."""
    return data["has_unavailable_items"], data["has_stock_issues"], data["has_price_changes"]


def test_a_higher_price_is_shown_beside_the_old_one(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp, 2)
    set_price(lamp, "25.50")

    body = api.get("/api/cart/").json()

    line, data = body["data"]["items"][0], body["data"]
    prices = {name: line[name] for name in ("price_at_addition", "current_price", "price", "total_price", "price_difference")}
    assert prices == {
        "price_at_addition": "20.00",
        "current_price": "25.50",
        "price": "25.50",
        "total_price": "40.00",
        "price_difference": "5.50",
    }
    assert line["price_changed"] is True
    assert line["product"]["price"] == "25.50"
    assert (data["subtotal"], data["current_subtotal"]) == ("40.00", "51.00")
    assert get_flags(data) == (False, False, True)
    assert body["warnings"] == [REPRICED]


def test_a_lower_price_is_a_negative_difference(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp)
    set_price(lamp, "19.01")

    line = get_cart(api)["items"][0]

    assert (line["price_changed"], line["price_difference"]) == (True, "-0.99")


@pytest.mark.parametrize(
    ("stock", "status", "is_low"),
    [(6, "in_stock", False), (5, "low_stock", True), (2, "low_stock", True)],
)
def test_stock_is_low_from_the_threshold_down(api: SchemaClient, stock: int, status: str, is_low: bool) -> None:
    add_to_cart(api, make_product(stock=stock), 2)

    line = get_cart(api)["items"][0]

    assert (line["stock_status"], line["has_sufficient_stock"]) == (status, True)
    assert (line["product"]["stock"], line["product"]["is_low_stock"]) == (stock, is_low)


@pytest.mark.parametrize("left", [1, 0])
def test_a_line_that_holds_more_than_is_left_is_flagged(api: SchemaClient, left: int) -> None:
    add_to_cart(api, make_product(sku="LAMP"), 2)
    update_variant("LAMP", stock=left)

    body = api.get("/api/cart/").json()

    line = body["data"]["items"][0]
    assert (line["stock_status"], line["has_sufficient_stock"], line["is_available"]) == ("insufficient_stock", False, True)
    assert line["product"]["stock"] == left
    assert get_flags(body["data"]) == (False, True, False)
    assert body["warnings"] == [SHORT]


def test_units_that_other_orders_have_reserved_are_not_left(api: SchemaClient) -> None:
    add_to_cart(api, make_product(sku="LAMP", stock=10), 4)
    update_variant("LAMP", reserved=7)

    line = get_cart(api)["items"][0]

    assert (line["product"]["stock"], line["stock_status"]) == (3, "insufficient_stock")


@pytest.mark.parametrize("how", ["switched off", "deleted", "variant switched off", "variant deleted"])
def test_a_line_whose_product_is_gone_stays_and_shows_only_that(api: SchemaClient, how: str) -> None:
    lamp = make_product(sku="LAMP", price="20.00")
    add_to_cart(api, lamp, 3)
    update_variant("LAMP", stock=0, price="30.00")
    at = datetime(2025, 1, 1, tzinfo=UTC)
    if how == "switched off":
        update_product(lamp, is_active=False)
    elif how == "deleted":
        update_product(lamp, deleted_at=at)
    elif how == "variant switched off":
        update_variant("LAMP", is_active=False)
    else:
        update_variant("LAMP", deleted_at=at)

    body = api.get("/api/cart/").json()

    line = body["data"]["items"][0]
    assert (line["is_available"], line["product"]["is_available"]) == (False, False)
    assert (line["stock_status"], line["price_changed"], line["quantity"]) == ("unavailable", False, 3)
    assert line["price_difference"] == "0.00"
    assert get_flags(body["data"]) == (True, False, False)
    assert body["warnings"] == [GONE]
    assert (body["data"]["subtotal"], body["data"]["current_subtotal"]) == ("60.00", "0.00")


def test_a_line_whose_market_has_no_price_any_more_is_unavailable(api: SchemaClient) -> None:
    lamp = make_product(prices={"us": "9.99"})
    us = {"X-Market": "us"}
    api.post("/api/cart/add/", {"product_id": lamp.pk}, headers=us)
    MarketPrice.objects.all().delete()

    line = api.get("/api/cart/", headers=us).json()["data"]["items"][0]

    assert (line["is_available"], line["stock_status"]) == (False, "unavailable")
    assert (line["price"], line["current_price"], line["price_at_addition"]) == (None, None, "9.99")


def test_every_kind_of_trouble_has_its_warning(api: SchemaClient) -> None:
    for sku in ("GONE", "SHORT", "DEARER"):
        add_to_cart(api, make_product(sku, sku=sku), 2)
    update_variant("GONE", is_active=False)
    update_variant("SHORT", stock=1)
    update_variant("DEARER", price="30.00")

    body = api.get("/api/cart/").json()

    assert body["warnings"] == [GONE, SHORT, REPRICED]
    assert get_flags(body["data"]) == (True, True, True)


def test_a_line_saved_for_later_counts_nothing_and_is_never_an_issue(api: SchemaClient) -> None:
    for sku in ("GONE", "SHORT", "DEARER"):
        product = make_product(sku, sku=sku)
        add_to_cart(api, product, 2)
        api.patch("/api/cart/update/", {"product_id": product.pk, "quantity": 0})
    update_variant("GONE", is_active=False)
    update_variant("SHORT", stock=0)
    update_variant("DEARER", price="30.00")

    body = api.get("/api/cart/").json()

    data = body["data"]
    assert [line["quantity"] for line in data["items"]] == [0, 0, 0]
    assert (data["count"], data["total_items"], data["subtotal"], data["current_subtotal"]) == (0, 0, "0.00", "0.00")
    assert get_flags(data) == (False, False, False)
    assert body["warnings"] == []


def test_a_line_of_a_product_with_variants_names_its_variant(api: SchemaClient) -> None:
    shirt = make_shirt()
    medium = get_sku_id("SHIRT-M")
    add_to_cart(api, shirt, 2, variant_id=medium)

    line = get_cart(api)["items"][0]

    assert (line["product_id"], line["variant_id"], line["sku_id"], line["sku"]) == (shirt.pk, medium, medium, "SHIRT-M")
    assert line["name"] == "Shirt – M"
    assert line["product"]["name"] == "Shirt"
    assert (line["product"]["price"], line["product"]["stock"]) == ("25.00", 10)


def test_the_prices_of_a_line_come_from_the_database_and_never_from_the_client(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")

    body = add_to_cart(api, lamp, 1, price="0.01", price_at_addition="0.01", total_price="0.01")

    assert (body["data"]["price_at_addition"], body["data"]["total_price"]) == ("20.00", "20.00")
    assert Variant.objects.get().price == 20
