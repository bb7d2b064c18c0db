"""The emulator's /v1/checkout/sessions, payment_intents and charges"""

import time
from typing import Any

import pytest

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop, make_line_item, make_session_params
from tests.emulator.webhook_receivers import WebhookReceiver


def test_a_session_is_opened_as_asked(shop: StripeShop) -> None:
    before = int(time.time())

    session = shop.open_session(
        line_items=[make_line_item("Lamp", 1999, 2), make_line_item("Bulb", 250, 3)], expires_at=before + 1860
    )

    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status, session.mode) == ("open", "unpaid", "payment")
    assert (session.amount_subtotal, session.amount_total, session.currency) == (4748, 4748, "usd")
    assert (session.client_reference_id, session.customer_email) == ("261121-ABCDEF", "ann@example.com")
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"shop": "ours", "payment": "p-1"}
    assert (session.success_url, session.cancel_url) == (make_session_params()["success_url"], make_session_params()["cancel_url"])
    assert session.livemode is False
    assert before <= session.created <= int(time.time())
    assert session.expires_at == before + 1860
    assert session.payment_intent is None


def test_a_session_has_a_page(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session()

    assert session.url == f"{emulator.url}/pay/{session.id}"


def test_a_session_lasts_a_day_by_default(shop: StripeShop) -> None:
    session = shop.open_session()

    assert session.expires_at == session.created + 86_400


def test_a_currency_may_be_written_in_capitals(shop: StripeShop) -> None:
    assert shop.open_session(line_items=[make_line_item(currency="EUR")]).currency == "eur"


def test_every_parameter_of_a_session_that_stripe_takes_is_taken(shop: StripeShop) -> None:
    more: dict[str, Any] = {
        "locale": "de",
        "submit_type": "pay",
        "billing_address_collection": "required",
        "phone_number_collection": {"enabled": True},
        "shipping_address_collection": {"allowed_countries": ["DE", "IN"]},
        "custom_text": {"submit": {"message": "Thanks"}},
        "payment_method_options": {"card": {"request_three_d_secure": "any"}},
        "customer_creation": "always",
    }

    session = shop.open_session(**more)

    assert session.status == "open"
    assert session.locale == "de"


def test_a_session_is_found_again(shop: StripeShop) -> None:
    session = shop.open_session()

    retrieved = shop.sessions.retrieve(session.id)

    assert retrieved.to_dict() == session.to_dict()


def test_a_paid_session_names_its_payment(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session()
    emulator.pay(session.id)

    retrieved = shop.sessions.retrieve(session.id)

    assert (retrieved.status, retrieved.payment_status, retrieved.url) == ("complete", "paid", None)
    assert isinstance(retrieved.payment_intent, str)
    assert retrieved.payment_intent.startswith("pi_")
    assert retrieved.customer_details is not None
    assert retrieved.customer_details.email == "ann@example.com"


def test_the_payment_is_shown_where_it_is_wanted(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session()
    emulator.pay(session.id)

    retrieved = shop.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "payment_intent", "line_items"]}
    ).to_dict()

    intent = retrieved["payment_intent"]
    assert (intent["amount"], intent["amount_received"], intent["status"]) == (2000, 2000, "succeeded")
    assert intent["metadata"] == {"shop": "ours", "payment": "p-1"}
    assert intent["latest_charge"]["id"].startswith("ch_")
    assert (intent["latest_charge"]["amount"], intent["latest_charge"]["payment_intent"]) == (2000, intent["id"])
    assert [row["description"] for row in retrieved["line_items"]["data"]] == ["Lamp"]


def test_what_is_not_there_yet_is_shown_as_nothing(shop: StripeShop) -> None:
    session = shop.open_session(expand=["payment_intent.latest_charge", "line_items"])

    assert session.payment_intent is None
    assert session.line_items is not None
    assert len(session.line_items.data) == 1


def test_one_level_is_shown_where_one_is_wanted(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session()
    emulator.pay(session.id)

    retrieved = shop.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).to_dict()

    assert retrieved["payment_intent"]["latest_charge"].startswith("ch_")


