"""strip_formatting(): amounts as people write them. Ambiguous ones are left unchanged, and then refused"""

import pytest

from products.amounts import parse_amount, strip_formatting


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        *(("499", "INR", "499"), (" 499.00 ", "INR", "499.00"), ("-5", "INR", "-5"), ("", "INR", "")),
        *(("1,299", "INR", "1299"), ("1,299.00", "INR", "1299.00"), ("1,29,900.00", "INR", "129900.00")),
        *(("12,34,56,789.5", "INR", "123456789.5"), ("1,234,567.89", "USD", "1234567.89"), ("-1,299.00", "USD", "-1299.00")),
        *(("₹499", "INR", "499"), ("₹ 1,299.00", "INR", "1299.00"), ("Rs. 499", "INR", "499"), ("Rs 499", "INR", "499")),
        *(("INR 499", "INR", "499"), ("499 INR", "INR", "499"), ("INR ₹499", "INR", "499"), ("499₹", "INR", "499")),
        *(
            ("$5", "USD", "5"),
            ("US$5", "USD", "5"),
            ("US$ 1,299.00", "USD", "1299.00"),
            ("USD 5", "USD", "5"),
            ("5.00 USD", "USD", "5.00"),
        ),
        *(
            ("€5", "EUR", "5"),
            ("5 €", "EUR", "5"),
            ("£5", "GBP", "5"),
            ("¥500", "JPY", "500"),
            ("¥5", "CNY", "5"),
            ("₩5,000", "KRW", "5000"),
        ),
        *(("BHD 5", "BHD", "5"), ("\u00a0499\u00a0INR", "INR", "499"), ("₹\u00a0499", "INR", "499")),
    ],
)
def test_signs_and_groups_of_digits_go(text: str, currency: str, expected: str) -> None:
    assert strip_formatting(text, currency) == expected


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        *(
            ("$5", "INR"),
            ("USD 5", "INR"),
            ("€5", "INR"),
            ("₹5", "USD"),
            ("Rs 5", "USD"),
            ("INR 5", "USD"),
            ("¥5", "USD"),
            ("A$5", "USD"),
        ),
        *(("1,5", "INR"), ("1,50", "INR"), ("1,29", "INR"), ("1.299,00", "INR"), ("1.299.000", "INR"), ("1 299,00", "INR")),
        *(("1,299,00", "INR"), ("1299,000", "INR"), (",299", "INR"), ("1,,299", "INR"), ("1,299,", "INR"), ("1,2990", "INR")),
        *(
            ("1'299.00", "INR"),
            ("1 299", "INR"),
            ("5-10", "INR"),
            ("from 5", "INR"),
            ("5/-", "INR"),
            ("5 each", "INR"),
            ("₹", "INR"),
        ),
        *(("INR", "INR"), ("--5", "INR"), ("٣٫٥", "INR"), ("1,٢٩٩", "INR"), ("0x10", "INR"), ("₹-", "INR"), ("5%", "INR")),
    ],
)
def test_what_could_mean_something_else_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"Must be an amount like 19\.99"):
        parse_amount(strip_formatting(text, currency), currency)


@pytest.mark.parametrize("text", ["0,500", "00,500", "-0,500"])
def test_a_comma_behind_a_zero_is_a_decimal_one(text: str) -> None:
    assert strip_formatting(text, "INR") == text


@pytest.mark.parametrize("text", ["1_000", "1_0.0_0"])
def test_an_underscore_is_no_digit(text: str) -> None:
    with pytest.raises(ValueError, match=r"Must be an amount like 19\.99"):
        parse_amount(strip_formatting(text, "INR"), "INR")
