"""Writes docs/errors.md: each code of a refusal, its status and message, and what a client does about it."""

from collections.abc import Collection
from itertools import groupby

from core.exceptions import DomainError
from core.http.openapi import refusals
from core.http.openapi.refusals import RefusalInfo, describe, list_exception_classes

HEADER = """\
# Errors

A refusal has this body. `code` is for programs and does not change. `message` is for people and may change; `detail` is the same.
`errors` has sentences by field. New codes may be added: treat an unknown one by its status.

```json
{"success": false, "status": 409, "code": "cart_changed", "message": "…", "detail": "…", "errors": {}, "details": {"changes": []}}
```

If one field is to blame, the status is 400, `errors` names the field, and `message` is its sentence. If several are, `message` is
"Validation failed".

`make schema` writes this page, from the exception classes and from `core/http/openapi/refusals.py`.
[openapi.yaml](../openapi.yaml) lists the codes of each operation.
"""


def build_error_reference(codes: Collection[str]) -> str:
    """Return the page. `codes` are those of the OpenAPI document: what only staff pages raise is left out."""
    infos = sorted(_list_infos(codes), key=lambda info: (info.status, info.code, info.meaning))
    lines = [HEADER]
    for status, group in groupby(infos, key=lambda info: info.status):
        lines += [f"## {status}", "", "| code | message | meaning | what a client does |", "| --- | --- | --- | --- |"]
        lines += [*map(_build_row, group), ""]
    return "\n".join(lines)


def _list_infos(codes: Collection[str]) -> set[RefusalInfo]:
    """Return the description of each code, several if several classes have it."""
    made_by_handlers = [value for value in vars(refusals).values() if isinstance(value, RefusalInfo)]
    classes = [describe(refusal) for refusal in list_exception_classes() if "code" in refusal.__dict__]
    return {*made_by_handlers, *(info for info in classes if info.code in codes)}


def _build_row(info: RefusalInfo) -> str:
    message = "varies" if info.message == DomainError.default_message else info.message
    return f"| `{info.code}` | {message} | {info.meaning} | {info.client_action} |"