def test_lines_are_listed_in_their_order(shop: StripeShop) -> None:
    session = shop.open_session(line_items=[make_line_item(f"Lamp {number}", 100 + number, number + 1) for number in range(12)])

    first = shop.sessions.line_items.list(session.id)
    rest = shop.sessions.line_items.list(session.id, {"starting_after": first.data[-1].id, "limit": 5})

    assert [row.description for row in first.data] == [f"Lamp {number}" for number in range(10)]
    assert first.has_more is True
    assert [(row.description, row.quantity, row.amount_total) for row in rest.data] == [
        ("Lamp 10", 11, 1210),
        ("Lamp 11", 12, 1332),
    ]
    assert rest.has_more is False


def test_a_session_is_ended_by_hand(shop: StripeShop, emulator: Emulator, webhooks: WebhookReceiver) -> None:
    session = shop.open_session()

    ended_order = shop.sessions.expire(session.id)

    assert (ended_order.status, ended_order.payment_status, ended_order.url) == ("expired", "unpaid", None)
    assert emulator.wait_for_deliveries()
    assert webhooks.types() == ["checkout.session.expired"]


def test_an_intent_and_its_charge_are_found_again(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay(shop.open_session().id)

    intent = shop.v1.payment_intents.retrieve(session["payment_intent"])
    charge = shop.v1.charges.retrieve(str(intent.latest_charge), {"expand": ["payment_intent"]})

    assert (intent.amount, intent.currency, intent.status) == (2000, "usd", "succeeded")
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded, charge.disputed) == (2000, 0, False, False)
    assert charge.to_dict()["payment_intent"]["id"] == intent.id
    assert charge.billing_details.email == "ann@example.com"


def test_nothing_is_charged_while_the_money_is_on_its_way(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay_later(shop.open_session().id)

    intent = shop.v1.payment_intents.retrieve(session["payment_intent"])

    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    assert (intent.status, intent.latest_charge, intent.amount_received) == ("processing", None, 0)


def test_the_money_arrives(emulator: Emulator, shop: StripeShop) -> None:
    opened_session = shop.open_session()
    emulator.pay_later(opened_session.id)

    session = emulator.async_succeed(opened_session.id)

    intent = shop.v1.payment_intents.retrieve(session["payment_intent"])
    assert session["payment_status"] == "paid"
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)


def test_the_money_never_arrives(emulator: Emulator, shop: StripeShop) -> None:
    opened_session = shop.open_session()
    emulator.pay_later(opened_session.id)

    session = emulator.async_fail(opened_session.id)

    intent = shop.v1.payment_intents.retrieve(session["payment_intent"])
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)


def test_a_declined_card_leaves_the_session_open(emulator: Emulator, shop: StripeShop) -> None:
    opened_session = shop.open_session()

    session = emulator.decline(opened_session.id)

    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert emulator.pay(opened_session.id)["payment_status"] == "paid"


def test_the_answer_says_which_version_and_request_it_is_of(shop: StripeShop) -> None:
    shop.open_session()

    assert shop.http.headers["Stripe-Version"] == "2026-10-28.endive"
    assert shop.http.headers["Request-Id"].startswith("req_")


def test_another_version_is_echoed(emulator: Emulator) -> None:
    response = emulator.api("GET", "/v1/events", Stripe_Version="2020-08-27")

    assert response.headers["Stripe-Version"] == "2020-08-27"


def test_a_key_may_come_as_the_name_of_basic_access(emulator: Emulator) -> None:
    response = emulator.api("GET", "/v1/events", Authorization="Basic c2tfdGVzdF94Og==")

    assert response.status == 200


@pytest.mark.parametrize("path", ["/v1/checkout/sessions/", "/v1/events/"])
def test_a_path_may_end_in_a_slash(emulator: Emulator, path: str) -> None:
    assert emulator.api("GET", path).status == 200
