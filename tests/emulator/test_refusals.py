"""Requests that the emulator's API refuses"""

import time
from typing import Any

import pytest
import stripe  # noqa: TID251

from tests.emulator.processes import Emulator, run_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop, make_line_item
from tests.emulator.test_forms import PLAIN


def get_refusal(shop: StripeShop, **changed: Any) -> stripe.InvalidRequestError:
    """Return the error of a refused session, after checking that none was opened."""
    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.open_session(**changed)
    assert excinfo.value.http_status == 400
    assert shop.sessions.list().data == []
    return excinfo.value


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"colour": "red"}, "colour"),
        ({"payment_method_types": ["card"]}, "payment_method_types"),
        ({"payment_intent_data": {"colour": "red"}}, "payment_intent_data[colour]"),
        ({"line_items": [{**make_line_item(), "colour": "red"}]}, "line_items[0][colour]"),
        (
            {"line_items": [{"price_data": {**make_line_item()["price_data"], "colour": "red"}}]},
            "line_items[0][price_data][colour]",
        ),
        (
            {"line_items": [{"price_data": {**make_line_item()["price_data"], "product_data": {"name": "Lamp", "colour": "red"}}}]},
            "line_items[0][price_data][product_data][colour]",
        ),
    ],
)
def test_an_unknown_parameter_of_a_session_is_refused(shop: StripeShop, changed: dict[str, Any], param: str) -> None:
    refusal = get_refusal(shop, **changed)

    assert (refusal.code, refusal.param) == ("parameter_unknown", param)
    assert refusal.error is not None
    assert refusal.error.type == "invalid_request_error"


@pytest.mark.parametrize("path", ["checkout/sessions", "refunds", "events"])
def test_an_unknown_parameter_of_a_list_is_refused(emulator: Emulator, path: str) -> None:
    response = emulator.api("GET", f"/v1/{path}?colour=red")

    assert response.status == 400
    assert (response.json["error"]["code"], response.json["error"]["param"]) == ("parameter_unknown", "colour")


