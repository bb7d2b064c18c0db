"""tests.emulator.stripe_schema: what Stripe's package knows of its API"""

from copy import deepcopy
from typing import Any

import pytest

from tests.emulator.stripe_clients import lamp
from tests.emulator.stripe_schema import check_object, check_request, examples

SESSIONS = "/v1/checkout/sessions"


def as_texts(given: Any) -> Any:
    """Return parameters as they are after a form was decoded."""
    if isinstance(given, dict):
        return {name: as_texts(value) for name, value in given.items()}
    if isinstance(given, list):
        return [as_texts(value) for value in given]
    return str(given).lower() if isinstance(given, bool) else str(given)


@pytest.mark.parametrize("name", sorted(set(examples()) - {"event"}))
def test_an_example_of_stripe_passes(name: str) -> None:
    check_object(examples()[name])


def test_an_event_passes_with_an_object_that_is_described() -> None:
    check_object({**examples()["event"], "data": {"object": examples()["charge"]}})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("amount", "100", "'100' is not of type 'integer'"),
        ("amount", None, "None is not of type 'integer'"),
        ("status", "done", "'done' is not one of"),
        ("colour", "red", "Additional properties are not allowed"),
    ],
)
def test_an_object_that_is_not_stripes_is_told(name: str, value: Any, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_object({**examples()["charge"], name: value})


def test_an_object_that_lacks_something_is_told() -> None:
    charge = deepcopy(examples()["charge"])
    del charge["captured"]

    with pytest.raises(AssertionError, match="'captured' is a required property"):
        check_object(charge)


def test_an_object_within_is_looked_at_too() -> None:
    broken = {**examples()["refund"], "amount": "1"}
    listed = {"object": "list", "data": [broken], "has_more": False, "url": "/v1/refunds"}

    for whole in (listed, {**examples()["event"], "data": {"object": broken}}):
        with pytest.raises(AssertionError, match="'1' is not of type 'integer'"):
            check_object(whole)


def test_an_expanded_object_is_looked_at_too() -> None:
    broken = {**examples()["payment_intent"], "amount": "1"}

    with pytest.raises(AssertionError, match="'1' is not of type 'integer'"):
        check_object({**examples()["refund"], "payment_intent": broken})


def test_an_object_of_another_kind_is_told() -> None:
    with pytest.raises(AssertionError, match="the schema does not describe the object plan"):
        check_object({"object": "plan"})


def test_the_texts_of_a_form_stand_for_numbers_and_truth_values() -> None:
    given = as_texts(lamp())

    assert given["line_items"][0]["quantity"] == "1"
    assert given["adaptive_pricing"] == {"enabled": "false"}
    check_request("POST", SESSIONS, given)
    check_request("POST", SESSIONS, {**given, "allow_promotion_codes": "true", "expires_at": "1900000000"})
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
def test_a_request_that_stripe_would_not_take_is_told(changed: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="is not what Stripe takes"):
        check_request("POST", SESSIONS, {**as_texts(lamp()), **changed})


def test_an_operation_that_is_not_described_is_said_to_be() -> None:
    with pytest.raises(LookupError):
        check_request("DELETE", SESSIONS, {})
