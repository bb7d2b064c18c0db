"""Reading phone numbers as people write them.

Accounts store them in E.164 (ITU-T), such as +13128059851. Orders and address books keep them as written.
"""

import unicodedata
from collections.abc import Sequence

from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    PhoneNumberType,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    number_type,
    parse,
)

from accounts.exceptions import PhoneInvalid
from core.characters import drop_invisible, fold_digits
from core.countries import find_country_code, list_market_countries

# Text messages to these numbers cost extra or are never delivered.
REFUSED_NUMBER_TYPES = {
    *(PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN),
    *(PhoneNumberType.PERSONAL_NUMBER, PhoneNumberType.PAGER, PhoneNumberType.VOICEMAIL),
}
MAX_INPUT_LENGTH = 32  # characters
MAX_E164_LENGTH = 16  # characters: a plus sign and fifteen digits
MAX_CONTACT_LENGTH = 64  # characters: two numbers with extensions
MAX_CONTACT_INPUT = 256  # characters before the invisible ones are removed
MIN_CONTACT_DIGITS, MAX_CONTACT_DIGITS = 3, 32
DASHES = "\N{MINUS SIGN}\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}"  # not in Unicode's category of dashes


def normalize_phone(text: str, region: str, *, field: str = "phone") -> str:
    """Return the number in E.164; a number without a country code belongs to `region`, the code of a country or market.

    Only the length is checked against the country, because new number ranges appear before the library knows them.
    Raises PhoneInvalid.
    """
    text = _fold(text)
    if len(text) > MAX_INPUT_LENGTH or not text.isascii():
        raise PhoneInvalid(field=field)
    try:
        number = parse(text, find_country_code(region))
    except NumberParseException:
        raise PhoneInvalid(field=field) from None
    if not _is_possible(number) or not number.national_number or number.extension or number_type(number) in REFUSED_NUMBER_TYPES:
        raise PhoneInvalid(field=field)
    formatted = _format(number)
    if not formatted:
        raise PhoneInvalid(field=field)
    return formatted


def clean_contact(text: str) -> str:
    """Return the phone of a recipient as written, without invisible characters.

    It may hold an extension, a second number or a remark. Raises PhoneInvalid for what cannot be a phone.
    """
    contact = " ".join(drop_invisible(text[:MAX_CONTACT_INPUT]).split())
    is_short = len(text) <= MAX_CONTACT_INPUT and len(contact) <= MAX_CONTACT_LENGTH
    if contact and not (is_short and MIN_CONTACT_DIGITS <= sum(map(str.isdecimal, contact)) <= MAX_CONTACT_DIGITS):
        raise PhoneInvalid(field="phone")
    return contact


def find_e164(text: str, regions: Sequence[str]) -> str:
    """Return the first number in the text in E.164, or an empty string; see `list_e164`."""
    return next(iter(list_e164(text, regions)), "")


def list_e164(text: str, regions: Sequence[str]) -> list[str]:
    """Return the numbers that the text may mean in E.164, first those in a range that is in use.

    A number without a country code may belong to any of the regions (ISO 3166, two letters).
    """
    text = _fold(text)
    matches = [match for region in regions or [""] for match in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE)]
    numbers = [match.number for match in matches if _is_possible(match.number)]
    numbers = numbers or [number for region in regions for number in _read_digits(text, region)]
    formatted = map(_format, sorted(numbers, key=is_valid_number, reverse=True))
    return list(dict.fromkeys(filter(None, formatted)))


def _read_digits(text: str, region: str) -> list[PhoneNumber]:
    """Return the valid number that all digits of a text without letters are, with separators that the library does not know."""
    if any(map(str.isalpha, text)):
        return []
    digits = "".join(filter(str.isdigit, text))
    try:
        number = parse(f"+{digits}" if text.lstrip(" (").startswith("+") else digits, region)
    except NumberParseException:
        return []
    return [number] if is_valid_number(number) else []


def list_searched_numbers(text: str) -> list[str]:
    """Return the numbers in E.164 that a search for a phone may mean: at most one for each country of a market."""
    if len(text) > MAX_CONTACT_INPUT:
        return []
    return list({number for country in list_market_countries() or [""] if (number := find_e164(text, [country]))})


def _fold(text: str) -> str:
    """Return the text with ASCII digits, hyphens and spaces for those of other scripts, and without invisible characters."""
    visible = drop_invisible(unicodedata.normalize("NFKC", text))
    return fold_digits("".join(map(_fold_separator, visible)))


def _fold_separator(char: str) -> str:
    if unicodedata.category(char) == "Pd" or char in DASHES:
        return "-"
    return " " if char.isspace() else char


def _is_possible(number: PhoneNumber) -> bool:
    """Return whether the number has a length that is in use in its country, and is more than a local part."""
    return is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def _format(number: PhoneNumber) -> str:
    """Return the number in E.164, or an empty string if that is too long."""
    text = format_number(number, PhoneNumberFormat.E164)
    return text if len(text) <= MAX_E164_LENGTH else ""
