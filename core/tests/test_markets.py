"""The configured markets."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from core import markets


@pytest.fixture
def four_markets(settings: Settings) -> Iterator[None]:
    """A shop whose first market is Japan."""
    settings.MARKETS = {"jp": "JPY", "in": "INR", "us": "USD", "kw": "KWD"}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


@pytest.mark.usefixtures("four_markets")
def test_the_first_is_the_default() -> None:
    assert markets.get_default_market().code == "jp"
    assert [market.code for market in markets.get_markets().values() if market.is_default] == ["jp"]


@pytest.mark.usefixtures("four_markets")
@pytest.mark.parametrize(("code", "currency", "exponent"), [("jp", "JPY", 0), ("in", "INR", 2), ("us", "USD", 2), ("kw", "KWD", 3)])
def test_a_market_has_its_currency_and_digits(code: str, currency: str, exponent: int) -> None:
    market = markets.get_market(code)

    assert (market.code, market.currency, market.exponent) == (code, currency, exponent)


@pytest.mark.usefixtures("four_markets")
def test_large_letters_are_taken_for_small_ones() -> None:
    assert markets.get_market("US").code == "us"


@pytest.mark.usefixtures("four_markets")
@pytest.mark.parametrize("code", ["zz", "", "u", "usa", "../", "us\n", " us", "u" * 300, "ＵＳ"])
def test_no_other_code_is_known_and_the_refusal_names_those_that_are(code: str) -> None:
    with pytest.raises(markets.UnknownMarket) as refusal:
        markets.get_market(code)

    assert refusal.value.code == "unknown_market"
    assert refusal.value.details == {"markets": ["jp", "in", "us", "kw"]}
