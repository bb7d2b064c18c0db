"""A snapshot line of POST /api/orders/create/ that names two things orders neither"""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart, get_cart, get_sku_id, make_shirt, units_by_sku
from orders.models import Order, OrderItem
from orders.tests.factories import create, database_rows
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

Line = dict[str, Any]


@pytest.fixture
def ids(api: SchemaClient) -> dict[str, Any]:
    """The ids of a lamp, a mug and two sizes of a shirt, which are all in the cart."""
    lamp, mug, shirt = make_product("Lamp", sku="LAMP"), make_product("Mug", sku="MUG"), make_shirt()
    line = add_to_cart(api, lamp, 2)["data"]["id"]
    add_to_cart(api, mug, 2)
    for size in ("S", "M"):
        add_to_cart(api, shirt, 2, variant_id=get_sku_id(f"SHIRT-{size}"))
    skus = {name: get_sku_id(name) for name in ("LAMP", "MUG", "SHIRT-S", "SHIRT-M")}
    copied = {"lamp object": {"id": lamp.pk, "name": "Lamp"}, "LAMP text": "LAMP", "MUG text": "MUG"}
    names = {"lamp": lamp.pk, "mug": mug.pk, "shirt": shirt.pk, "uuid": str(mug.uuid), "slug": mug.slug, "line": line}
    return {**names, **skus, **copied}


CONTRADICTIONS: dict[str, Line] = {
    "a product and another's SKU": {"product_id": "lamp", "sku_id": "MUG"},
    "a product and another's variant": {"product_id": "lamp", "variant_id": "SHIRT-S"},
    "an id and another's SKU": {"id": "lamp", "sku_id": "MUG"},
    "an id and another product": {"id": "lamp", "product_id": "mug"},
    "a line and another product": {"id": "line", "product_id": "mug"},
    "a line and another's SKU": {"id": "line", "sku_id": "MUG"},
    "a uuid and another's SKU": {"product_id": "uuid", "sku_id": "LAMP"},
    "a slug and another's SKU": {"product_id": "slug", "sku_id": "LAMP"},
    "a slug and another product": {"id": "slug", "product_id": "lamp"},
    "two variants": {"sku_id": "SHIRT-S", "variant_id": "SHIRT-M"},
    "two variants of a product": {"product_id": "shirt", "sku_id": "SHIRT-S", "variant_id": "SHIRT-M"},
    "a product's object and another's SKU": {"product": "lamp object", "sku_id": "MUG"},
    "a product's object and another product": {"product": "lamp object", "product_id": "mug"},
    "a product and the text of another's SKU": {"product_id": "lamp", "sku": "MUG text"},
    "a variant and the text of another's SKU": {"sku_id": "LAMP", "sku": "MUG text"},
    "three things": {"id": "lamp", "product_id": "mug", "sku_id": "SHIRT-S"},
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.parametrize("field", ["items", "cart"])
def test_a_line_that_names_two_things_is_refused(api: SchemaClient, ids: dict[str, Any], field: str, name: str) -> None:
    line = {key: ids[value] for key, value in CONTRADICTIONS[name].items()}
    before = database_rows()

    response = create(api, **{field: [{**line, "quantity": 1}]})

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "cart_changed")
    [change] = body["details"]["changes"]
    assert (change["code"], change["old"], change["new"], change["item"]["id"]) == ("not_in_cart", 1, 0, None)
    assert change["item"]["sku_id"] == line.get("sku_id", line.get("variant_id"))
    assert database_rows() == before


AGREEMENTS: dict[str, Line] = {
    "a product and its SKU": {"product_id": "lamp", "sku_id": "LAMP"},
    "a product, its SKU and its variant": {"product_id": "lamp", "sku_id": "LAMP", "variant_id": "LAMP"},
    "a product twice": {"id": "lamp", "product_id": "lamp"},
    "a product and its SKU as an id": {"id": "lamp", "sku_id": "LAMP"},
    "a line and its product": {"id": "line", "product_id": "lamp"},
    "a line and its SKU": {"id": "line", "sku_id": "LAMP"},
    "a product, its object and the text of its SKU": {"product_id": "lamp", "product": "lamp object", "sku": "LAMP text"},
    "no variant": {"product_id": "lamp", "variant_id": None},
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", AGREEMENTS)
def test_a_line_that_names_one_thing_in_several_ways_is_ordered(api: SchemaClient, ids: dict[str, Any], name: str) -> None:
    line = {key: value and ids[value] for key, value in AGREEMENTS[name].items()}

    response = create(api, items=[{**line, "quantity": 2}])

    assert response.status_code == 201
    assert list(OrderItem.objects.values_list("sku", "quantity")) == [("LAMP", 2)]


def test_the_lines_of_the_cart_may_be_sent_back_as_they_are(api: SchemaClient, ids: dict[str, Any]) -> None:
    lines, key = get_cart(api)["items"], api.get("/api/cart/").json()["cart_token"]

    response = create(api, cart=lines)

    assert response.status_code == 201
    assert units_by_sku({"items": response.json()["data"]["items"]}) == {"LAMP": 2, "MUG": 2, "SHIRT-S": 2, "SHIRT-M": 2}
    again = create(api, cart=lines, cart_token=key)
    assert (again.status_code, again.json()["data"]["number"], Order.objects.count()) == (
        200,
        response.json()["data"]["number"],
        1,
    )


def test_a_second_request_that_contradicts_itself_is_no_replay(api: SchemaClient, ids: dict[str, Any]) -> None:
    lines = [{"product_id": ids["lamp"], "sku_id": ids["LAMP"], "quantity": 2}]
    assert create(api, items=lines).status_code == 201
    before = database_rows()

    response = create(api, items=[{"product_id": ids["lamp"], "sku_id": ids["MUG"], "quantity": 2}])

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert database_rows() == before


@pytest.mark.parametrize("other", [{}, {"id": "lamp"}, {"id": "line"}, {"product": "lamp object", "sku": "LAMP text"}])
def test_further_names_of_a_line_change_nothing_for_a_key(api: SchemaClient, ids: dict[str, Any], other: Line) -> None:
    line = {"product_id": ids["lamp"], "quantity": 1}
    first = create(api, "k-1", items=[line]).json()["data"]["number"]

    response = create(api, "k-1", items=[{**line, **{key: ids[value] for key, value in other.items()}}])

    assert (response.status_code, response.json()["data"]["number"]) == (200, first)
