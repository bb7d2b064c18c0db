"""Fields of serializers, and parts of addresses, that more than one app needs."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "description": "the guest's key, where no cookie or header carries it"})
class CartTokenField(serializers.JSONField):
    """A guest key in a body. Whatever has not the form of one is ignored later, so nothing is refused here."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True, write_only=True)


def uuid_of(text: str) -> UUID | None:
    """Return the id in an address, or None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
