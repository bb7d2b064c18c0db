"""tests.emulator.stripe_schema: checks against the schema of Stripe's package"""

from copy import deepcopy
from typing import Any

import pytest

from tests.emulator.stripe_clients import make_session_params
from tests.emulator.stripe_schema import check_object, check_request, get_examples

SESSIONS = "/v1/checkout/sessions"


def to_form_values(params: Any) -> Any:
    """Return parameters as a decoded form has them: all values are texts."""
    if isinstance(params, dict):
        return {name: to_form_values(value) for name, value in params.items()}
    if isinstance(params, list):
        return [to_form_values(value) for value in params]
    return str(params).lower() if isinstance(params, bool) else str(params)


@pytest.mark.parametrize("name", sorted(set(get_examples()) - {"event"}))
def test_an_example_of_stripe_passes(name: str) -> None:
    check_object(get_examples()[name])


def test_an_event_passes_with_an_object_that_is_described() -> None:
    check_object({**get_examples()["event"], "data": {"object": get_examples()["charge"]}})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("amount", "100", '"100" is not of type "integer"'),
        ("amount", None, 'null is not of type "integer"'),
        ("status", "done", '"done" is not one of'),
        ("colour", "red", "Additional properties are not allowed"),
    ],
)
def test_an_object_that_is_not_stripes_is_reported(name: str, value: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_object({**get_examples()["charge"], name: value})


def test_an_object_that_lacks_a_field_is_reported() -> None:
    charge = deepcopy(get_examples()["charge"])
    del charge["captured"]

    with pytest.raises(AssertionError, match='"captured" is a required property'):
        check_object(charge)


def test_an_object_within_is_looked_at_too() -> None:
    broken = {**get_examples()["refund"], "amount": "1"}
    listed = {"object": "list", "data": [broken], "has_more": False, "url": "/v1/refunds"}

    for container in (listed, {**get_examples()["event"], "data": {"object": broken}}):
        with pytest.raises(AssertionError, match='"1" is not of type "integer"'):
            check_object(container)


def test_an_expanded_object_is_looked_at_too() -> None:
    broken = {**get_examples()["payment_intent"], "amount": "1"}

    with pytest.raises(AssertionError, match='"1" is not of type "integer"'):
        check_object({**get_examples()["refund"], "payment_intent": broken})


def test_an_object_of_an_unknown_kind_is_reported() -> None:
    with pytest.raises(AssertionError, match="the schema does not describe the object plan"):
        check_object({"object": "plan"})


def test_the_texts_of_a_form_stand_for_numbers_and_truth_values() -> None:
    params = to_form_values(make_session_params())

    assert params["line_items"][0]["quantity"] == "1"
    assert params["adaptive_pricing"] == {"enabled": "false"}
    check_request("POST", SESSIONS, params)
    check_request("POST", SESSIONS, {**params, "allow_promotion_codes": "true", "expires_at": "1900000000"})
    check_request("GET", SESSIONS, {"created": {"gte": "1"}, "limit": "3"})
    check_request("GET", SESSIONS, {"created": "1"})


@pytest.mark.parametrize(
    "changed",
    [
        {"payment_method_types": ["card"]},
        {"colour": "red"},
        {"expires_at": "soon"},
        {"allow_promotion_codes": "perhaps"},
        {"mode": "gift"},
        {"line_items": [{"price_data": {"unit_amount": "5"}}]},
        {"line_items": [{"price_data": {"currency": "usd"}, "colour": "red"}]},
        {"payment_intent_data": {"colour": "red"}},
    ],
)
def test_a_request_that_stripe_would_refuse_is_reported(changed: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="does not match"):
        check_request("POST", SESSIONS, {**to_form_values(make_session_params()), **changed})


def test_an_undescribed_operation_is_reported() -> None:
    with pytest.raises(LookupError):
        check_request("DELETE", SESSIONS, {})
