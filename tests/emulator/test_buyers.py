"""What a session says about taxes and the buyer: checked as strictly as Stripe does, and shown"""

from typing import Any

import pytest

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop
from tests.emulator.test_refusals import get_refusal

ADDRESS = {"line1": "12 Hill Road", "city": "Pune", "postal_code": "411001", "country": "IN"}
RECIPIENT = {"name": "Ada <Lovelace>", "phone": "+919876543210", "address": ADDRESS}


def make_intent_data(**shipping: Any) -> dict[str, Any]:
    """Return a session's `payment_intent_data` whose recipient differs in these fields."""
    return {"description": "Order 1: 2 × Lamp", "shipping": {**RECIPIENT, **shipping}}


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]"),
        ({"automatic_tax": {"enabled": "maybe"}}, "automatic_tax[enabled]"),
        ({"automatic_tax": {"liability": {"type": "self"}}}, "automatic_tax[enabled]"),
        ({"automatic_tax": {"enabled": False, "colour": "red"}}, "automatic_tax[colour]"),
        ({"billing_address_collection": "sometimes"}, "billing_address_collection"),
        ({"payment_intent_data": {"description": ""}}, "payment_intent_data[description]"),
        ({"payment_intent_data": {"description": ["a"]}}, "payment_intent_data[description]"),
        ({"payment_intent_data": {"shipping": "Ada"}}, "payment_intent_data[shipping]"),
        ({"payment_intent_data": make_intent_data(colour="red")}, "payment_intent_data[shipping][colour]"),
        ({"payment_intent_data": make_intent_data(name="")}, "payment_intent_data[shipping][name]"),
        ({"payment_intent_data": {"shipping": {"address": ADDRESS}}}, "payment_intent_data[shipping][name]"),
        ({"payment_intent_data": {"shipping": {"name": "Ada"}}}, "payment_intent_data[shipping][address][line1]"),
        ({"payment_intent_data": make_intent_data(address={"line1": ""})}, "payment_intent_data[shipping][address][line1]"),
        (
            {"payment_intent_data": make_intent_data(address={**ADDRESS, "city": ""})},
            "payment_intent_data[shipping][address][city]",
        ),
        (
            {"payment_intent_data": make_intent_data(address={**ADDRESS, "country": "India"})},
            "payment_intent_data[shipping][address][country]",
        ),
        (
            {"payment_intent_data": make_intent_data(address={**ADDRESS, "colour": "red"})},
            "payment_intent_data[shipping][address][colour]",
        ),
    ],
)
def test_what_stripe_would_refuse_is_refused(shop: StripeShop, changed: dict[str, Any], param: str) -> None:
    assert get_refusal(shop, **changed).param == param


def test_the_payment_shows_the_goods_and_the_recipient(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session(
        payment_intent_data=make_intent_data(), automatic_tax={"enabled": False}, billing_address_collection="required"
    )

    page = emulator.request("GET", f"/pay/{session.id}").text
    paid = emulator.pay(session.id)

    assert session.billing_address_collection == "required"
    intent = emulator.api("GET", f"/v1/payment_intents/{paid['payment_intent']}").json
    charge = emulator.api("GET", f"/v1/charges/{intent['latest_charge']}").json
    for row in (intent, charge):
        assert (row["description"], row["shipping"]["name"], row["shipping"]["address"]["line2"]) == (
            "Order 1: 2 × Lamp",
            "Ada <Lovelace>",
            None,
        )
    assert (charge["billing_details"]["name"], charge["billing_details"]["address"]["city"]) == ("Ada <Lovelace>", "Pune")
    assert paid["customer_details"]["address"]["country"] == "IN"
    assert "Ada &lt;Lovelace&gt;, 12 Hill Road, 411001, Pune, IN" in page


def test_without_them_nothing_is_asked_for(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay(shop.open_session().id)

    intent = emulator.api("GET", f"/v1/payment_intents/{session['payment_intent']}").json
    assert (intent["description"], intent["shipping"], session["billing_address_collection"]) == (None, None, None)
    assert session["customer_details"]["address"] is None
