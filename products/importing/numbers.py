"""Numbers as people and programs write them in files: prices, quantities, and the number in a weight.

A price is never rounded or guessed. One text alone may be ambiguous: `1.299` is 1299 where the comma is the decimal mark. The whole
file decides then (`DecimalMarks`), because its author and its program write all prices in one way.
"""

import re
from collections import Counter
from decimal import Decimal
from typing import Any

from core.characters import fold_digits
from core.currencies import EXPONENTS, exponent
from products.amounts import MAX_LENGTH, validate_amount
from products.importing.currency_signs import CODES, CURRENCIES_BY_SIGN, SIGNS
from products.models import MAX_STOCK

CODE = re.compile(r"^([A-Za-z]{3})(?![A-Za-z])|(?<![A-Za-z])([A-Za-z]{3})$")
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069]")
SIGNS_OF_OTHER_SCRIPTS = str.maketrans(
    {
        **dict.fromkeys("\u2212\uff0d", "-"),
        **dict.fromkeys("\u2019\u02bc\u066c", "'"),  # U+066C separates thousands in Arabic numbers, as an apostrophe does
        **dict.fromkeys("\u066b\uff0e", "."),
        "\uff0c": ",",
    }
)
NUMERIC = frozenset("0123456789.,+")  # a price that begins and ends with one of them has no currency
PLAIN = re.compile(r"[+-]?(?:\d+|\d*\.\d+|\d+\.)(?:[eE][+-]?\d{1,3})?", re.ASCII)
SCIENTIFIC_COMMA = re.compile(r"[+-]?\d+,\d+[eE][+-]?\d{1,3}", re.ASCII)
GROUPED = {  # thousands by separator; a comma also groups in the Indian way, 1,29,900
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}", re.ASCII),
    **{sign: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(sign)}\d{{3}})+", re.ASCII) for sign in ". '"},
}
RANGE = re.compile(r"\d\D*\s*(?:-|–|—|\.\.|to|bis)\s*\D{0,4}\d", re.IGNORECASE)
NO_AMOUNT = frozenset(
    ("-", "–", "—", "free", "gratis", "kostenlos", "tba", "tbd", "n/a", "na", "n.a.", "on request", "call", "poa", "?")
)
NOISE = Decimal("1e-9")  # what binary floats add: 19.989999999999998
UNLIMITED = frozenset(
    ("∞", "unlimited", "infinite", "unbegrenzt", "illimité", "instock", "in stock", "in_stock", "available", "auf lager")
)
SOLD_OUT = frozenset(("outofstock", "out of stock", "out_of_stock", "sold out", "soldout", "ausverkauft"))
AT_LEAST = re.compile(r"(?:>=?\s*(\d+)|(\d+)\s*\+)", re.ASCII)
NOT_AN_AMOUNT = "must be an amount like 19.99"
CENTS = 2  # digits behind a mark that separates no thousands, whatever the other numbers of the file have


class NumberCell(str):
    """The text of a number in a workbook. Its decimal mark is a point, whatever mark the texts of the file have."""

    __slots__ = ()

    def strip(self, chars: str | None = None, /) -> "NumberCell":
        """Return the text itself: there is nothing around a number."""
        return self


class DecimalMarks:
    """The decimal marks that the prices of a file prove."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, value: Any) -> None:
        """Count what a price proves; only text that is not ambiguous proves anything."""
        if _is_text(value) and len(value) <= MAX_LENGTH and ("," in value or "." in value or not value.isascii()):
            text = _strip_currency(clean(value))[0]
            self._counts[_find_decimal_mark(text) or _find_mark_beside_groups(text)] += 1

    def decide(self) -> str:
        """Return "." or "," as most numbers prove; empty if none proves anything."""
        if not self._counts["."] and not self._counts[","]:
            return ""
        return "," if self._counts[","] > self._counts["."] else "."


def parse_price(value: Any, currency: str, mark: str = "") -> Decimal:
    """Return a price; `mark` is the decimal mark of the file. Raises ValueError with the reason."""
    try:
        return validate_amount(parse_amount(value, currency, mark), currency)
    except ValueError as error:
        raise ValueError(str(error).replace("Must", "must", 1)) from None


def parse_amount(value: Any, currency: str, mark: str = "") -> Decimal:
    """Return an amount of any size and sign; `mark` is the decimal mark of the file. Raises ValueError with the reason."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(NOT_AN_AMOUNT)
    if isinstance(value, str):
        text, codes = _strip_currency(clean(value))
        if codes and currency not in codes:
            raise ValueError(f"is not in {currency}")
        mark = (mark or _find_mark_of_currency(text, currency)) if _is_text(value) else "."
        if not mark and exponent(currency) < 3:
            _refuse_ambiguous(text)
        amount = _parse_number(text, mark, NOT_AN_AMOUNT)
    else:
        amount = _parse_number(str(value), "", NOT_AN_AMOUNT)
    return _drop_noise(amount)


