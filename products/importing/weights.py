"""Weights as people and programs write them in files: a number and a unit, in one cell or named by the column.

A number without a unit is not read. Most shops export it in a unit that is a setting of theirs, and the file does not name it.
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.empty_values import is_empty
from products.amounts import MAX_LENGTH
from products.importing import numbers
from products.importing.raw_rows import BadRow, describe_value
from products.models import MAX_WEIGHT_GRAMS
from products.services.commands import VariantColumns

GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "lb": Decimal("453.59237"), "oz": Decimal("28.349523125")}  # in one unit
UNITS = {  # by what files call them; also the codes of UN/ECE recommendation 20, as schema.org and GS1 use them
    **dict.fromkeys(("g", "gr", "grm", "gram", "grams", "gramm", "gramme", "grammes", "gramos", "grammi", "г", "гр", "克"), "g"),
    **dict.fromkeys(("kg", "kgs", "kgm", "kilo", "kilos", "kilogram", "kilograms", "kilogramm", "kilogramme", "kilogrammes"), "kg"),
    **dict.fromkeys(("kilogramos", "chilogrammi", "кг", "公斤", "千克"), "kg"),
    **dict.fromkeys(("lb", "lbs", "lbr", "pound", "pounds"), "lb"),
    **dict.fromkeys(("oz", "onz", "ounce", "ounces"), "oz"),
}
WEIGHT, UNIT = "weight", "weight_unit"
COLUMNS = {"weight_grams": "g", "weight_kg": "kg", "weight_lb": "lb", "weight_oz": "oz", WEIGHT: ""}  # with the unit that they name
ZERO = re.compile(r"0+(?:[.,]0*)?")  # in every unit
NUMBER_AND_UNIT = re.compile(r"(.*\d[.,]?) ?([^\W\d_]+)\.?")
RULE = f"must be a weight from 0 to {MAX_WEIGHT_GRAMS:,} g, such as 1.5 kg, 500 g, 2 lb or 8 oz"
NOT_READ = "a weight was not read, because it has no unit; write 1.5 kg, or rename the column to weight_kg, weight_lb and so on"


def parse_weight(row: Mapping[str, Any], mark: str) -> tuple[VariantColumns, str]:
    """Return the weight that a row names, as a column of its variant, and a note if it was not read.

    `row` has our names, `mark` is the decimal mark of the file. A row without a weight has no column, an empty cell is None.
    Raises BadRow.
    """
    named = [name for name in COLUMNS if name in row]
    if not named:
        return {}, ""
    name = next((name for name in named if not is_empty(row[name])), WEIGHT)
    value, unit = row.get(name), COLUMNS[name]
    if name == WEIGHT:
        value, unit = _split_object(value, row.get(UNIT))
    if is_empty(value):
        return {"weight_grams": None}, ""
    try:
        grams = _parse_grams(value, unit, mark)
        if grams is None and name != WEIGHT:
            raise ValueError(RULE)
    except ValueError as error:
        raise BadRow(f"{name} {error}: {describe_value(value)}") from None
    return ({}, NOT_READ) if grams is None else ({"weight_grams": grams}, "")


def split_unit(value: Any) -> tuple[Any, str]:
    """Return the number in a cell as it is written, and the word behind it."""
    if not isinstance(value, str) or isinstance(value, numbers.NumberCell) or len(value) > MAX_LENGTH:
        return value, ""
    text = numbers.clean(unicodedata.normalize("NFKC", value))
    match = NUMBER_AND_UNIT.fullmatch(text)
    return (match[1], match[2]) if match else (text, "")


def _split_object(value: Any, unit: Any) -> tuple[Any, str]:
    """Return the number and the unit of a weight without a unit in its name, which may be an object with both."""
    if isinstance(value, dict):
        value, unit = value.get("value"), value.get("unit", unit)
    return value, _find_unit(unit)


def _find_unit(word: Any) -> str:
    """Return the unit that a word means; empty if it means none."""
    return UNITS.get(unicodedata.normalize("NFKC", word).strip().rstrip(".").lower(), "") if isinstance(word, str) else ""


def _parse_grams(value: Any, unit: str, mark: str) -> int | None:
    """Return whole grams: the nearest, and at least 1 of what weighs anything. None: the weight has no unit, or an unknown one.

    Raises ValueError with the reason.
    """
    number, word = split_unit(value)
    unit = _find_unit(word) if word else unit
    if not unit:
        return 0 if ZERO.fullmatch(str(number)) and not word else None
    grams = _parse_number(number, mark) * GRAMS[unit]
    if not 0 <= grams <= MAX_WEIGHT_GRAMS:
        raise ValueError(RULE)
    return int(grams.to_integral_value(ROUND_HALF_UP)) or int(grams > 0)


def _parse_number(number: Any, mark: str) -> Decimal:
    if isinstance(number, bool) or not isinstance(number, str | int | float | Decimal):
        raise ValueError(RULE)
    is_text = isinstance(number, str) and not isinstance(number, numbers.NumberCell)
    return numbers.parse_decimal(str(number), mark if is_text else ".", RULE)