def test_an_unknown_parameter_of_a_refund_is_refused(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay(shop.open_session().id)

    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.refund(payment_intent=session["payment_intent"], colour="red")

    assert (excinfo.value.code, excinfo.value.param) == ("parameter_unknown", "colour")
    assert shop.v1.refunds.list().data == []


@pytest.mark.parametrize("case", ["session", "line_items", "expire", "intent", "charge", "refund", "event", "dispute"])
def test_an_unknown_parameter_of_one_thing_is_refused(case: str) -> None:
    with run_emulator() as emulator, connect_shop(emulator.url) as shop:
        session = emulator.pay(shop.open_session().id)
        charge = str(shop.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)
        dispute = emulator.dispute(charge)["id"]
        refund = emulator.refund_charge(charge)["id"]
        method, path = {
            "session": ("GET", f"checkout/sessions/{session['id']}"),
            "line_items": ("GET", f"checkout/sessions/{session['id']}/line_items"),
            "expire": ("POST", f"checkout/sessions/{shop.open_session().id}/expire"),
            "intent": ("GET", f"payment_intents/{session['payment_intent']}"),
            "charge": ("GET", f"charges/{charge}"),
            "refund": ("GET", f"refunds/{refund}"),
            "event": ("GET", f"events/{shop.v1.events.list().data[0].id}"),
            "dispute": ("GET", f"disputes/{dispute}"),
        }[case]
        assert emulator.api(method, f"/v1/{path}").status == 200

        response = emulator.api(method, f"/v1/{path}{'?colour=red' if method == 'GET' else ''}", "colour=red")

        assert response.json.get("error", {}).get("code") == "parameter_unknown"


@pytest.mark.parametrize("seconds", [-1, 0, 1_700, 86_500])
def test_a_session_that_ends_too_soon_or_too_late_is_refused(shop: StripeShop, seconds: int) -> None:
    refusal = get_refusal(shop, expires_at=int(time.time()) + seconds)

    assert refusal.param == "expires_at"


@pytest.mark.parametrize("seconds", [1_805, 86_395])
def test_a_session_may_last_30_minutes_to_24_hours(shop: StripeShop, seconds: int) -> None:
    until = int(time.time()) + seconds

    assert shop.open_session(expires_at=until).expires_at == until


def test_when_a_session_ends_is_counted_from_the_time_that_the_clock_shows(emulator: Emulator, shop: StripeShop) -> None:
    now = emulator.advance_clock(90_000)

    assert shop.open_session(expires_at=now + 1_900).expires_at == now + 1_900
    with pytest.raises(stripe.InvalidRequestError):
        shop.open_session(expires_at=int(time.time()) + 1_900)


@pytest.mark.parametrize(("currency", "amount"), [("usd", 49), ("eur", 49), ("inr", 49), ("gbp", 29), ("jpy", 49), ("usd", 0)])
def test_too_small_an_amount_is_refused(shop: StripeShop, currency: str, amount: int) -> None:
    assert get_refusal(shop, line_items=[make_line_item("Lamp", amount, 1, currency)]).code == "amount_too_small"


@pytest.mark.parametrize(("currency", "amount"), [("usd", 50), ("gbp", 30), ("jpy", 50), ("usd", 99_999_999)])
def test_the_smallest_and_the_largest_amount_are_taken(shop: StripeShop, currency: str, amount: int) -> None:
    assert shop.open_session(line_items=[make_line_item("Lamp", amount, 1, currency)]).amount_total == amount


def test_it_is_the_total_that_must_not_be_too_small(shop: StripeShop) -> None:
    assert shop.open_session(line_items=[make_line_item("Gift", 0), make_line_item("Lamp", 25, 2)]).amount_total == 50


def test_too_large_an_amount_is_refused(shop: StripeShop) -> None:
    assert get_refusal(shop, line_items=[make_line_item("Lamp", 50_000_000, 2)]).code == "amount_too_large"


def test_a_three_decimal_amount_ends_in_0(shop: StripeShop) -> None:
    assert get_refusal(shop, line_items=[make_line_item("Lamp", 1_001, 1, "kwd")]).param == "line_items"
    assert shop.open_session(line_items=[make_line_item("Lamp", 1_010, 1, "kwd")]).amount_total == 1_010


def test_101_lines_are_refused_and_100_are_taken(shop: StripeShop) -> None:
    refusal = get_refusal(shop, line_items=[make_line_item(f"Lamp {number}") for number in range(101)])

    assert refusal.param == "line_items"
    session = shop.open_session(line_items=[make_line_item(f"Lamp {number}") for number in range(100)])
    assert session.amount_total == 200_000
    assert len(shop.sessions.line_items.list(session.id, {"limit": 100}).data) == 100


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [make_line_item("Lamp"), make_line_item("Bulb", 500, 1, "eur")]}, "line_items"),
        ({"line_items": [make_line_item("")]}, "line_items[0][price_data][product_data][name]"),
        ({"line_items": [make_line_item("Lamp", -5)]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [make_line_item("Lamp", 2000, 0)]}, "line_items[0][quantity]"),
        ({"line_items": [make_line_item("Lamp", 2000, 1, "dollar")]}, "line_items[0][price_data][currency]"),
        ({"success_url": "shop.example"}, "success_url"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"cancel_url": "/cart"}, "cancel_url"),
        ({"metadata": {"a" * 41: "x"}}, f"metadata[{'a' * 40}]"),
        ({"metadata": {"a": "x" * 501}}, "metadata[a]"),
        ({"metadata": {f"a{number}": "x" for number in range(51)}}, "metadata"),
        ({"payment_intent_data": {"metadata": {"a": "x" * 501}}}, "payment_intent_data[metadata][a]"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
def test_what_is_no_session_is_refused(shop: StripeShop, changed: dict[str, Any], param: str) -> None:
    assert get_refusal(shop, **changed).param == param


def test_a_session_without_a_page_to_come_back_to_is_refused(emulator: Emulator) -> None:
    response = emulator.api("POST", "/v1/checkout/sessions", PLAIN.replace("success_url=https://shop.example/&", ""))

    assert response.status == 400
    assert response.json["error"]["param"] == "success_url"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "checkout/sessions/cs_test_none",
            "checkout/sessions/cs_test_none/line_items",
            "payment_intents/pi_none",
            "charges/ch_none",
        ),
        *("refunds/re_none", "events/evt_none", "disputes/du_none"),
    ],
)
def test_what_does_not_exist_is_not_found(emulator: Emulator, path: str) -> None:
    response = emulator.api("GET", f"/v1/{path}")

    assert response.status == 404
    assert response.json["error"]["type"] == "invalid_request_error"
    assert response.json["error"]["code"] == "resource_missing"


