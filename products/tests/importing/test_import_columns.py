"""`manage.py import_products`: the values that a column may have"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from products.models import Category, MarketPrice, Product, StockMovement, Variant
from products.tests.import_file import CommandResult, import_rows, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CREATED = CommandResult(0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])
UNCHANGED = CommandResult(0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A B", "A B"),
        ("-A", "-A"),
        ("ä/ö #1 (neu)", "ä/ö #1 (neu)"),
        ("電球-1", "電球-1"),
        ("  A1  ", "A1"),
        ("A" * 64, "A" * 64),
        ("007", "007"),
        (4006381333931, "4006381333931"),
        (0, "0"),
    ],
)
def test_a_sku_is_1_to_64_printable_characters_or_a_whole_number(tmp_path: Path, value: Any, expected: str) -> None:
    assert import_rows(tmp_path, make_row(sku=value)) == CREATED
    assert import_rows(tmp_path, make_row(sku=expected)) == UNCHANGED

    assert Variant.objects.get().sku == expected


def test_skus_that_differ_in_case_are_two(tmp_path: Path) -> None:
    result = import_rows(tmp_path, make_row("a1"), make_row("A1"))

    assert result.output == ["2 created, 0 changed, 0 unchanged, 0 failed"]
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["A1", "a1"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("499", "499.000"),
        (499, "499.000"),
        (499.5, "499.500"),
        (" 499.50 ", "499.500"),
        ("1,299.00", "1299.000"),
        ("1,299", "1299.000"),
        ("1,29,900.00", "129900.000"),
        ("₹ 499", "499.000"),
        ("₹1,299.00", "1299.000"),
        ("₹\u00a0499", "499.000"),
        ("Rs. 499", "499.000"),
        ("Rs499", "499.000"),
        ("INR 499", "499.000"),
        ("499 INR", "499.000"),
        ("0", "0.000"),
        ("0.00", "0.000"),
        ("9999999.99", "9999999.990"),
        ("20.0000", "20.000"),
    ],
)
def test_an_amount_that_can_mean_one_thing_is_read(tmp_path: Path, value: Any, expected: str) -> None:
    assert import_rows(tmp_path, make_row(price=value)).output[-1:] == CREATED.output

    assert Variant.objects.get().price == Decimal(expected)


@pytest.mark.parametrize("value", ["5", "$5", "$ 5.00", "US$5", "USD 5", "5 USD", "$5.00 "])
def test_an_amount_of_another_market_is_read_in_its_currency(tmp_path: Path, value: str) -> None:
    assert import_rows(tmp_path, make_row(prices={"us": value}, compare_at_prices={"us": "$1,000"})) == CREATED

    assert list(MarketPrice.objects.values_list("market", "price", "compare_at_price")) == [("us", Decimal(5), Decimal(1000))]


@pytest.mark.parametrize("value", ["5", " 5 ", "005", 5, 5.0, "5.0", "5.00"])
def test_a_whole_number_may_be_text_or_end_in_zeros(tmp_path: Path, value: Any) -> None:
    assert import_rows(tmp_path, make_row(stock=value, low_stock_threshold=value)) == CREATED

    assert (Variant.objects.get().stock, Product.objects.get().low_stock_threshold) == (5, 5)
    assert list(StockMovement.objects.values_list("delta", flat=True)) == [5]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((word, True) for word in (True, "true", "True", "yes", "YES", "1", " yes ")),
        *((word, False) for word in (False, "false", "FALSE", "no", "No", "0")),
    ],
)
def test_a_flag_may_be_a_word(tmp_path: Path, value: Any, expected: bool) -> None:
    assert import_rows(tmp_path, make_row(is_active=value)) == CREATED

    assert Product.objects.get().is_active is expected


@pytest.mark.parametrize("value", [{}, {"category": None}, {"category": ""}])
def test_a_row_may_have_no_category(tmp_path: Path, value: dict[str, Any]) -> None:
    row = {"sku": "A", "name": "Lamp", "price": 1, **value}

    assert import_rows(tmp_path, row) == CREATED
    assert import_rows(tmp_path, row) == UNCHANGED

    assert Product.objects.get().category is None
    assert not Category.objects.exists()


def test_a_category_that_a_row_names_no_more_is_left(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row())

    assert import_rows(tmp_path, make_row(category=None)).output == ["0 created, 1 changed, 0 unchanged, 0 failed"]

    assert Product.objects.get().category is None
    assert Category.objects.count() == 2


def test_html_becomes_plain_text(tmp_path: Path) -> None:
    body = "<p>Brass &amp; glass.</p><script>alert(1)</script><ul><li>One</li><li>Two &lt; 3</li></ul><style>p{}</style>"
    row = make_row(name="<b>Lamp</b> &quot;Ona&quot;", description=body, category="Home &amp; Living > <i>Lighting</i>")

    assert import_rows(tmp_path, row) == CREATED
    assert import_rows(tmp_path, row) == UNCHANGED

    product = Product.objects.get()
    assert (product.name, product.slug) == ('Lamp "Ona"', "lamp-ona")
    assert product.description == "Brass & glass.\n• One\n• Two < 3"
    assert [category.name for category in Category.objects.order_by("pk")] == ["Home & Living", "Lighting"]


@pytest.mark.parametrize("text", ["5 < 6 and 7 > 3", "AT&T", "Fish & chips", "a <3 b", "if x<y: z", "R&D; more", "100% <- here"])
def test_text_that_only_looks_a_little_like_html_is_kept(tmp_path: Path, text: str) -> None:
    assert import_rows(tmp_path, make_row(description=text)) == CREATED

    assert Product.objects.get().description == text


def test_a_name_of_which_nothing_is_left_is_missing(tmp_path: Path) -> None:
    result = import_rows(tmp_path, make_row(name="<script>alert(1)</script>"))

    assert result.errors[0] == "  row 1 (<script>alert(1)</script>): name is missing or is not text"
    assert not Product.objects.exists()


@pytest.mark.parametrize("name", ["title", "product_name"])
@pytest.mark.parametrize("text", ["body_html", "body"])
@pytest.mark.parametrize("units", ["quantity", "qty", "inventory"])
def test_the_names_that_other_shops_use_are_understood(tmp_path: Path, name: str, text: str, units: str) -> None:
    row = {"sku": "A", name: "Lamp", text: "<p>Of brass.</p>", units: "7", "price": "1", "product_type": "Lighting"}

    assert import_rows(tmp_path, row) == CREATED

    product = Product.objects.get()
    assert (product.name, product.description, Variant.objects.get().stock) == ("Lamp", "Of brass.", 7)
    assert product.category == Category.objects.get(name="Lighting")


def test_our_own_names_go_before_those_of_others(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row(title="Other", body="Other", description="Ours", quantity=99, product_type="Other"))

    product = Product.objects.get()
    assert (product.name, product.description, Variant.objects.get().stock) == ("Lamp LMP-1", "Ours", 10)
    assert sorted(Category.objects.values_list("name", flat=True)) == ["Home", "Lighting"]


def test_columns_that_mean_nothing_here_are_passed_over(tmp_path: Path) -> None:
    result = import_rows(tmp_path, make_row(vendor="Acme", tags=["a"], rating={"stars": 5}, options={"Size": "M"}))

    assert result.output == ["Not read: vendor, tags, rating.", *CREATED.output]
    assert Variant.objects.get().options == {}


def test_two_rows_that_describe_one_product_are_not_both_believed(tmp_path: Path) -> None:
    small, large = {"sku": "S", "price": "5.00", "stock": 1}, {"sku": "L", "price": "6.00", "stock": 1}
    import_rows(tmp_path, {"name": "Tee", "variants": [small, large]})
    rows = [{"name": "Tee", "variants": [small]}, make_row("OTHER"), {"name": "Tee", "variants": [large]}]

    first, second = import_rows(tmp_path, *rows), import_rows(tmp_path, *rows)

    refusal = "  row 3 (Tee): row 1 already describes this product; list all of its variants in one row"
    assert first.errors[0] == second.errors[0] == refusal
    assert first.output == ["1 created, 1 changed, 0 unchanged, 1 failed"]
    assert second.output == ["0 created, 0 changed, 2 unchanged, 1 failed"]
    assert dict(Variant.objects.values_list("sku", "is_active")) == {"S": True, "L": False, "OTHER": True}


def test_two_rows_far_apart_that_describe_one_product_are_not_both_believed(tmp_path: Path) -> None:
    small, large = {"sku": "S", "price": "5.00"}, {"sku": "L", "price": "6.00"}
    import_rows(tmp_path, {"name": "Tee", "variants": [small, large]})

    between = [make_row(f"R-{number}") for number in range(210)]
    result = import_rows(tmp_path, {"name": "Tee", "variants": [small]}, *between, {"name": "Tee", "variants": [large]})

    assert result.output == ["210 created, 1 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 212 (Tee): row 1 already describes this product; list all of its variants in one row"
