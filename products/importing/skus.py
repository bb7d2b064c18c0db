"""SKUs: those of the file, those that other columns stand in for, and those made of a product's options."""

import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from products.importing.numbers import INVISIBLE
from products.importing.raw_rows import BadRow
from products.models import MAX_SKU

DAMAGED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
FORMULA_ERRORS = frozenset(
    ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#BEZUG!", "#NV", "#WERT!")
)
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|okt|dez|mär"
DATE = re.compile(rf"(?:{MONTHS})-\d{{1,2}}|\d{{1,2}}[-.](?:{MONTHS})", re.IGNORECASE)
DIGEST_LENGTH = 8  # hexadecimal digits


def parse_sku(value: Any) -> str:
    """Return a SKU without invisible characters; no-break spaces become spaces. Raises BadRow."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)
    text = str(int(value)) if is_number else value if isinstance(value, str) else ""
    sku = INVISIBLE.sub("", text).replace("\u00a0", " ").replace("\u202f", " ").strip()
    if DAMAGED.fullmatch(sku) or sku.upper() in FORMULA_ERRORS:
        raise BadRow(f"sku {sku} was damaged by a spreadsheet program; format the column as text and enter it again")
    if not 0 < len(sku) <= MAX_SKU or not sku.isprintable():
        raise BadRow(f"sku is missing or is not 1 to {MAX_SKU} printable characters")
    return sku


def looks_like_date(sku: str) -> bool:
    """Return whether a spreadsheet program may have made this SKU of another one: `MAR4` becomes `Mar-04`."""
    return DATE.fullmatch(sku) is not None


def make_sku(handle: str, values: Iterable[str]) -> str:
    """Return the SKU of a variant without one: its product's handle and its options, such as `linen-shirt-S-Olive`.

    The same product and options give the same SKU at every import. A long one is cut, and a digest keeps it unique.
    """
    text = "-".join("-".join(part.split()) for part in (handle, *values) if part.strip())
    text = "".join(char for char in text if char.isprintable())
    if len(text) <= MAX_SKU:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{text[: MAX_SKU - DIGEST_LENGTH - 1]}-{digest}"
