"""In which currencies the prices of a file are read, and what the report says about it."""

from typing import Any

from core import markets
from core.empty_values import is_empty
from products.importing.columns import PRICES
from products.importing.numbers import find_currencies


class PriceCurrencies:
    """Collects what the prices of a file say about their currency.

    `market` is the code of the market that was chosen for prices that say nothing.
    """

    def __init__(self, market: str) -> None:
        self._market = markets.get_markets()[market] if market else markets.get_default_market()
        self._is_chosen = bool(market)
        self._named: set[str] = set()  # currencies
        self._has_bare_prices = False

    def add(self, name: str, value: Any, currency: str) -> None:
        """Take note of a price in a column; `currency` is what the row says about it."""
        if is_empty(value):
            return
        if name not in PRICES:  # a column of a market, such as price_us
            market = markets.get_markets().get(name[-2:])
            self._named |= {market.currency} if market is not None else set()
        elif currency:
            self._named |= {currency} & {market.currency for market in markets.get_markets().values()}
        else:
            signs = find_currencies(value)
            self._named |= signs & {self._market.currency}  # with the sign of another currency, the row is refused
            self._has_bare_prices = self._has_bare_prices or not signs

    def describe(self) -> str:
        """Return the sentences for the report; empty if the file has no prices."""
        if not self._has_bare_prices:
            return f"Prices are read in {_join_markets(self._named)}, as the file says." if self._named else ""
        market, others = self._market, self._named - {self._market.currency}
        source = "chosen" if self._is_chosen else "default"
        sentences = [f"Prices without a currency are read in {market.currency}, the currency of the {source} market {market.code}."]
        sentences += [] if self._is_chosen else [_describe_choice(market)]
        sentences += [f"Other prices are read in {_join_markets(others)}, as the file says."] if others else []
        return " ".join(sentences)


def _describe_choice(default: markets.Market) -> str:
    others = [f"{market.code} for {market.currency}" for market in markets.get_markets().values() if market != default]
    if not others:
        return "If they are in another currency, convert them first: this shop has no market for them."
    choice = "choose its market (--market, or “Market of the prices” in the admin)"
    return f"If they are in another currency, {choice}: {', '.join(others)}."


def _join_markets(currencies: set[str]) -> str:
    """Return currencies in words, each with its markets."""
    by_currency: dict[str, list[str]] = {}
    for market in markets.get_markets().values():
        if market.currency in currencies:
            by_currency.setdefault(market.currency, []).append(market.code)
    return " and ".join(f"{currency} (market {', '.join(codes)})" for currency, codes in by_currency.items())
