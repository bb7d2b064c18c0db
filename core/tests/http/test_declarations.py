"""Mistakes in the declaration of an operation are errors, not surprises in the document"""

from typing import Any

import pytest
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework import serializers

from core.http.fields import BoundedListField
from core.http.openapi.auto_schema import register_reply


def make_component(schema: dict[str, Any]) -> Any:
    """Return the component of an answer."""
    return ResolvedComponent(name="LampReply", type=ResolvedComponent.SCHEMA, object="LampReply", schema=schema)  # type: ignore[no-untyped-call]


def test_two_different_answers_do_not_share_a_name() -> None:
    registry = ComponentRegistry()
    register_reply(registry, make_component({"type": "object"}))
    register_reply(registry, make_component({"type": "object"}))

    with pytest.raises(ValueError, match="different answers called LampReply"):
        register_reply(registry, make_component({"type": "string"}))


def test_a_list_in_a_request_needs_a_limit() -> None:
    field = BoundedListField(child=serializers.CharField())

    with pytest.raises(TypeError, match="needs a max_length"):
        field.run_validation(["lamp"])
