"""Prices and quantities as people and programs write them. What could mean two things is refused, or decided by the whole file"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from products.importing.numbers import DecimalMarks, parse_price, parse_quantity
from products.models import Variant
from products.tests.import_file import import_csv

NO_NUMBER = "has no number; write 0 if it is 0, or leave it empty"
WHOLE = "must be a whole number from 0 to 1000000000"


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        *(("499", "INR", "499"), (" 499.00 ", "INR", "499.00"), ("1,299", "INR", "1299"), ("1,299.00", "INR", "1299.00")),
        *(("1,29,900.00", "INR", "129900.00"), ("12,34,56,78.5", "INR", None), ("1,234,567.89", "USD", "1234567.89")),
        *(
            ("1.299,00", "EUR", "1299"),
            ("1.299.000", "EUR", "1299000"),
            ("1.234.567,89", "EUR", "1234567.89"),
            ("9,50", "EUR", "9.5"),
        ),
        *(
            ("1 299.00", "USD", "1299"),
            ("1\u00a0299,00", "EUR", "1299"),
            ("1\u2009299", "EUR", "1299"),
            ("1\u202f299,5", "EUR", "1299.5"),
        ),
        *(("1'299.00", "CHF", "1299"), ("1\u2019299.00", "CHF", "1299"), ("12 34", "EUR", None), ("1'29", "CHF", None)),
        *(("0,500", "EUR", "0.5"), ("00,500", "INR", "0.5"), (",5", "EUR", "0.5"), (".99", "USD", "0.99"), ("5.", "USD", "5")),
        *(("₹499", "INR", "499"), ("₹ 1,299.00", "INR", "1299"), ("Rs. 499", "INR", "499"), ("Rs 499/-", "INR", "499")),
        *(
            ("INR 499", "INR", "499"),
            ("499 inr", "INR", "499"),
            ("INR ₹499", "INR", "499"),
            ("INR ₹Rs 499", "INR", "499"),
            ("499₹", "INR", "499"),
        ),
        *(("$5", "USD", "5"), ("$5", "CAD", "5"), ("US$5", "USD", "5"), ("19.99$", "USD", "19.99"), ("5.00 USD", "USD", "5")),
        *(
            ("€5", "EUR", "5"),
            ("5 €", "EUR", "5"),
            ("£5", "GBP", "5"),
            ("¥500", "JPY", "500"),
            ("¥5", "CNY", "5"),
            ("₩5,000", "KRW", "5000"),
        ),
        *(
            ("5 kr", "SEK", "5"),
            ("kr. 5,00", "DKK", "5"),
            ("5 zł", "PLN", "5"),
            ("R$ 5,00", "BRL", "5"),
            ("CHF 5", "CHF", "5"),
            ("Fr. 5", "CHF", "5"),
        ),
        *(
            ("1.3E+03", "USD", "1300"),
            ("1,3E+03", "EUR", "1300"),
            ("9.500000", "USD", "9.5"),
            ("19.989999999999998", "USD", "19.99"),
        ),
        *(("1.500", "JPY", "1500"), ("150.000", "VND", "150000"), ("₫1.500", "VND", "1500"), ("1500.000", "JPY", "1500")),
        *(("9.5000", "INR", "9.5"), ("1500.0000", "JPY", "1500"), ("1.500", "BHD", "1.5")),
        *(("٣٫٥", "INR", "3.5"), ("١٬٢٩٩٫٥٠", "INR", "1299.5"), ("१,२९,९००", "INR", "129900"), ("１，２９９．００", "JPY", "1299")),
        *(("1299,50", "INR", "1299.5"), ("-0,00", "INR", "0"), ("₹ ४९९", "INR", "499")),
        *(("5\u200b.00", "USD", "5"), ("\ufeff5", "USD", "5"), ("+5", "USD", "5"), ("1.299", "KWD", "1.299")),
    ],
)
def test_a_price_is_read(text: str, currency: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match=r"must be an amount like 19\.99"):
            parse_price(text, currency)
    else:
        assert parse_price(text, currency) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        *((text, "INR", "is not in INR") for text in ("$5", "USD 5", "€5", "A$5", "5 EUR", "£5", "INR $5")),
        *((text, "USD", "is not in USD") for text in ("₹5", "Rs 5", "INR 5", "¥5", "A$5", "C$5", "5 €")),
        *((text, "INR", NO_NUMBER) for text in ("Free", "gratis", "-", "–", "on request", "n/a")),
        *((text, "INR", "is a range; give one amount") for text in ("19.99 - 29.99", "5-10", "5 – 10", "5 to 10", "₹5 - ₹10")),
        *(
            (text, "INR", "must be an amount like 19.99")
            for text in ("5 each", "5 kg", "from 5", "₹", "INR", "--5", "0x10", "5%", "5 pcs")
        ),
        *(
            (text, "INR", "must be an amount like 19.99")
            for text in ("1,299,00", "1299,000,0", "1,,299", "1,2990,1", "5²", "1_000", "", "9.,", ".0,", "- -5", "1.5.e2", "1'9.,")
        ),
        ("1e-400", "INR", "INR has 2 decimal places"),
        ("1.299", "INR", "may mean 1.299 or 1299, and the file does not show which; write one of them"),
        ("€1.500", "EUR", "may mean 1.5 or 1500, and the file does not show which; write one of them"),
        ("-5", "INR", "must be from 0 to 9999999.999"),
        (True, "INR", "must be an amount like 19.99"),
        ([5], "INR", "must be an amount like 19.99"),
    ],
)
def test_a_price_that_means_nothing_certain_is_refused(text: Any, currency: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_price(text, currency)

    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        *((["9,50", "1.299"], ","), (["9.50", "1,299"], "."), (["1.299", "1,299", "5"], ""), ([], ""), (["1.299,00"], ",")),
        *((["9,50", "8,20", "3.99"], ","), (["9.50", "9,50"], "."), ([9.5, None, "x.y"], "")),
        *((["1.299.000", "1.300"], ","), (["1,29,900", "1,300"], "."), (["1.299.00", "1.2.3"], "")),
    ],
)
def test_the_prices_of_a_file_prove_their_decimal_mark(texts: list[Any], mark: str) -> None:
    marks = DecimalMarks()
    for text in texts:
        marks.add(text)

    assert marks.decide() == mark


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("1.299", ",", "1299"),
        ("1.299", ".", None),
        ("1,299", ".", "1299"),
        ("9,500", ",", "9.5"),
        ("9.50", ",", "9.5"),
        ("9,50", ".", "9.5"),
        ("1299,50", ".", "1299.5"),
        ("9,5", ".", None),
        ("1.500", ".", "1.5"),
        ("1.500", ",", "1500"),
        ("1,3E+03", ",", "1300"),
        ("1.3E+03", ",", "1300"),
    ],
)
def test_an_ambiguous_price_is_read_as_the_file_has_it(text: str, mark: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="decimal"):
            parse_price(text, "EUR", mark)
    else:
        assert parse_price(text, "EUR", mark) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "expected", "note"),
    [
        *(
            (value, 1200, "")
            for value in ("1,200", "1 200", "1'200", "1.200,0", "1200.0000", 1200, 1200.0, Decimal("1200.00"), "1.2E+03")
        ),
        *((value, 0, "stock is below 0, so it was set to 0") for value in ("-3", -3, "\u22123", "-1,000")),
        ("10+", 10, "stock says only a lower bound, which was taken as the number of units"),
        (">10", 10, "stock says only a lower bound, which was taken as the number of units"),
        ("∞", None, "stock has no number (∞); it stays as it is, 0 for a new product"),
        ("In stock", None, "stock has no number (In stock); it stays as it is, 0 for a new product"),
        ("OutOfStock", 0, ""),
        ("12.0000", 12, ""),
        *((text, 15, "") for text in ("١٥", "१५", "１５")),
    ],
)
def test_a_quantity_is_read(value: Any, expected: int | None, note: str) -> None:
    assert parse_quantity(value) == (expected, note)


@pytest.mark.parametrize("value", ["4.5", 2.5, "12 pcs", "many", "1000000001", True, None, "", "5²", [1]])
def test_a_quantity_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=WHOLE):
        parse_quantity(value)


@pytest.mark.parametrize("text", ["12.000", "-1.200", "١٫٥٠٠"])
def test_a_quantity_that_may_be_a_thousand_times_as_much_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"may mean -?\d+(\.\d+)? or -?\d+, and the file does not show which; write one of them"):
        parse_quantity(text)


@pytest.mark.parametrize(("mark", "expected"), [(",", 12000), (".", 12)])
def test_a_quantity_is_read_as_the_prices_of_the_file_are(mark: str, expected: int) -> None:
    assert parse_quantity("12.000", mark) == (expected, "")


@pytest.mark.django_db
@pytest.mark.once
def test_the_quantities_of_a_stock_list_prove_their_decimal_mark(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price\nA,Lamp,5\nB,Tee,5\nC,Mug,5\n")

    import_csv(tmp_path, "sku;stock\nA;12.000\nB;0.000\nC;7\n")

    assert dict(Variant.objects.values_list("sku", "stock")) == {"A": 12, "B": 0, "C": 7}


@pytest.mark.django_db
@pytest.mark.once
def test_a_file_with_decimal_commas_says_how_it_was_read(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku;name;price;stock\nE1;Becher;9,50;12\nE2;Hemd;1.299,00;3\nE3;Tasse;1.299;1.200\n")

    assert result.output == [
        "  note: prices are read with a decimal comma: 1.299 is 1299",
        "3 created, 0 changed, 0 unchanged, 0 failed",
    ]
    assert list(Variant.objects.values_list("price", "stock")) == [
        (Decimal("9.5"), 12),
        (Decimal(1299), 3),
        (Decimal(1299), 1200),
    ]
