"""Races on listings: a product whose last variants are bought concurrently is sold out, whichever order comes last."""

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, get_sku_id
from orders.tests.factories import order_body
from products.models import Listing, Product
from products.tests.factories import make_product, make_variant
from tests.concurrent_requests import Caller, at_once, count_statuses
from tests.schema_client import SchemaClient

CREATE = "/api/orders/create/"


def make_tee(number: int) -> Product:
    """Create a product with two variants, one unit each."""
    sizes = [make_variant(f"TEE-{number}-{size}", stock=1, prices={"us": "2.00"}) for size in "SM"]
    return make_product(f"Tee {number}", variants=sizes)


def make_buyer(live_server: LiveServer, tee: Product, sku: str) -> Caller:
    """Return a guest whose cart holds this variant."""
    key = str(add_to_cart(SchemaClient(), tee, variant_id=get_sku_id(sku))["cart_token"])
    return Caller(live_server.url, {"X-Cart-Token": key})


def list_names(in_stock: str, market: str = "in") -> list[str]:
    """Return the names of the products that are in stock, or are not."""
    response = SchemaClient().get(f"/api/products/?ordering=name&in_stock={in_stock}", headers={"X-Market": market})
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize("goods", [1, 6])
def test_two_buyers_of_the_last_of_two_variants_sell_the_product_out(live_server: LiveServer, goods: int) -> None:
    names = []
    for number in range(goods):
        names.append(f"Tee {number}")
        make_tee(number)
    buyers = [
        make_buyer(live_server, tee, f"{tee.name.upper().replace(' ', '-')}-{size}")
        for tee in Product.objects.order_by("pk")
        for size in "SM"
    ]

    responses = at_once([caller.make_post(CREATE, order_body()) for caller in buyers])

    assert count_statuses(responses) == {201: 2 * goods}
    assert (list_names("true"), list_names("false")) == ([], names)
    assert (list_names("true", "us"), list_names("false", "us")) == ([], names)


def test_a_restock_while_the_last_unit_is_bought_leaves_correct_listings(live_server: LiveServer) -> None:
    tee = make_tee(0)
    buyers = [make_buyer(live_server, tee, f"TEE-0-{size}") for size in "SM"]
    token = make_access_token(make_user("staff@example.com", is_staff=True, is_superuser=True))
    staff = Caller(live_server.url, {"Authorization": f"Bearer {token}"})
    delivery = staff.make_post(
        f"/api/products/{tee.pk}/stock/", {"delta": 1, "reason": "received", "sku_id": get_sku_id("TEE-0-S")}
    )

    responses = at_once([*(caller.make_post(CREATE, order_body()) for caller in buyers), delivery])

    assert count_statuses(responses) == {200: 1, 201: 2}
    assert (list_names("true"), list_names("false")) == (["Tee 0"], [])
    assert set(Listing.objects.values_list("market", "in_stock")) == {("in", True), ("us", True)}
