"""Listings and races: what the last orders of a product's variants leave is sold out, whichever comes last."""

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import access_token, make_user
from carts.tests.factories import add, sku_id
from orders.tests.factories import form
from products.models import Listing, Product
from products.tests.factories import make_product, make_variant
from tests.crowd import Caller, at_once, statuses
from tests.schema_client import SchemaClient

CREATE = "/api/orders/create/"


def make_tee(number: int) -> Product:
    """Make a product with two variants, of which one unit each is left."""
    sizes = [make_variant(f"TEE-{number}-{size}", stock=1, prices={"us": "2.00"}) for size in "SM"]
    return make_product(f"Tee {number}", variants=sizes)


def buyer(live_server: LiveServer, tee: Product, sku: str) -> Caller:
    """Return a guest whose cart holds this variant."""
    key = str(add(SchemaClient(), tee, variant_id=sku_id(sku))["cart_token"])
    return Caller(live_server.url, {"X-Cart-Token": key})


def left(given: str, market: str = "in") -> list[str]:
    """Return the names of what is in stock, or is not."""
    response = SchemaClient().get(f"/api/products/?ordering=name&in_stock={given}", headers={"X-Market": market})
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize("goods", [1, 6])
def test_two_buyers_of_the_last_of_two_variants_sell_the_product_out(live_server: LiveServer, goods: int) -> None:
    names = []
    for number in range(goods):
        names.append(f"Tee {number}")
        make_tee(number)
    buyers = [
        buyer(live_server, tee, f"{tee.name.upper().replace(' ', '-')}-{size}")
        for tee in Product.objects.order_by("pk")
        for size in "SM"
    ]

    answers = at_once([caller.posting(CREATE, form()) for caller in buyers])

    assert statuses(answers) == {201: 2 * goods}
    assert (left("true"), left("false")) == ([], names)
    assert (left("true", "us"), left("false", "us")) == ([], names)


def test_a_delivery_while_the_last_is_bought_leaves_the_truth(live_server: LiveServer) -> None:
    tee = make_tee(0)
    buyers = [buyer(live_server, tee, f"TEE-0-{size}") for size in "SM"]
    token = access_token(make_user("staff@example.com", is_staff=True))
    staff = Caller(live_server.url, {"Authorization": f"Bearer {token}"})
    delivery = staff.posting(f"/api/products/{tee.pk}/stock/", {"delta": 1, "reason": "received", "sku_id": sku_id("TEE-0-S")})

    answers = at_once([*(caller.posting(CREATE, form()) for caller in buyers), delivery])

    assert statuses(answers) == {200: 1, 201: 2}
    assert (left("true"), left("false")) == (["Tee 0"], [])
    assert set(Listing.objects.values_list("market", "in_stock")) == {("in", True), ("us", True)}
