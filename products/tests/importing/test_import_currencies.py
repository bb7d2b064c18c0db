"""`manage.py import_products`: in which currency and market prices are read, and `--market`"""

from decimal import Decimal
from pathlib import Path

import pytest

from core.markets import Market
from products.models import MarketPrice, Product, Variant
from products.tests.factories import make_product
from products.tests.import_file import PRICES, import_csv, import_rows, make_row, run_import_in_full, write_file

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HEADER = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
IN_DOLLARS = "Other prices are read in USD (market us), as the file says."
SHOPIFY = f"{HEADER},Price / United States\nlamp,Lamp,Title,Default Title,L-1,24.50,30\n"


def read_prices(tmp_path: Path, text: str, **options: str | bool) -> str:
    """Import a CSV file and return the line about the currency of its prices; empty if there is none."""
    (tmp_path / "products.csv").write_text(text, encoding="utf-8")
    first = run_import_in_full(tmp_path / "products.csv", **options).output[0]
    return first if first.startswith("Prices ") else ""


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_that_names_no_currency_is_read_in_that_of_the_default_market_and_says_so(tmp_path: Path, dry_run: bool) -> None:
    assert read_prices(tmp_path, SHOPIFY, dry_run=dry_run) == PRICES


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sku,name,price\nA,Lamp,₹ 499\n", "Prices are read in INR (market in), as the file says."),
        ("sku,name,price,currency\nA,Lamp,499,inr\n", "Prices are read in INR (market in), as the file says."),
        (
            "sku,name,Price (INR),Price USD\nA,Lamp,499,6\n",
            "Prices are read in INR (market in) and USD (market us), as the file says.",
        ),
        (
            "sku,name,price,price_us\nA,Lamp,499,6\n",
            f"{PRICES} {IN_DOLLARS}",
        ),
        ("sku,name,price\nA,Lamp,499\nB,Tee,$5\n", PRICES),
        ("sku,name,price,currency\nA,Lamp,5,EUR\n", ""),
        ("sku,stock\nA,4\n", ""),
        ("sku,name,price\nA,Lamp,\n", ""),
    ],
)
def test_the_report_says_which_currencies_a_file_names(tmp_path: Path, text: str, sentence: str) -> None:
    assert read_prices(tmp_path, text) == sentence


def test_the_prices_of_json_are_named_too(tmp_path: Path) -> None:
    file = write_file(tmp_path, [{"sku": "A", "name": "Lamp", "variants": [{"sku": "A", "price": "5", "prices": {"us": "1"}}]}])

    expected = f"{PRICES} {IN_DOLLARS}"
    assert run_import_in_full(file).output[0] == expected


def test_in_a_shop_with_one_market_other_currencies_must_be_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only = Market("in", "INR", is_default=True)
    monkeypatch.setattr("core.markets.get_markets", lambda: {"in": only})

    sentence = read_prices(tmp_path, "sku,name,price\nA,Lamp,499\n", dry_run=True)

    assert sentence.endswith("convert them first: this shop has no market for them.")


def test_prices_go_to_the_market_that_is_chosen(tmp_path: Path) -> None:
    make_product("Lamp", sku="L-1", price="2000.00")

    sentence = read_prices(tmp_path, SHOPIFY, market="us")

    assert sentence == "Prices without a currency are read in USD, the currency of the chosen market us."
    assert Variant.objects.get().price == Decimal("2000.00")
    assert list(MarketPrice.objects.values_list("market", "price")) == [("us", Decimal("24.50"))]


def test_a_new_product_needs_a_price_in_the_default_market_too(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price\nA,Lamp,24.50\n", market="us")

    assert result.errors[0] == "  row 2 (Lamp): SKU A is new to the shop, so its row needs a price in INR"
    assert not Product.objects.exists()


def test_a_currency_in_the_file_counts_more_than_the_chosen_market(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,currency\nA,Lamp,499,INR\n", market="us")

    assert Variant.objects.get().price == 499
    assert not MarketPrice.objects.exists()


def test_a_currency_in_the_name_of_a_column_counts_more_than_the_chosen_market(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,Price (INR)\nA,Lamp,499\n", market="us")

    assert Variant.objects.get().price == 499
    assert not MarketPrice.objects.exists()


def test_two_prices_for_the_chosen_market_are_refused(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price,price_us\nA,Lamp,499,6\n", market="us")

    assert result.errors[0] == "  row 2 (Lamp): it has two prices in USD"


def test_the_currency_of_a_product_is_that_of_its_variants(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"))

    import_rows(tmp_path, {"name": "Lamp A", "currency": "USD", "variants": [{"sku": "A", "price": "5"}]})

    assert list(MarketPrice.objects.values_list("market", "price")) == [("us", Decimal(5))]
    assert Variant.objects.get().price == 20


@pytest.mark.parametrize("name", ["Price (USD)", "Price [usd]", "Preis USD", "Preis in USD", "Prix (USD)", "price_usd"])
def test_a_currency_in_the_name_of_a_column_is_read(tmp_path: Path, name: str) -> None:
    import_csv(tmp_path, f"sku,name,Price (INR),{name}\nA,Lamp,499,6\n")

    assert Variant.objects.get().price == 499
    assert list(MarketPrice.objects.values_list("market", "price")) == [("us", Decimal(6))]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (HEADER + ",{}\nl,Lamp,,,A,499,6\n", "Price / United States"),
        (
            HEADER + ",{}\nl,Lamp,,,A,499,6\n",
            "Compare At Price / International",
        ),
        (HEADER + ",{}\nl,Lamp,,,A,499,6\n", "Price France [EUR]"),
        ("sku,name,price,{}\nA,Lamp,499,6\n", "Price GBP"),
        ("sku,name,price,{}\nA,Lamp,499,6\n", "Preis (€)"),
    ],
)
def test_prices_of_other_markets_that_are_not_read_are_noted(tmp_path: Path, header: str, name: str) -> None:
    result = import_csv(tmp_path, header.format(name))

    note = f"  note: prices of other markets are not read: {name}; to read one, rename its column, such as {name}=price_us"
    assert note in result.output
    assert result.output[-1] == "1 created, 0 changed, 0 unchanged, 0 failed"


def test_a_price_of_another_market_is_read_once_its_column_is_renamed(tmp_path: Path) -> None:
    import_csv(tmp_path, SHOPIFY, map="Price / United States=price_us")

    assert list(MarketPrice.objects.values_list("market", "price")) == [("us", Decimal(30))]


def test_columns_about_costs_and_taxes_are_no_prices_of_other_markets(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price,Cost per item,Price tax,Wholesale price\nA,Lamp,499,6,7,8\n")

    assert result.output == ["Not read: Cost per item, Price tax, Wholesale price.", "1 created, 0 changed, 0 unchanged, 0 failed"]
