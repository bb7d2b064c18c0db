"""Reads `application/x-www-form-urlencoded` bodies with nested brackets, as Stripe's clients send them."""

import re
from typing import Any
from urllib.parse import parse_qsl

from emulator.errors import ApiError

PART = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 8


def decoded(text: str) -> dict[str, Any]:
    """Return `a[b][0]=x` as {"a": {"b": ["x"]}}; every leaf is a text. Raises ApiError."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = [head, *PART.findall(f"[{rest}" if rest else "")]
        if not head or len(path) > DEEPEST:
            raise ApiError(400, f"Invalid parameter name: {name[:100]}")
        _put(tree, path, value)
    found = _listed(tree)
    return found if isinstance(found, dict) else {}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(inner, dict):
            raise ApiError(400, "Invalid parameters: a value and an object have one name")
        tree = inner
    tree[path[-1] or str(len(tree))] = value


def _listed(tree: Any) -> Any:
    """Turn objects whose names are 0, 1, 2 … into lists."""
    if not isinstance(tree, dict):
        return tree
    inner = {name: _listed(value) for name, value in tree.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
