"""The response parts that several apps share."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.pagination import COUNT_LIMIT


class PageLinksResponse(serializers.Serializer[Any]):
    """The neighbouring pages as absolute URLs."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    page_size = serializers.IntegerField()


@extend_schema_field({"anyOf": [{"type": "integer"}, {"type": "string"}], "description": f'exact, or a limit: "{COUNT_LIMIT}+"'})
class CountField(serializers.Field[Any, Any, Any, Any]):
    """The total number of rows, or that it exceeds the limit."""


class CountedPageLinksResponse(PageLinksResponse):
    """The neighbouring pages and, if requested, the total number of rows."""

    count = CountField(required=False)


class CountedPaginationResponse(serializers.Serializer[Any]):
    """The top-level keys of a list that can be counted."""

    pagination = CountedPageLinksResponse()


class PaginationResponse(serializers.Serializer[Any]):
    """The top-level keys of a list."""

    pagination = PageLinksResponse()
