"""The category of a row: one path of names, from the columns that other shops have for it."""

import re
from typing import Any

from core.empty_values import is_empty
from products.importing.html_text import NAME_TAG, name_to_text, strip_name_tags
from products.importing.raw_rows import BadRow
from products.models import MAX_CATEGORY_DEPTH, MAX_CATEGORY_NAME

MAX_PATH_LENGTH = 2000  # characters of a category path
MAGENTO_ROOT = re.compile(r"(?:default category|root catalog)(?:/|$)", re.IGNORECASE)
PATHS_END = re.compile(r"(?<!\\)[,;|]")  # WooCommerce writes a comma within a name as \,
KINDS = frozenset(  # what shops call `product_type` besides
    (
        *(
            "simple",
            "variable",
            "variation",
            "grouped",
            "external",
            "virtual",
            "downloadable",
            "configurable",
            "bundle",
            "giftcard",
        ),
        *("subscription", "physical", "digital", "service", "standard", "product", "combinations", "pack", "default"),
    )
)


def parse_category(row: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the path of names; an empty one if the row's cell is empty, None if the row has no such column. Raises BadRow."""
    if "category" in row and not is_empty(row["category"]):
        return _parse_path(row["category"])
    if "categories" in row and not is_empty(row["categories"]):
        return _parse_paths(row["categories"])
    kind = row.get("product_type")
    is_kind = isinstance(kind, str) and kind.strip().lower() in KINDS
    if "product_type" in row and not is_empty(kind) and not is_kind:
        return _parse_path(kind)
    names = ("category", "categories") if is_kind else ("category", "categories", "product_type")
    return () if any(name in row for name in names) else None


def _parse_paths(value: Any) -> tuple[str, ...]:
    """Return the deepest of several paths, the first of equal ones."""
    if isinstance(value, list):
        names = [entry.get("name", entry.get("title")) if isinstance(entry, dict) else entry for entry in value]
        return max((_parse_path(name) for name in names if not is_empty(name)), key=len, default=())
    if not isinstance(value, str):
        return _parse_path(value)
    paths = [_strip_root(path.strip()) for path in PATHS_END.split(value)]
    return max((_parse_path(path) for path in paths if path), key=len, default=())


def _strip_root(path: str) -> str:
    """Return a path without Magento's root category, whose paths have slashes."""
    return MAGENTO_ROOT.sub("", path).replace("/", " > ") if MAGENTO_ROOT.match(path) else path.replace("\\,", ",")


def _parse_path(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str):
        raise BadRow("category is missing or is not text")
    if len(value) > MAX_PATH_LENGTH or "\x00" in value:
        raise BadRow(f"category is longer than {MAX_PATH_LENGTH} characters or contains a NUL")
    text = strip_name_tags(value) if NAME_TAG.search(value) else value  # a > in a name is written as &gt;
    path = tuple(name_to_text(part).strip() for part in _strip_root(text.strip()).split(">"))
    if not all(path) or any(len(part) > MAX_CATEGORY_NAME for part in path):
        raise BadRow(f"category must look like Home > Lighting, each part at most {MAX_CATEGORY_NAME} characters")
    if len(path) > MAX_CATEGORY_DEPTH:
        raise BadRow(f"category is nested more than {MAX_CATEGORY_DEPTH} levels deep")
    return path
