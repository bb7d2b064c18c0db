"""Strict parsers for JSON bodies and file uploads."""

import re
from collections.abc import Mapping
from typing import IO, Any, cast

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from core.exceptions import TooLarge
from core.http.content_length import get_content_length
from core.limits import MAX_BODY, MAX_FILE

MAX_DEPTH = 32  # nesting levels; code that processes a value may recurse into it
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
AS_LISTS = bytes.maketrans(b"{}", b"[]")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


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
        request: Request = (parser_context or {})["request"]
        length = get_content_length(request._request)
        body = b"" if length is None or length > MAX_BODY else stream.read(MAX_BODY + 1)
        if length is None or max(length, len(body)) > MAX_BODY:
            raise TooLarge(f"The request body is larger than {MAX_BODY // 1024} KB")
        if not body.strip():
            return {}
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: line {error.lineno}, column {error.colno}") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object")
        if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_too_deep(body):
            raise ParseError(f"The body is nested more than {MAX_DEPTH} deep")
        return value


def _is_too_deep(body: bytes) -> bool:
    """Return whether valid JSON is nested too deeply: removing the innermost pairs of brackets MAX_DEPTH times leaves some.

    A loop over the parsed values would take 100 ms for a body of 50,000 short lists.
    """
    brackets = STRING.sub(b"", body).translate(AS_LISTS, NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


class SingleFileParser(MultiPartParser):
    """A multipart form with one file of at most 5 MB; the size is checked before the body is read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the form. Raises ParseError (400), TooLarge (413)."""
        request = (parser_context or {})["request"]
        length = get_content_length(request._request)
        if length is None or length > MAX_FILE + MAX_BODY:
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
