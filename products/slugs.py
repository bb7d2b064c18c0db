"""The last part of a product's address: making it, and reading it."""

import re
from collections.abc import Container
from typing import Any
from uuid import UUID

from anyascii import anyascii
from django.db import models
from django.utils.text import slugify

from products.exceptions import ProductNotFound

# What a product may be named by, and the column on a row that points to it.
REFERENCES: dict[str, tuple[str, "models.Field[Any, Any]"]] = {
    "id": ("product_id", models.BigIntegerField()),
    "uuid": ("product__uuid", models.UUIDField()),
    "slug": ("product__slug", models.CharField()),
}
RESERVED = frozenset(("create", "categories"))
UUID_SHAPED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_LENGTH = {"product": 200, "category": 120}  # characters, with room for a number behind them


def slug_for(name: str, taken: Container[str], *, kind: str = "product") -> str:
    """Return a slug for the name, in any script, that is not taken, and that no id, uuid or route can be mistaken for."""
    base = slugify(anyascii(name))[: MAX_LENGTH[kind]].strip("-_") or kind
    if base.isdigit() or UUID_SHAPED.fullmatch(base) or base in RESERVED:
        base = f"{kind}-{base}"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def product_ref(ref: str | int) -> tuple[str, int | UUID | str]:
    """Tell what a product is named by: ("id", 7), ("uuid", UUID) or ("slug", "desk-lamp"). Raises ProductNotFound for nonsense."""
    text = str(ref)
    if text.isascii() and text.isdigit():
        if len(text) > 18:  # no id is that long, and no column holds it
            raise ProductNotFound
        return "id", int(text)
    if UUID_SHAPED.fullmatch(text.lower()):
        return "uuid", UUID(text)
    if len(text) > 220 or "\x00" in text:
        raise ProductNotFound
    return "slug", text
