"""A place of delivery, as zones and service areas compare it."""

import re
import unicodedata
from dataclasses import dataclass

from core.characters import fold_digits
from core.countries import find_country_code, get_market_country
from core.markets import Market
from core.states import normalize_state

ZIP_PLUS_4 = re.compile(r"([0-9]{5})[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an address that decide about delivery, normalized. `country` is an ISO code, or empty if it is not known."""

    country: str = ""
    postal_code: str = ""
    state: str = ""
    is_country_missing: bool = False  # none was written, and the market is not a country


def build_place(market: Market, *, country: str = "", postal_code: str = "", state: str = "") -> Place:
    """Return the place that a buyer has written; without a country, it is in the market's."""
    code = find_country_code(country) if country else get_market_country(market)
    is_missing = not (code or country)
    return Place(code, normalize_postal_code(postal_code, code), normalize_state(code, state) if state else "", is_missing)


def normalize_postal_code(text: str, country: str = "") -> str:
    """Return the capital letters and digits of a postal code.

    The country's own code before digits (LV-1010) and the last four digits of a ZIP+4 do not count.
    """
    characters = "".join(filter(str.isalnum, fold_digits(unicodedata.normalize("NFKC", text)).upper()))
    rest = characters.removeprefix(country)
    if rest[:1].isdigit():
        characters = rest
    zip_code = ZIP_PLUS_4.fullmatch(characters) if country == "US" else None
    return zip_code[1] if zip_code else characters
