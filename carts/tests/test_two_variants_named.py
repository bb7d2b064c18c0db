"""POST /api/cart/add/, PATCH update/, DELETE remove/ and move-to-cart/: `sku_id` and `variant_id` name one variant"""

from typing import Any

import pytest

from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_sku_id, make_shirt, signed_in_client
from tests.schema_client import SchemaClient

CALLS: dict[str, tuple[str, str]] = {
    "add": ("post", "/api/cart/add/"),
    "update": ("patch", "/api/cart/update/"),
    "remove": ("delete", "/api/cart/remove/"),
}


def get_lines() -> list[tuple[str, int]]:
    """Return SKU and units of each line."""
    return list(CartItem.objects.order_by("pk").values_list("variant__sku", "quantity"))


@pytest.mark.sampled
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("with_product", [False, True])
def test_two_variants_are_refused(api: SchemaClient, call: str, with_product: bool) -> None:
    shirt = make_shirt()
    small, medium = get_sku_id("SHIRT-S"), get_sku_id("SHIRT-M")
    for variant in (small, medium):
        add_to_cart(api, shirt, 2, variant_id=variant)
    method, url = CALLS[call]
    body: dict[str, Any] = {"sku_id": small, "variant_id": medium, "quantity": 1}

    response = getattr(api, method)(url, body | ({"product_id": shirt.pk} if with_product else {}))

    assert response.status_code == 400
    assert response.json()["errors"] == {"variant_id": ["This is another variant than sku_id."]}
    assert get_lines() == [("SHIRT-S", 2), ("SHIRT-M", 2)]


@pytest.mark.parametrize("call", CALLS)
def test_one_variant_may_be_named_twice(api: SchemaClient, call: str) -> None:
    shirt = make_shirt()
    small = get_sku_id("SHIRT-S")
    add_to_cart(api, shirt, 2, variant_id=small)
    method, url = CALLS[call]

    response = getattr(api, method)(url, {"sku_id": small, "variant_id": small, "quantity": 1})

    assert response.status_code == 200
    assert get_lines() == {"add": [("SHIRT-S", 3)], "update": [("SHIRT-S", 1)], "remove": []}[call]


def test_a_wishlist_item_moves_as_one_variant(db: None) -> None:
    client, shirt = signed_in_client(make_user()), make_shirt()
    item = client.post("/api/cart/wishlist/add/", {"product_id": shirt.pk}).json()["data"]["id"]

    response = client.post(
        f"/api/cart/wishlist/move-to-cart/{item}/", {"sku_id": get_sku_id("SHIRT-S"), "variant_id": get_sku_id("SHIRT-M")}
    )

    assert response.status_code == 400
    assert not CartItem.objects.exists()
