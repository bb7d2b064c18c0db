"""The settings SHIPPING, TAX_RATES and STRIPE_API_BASE"""

from decimal import Decimal

import pytest
from environs import EnvError

from store.environment import parse_shipping_rates, parse_stripe_api_base, parse_tax_rates

D = Decimal
MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD", "us": "USD"}


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("", {}),
        (" , ", {}),
        ("in:50.00", {"in": (D("50.00"), None)}),
        ("in:50.00:999.00,us:4.99", {"in": (D("50.00"), D("999.00")), "us": (D("4.99"), None)}),
        (" in:50 , us:0 ", {"in": (D(50), None), "us": (D(0), None)}),
        ("jp:500:5000,kw:1.250", {"jp": (D(500), D(5000)), "kw": (D("1.250"), None)}),
        ("in:50:0", {"in": (D(50), D(0))}),
    ],
)
def test_shipping_is_read_for_each_market(text: str, rates: dict[str, tuple[Decimal, Decimal | None]]) -> None:
    assert parse_shipping_rates(text, MARKETS) == rates


@pytest.mark.parametrize(
    "text",
    [
        *("de:50", "IN:50", "in", "in:", "50", ":50", "in=50", "in:free", "in:-1", "in:1e3", "in:NaN", "in:1,5", "in:.5", "in:5."),
        *("in:50.001", "jp:0.5", "in:50:999.999", "in:50:x", "in:50:1:2", "in:12345678", "in: 50", "in:५०", "in:50;us:1"),
    ],
)
def test_what_is_no_shipping_rate_stops_the_start(text: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_shipping_rates(text, MARKETS)

    assert str(error.value).startswith("SHIPPING ")


@pytest.mark.parametrize(
    ("text", "rates"),
    [("", {}), ("in:18,us:0", {"in": D(18), "us": D(0)}), ("in:5.5", {"in": D("5.5")}), ("jp: 10".replace(" ", ""), {"jp": D(10)})],
)
def test_tax_is_read_for_each_market(text: str, rates: dict[str, Decimal]) -> None:
    assert parse_tax_rates(text, MARKETS) == rates


@pytest.mark.parametrize(
    "text", ["de:18", "in", "in:", "in:100", "in:-1", "in:18%", "in:1.2345", "in:x", "in:18:5", "in:NaN", "in:१८", "18"]
)
def test_what_is_no_tax_rate_stops_the_start(text: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_tax_rates(text, MARKETS)

    assert str(error.value).startswith("TAX_RATES ")


@pytest.mark.parametrize(("read", "text"), [(parse_shipping_rates, "in:50,in:60"), (parse_tax_rates, "in:18,in:5")])
def test_a_market_that_is_named_twice_stops_the_start(read: object, text: str) -> None:
    assert callable(read)

    with pytest.raises(EnvError):
        read(text, MARKETS)


def test_a_test_key_may_go_elsewhere() -> None:
    assert parse_stripe_api_base("http://127.0.0.1:12111/", "sk_test_1") == "http://127.0.0.1:12111"
    assert parse_stripe_api_base("", "sk_live_1") == ""


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_goes_nowhere_but_to_stripe(key: str) -> None:
    with pytest.raises(EnvError, match="STRIPE_API_BASE"):
        parse_stripe_api_base("http://127.0.0.1:12111", key)
