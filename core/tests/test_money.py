"""Amounts: digits of a currency, text, minor units."""

from decimal import Decimal

import pytest

from core import money


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("USD", 2),
        ("INR", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("VND", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("TND", 3),
        ("OMR", 3),
    ],
)
def test_a_currency_has_its_digits(currency: str, digits: int) -> None:
    assert money.exponent(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("599.99", "USD", "599.99"),
        ("599.990", "USD", "599.99"),
        ("600", "INR", "600.00"),
        ("0", "USD", "0.00"),
        ("1500.000", "JPY", "1500"),
        ("1E+3", "JPY", "1000"),
        ("1.25", "KWD", "1.250"),
        ("-5", "USD", "-5.00"),
        ("9999999.999", "KWD", "9999999.999"),
    ],
)
def test_text_has_exactly_the_digits_of_the_currency(amount: str, currency: str, expected: str) -> None:
    assert money.format_amount(Decimal(amount), currency) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("19.99", "USD", 1999),
        ("19.990", "USD", 1999),
        ("0.01", "USD", 1),
        ("1.10", "USD", 110),
        ("4.35", "INR", 435),
        ("0.00", "INR", 0),
        ("1500", "JPY", 1500),
        ("1500.000", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("9999999.999", "KWD", 9999999999),
        ("99999999999.99", "USD", 9999999999999),
    ],
)
def test_minor_units_are_exact(amount: str, currency: str, expected: int) -> None:
    minor = money.to_minor(Decimal(amount), currency)

    assert minor == expected
    assert type(minor) is int


@pytest.mark.parametrize(("amount", "currency"), [("19.999", "USD"), ("0.001", "INR"), ("1500.5", "JPY"), ("1.2345", "KWD")])
def test_a_fraction_of_the_smallest_unit_is_refused_and_never_rounded_away(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="more digits"):
        money.to_minor(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("4998", "INR", "₹4,998.00"),
        ("0.5", "USD", "$0.50"),
        ("-24.5", "EUR", "-€24.50"),
        ("1234567", "JPY", "¥1,234,567"),
        ("1.5", "KWD", "KWD\N{NO-BREAK SPACE}1.500"),
    ],
)
def test_a_price_for_people_has_its_symbol_and_groups_of_thousands(amount: str, currency: str, text: str) -> None:
    assert money.format_price(Decimal(amount), currency) == text
