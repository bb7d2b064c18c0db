"""Serializer fields and URL parameters that several apps share."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "description": "the guest's key, if no cookie or header carries it"})
class CartTokenField(serializers.JSONField):
    """A guest key in a request body. Malformed keys are ignored later, so this field accepts any value."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True, write_only=True)


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID in a URL, or None if it is malformed."""
    try:
        return UUID(text)
    except ValueError:
        return None
