"""The configured markets. A market determines the currency and prices, never permissions."""

import re
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.http import HttpRequest

from core import money
from core.exceptions import Invalid

CODE_FORMAT = re.compile(r"[a-z]{2}")


class UnknownMarket(Invalid):
    """The market is not configured."""

    code = "unknown_market"
    default_message = "This market does not exist"
    client_action = "Use one of `details.markets`, or leave `X-Market` out."


@dataclass(frozen=True, slots=True)
class Market:
    """A country or region with one currency."""

    code: str
    currency: str
    is_default: bool
    exponent: int = field(init=False)  # the number of decimal digits of its prices

    def __post_init__(self) -> None:
        """Look the exponent up once, because every price needs it."""
        object.__setattr__(self, "exponent", money.exponent(self.currency))


@cache
def get_markets() -> dict[str, Market]:
    """Return the markets by code; the first is the default."""
    currencies: dict[str, str] = settings.MARKETS
    default_code = next(iter(currencies))
    return {code: Market(code, currency, code == default_code) for code, currency in currencies.items()}


def get_default_market() -> Market:
    """Return the market used if a request names none."""
    return next(iter(get_markets().values()))


def get_market(code: str) -> Market:
    """Return the market with this code. Raises UnknownMarket."""
    code = code.lower()
    if not CODE_FORMAT.fullmatch(code) or code not in get_markets():
        raise UnknownMarket(details={"markets": list(get_markets())})
    return get_markets()[code]


def get_request_market(request: HttpRequest) -> Market:
    """Return the market of a request: from `X-Market`, else of the authenticated caller, else the default. Raises UnknownMarket."""
    header = request.META.get("HTTP_X_MARKET")
    if header:
        return get_market(header)
    caller_market = getattr(request, "caller_market", "")
    return get_markets().get(caller_market) or get_default_market()
