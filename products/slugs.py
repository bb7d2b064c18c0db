"""Slugs, and the other references that identify a product in a URL."""

import re
from collections.abc import Container
from typing import Any
from uuid import UUID

from anyascii import anyascii
from django.db import models
from django.utils.text import slugify

from core.characters import parse_whole_number
from products.exceptions import ProductNotFound

# The kinds of reference to a product, and the lookup and field of each on a row with a foreign key to it.
REF_COLUMNS: dict[str, tuple[str, "models.Field[Any, Any]"]] = {
    "id": ("product_id", models.BigIntegerField()),
    "uuid": ("product__uuid", models.UUIDField()),
    "slug": ("product__slug", models.CharField()),
}
RESERVED_SLUGS = frozenset(("create", "categories"))
UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_REF_LENGTH = 220  # characters of a product's slug with its suffix, the longest reference
MAX_LENGTH = {"product": 200, "category": 120}  # characters, leaving room for a numeric suffix


def make_slug(name: str, taken: Container[str], *, kind: str = "product") -> str:
    """Return a slug for a name in any script that is not taken and cannot be mistaken for an id, a uuid or a route."""
    base = slugify(anyascii(name))[: MAX_LENGTH[kind]].strip("-_") or kind
    if base.isdigit() or UUID_PATTERN.fullmatch(base) or base in RESERVED_SLUGS:
        base = f"{kind}-{base}"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def parse_product_ref(ref: str | int) -> tuple[str, int | UUID | str]:
    """Return the kind and value of a reference: ("id", 7), ("uuid", UUID) or ("slug", "desk-lamp").

    Raises ProductNotFound if it cannot refer to any product.
    """
    text = str(ref)
    if text.isascii() and text.isdigit():
        number = parse_whole_number(text)
        if number is None:  # too long to be an id
            raise ProductNotFound
        return "id", number
    if UUID_PATTERN.fullmatch(text.lower()):
        return "uuid", UUID(text)
    if len(text) > MAX_REF_LENGTH or "\x00" in text:
        raise ProductNotFound
    return "slug", text
