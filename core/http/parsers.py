"""Strict parsers for JSON bodies and file uploads."""

from collections.abc import Mapping
from typing import IO, Any, cast

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from core.exceptions import TooLarge
from core.limits import MAX_BODY, MAX_FILE

MAX_DEPTH = 32  # nesting levels; code that processes a value may recurse into it


def get_body(request: Request) -> dict[str, Any]:
    """Return the object in the body; StrictJSONParser accepts nothing else."""
    return cast(dict[str, Any], request.data)


class StrictJSONParser(BaseParser):
    """RFC 8259 JSON in UTF-8: no NaN, no trailing comma, and an object at the top. If a key is duplicated, the last one wins."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object in the body; an empty body is an empty object. Raises ParseError (400), TooLarge (413)."""
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge(f"The request body is larger than {MAX_BODY // 1024} KB")
        if not body.strip():
            return {}
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: line {error.lineno}, column {error.colno}") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object")
        if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _get_depth(value) > MAX_DEPTH:
            raise ParseError(f"The body is nested more than {MAX_DEPTH} deep")
        return value


def _get_depth(value: Any) -> int:
    """Return how deeply lists and objects are nested."""
    depth, level = 0, [value]
    while level:
        depth += 1
        children = [child for parent in level for child in (parent.values() if isinstance(parent, dict) else parent)]
        level = [child for child in children if isinstance(child, dict | list)]
    return depth


class SingleFileParser(MultiPartParser):
    """A multipart form with one file of at most 5 MB; the size is checked before the body is read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the form. Raises ParseError (400), TooLarge (413)."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FILE + MAX_BODY:
            raise TooLarge(f"The upload is larger than {MAX_FILE // 1024**2} MB")
        form = super().parse(stream, media_type, parser_context)
        files = [file for _, field_files in form.files.lists() for file in field_files]
        is_large = any((file.size or 0) > MAX_FILE for file in files)
        if len(files) > 1 or is_large:
            for file in files:
                file.close()
        if len(files) > 1:
            raise ParseError("Send one file at a time")
        if is_large:
            raise TooLarge(f"The upload is larger than {MAX_FILE // 1024**2} MB")
        return form
