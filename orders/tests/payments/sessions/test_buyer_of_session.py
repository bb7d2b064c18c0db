"""What the payment provider learns of the buyer, for its rules about charges abroad, and of taxes"""

from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.models import Order, Payment
from orders.payments import sessions
from orders.tests.factories import ADDRESS, customer
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.sessions.test_session_amounts import get_session_params, make_buyer
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CREATE_CALL = {"method": "POST", "path": "sessions$"}
IN_AMERICA = {"line1": "1 Main St", "city": "San Francisco", "state": "CA", "postal_code": "94103", "country": "united states"}
SENT_ADDRESS = {name: ADDRESS[name] for name in ("line1", "line2", "city", "state", "postal_code", "country")}


@pytest.fixture
def client() -> SchemaClient:
    """A buyer whose cart holds two lamps and a mug."""
    client = customer()
    add_to_cart(client, make_product("Lamp"), 2)
    add_to_cart(client, make_product("Mug"))
    return client


def get_intent_params(card_payments: CardPayments) -> dict[str, Any]:
    """Return what the last session says about its payment, without the metadata."""
    intent = get_session_params(card_payments)["payment_intent_data"]
    return {name: value for name, value in intent.items() if name != "metadata"}


def test_the_payment_bears_the_goods_and_the_recipient(card_payments: CardPayments, client: SchemaClient) -> None:
    order = card_payments.place_order(client)

    assert get_intent_params(card_payments) == {
        "description": f"Order {order['number']}: 2 × Lamp, 1 × Mug",
        "shipping": {"name": "Ada Lovelace", "address": SENT_ADDRESS},
    }
    card_payments.pay(order)
    intent = card_payments.emulator.api("GET", f"/v1/payment_intents/{Payment.objects.get().payment_intent}").json
    assert (intent["description"], intent["shipping"]["name"]) == (f"Order {order['number']}: 2 × Lamp, 1 × Mug", "Ada Lovelace")


@pytest.mark.parametrize(("market", "asked", "country"), [("in", None, None), ("us", "required", "US")])
def test_a_billing_address_is_asked_for_where_the_currency_is_not_the_shops_own(
    card_payments: CardPayments, market: str, asked: str | None, country: str | None
) -> None:
    buyer = make_buyer(market, "20.00")

    order = card_payments.place_order(buyer, name="Ada", address=IN_AMERICA)

    params = get_session_params(card_payments)
    assert params.get("billing_address_collection") == asked
    assert params["payment_intent_data"]["shipping"]["address"]["country"] == "US"
    card_payments.pay(order)
    intent = card_payments.emulator.api("GET", f"/v1/payment_intents/{Payment.objects.get().payment_intent}").json
    billing = card_payments.emulator.api("GET", f"/v1/charges/{intent['latest_charge']}").json["billing_details"]
    assert (billing["address"] and billing["address"]["country"]) == country


@pytest.mark.parametrize("market", ["in", "us"])
def test_the_provider_adds_no_tax_whatever_the_account_says(card_payments: CardPayments, market: str) -> None:
    card_payments.place_order(make_buyer(market, "20.00"), name="Ada")

    assert get_session_params(card_payments)["automatic_tax"] == {"enabled": "false"}


@pytest.mark.sampled
@pytest.mark.parametrize("country", ["", "Atlantis", "I", "1N", "Bharat Ganarajya"])
def test_a_country_that_the_provider_would_not_know_is_left_out(
    card_payments: CardPayments, client: SchemaClient, country: str
) -> None:
    card_payments.place_order(client, address={**ADDRESS, "country": country})

    address = get_intent_params(card_payments)["shipping"]["address"]
    assert address == {name: value for name, value in SENT_ADDRESS.items() if name != "country"}


def test_what_is_not_known_is_left_out_and_the_name_may_be_that_of_the_order(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    card_payments.place_order(client, address="12 Hill Road, Pune", name="Ada")

    assert get_intent_params(card_payments)["shipping"] == {"name": "Ada", "address": {"line1": "12 Hill Road, Pune"}}


def test_without_any_name_no_recipient_is_sent(card_payments: CardPayments, client: SchemaClient, settings: Settings) -> None:
    settings.ADDRESS_RULES = "lax"

    card_payments.place_order(client, address={"line1": "12 Hill Road"})

    assert list(get_intent_params(card_payments)) == ["description"]


def test_a_long_list_of_goods_is_cut(card_payments: CardPayments) -> None:
    client = customer()
    for number in range(4):
        add_to_cart(client, make_product(f"Lamp {number} {'of glass ' * 20}"))

    card_payments.place_order(client)

    assert len(get_intent_params(card_payments)["description"]) == 500


def test_a_session_that_an_earlier_release_asked_for_is_asked_for_in_the_same_way(
    card_payments: CardPayments, client: SchemaClient
) -> None:
    card_payments.emulator.set_faults({"match": CREATE_CALL, "times": 2, "do": {"status": 500}})
    assert card_payments.post_order(client).status_code == 503
    Payment.objects.update(session_format=Payment.SessionFormat.WITHOUT_BUYER)
    card_payments.emulator.set_faults()

    order = sessions.ensure_session(Order.objects.get().pk)

    params = get_session_params(card_payments)
    assert (order.status, list(params["payment_intent_data"])) == ("pending", ["metadata"])
    assert not {"automatic_tax", "billing_address_collection"} & params.keys()


def test_a_repeated_call_is_the_same_call(card_payments: CardPayments, client: SchemaClient) -> None:
    card_payments.emulator.set_faults({"match": CREATE_CALL, "times": 2, "do": {"close": "after"}})
    assert card_payments.post_order(client, "k-1").status_code == 503

    response = card_payments.post_order(client, "k-1")

    assert response.status_code == 200
    assert response.json()["data"]["session_id"] == card_payments.emulator.ledger()[0]["session"]
    assert len(card_payments.emulator.ledger()) == 1