def parse_quantity(value: Any, mark: str = "") -> tuple[int | None, str]:
    """Return the units in a cell, and a note if they are not what the cell says. None: the cell names no number.

    Raises ValueError with the reason.
    """
    rule = f"must be a whole number from 0 to {MAX_STOCK}"
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(rule)
    text, note = clean(str(value)), ""
    if text.lower() in UNLIMITED:
        return None, f"stock has no number ({text}); it stays as it is, 0 for a new product"
    if text.lower() in SOLD_OUT:
        return 0, ""
    at_least = AT_LEAST.fullmatch(text)
    if at_least:
        text = at_least[1] or at_least[2]
        note = "stock says only a lower bound, which was taken as the number of units"
    if not mark and _is_text(value):
        _refuse_ambiguous(text)
    number = _parse_number(text, mark if _is_text(value) else "", rule)
    if number != number.to_integral_value() or number > MAX_STOCK:
        raise ValueError(rule)
    if number < 0:
        return 0, "stock is below 0, so it was set to 0"
    return int(number), note


def parse_decimal(text: str, mark: str, rule: str) -> Decimal:
    """Return the number in a clean text; `mark` is the decimal mark of the file, unless the number proves its own.

    Without a mark, both `1.250` and `1,250` may have decimal places. Raises ValueError with the reason.
    """
    mark = _find_decimal_mark(text) or mark
    if not mark:
        _refuse_ambiguous(text, ".,")
    return _parse_number(text, mark, rule)


def find_currencies(value: Any) -> frozenset[str]:
    """Return the currencies that the signs and codes in a price can mean; none if it has no sign."""
    if not isinstance(value, str) or len(value) > MAX_LENGTH:
        return frozenset()
    return _strip_currency(clean(value))[1]


def _is_text(value: Any) -> bool:
    """Return whether a value is text, which may have a decimal comma."""
    return isinstance(value, str) and not isinstance(value, NumberCell)


def clean(text: str) -> str:
    """Return a text with simple spaces, signs and digits, and without invisible characters."""
    if not text.isascii():
        text = fold_digits(INVISIBLE.sub("", text).translate(SIGNS_OF_OTHER_SCRIPTS))
    return " ".join(text.split())


def _strip_currency(text: str) -> tuple[str, frozenset[str]]:
    """Return the number in a price, and the currencies that all of its signs and codes can mean."""
    if text[:1] in NUMERIC and text[-1:] in NUMERIC:
        return text, frozenset()
    currencies: frozenset[str] | None = None
    text = text.removesuffix("/-").removesuffix("/=").rstrip()  # Rs. 499/-
    for _ in range(3):
        sign = next((sign for sign in SIGNS if _begins_or_ends_with(text, sign)), "")
        code = CODE.search(text)
        if code is not None and code[0].upper() in CODES:
            meant, text = frozenset((code[0].upper(),)), text.replace(code[0], "", 1).strip()
        elif sign:
            meant, text = CURRENCIES_BY_SIGN[sign], text.removeprefix(sign).removesuffix(sign).strip()
        else:
            break
        currencies = meant if currencies is None else currencies & meant or frozenset(("",))
    return text, currencies or frozenset()


def _begins_or_ends_with(text: str, sign: str) -> bool:
    """Return whether a sign stands before or behind a number; a sign of letters is no part of a word."""
    if text.startswith(sign):
        return not (sign[-1].isalpha() and text[len(sign) :][:1].isalpha())
    return text.endswith(sign) and not (sign[0].isalpha() and text[: -len(sign)][-1:].isalpha())


