"""A repeated request returns the first order, whatever a rate is by now; another method is another order."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from carts.identity import CartOwner
from carts.tests.factories import add_to_cart, guest_client
from core.markets import get_default_market
from orders.models import Order
from orders.placement.request import CheckoutRequest, cart_fingerprint, request_hash
from orders.tests.factories import create, database_rows
from orders.tests.payments.card_payments import CardPayments
from pricing import rules
from pricing.models import ShippingMethod, Zone
from pricing.tests.zones import change_method, make_area, make_zone
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

METHODS = {"post": {"price": "50.00"}, "express": {"price": "90.00"}}
SENT: list[dict[str, Any]] = [{}, {"shipping_method": "post"}, {"shipping_method": None}, {"shipping_method": ""}]


def make_cart(api: SchemaClient) -> SchemaClient:
    """Put two lamps of 20.00 into the cart, and return another client of the same guest."""
    make_zone(methods=METHODS)
    return guest_client(add_to_cart(api, make_product(price="20.00"), 2)["cart_token"])


def remove_method() -> None:
    ShippingMethod.objects.filter(code="post").delete()
    rules.rebuild()


def remove_zone() -> None:
    Zone.objects.all().delete()
    rules.rebuild()


def list_rows() -> dict[str, list[Any]]:
    """Return all rows but the payments, which note what the provider says of their sessions."""
    return {name: rows for name, rows in database_rows().items() if name != "Payment"}


CHANGES: dict[str, Callable[[], object]] = {
    "it rises": lambda: change_method("post", price="70.00"),
    "it falls": lambda: change_method("post", price="10.00"),
    "a fee appears": lambda: change_method("post", cod_fee="5.00"),
    "no cash": lambda: change_method("post", cod=False),
    "it is switched off": lambda: change_method("post", is_active=False),
    "it is deleted": remove_method,
    "the zone is deleted": remove_zone,
    "another zone wins": lambda: make_zone("Far", priority=1, methods={"far": {"price": "99.00"}}),
    "a zone without methods wins": lambda: make_zone("London", countries=["GB"], priority=1, methods={}),
    "it is not served": lambda: make_area("560001", country="GB"),
}


@pytest.mark.parametrize("key", ["", "k-1"])
@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("change", CHANGES)
def test_a_repeated_cash_order_is_the_first_whatever_the_rate_is(
    api: SchemaClient, change: str, sent: dict[str, Any], key: str
) -> None:
    again = make_cart(api)
    first = create(api, key, **sent)
    CHANGES[change]()
    before = database_rows()

    response = create(again, key, **sent)

    assert (first.status_code, first.json()["data"]["total"]) == (201, "90.00")
    assert (response.status_code, response["Idempotency-Replayed"]) == (200, "true")
    assert response.json()["data"] == first.json()["data"]
    assert database_rows() == before


@pytest.mark.parametrize("key", ["", "k-1"])
@pytest.mark.parametrize("sent", SENT[:2])
@pytest.mark.parametrize("change", [name for name in CHANGES if name not in ("a fee appears", "no cash")])
def test_a_repeated_card_order_is_the_pending_one_whatever_the_rate_is(
    api: SchemaClient, card_payments: CardPayments, change: str, sent: dict[str, Any], key: str
) -> None:
    again = make_cart(api)
    first = card_payments.post_order(api, key, **sent)
    CHANGES[change]()
    before = list_rows()

    response = card_payments.post_order(again, key, **sent)

    assert (first.status_code, response.status_code) == (201, 200)
    assert response.json()["data"]["number"] == first.json()["data"]["number"]
    assert response.json()["data"]["total"] == "90.00"
    assert list_rows() == before


def test_a_repeated_order_with_the_cart_s_method_is_the_first(api: SchemaClient) -> None:
    again = make_cart(api)
    api.post("/api/cart/delivery/", {"method": "express"})
    first = create(api, shipping_method="express").json()["data"]

    response = create(again)

    assert (first["shipping"]["code"], response.status_code, response.json()["data"]["number"]) == ("express", 200, first["number"])


def test_another_method_of_a_pending_order_replaces_it(api: SchemaClient, card_payments: CardPayments) -> None:
    again = make_cart(api)
    first = card_payments.place_order(api, shipping_method="post")

    second = card_payments.place_order(again, shipping_method="express")

    assert (second["total"], second["shipping"]["code"]) == ("130.00", "express")
    assert Order.objects.get(number=first["number"]).status == "cancelled"


def test_another_method_chosen_in_the_cart_replaces_a_pending_order(api: SchemaClient, card_payments: CardPayments) -> None:
    again = make_cart(api)
    first = card_payments.place_order(api)
    again.post("/api/cart/delivery/", {"method": "express"})

    second = card_payments.place_order(again)

    assert (second["total"], second["shipping"]["code"]) == ("130.00", "express")
    assert Order.objects.get(number=first["number"]).status == "cancelled"


def test_another_method_is_no_repeated_cash_order(api: SchemaClient) -> None:
    again = make_cart(api)
    create(api, shipping_method="post")

    response = create(again, shipping_method="express")

    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    assert Order.objects.count() == 1


@pytest.mark.parametrize("fields", [{"shipping_method": "express"}, {}])
def test_a_key_with_another_method_is_refused(api: SchemaClient, fields: dict[str, Any]) -> None:
    again = make_cart(api)
    create(api, "k-1", shipping_method="post")
    before = database_rows()

    response = create(again, "k-1", **fields)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert database_rows() == before


def test_a_request_without_a_method_hashes_as_releases_that_know_none_do() -> None:
    owner = CartOwner(market=get_default_market())
    request = CheckoutRequest("cod", {"line1": "1 Main Street"}, email="ada@example.com")

    assert request_hash(owner, request) == "b0bcaecd91fe2458c63196c69ff47494396263744843144209d96858abe8a077"
    fingerprint = cart_fingerprint([(1, 2, Decimal(20))], request, [])
    assert fingerprint == "6d16f2aec60e5d6b856e062b1213fdc1a757cc3c1878a4b6b177642c8037ccf5"
