"""Countries as shoppers write them, and the countries of the markets, as ISO 3166 codes of two letters."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from django_countries import data
from django_countries.base import CountriesBase

from core.markets import Market, get_markets

# Names in everyday use that the library does not list, and codes outside of ISO 3166.
MORE_NAMES = {
    **dict.fromkeys(("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"), "GB"),
    **{"United States": "US", "UAE": "AE", "Holland": "NL", "Ivory Coast": "CI", "Cape Verde": "CV", "Burma": "MM"},
    **{"Republic of Ireland": "IE", "Macau": "MO", "Vatican": "VA", "EL": "GR"},
    **dict.fromkeys(("Kosovo", "XK", "XKX"), "XK"),
}
# Codes that ISO 3166-1 leaves to its users: programs write ZZ (CLDR) or XX (ICAO) for a country that they do not know.
USER_ASSIGNED = re.compile(r"(?:AA|Q[M-Z]|X[A-Z]|ZZ)[A-Z]?", re.IGNORECASE | re.ASCII)


def find_country_code(text: str) -> str:
    """Return the code of a country given by its code or its English name, or an empty string if it is not known for certain."""
    return _codes_by_name().get(fold_name(text), "")


def normalize_country(text: str) -> str:
    """Return the code of a country, or the text as written if the country is not known for certain."""
    return find_country_code(text) or text


def get_country_name(text: str) -> str:
    """Return the English name of a country given by its code, for people to read; other texts stay as they are."""
    return _names_by_code().get(text, text)


def is_placeholder(text: str) -> bool:
    """Return whether the text is a code that means no country, or none in particular."""
    return USER_ASSIGNED.fullmatch(text.strip()) is not None and not find_country_code(text)


def fold_name(name: str) -> str:
    """Return the name without letter case, accents, punctuation and a leading article."""
    decomposed = unicodedata.normalize("NFKD", name).casefold().replace(".", "").replace("&", " and ")
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"^the ", "", " ".join(_split_words(letters)))


def list_countries() -> dict[str, str]:
    """Return the everyday English names of all countries by code, in alphabetical order."""
    return dict(sorted(_names_by_code().items(), key=lambda country: fold_name(country[1])))


def get_market_country(market: Market) -> str:
    """Return the country of a market, or an empty string if its code is not a country's, such as `eu`."""
    return find_country_code(market.code)


def list_market_countries() -> list[str]:
    """Return the countries of the markets, default first."""
    return [country for market in get_markets().values() if (country := get_market_country(market))]


@cache
def _names_by_code() -> dict[str, str]:
    official_names = {**data.COUNTRIES, "XK": "Kosovo"}
    return {code: str(CountriesBase.COMMON_NAMES.get(code, name)) for code, name in official_names.items()}


@cache
def _codes_by_name() -> dict[str, str]:
    return {fold_name(name): code for name, code in _list_names()}


def _list_names() -> Iterator[tuple[str, str]]:
    for code, name in data.COUNTRIES.items():
        yield from ((code, code), (str(name), code), (data.ALT_CODES[code][0], code))
        yield from ((str(old_name), code) for old_name in CountriesBase.OLD_NAMES.get(code, ()))
    yield from ((str(name), code) for code, name in CountriesBase.COMMON_NAMES.items())
    yield from MORE_NAMES.items()


def _split_words(text: str) -> list[str]:
    """Return the words of the text. Signs of vowels, in Devanagari and others, belong to them."""
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in text).split()