def test_a_session_that_does_not_exist_cannot_be_ended(shop: StripeShop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.sessions.expire("cs_test_none")

    assert (excinfo.value.http_status, excinfo.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(("method", "path"), [("GET", "customers"), ("POST", "events"), ("PUT", "refunds"), ("GET", "checkout")])
def test_what_the_stand_in_does_not_know_is_not_found(emulator: Emulator, method: str, path: str) -> None:
    response = emulator.api(method, f"/v1/{path}")

    assert response.status == 404
    assert "Unrecognized request URL" in response.json["error"]["message"]


def test_a_session_that_is_not_open_cannot_be_ended(emulator: Emulator, shop: StripeShop) -> None:
    paid, ended_order, later = (shop.open_session().id for _ in range(3))
    emulator.pay(paid)
    emulator.pay_later(later)
    shop.sessions.expire(ended_order)

    for name in (paid, ended_order, later):
        with pytest.raises(stripe.InvalidRequestError, match=r'Only Checkout Sessions with a status in \["open"\]') as excinfo:
            shop.sessions.expire(name)
        assert excinfo.value.http_status == 400
    assert shop.sessions.retrieve(paid).payment_status == "paid"


@pytest.mark.parametrize("path", ["payment_intent.customer", "colour", "payment_intent.colour"])
def test_what_cannot_be_shown_is_refused(emulator: Emulator, shop: StripeShop, path: str) -> None:
    session = emulator.pay(shop.open_session().id)

    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.sessions.retrieve(session["id"], {"expand": [path]})

    assert excinfo.value.param == "expand"


def test_a_refund_that_is_refused_for_what_it_wants_to_see_is_not_made(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay(shop.open_session().id)

    with pytest.raises(stripe.InvalidRequestError):
        shop.refund(payment_intent=session["payment_intent"], expand=["colour"])

    assert shop.v1.refunds.list().data == []


@pytest.mark.parametrize("key", ["sk_live_of_the_tests", "pk_test_of_the_tests", "sk_of_the_tests", "x"])
def test_a_key_that_is_no_test_key_is_refused(emulator: Emulator, key: str) -> None:
    with connect_shop(emulator.url, key) as shop, pytest.raises(stripe.AuthenticationError) as excinfo:
        shop.open_session()

    assert excinfo.value.http_status == 401


def test_a_restricted_key_is_refused(emulator: Emulator) -> None:
    assert emulator.api("GET", "/v1/events", Authorization="Bearer rk_test_of_the_tests").status == 401


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "sk_test_x", "Digest sk_test_x", "Basic !", "Basic c2tfbGl2ZV94Og=="]
)
def test_a_call_without_a_key_is_refused(emulator: Emulator, authorization: str) -> None:
    response = emulator.api("GET", "/v1/events", Authorization=authorization)

    assert response.status == 401
    assert response.json["error"]["type"] == "invalid_request_error"
