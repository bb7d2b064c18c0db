"""Reads JSON bodies, strictly."""

from collections.abc import Mapping
from typing import IO, Any, cast

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from core.exceptions import TooLarge

MAX_BODY = 256 * 1024  # bytes
MAX_FILE = 5 * 1024 * 1024  # bytes of an uploaded file
MAX_DEPTH = 32  # of lists and objects within one another; what looks at a value may recurse into it


def body_of(request: Request) -> dict[str, Any]:
    """Return the object in the body: the one thing that StrictJSONParser lets through."""
    return cast(dict[str, Any], request.data)


class StrictJSONParser(BaseParser):
    """RFC 8259 JSON in UTF-8: no NaN, no trailing comma, and an object at the top. Of a key given twice the last counts."""

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
            given = orjson.loads(body)
        except orjson.JSONDecodeError as wrong:
            raise ParseError(f"The body is not valid JSON: line {wrong.lineno}, column {wrong.colno}") from None
        if not isinstance(given, dict):
            raise ParseError("The body must be a JSON object")
        if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth_of(given) > MAX_DEPTH:
            raise ParseError(f"The body is nested more than {MAX_DEPTH} deep")
        return given


def _depth_of(given: Any) -> int:
    """Return how deep lists and objects lie within one another."""
    depth, level = 0, [given]
    while level:
        depth += 1
        inner = [one for outer in level for one in (outer.values() if isinstance(outer, dict) else outer)]
        level = [one for one in inner if isinstance(one, dict | list)]
    return depth


class OneFileParser(MultiPartParser):
    """A form with one file of at most 5 MB; how much comes is known before any of it is read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the form. Raises ParseError (400), TooLarge (413)."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FILE + MAX_BODY:
            raise TooLarge(f"The upload is larger than {MAX_FILE // 1024**2} MB")
        form = super().parse(stream, media_type, parser_context)
        files = [file for _, several in form.files.lists() for file in several]
        is_large = any((file.size or 0) > MAX_FILE for file in files)
        if len(files) > 1 or is_large:
            for file in files:
                file.close()
        if len(files) > 1:
            raise ParseError("Send one file at a time")
        if is_large:
            raise TooLarge(f"The upload is larger than {MAX_FILE // 1024**2} MB")
        return form