def _find_decimal_mark(text: str) -> str:
    """Return the decimal mark that a number proves; empty if it has none or is ambiguous."""
    body = text.lstrip("+-")
    if not re.fullmatch(r"[\d.,' ]+", body, re.ASCII):
        return ""
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return ""
    mark, before, after = body[last], body[:last], body[last + 1 :]
    if before.count(mark):
        return ""  # it occurs twice, so it separates thousands
    groups = set(before) & set(".,' ")
    if groups:
        return mark
    return "" if len(after) == 3 and GROUPED["."].fullmatch(f"{before}.{after}") else mark


def _find_mark_beside_groups(text: str) -> str:
    """Return the decimal mark of a number whose thousands are separated by points or commas more than once, such as 1.299.000."""
    others = {".": ",", ",": "."}
    return next((others[sign] for sign in others if text.count(sign) > 1 and GROUPED[sign].fullmatch(text)), "")


def _find_mark_of_currency(text: str, currency: str) -> str:
    """Return the decimal mark of an ambiguous number like 1.500 in a currency without decimal places, where it is 1500."""
    return "," if EXPONENTS.get(currency) == 0 and text.count(".") == 1 and GROUPED["."].fullmatch(text) else ""


def _refuse_ambiguous(text: str, marks: str = ".") -> None:
    """Raise ValueError if one of the marks separates either thousands or decimal places, and nothing tells which."""
    body = text.lstrip("+-")
    for mark in (mark for mark in marks if body.count(mark) == 1 and GROUPED[mark].fullmatch(body)):
        meanings = f"{Decimal(body.replace(mark, '.')).normalize():f} or {body.replace(mark, '')}"
        raise ValueError(f"may mean {meanings}, and the file does not show which; write one of them")


def _parse_number(text: str, mark: str, rule: str) -> Decimal:
    """Return the number in a text. Raises ValueError with the reason, which is the rule if there is nothing more to say."""
    if text.lower() in NO_AMOUNT:
        raise ValueError("has no number; write 0 if it is 0, or leave it empty")
    if len(text) > MAX_LENGTH or (text[:1] in ("+", "-") and text[1:2] in ("+", "-")):
        raise ValueError(rule)
    if SCIENTIFIC_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    proven = _find_decimal_mark(text)
    sign, body = ("-", text[1:].lstrip()) if text.startswith("-") else ("", text.removeprefix("+"))
    is_scientific = "e" in text.lower()  # its point separates no thousands
    if PLAIN.fullmatch(text) and (is_scientific or not (mark == "," and "." in text)):
        return Decimal(text)
    if _has_cents(body):
        return Decimal(f"{sign}{body.replace(',', '.')}")
    integer, decimal = _split(body, proven or _choose_mark(body, mark))
    groups = set(integer) - set("0123456789")
    if proven and mark and proven != mark and not groups:
        raise ValueError(f"has a decimal {_name(proven)}, but the other prices of the file have a decimal {_name(mark)}")
    is_grouped = len(groups) == 1 and groups <= GROUPED.keys() and GROUPED[next(iter(groups))].fullmatch(integer)
    digits = re.sub(r"[.,' ]", "", integer) if is_grouped else integer
    number = f"{sign}{digits}.{decimal or 0}"
    if not (digits or decimal) or not PLAIN.fullmatch(number):
        raise ValueError("is a range; give one amount" if RANGE.search(text) else rule)
    return Decimal(number)


def _has_cents(body: str) -> bool:
    """Return whether a number has two decimal digits and nothing else that separates digits, such as 1299,50."""
    integer, decimal = body[: -CENTS - 1], body[-CENTS:]
    return body[-CENTS - 1 : -CENTS] in (",", ".") and len(decimal) == CENTS and f"{integer}{decimal}".isdecimal()


def _choose_mark(body: str, mark: str) -> str:
    """Return the decimal mark of an ambiguous number: that of the file, else a point; a comma then separates thousands."""
    return mark or ("." if body.count(".") == 1 and "," not in body else "")


def _split(body: str, mark: str) -> tuple[str, str]:
    """Return the digits before and after the decimal mark."""
    integer, _, decimal = body.partition(mark) if mark and body.count(mark) == 1 else (body, "", "")
    return integer, decimal


def _name(mark: str) -> str:
    return "comma" if mark == "," else "point"


def _drop_noise(amount: Decimal) -> Decimal:
    """Return the amount without the noise of a binary float, which starts behind the ninth decimal place."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > -10 or abs(amount) > 10**12:
        return amount
    rounded = round(amount, 6)
    return rounded if rounded and abs(rounded - amount) < NOISE else amount
