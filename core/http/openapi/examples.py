"""The examples of the OpenAPI document: requests and answers of the demo shop, recorded by `tests/api_examples.py`."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings

from core.exceptions import DomainError
from core.http.envelope import failure
from core.http.openapi.refusals import UNIVERSAL, RefusalInfo


@cache
def get_examples() -> dict[str, Any]:
    """Return the examples by operation: `request`, and the body of each status."""
    loaded: dict[str, Any] = json.loads(settings.API_EXAMPLES.read_text())
    return loaded


def get_request_example(operation_id: str) -> dict[str, Any]:
    """Return the `example` of a request body, if there is one."""
    example = get_examples().get(operation_id, {})
    return {"example": example["request"]} if "request" in example else {}


def get_response_example(operation_id: str, status: int) -> dict[str, Any]:
    """Return the `example` of the body of a status, if there is one."""
    example = get_examples().get(operation_id, {})
    return {"example": example[str(status)]} if str(status) in example else {}


def build_refusal_example(refusals: Sequence[RefusalInfo]) -> dict[str, Any]:
    """Return a refusal with the first code that is the operation's own."""
    info = next((info for info in refusals if info not in UNIVERSAL), refusals[0])
    message = info.meaning.removesuffix(".") if info.message == DomainError.default_message else info.message
    return failure(info.status, info.code, message)
