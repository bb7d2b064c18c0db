"""The envelope of every JSON response."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.response import Response

from core.limits import MAX_ERROR_FIELDS, MAX_ERROR_KEY, MAX_ERROR_TEXT
from core.redaction import shorten

NON_FIELD = "non_field_errors"  # the key of errors that concern no single field
Body = dict[str, Any]


def success(
    data: Any, message: str, *, status: int = 200, warnings: Sequence[str] = (), extra: Mapping[str, Any] | None = None
) -> Body:
    """Return the body of a success response; `extra` holds further top-level keys, such as a cart's `owner`."""
    body = {"success": True, "status": status, "message": message, "data": data, "warnings": list(warnings)}
    return {**body, **extra} if extra else body


def failure(
    status: int,
    code: str,
    message: str,
    *,
    errors: Mapping[str, list[str]] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Body:
    """Return the body of an error response: `message` is for people and may change, `code` is for programs and may not.

    `detail` repeats the message, under the name that clients of REST framework APIs read. Messages and field names may quote what
    was sent, so their number and lengths are limited here, for every refusal.
    """
    message, fields = shorten(message, MAX_ERROR_TEXT), _limit_errors(errors or {})
    body: Body = {"success": False, "status": status, "code": code, "message": message, "detail": message, "errors": fields}
    if details is not None:
        body["details"] = details
    return body


def _limit_errors(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the first fields with shortened names and messages; if there are more, the last entry says how many."""
    number = len(errors) if len(errors) <= MAX_ERROR_FIELDS else MAX_ERROR_FIELDS - 1
    limited = {
        shorten(field, MAX_ERROR_KEY): [shorten(text, MAX_ERROR_TEXT) for text in messages[:MAX_ERROR_FIELDS]]
        for field, messages in islice(errors.items(), number)
    }
    if len(errors) > number:
        general = limited.pop(NON_FIELD, [])
        limited[NON_FIELD] = [*general, f"{len(errors) - number} more fields are invalid"]
    return limited


def encode(body: Body) -> bytes:
    """Return the JSON bytes; times in UTC with `Z`. Raises TypeError for a Decimal, because amounts must be formatted strings."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


class Reply(Response):
    """A success response: the data, the message, and further top-level keys (`extra`). The renderer adds the envelope."""

    def __init__(
        self,
        data: Any = None,
        message: str = "OK",
        *,
        status: int = 200,
        warnings: Sequence[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, status=status)
        self.message = message
        self.warnings = warnings
        self.extra = extra
        self.previous: Mapping[str, Any] = {}  # the object before the change, if the client sent back what it cannot change
        self.unknown_input: Sequence[str] = ()  # warnings that the renderer adds

    def encode(self) -> bytes:
        """Return the body without the warnings about the request."""
        return encode(success(self.data, self.message, status=self.status_code, warnings=self.warnings, extra=self.extra))


class Refusal(Response):
    """An error response whose data is already a `failure` body."""


def refuse(status: int, code: str, message: str, *, details: Mapping[str, Any] | None = None) -> HttpResponse:
    """Return an error as a rendered response, for code outside of REST framework views."""
    body = failure(status, code, message, details=details)
    response = HttpResponse(encode(body), status=status, content_type="application/json")
    response.refusal_code = code  # type: ignore[attr-defined]  # for the metrics, as a Refusal has it in its data
    return response
