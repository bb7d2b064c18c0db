"""The cells of a list of service areas, as spreadsheets and carriers write them."""

import re

from core.postal_codes import has_format, normalize_postal_code
from pricing.models import MAX_CARRIER, MAX_DAYS, MAX_POSTAL_CODE
from products.importing.flags import parse_flag
from products.importing.raw_rows import BadRow
from products.importing.report import replace_unprintable

MAX_SHOWN = 40  # characters of a cell in a message
LOST_ZEROS = (1, 2)  # at the beginning of a postal code; with three, six digits would be a ZIP+4
DECIMAL = re.compile(r"(\d+)[.,]0+", re.ASCII)
SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})", re.ASCII)
DAYS = re.compile(r"(\d{1,3})(?: ?(?:-|–|to) ?(\d{1,3}))? ?(?:d|days?)?", re.ASCII | re.IGNORECASE)
MORE_FLAGS = {
    **dict.fromkeys(("t", "✓", "✔", "serviceable"), True),
    **dict.fromkeys(("f", "✗", "✘", "not serviceable", "non serviceable", "non-serviceable", "not available"), False),
}


def parse_postal_code(text: str, country: str, country_name: str) -> str:
    """Return the postal code in a cell, without what a spreadsheet does to numbers. Raises BadRow."""
    text = text.removeprefix("'").strip()
    if not text:
        raise BadRow("the postal code is missing")
    number = _undo_number_format(text)
    code = normalize_postal_code(number, country)
    if not code or not has_format(number, country) or len(code) > MAX_POSTAL_CODE:
        is_short = number.isdigit() and any(has_format("0" * zeros + number, country) for zeros in LOST_ZEROS)
        hint = "; if zeros were lost at its beginning, format the column as text" if is_short else ""
        raise BadRow(f"{quote(text)} is not a postal code of {country_name}{hint}")
    return code


def _undo_number_format(text: str) -> str:
    """Return the number in 411001.0 or 4.11001E+05. Raises BadRow if digits of it are lost, as in 4.11E+05."""
    if decimal := DECIMAL.fullmatch(text):
        return decimal[1]
    if scientific := SCIENTIFIC.fullmatch(text):
        digits, exponent = scientific[1] + (scientific[2] or ""), int(scientific[3])
        if len(digits.rstrip("0")) > exponent + 1 or len(digits) < exponent + 1:
            raise BadRow(f"digits of the postal code are lost in {quote(text)}; format the column as text")
        return digits[: exponent + 1]
    return text


def parse_yes_or_no(text: str, column: str) -> bool:
    """Return what a cell says. Raises BadRow."""
    try:
        flag = MORE_FLAGS.get(text.strip().lower())
        flag = parse_flag(text) if flag is None else flag
    except ValueError:
        raise BadRow(f"{column} must be yes or no, not {quote(text)}") from None
    if flag is None:
        raise BadRow(f"{column} is empty; write yes or no")
    return flag


def parse_days(text: str) -> int | None:
    """Return the days in 3, 3.0, 3 days or 2-4, of which the later count; None for an empty cell. Raises BadRow."""
    text = " ".join(text.split())
    if decimal := DECIMAL.fullmatch(text):
        text = decimal[1]
    if not text:
        return None
    match = DAYS.fullmatch(text)
    days = max(int(match[1]), int(match[2] or 0)) if match else MAX_DAYS + 1
    if days > MAX_DAYS:
        raise BadRow(f"days must be a whole number from 0 to {MAX_DAYS}, not {quote(text)}")
    return days


def parse_carrier(text: str) -> str:
    """Return the name of a carrier. Raises BadRow."""
    name = " ".join(replace_unprintable(text).split())
    if len(name) > MAX_CARRIER:
        raise BadRow(f"the name of the carrier is longer than {MAX_CARRIER} characters")
    return name


def quote(text: str) -> str:
    """Return the text of a cell for a message."""
    text = replace_unprintable(text)
    return f"“{text}”" if len(text) <= MAX_SHOWN else f"“{text[:MAX_SHOWN]}…”"
