"""core.http.inputs"""

from typing import Any

import pytest
from rest_framework import serializers

from core.http.inputs import Input


class PartInput(Input):
    """A part of a body."""

    aliases = {"zip": "postal_code", "pincode": "postal_code"}
    unused = frozenset({"image"})

    postal_code = serializers.CharField(required=False, allow_null=True, max_length=8)


class BodyInput(Input):
    """A body."""

    aliases = {"qty": "quantity"}

    quantity = serializers.IntegerField()
    address = PartInput(required=False)
    items = serializers.ListField(child=PartInput(), required=False)
    parts = PartInput(many=True, required=False)


def validate(body: Any) -> Any:
    """Return the fields of a valid body."""
    serializer = BodyInput(data=body)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def get_errors(body: Any) -> Any:
    """Return the errors of an invalid body."""
    serializer = BodyInput(data=body)
    assert not serializer.is_valid()
    return serializer.errors


@pytest.mark.parametrize(
    ("body", "quantity"),
    [({"qty": 2}, 2), ({"quantity": 3, "qty": 2}, 3), ({"quantity": None, "qty": 2}, 2), ({"quantity": 0, "qty": 2}, 0)],
)
def test_an_alias_is_read_if_the_field_is_absent_or_null(body: dict[str, Any], quantity: int) -> None:
    assert validate(body) == {"quantity": quantity}


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"pincode": "2", "zip": "1"}, "1"),
        ({"zip": None, "pincode": "2"}, "2"),
        ({"zip": "1", "pincode": None}, "1"),
        ({"zip": None}, None),
    ],
)
def test_of_two_aliases_the_first_one_with_a_value_is_read(part: dict[str, Any], code: str | None) -> None:
    assert validate({"quantity": 1, "address": part, "items": [part], "parts": [part]}) == {
        "quantity": 1,
        "address": {"postal_code": code},
        "items": [{"postal_code": code}],
        "parts": [{"postal_code": code}],
    }


def test_an_error_bears_the_name_that_the_client_sent() -> None:
    errors = get_errors({"qty": "x", "address": {"zip": "123456789"}})

    assert {"qty", "address"} == set(errors)
    assert set(errors["address"]) == {"zip"}


def test_the_body_is_left_as_it_was_sent() -> None:
    body = {"qty": 2}

    validate(body)

    assert body == {"qty": 2}


def test_keys_that_no_field_reads_are_found_in_nested_bodies_and_lists_too() -> None:
    body = {
        "quantity": 1,
        "qty": 1,
        "firstname": "Ada",
        "address": {"zip": "1", "door": 2},
        "items": [{"bar": 1}, {"bar": 2, "image": "x"}],
        "parts": [{"foo": 1}],
    }

    assert BodyInput().find_unknown_keys(body) == ["firstname", "address.door", "items.bar", "parts.foo"]


@pytest.mark.parametrize("body", [{"address": "text"}, {"items": {"bar": 1}}, {"items": ["x"]}, [], "text"])
def test_what_is_no_object_has_no_keys(body: Any) -> None:
    assert BodyInput().find_unknown_keys(body) == []


def test_the_number_and_the_length_of_the_keys_are_limited() -> None:
    body = {"x" * 10_000: 1, **{f"key{number}": 1 for number in range(1000)}}

    keys = BodyInput().find_unknown_keys(body)

    assert (len(keys), keys[0], keys[1]) == (20, "x" * 100, "key0")
