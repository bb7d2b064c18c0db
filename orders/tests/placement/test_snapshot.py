"""The snapshot of POST /api/orders/create/: exactly the named lines are ordered, and the others stay in the cart."""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart, get_cart, get_sku_id, make_shirt, units_by_sku
from orders.models import Order, OrderItem
from orders.tests.factories import create, customer, database_rows, placed
from products.tests.factories import make_product, make_variant
from tests.schema_client import SchemaClient


def get_ordered_units() -> dict[str, int]:
    """Return the units of all order lines by SKU."""
    return dict(OrderItem.objects.values_list("sku", "quantity"))


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["id", "product_id", "text", "uuid", "capitals", "sku_id"])
@pytest.mark.parametrize(("field", "units"), [("items", "quantity"), ("cart", "qty")])
def test_only_the_named_line_is_ordered(api: SchemaClient, field: str, name: str, units: str) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    add_to_cart(api, lamp, 2)
    add_to_cart(api, make_product("Mug", sku="MUG"), 3)
    named: dict[str, dict[str, Any]] = {
        "id": {"id": lamp.pk},
        "product_id": {"product_id": lamp.pk},
        "text": {"product_id": str(lamp.pk)},
        "uuid": {"id": str(lamp.uuid)},
        "capitals": {"product_id": str(lamp.uuid).upper()},
        "sku_id": {"sku_id": get_sku_id("LAMP")},
    }

    response = create(api, **{field: [{**named[name], units: 2}]})

    assert response.status_code == 201
    assert get_ordered_units() == {"LAMP": 2}
    assert units_by_sku(get_cart(api)) == {"MUG": 3}


def test_a_part_of_a_line_leaves_the_rest(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP", price="20.00")
    add_to_cart(api, lamp, 5)

    order = placed(api, items=[{"product_id": lamp.pk, "quantity": 2}])

    assert order["total"] == "40.00"
    assert units_by_sku(get_cart(api)) == {"LAMP": 3}


def test_all_lines_are_ordered_where_none_is_named(api: SchemaClient) -> None:
    add_to_cart(api, make_product("Lamp", sku="LAMP"), 2)
    add_to_cart(api, make_product("Mug", sku="MUG"), 3)

    placed(api, items=None)

    assert get_ordered_units() == {"LAMP": 2, "MUG": 3}


def test_a_variant_is_named_by_its_sku_id(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, 1, variant_id=get_sku_id("SHIRT-S"))
    add_to_cart(api, shirt, 2, variant_id=get_sku_id("SHIRT-M"))

    placed(api, items=[{"sku_id": get_sku_id("SHIRT-M"), "quantity": 2}])

    assert get_ordered_units() == {"SHIRT-M": 2}
    assert units_by_sku(get_cart(api)) == {"SHIRT-S": 1}


def test_a_product_of_which_the_cart_holds_two_variants_must_be_named_by_variant(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, 1, variant_id=get_sku_id("SHIRT-S"))
    add_to_cart(api, shirt, 2, variant_id=get_sku_id("SHIRT-M"))
    before = database_rows()

    response = create(api, items=[{"product_id": shirt.pk, "quantity": 1}])

    assert (response.status_code, response.json()["code"]) == (400, "variant_required")
    assert database_rows() == before


def test_what_the_cart_does_not_hold_is_a_change(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug")
    line = add_to_cart(api, lamp, 2)["data"]["id"]
    before = database_rows()

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 3}, {"product_id": mug.pk, "quantity": 1}])

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "cart_changed")
    item = {"id": line, "product_id": lamp.pk, "sku_id": get_sku_id("LAMP"), "name": "Lamp"}
    named = {"id": None, "product_id": mug.pk, "sku_id": None, "name": None}  # as the client has named it
    assert body["details"]["changes"] == [
        {"item": item, "code": "not_in_cart", "old": 3, "new": 2, "available": None},
        {"item": named, "code": "not_in_cart", "old": 1, "new": 0, "available": None},
    ]
    assert database_rows() == before


@pytest.mark.parametrize("product", ["9" * 20, "9" * 64, "\u0663" * 20])
def test_what_no_cart_can_hold_is_a_change_too(api: SchemaClient, product: str) -> None:
    add_to_cart(api, make_product())

    response = create(api, items=[{"product_id": product, "quantity": 1}])

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert response.json()["details"]["changes"][0]["item"]["product_id"] == product


def test_the_cart_of_another_holds_nothing_of_mine(db: None) -> None:
    lamp = make_product()
    add_to_cart(customer("bob@example.com"), lamp, 2)
    client = customer()
    add_to_cart(client, make_product("Mug"))
    before = database_rows()

    response = create(client, items=[{"product_id": lamp.pk, "quantity": 1}])

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert database_rows() == before


