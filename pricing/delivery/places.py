"""A place of delivery, as zones and service areas compare it."""

from dataclasses import dataclass

from core.countries import find_country_code, get_market_country
from core.markets import Market
from core.postal_codes import normalize_postal_code
from core.states import normalize_state


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an address that decide about delivery, normalized. `country` is an ISO code, or empty if it is not known."""

    country: str = ""
    postal_code: str = ""
    state: str = ""


def build_place(market: Market, *, country: str = "", postal_code: str = "", state: str = "") -> Place:
    """Return the place that a buyer has written; without a country, it is in the market's."""
    code = find_country_code(country) if country else get_market_country(market)
    return Place(code, normalize_postal_code(postal_code, code), normalize_state(code, state) if state else "")
