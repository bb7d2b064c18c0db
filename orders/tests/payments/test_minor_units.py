"""Amounts in Stripe's minor units"""

from decimal import Decimal

import pytest

from orders import minor_units
from orders.exceptions import AmountNotChargeable

NO_DIGITS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
THREE_DIGITS = "BHD JOD KWD OMR TND"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("19.99", "INR", 1999),
        ("1.15", "USD", 115),
        ("0.01", "EUR", 1),
        ("0", "USD", 0),
        ("990001986.37", "INR", 99000198637),
        ("19.990", "INR", 1999),  # as the database returns it
        ("1.230", "KWD", 1230),
        ("1.23", "KWD", 1230),
        ("1500", "ISK", 150000),
        ("1500.000", "ISK", 150000),
        ("20000", "UGX", 2000000),
        ("1980.000", "JPY", 1980),
    ],
)
def test_an_amount_is_counted_exactly_there_and_back(amount: str, currency: str, minor: int) -> None:
    assert minor_units.to_minor(Decimal(amount), "stripe", currency) == minor
    assert minor_units.to_major(minor, "stripe", currency) == Decimal(amount)


@pytest.mark.parametrize("currency", NO_DIGITS.split())
def test_some_currencies_have_no_digits(currency: str) -> None:
    assert minor_units.to_minor(Decimal(500), "stripe", currency) == 500
    with pytest.raises(AmountNotChargeable):
        minor_units.to_minor(Decimal("500.5"), "stripe", currency)


@pytest.mark.parametrize("currency", THREE_DIGITS.split())
def test_some_have_three_of_which_the_last_is_zero(currency: str) -> None:
    assert minor_units.to_minor(Decimal("1.230"), "stripe", currency) == 1230
    for amount in ("1.234", "0.001", "1.2345"):
        with pytest.raises(AmountNotChargeable):
            minor_units.to_minor(Decimal(amount), "stripe", currency)


@pytest.mark.parametrize(("amount", "currency"), [("1.005", "INR"), ("0.001", "USD"), ("0.999", "EUR"), ("1.001", "ISK")])
def test_nothing_is_ever_rounded(amount: str, currency: str) -> None:
    with pytest.raises(AmountNotChargeable):
        minor_units.to_minor(Decimal(amount), "stripe", currency)


@pytest.mark.parametrize(("amount", "currency"), [("1.50", "ISK"), ("1.5", "UGX")])
def test_the_digits_that_stripe_requires_to_be_zero_are_zero(amount: str, currency: str) -> None:
    with pytest.raises(AmountNotChargeable):
        minor_units.to_minor(Decimal(amount), "stripe", currency)