@pytest.mark.parametrize("second", ["product_id", "sku_id", "uuid"])
def test_a_line_that_is_named_twice_is_refused(api: SchemaClient, second: str) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp, 4)
    before = database_rows()
    named: dict[str, dict[str, Any]] = {
        "product_id": {"product_id": lamp.pk},
        "sku_id": {"sku_id": get_sku_id("LAMP")},
        "uuid": {"id": str(lamp.uuid)},
    }

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 1}, {**named[second], "quantity": 1}])

    assert response.status_code == 400
    assert database_rows() == before


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"quantity": 1},
        {"product_id": 1},
        {"product_id": 1, "quantity": -1},
        {"product_id": 1, "quantity": 1.5},
        {"product_id": 1, "quantity": "many"},
        {"product_id": 1, "quantity": None},
        {"product_id": True, "quantity": 1},
        {"sku_id": "x", "quantity": 1},
        {"product_id": 1, "quantity": 1, "price": -1},
        {"product_id": 1, "quantity": 1, "price": "free"},
        "lamp",
        None,
    ],
)
def test_a_line_that_says_nothing_sensible_is_refused(api: SchemaClient, line: object) -> None:
    add_to_cart(api, make_product(), 4)
    before = database_rows()

    response = create(api, items=[line])

    assert response.status_code == 400
    assert database_rows() == before


@pytest.mark.parametrize("snapshot", ["lamp", 5, {"product_id": 1}, [{"product_id": 1, "quantity": 1}] * 101])
def test_a_snapshot_is_a_list_of_at_most_a_hundred_lines(api: SchemaClient, snapshot: object) -> None:
    add_to_cart(api, make_product(), 4)
    before = database_rows()

    response = create(api, items=snapshot)

    assert response.status_code == 400
    assert database_rows() == before


def test_an_empty_snapshot_orders_nothing(api: SchemaClient) -> None:
    add_to_cart(api, make_product(), 4)
    before = database_rows()

    response = create(api, items=[])

    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    assert database_rows() == before
    assert not Order.objects.exists()


def test_a_line_is_named_by_its_variant_too(api: SchemaClient) -> None:
    tee = make_product("Tee", variants=[make_variant("TEE-S"), make_variant("TEE-M")])
    for variant in tee.variants.all():
        api.post("/api/cart/add/", {"sku_id": variant.pk})
    medium = tee.variants.get(sku="TEE-M")

    order = placed(api, items=[{"product_id": tee.pk, "variant_id": medium.pk, "quantity": 1}])

    assert [item["sku"] for item in order["items"]] == ["TEE-M"]


def test_a_line_named_twice_is_refused_as_such_even_with_too_many_units(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 9}] * 2)

    assert (response.status_code, response.json()["code"]) == (400, "named_twice")


@pytest.mark.parametrize("field", ["items", "cart"])
def test_a_refused_snapshot_is_called_what_the_client_calls_it(api: SchemaClient, field: str) -> None:
    lamp, shirt = make_product(), make_shirt()
    add_to_cart(api, lamp, 3)
    for sku in ("SHIRT-S", "SHIRT-M"):
        add_to_cart(api, shirt, 1, variant_id=get_sku_id(sku))
    before = database_rows()

    twice = create(api, **{field: [{"product_id": lamp.pk, "quantity": 1}] * 2})
    twice_unknown = create(api, **{field: [{"product_id": 10**6, "quantity": 1}] * 2})
    unclear = create(api, **{field: [{"product_id": shirt.pk, "quantity": 1}]})

    refusals = [(r.status_code, r.json()["code"], list(r.json()["errors"])) for r in (twice, twice_unknown, unclear)]
    assert refusals == [(400, "named_twice", [field]), (400, "named_twice", [field]), (400, "variant_required", [field])]
    assert database_rows() == before


def test_what_is_not_in_the_cart_is_named_as_the_client_has_named_it(api: SchemaClient) -> None:
    mug = make_product("Mug", sku="MUG")
    add_to_cart(api, make_product())
    before = database_rows()
    lines = [
        {"sku_id": get_sku_id("MUG"), "quantity": 1},
        {"id": str(mug.uuid), "quantity": 2},
        {"product_id": str(mug.pk), "qty": 3},
    ]

    response = create(api, items=lines)

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert [change["item"] for change in response.json()["details"]["changes"]] == [
        {"id": None, "product_id": None, "sku_id": get_sku_id("MUG"), "name": None},
        {"id": None, "product_id": str(mug.uuid), "sku_id": None, "name": None},
        {"id": None, "product_id": mug.pk, "sku_id": None, "name": None},
    ]
    assert database_rows() == before


@pytest.mark.parametrize("units", ["quantity", "qty"])
def test_a_line_of_no_units_is_saved_for_later_and_not_ordered(api: SchemaClient, units: str) -> None:
    lamp, shade = make_product(sku="LAMP"), make_product("Shade", sku="SHADE")
    add_to_cart(api, lamp, 2)
    add_to_cart(api, shade)
    api.patch("/api/cart/update/", {"product_id": shade.pk, "quantity": 0})

    placed(api, cart=[{"product_id": lamp.pk, units: 2}, {"product_id": shade.pk, units: 0}])

    assert get_ordered_units() == {"LAMP": 2}


def test_the_cart_as_it_is_shown_is_a_snapshot(api: SchemaClient) -> None:
    lamp, shade = make_product(sku="LAMP"), make_product("Shade")
    add_to_cart(api, lamp, 2)
    add_to_cart(api, shade)
    api.patch("/api/cart/update/", {"product_id": shade.pk, "quantity": 0})

    placed(api, cart=get_cart(api)["items"])

    assert get_ordered_units() == {"LAMP": 2}


def test_a_snapshot_of_what_is_saved_for_later_alone_orders_nothing(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp, 2)
    before = database_rows()

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 0}])

    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    assert database_rows() == before
