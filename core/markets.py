"""The configured markets. A market picks the currency and the prices, never rights."""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest

from core import money
from core.exceptions import Invalid

CODE = re.compile(r"[a-z]{2}")


class UnknownMarket(Invalid):
    """The market is not one of the configured."""

    code = "unknown_market"
    default_message = "This market does not exist"


@dataclass(frozen=True, slots=True)
class Market:
    """A country or region with one currency."""

    code: str
    currency: str
    is_default: bool

    @property
    def exponent(self) -> int:
        """The number of digits behind the point of its prices."""
        return money.exponent(self.currency)


@cache
def table() -> dict[str, Market]:
    """Return the markets by code; the first is the default."""
    pairs: dict[str, str] = settings.MARKETS
    first = next(iter(pairs))
    return {code: Market(code, currency, code == first) for code, currency in pairs.items()}


def default() -> Market:
    """Return the market that holds where nothing is said."""
    return next(iter(table().values()))


def named(code: str) -> Market:
    """Return the market of this code. Raises UnknownMarket."""
    code = code.lower()
    if not CODE.fullmatch(code) or code not in table():
        raise UnknownMarket(details={"markets": list(table())})
    return table()[code]


def market_of(request: HttpRequest) -> Market:
    """Return the market of a request: its `X-Market`, else what authentication found for the caller, else the default."""
    given = request.META.get("HTTP_X_MARKET")
    if given:
        return named(given)
    own = getattr(request, "caller_market", "")
    return table().get(own) or default()
