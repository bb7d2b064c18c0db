"""The setting COD_RULES"""

from decimal import Decimal

import pytest
from environs import EnvError

from store.environment import parse_cash_rules

D = Decimal
MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD", "us": "USD"}


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("", {}),
        (" , ", {}),
        ("in:5000:3,us::2", {"in": (D(5000), 3), "us": (None, 2)}),
        (" in:5000 , us:99.50: ", {"in": (D(5000), None), "us": (D("99.50"), None)}),
        ("jp:0:1,kw:1.250:99", {"jp": (D(0), 1), "kw": (D("1.250"), 99)}),
    ],
)
def test_the_rules_are_read_for_each_market(text: str, rules: dict[str, tuple[Decimal | None, int | None]]) -> None:
    assert parse_cash_rules(text, MARKETS) == rules


@pytest.mark.parametrize(
    "text",
    [
        *(
            "de:50",
            "IN:50",
            "in",
            "in:",
            "in::",
            "50",
            ":50",
            "in=50",
            "in:all",
            "in:-1",
            "in:1e3",
            "in:NaN",
            "in:.5",
            "in:5.",
            "in:५०",
        ),
        *(
            "in:50.001",
            "jp:0.5",
            "in:12345678",
            "in:50:0",
            "in:50:100",
            "in:50:-1",
            "in:50:x",
            "in:50:1.5",
            "in:50:1:2",
            "in:50: 1",
        ),
        *("in:50:२", "in:1,in::2", "in:50;us:1"),
    ],
)
def test_what_is_no_rule_stops_the_start(text: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_cash_rules(text, MARKETS)

    assert str(error.value).startswith("COD_RULES ")
