"""Serializer fields and URL parameters that several apps share."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "description": "the guest's key, if no cookie or header carries it"})
class CartTokenField(serializers.JSONField):
    """A guest key in a request body. Malformed keys are ignored later, so this field accepts any value."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)


class BoundedListField(serializers.ListField):
    """A list of at most `max_length` items. The length is checked before the items, so a longer list costs nothing.

    Every list in a request body is one of these; a test looks for any other.
    """

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the validated items. Raises ValidationError."""
        if self.max_length is None:
            raise TypeError("a list in a request needs a max_length")
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        items: list[Any] = super().to_internal_value(data)
        return items


class BoundedDictField(serializers.DictField):
    """An object with any keys, at most `max_length` of them, each of at most `max_key_length` characters. As BoundedListField."""

    default_error_messages = {
        "too_many_keys": "Ensure this field has no more than {max_length} keys.",
        "bad_key": "Names must be at most {max_length} characters long and must not contain NUL",
    }

    def __init__(self, *, max_length: int, max_key_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length, self.max_key_length = max_length, max_key_length

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated object. Raises ValidationError."""
        if isinstance(data, dict):
            if len(data) > self.max_length:
                self.fail("too_many_keys", max_length=self.max_length)
            if any(len(key) > self.max_key_length or "\x00" in key for key in data):
                self.fail("bad_key", max_length=self.max_key_length)
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def run_child_validation(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the validated values; only the first wrong one is reported, because lists of such objects multiply them."""
        values: dict[str, Any] = {}
        for key, value in data.items():
            try:
                values[key] = self.child.run_validation(value)
            except serializers.ValidationError as error:
                raise serializers.ValidationError({key: error.detail}) from None
        return values


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID in a URL, or None if it is malformed."""
    try:
        return UUID(text)
    except ValueError:
        return None
