"""How a price is rounded when many prices are changed"""

from decimal import Decimal

import pytest

from products.services.price_rules import PriceRule, Prices, Rounding


@pytest.mark.parametrize(
    ("amount", "rounding", "currency", "rounded"),
    [
        ("19.995", "exact", "INR", "20.00"),
        ("1.2345", "exact", "KWD", "1.235"),
        ("1234.5", "exact", "JPY", "1235"),
        ("19.50", "whole", "INR", "20.00"),
        ("19.49", "99", "INR", "19.99"),
        ("19.48", "99", "INR", "18.99"),
        ("0.20", "99", "INR", "0.99"),
        ("1.5", "99", "KWD", "1.990"),
        ("1234.5", "99", "JPY", "1235"),
    ],
)
def test_a_price_is_rounded_to_the_nearest_ending_of_its_currency(
    amount: str, rounding: Rounding, currency: str, rounded: str
) -> None:
    rule = PriceRule(amount=Decimal(amount) - 1, rounding=rounding)

    prices, text = rule.apply(Prices(Decimal(1), None), currency)

    assert (str(prices.price), text) == (rounded, "")


@pytest.mark.parametrize(
    ("percent", "amount", "message"),
    [
        ("-100", None, "the price would be 0 or less"),
        (None, "-19.999", "the price would be 0 or less"),
        ("1000", None, "the price would be more than 9,999,999.999"),
    ],
)
def test_a_price_that_cannot_be_is_refused(percent: str | None, amount: str | None, message: str) -> None:
    rule = PriceRule(percent=percent and Decimal(percent), amount=amount and Decimal(amount))  # type: ignore[arg-type]
    price = Decimal(5000000) if percent == "1000" else Decimal("20.00")

    with pytest.raises(ValueError, match=message):
        rule.apply(Prices(price, None), "INR")
