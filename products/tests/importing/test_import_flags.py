"""`manage.py import_products`: what says that a product is for sale, or not"""

from pathlib import Path

import pytest

from products.importing.flags import NO, YES
from products.models import Product, Variant
from products.tests.import_file import import_csv, import_rows, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(
    ("word", "is_active"),
    [
        *(
            (word, True)
            for word in ("TRUE", "Y", "on", "active", "Published", "1", "1.0", "WAHR", "Oui", "sí", "visible", "enabled")
        ),
        *((word, False) for word in ("N", "off", "draft", "archived", "0", "0.0", "-1", "FALSCH", "hidden", "Disabled", "private")),
    ],
)
def test_a_word_says_whether_a_product_is_for_sale(tmp_path: Path, word: str, is_active: bool) -> None:
    import_csv(tmp_path, f"sku,name,price,is_active\nA,Lamp,1,{word}\n")

    assert Product.objects.get().is_active is is_active


def test_no_word_says_both() -> None:
    assert not YES & NO


@pytest.mark.parametrize("word", ["x", "perhaps", "2", "tru", "10"])
def test_a_word_that_nobody_knows_refuses_the_row(tmp_path: Path, word: str) -> None:
    result = import_csv(tmp_path, f"sku,name,price,is_active\nA,Lamp,1,{word}\n")

    reason = f"is_active must be a word like true, yes, active, or false, no, draft: {word!r}"
    assert result.errors[0] == f"  row 2 (Lamp): {reason}"
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(
            ("published", "false"),
            ("Status", "draft"),
            ("active", "0"),
            ("is_active", "no"),
            ("Enabled", "N"),
            ("visible", "hidden"),
        ),
        *(("product_online", "2"), ("status", "2"), ("Product Visible?", "N"), ("visibility", "Not Visible Individually")),
        *(("availability", "discontinued"), ("isPublished", "false"), ("Active (0/1)", "0"), ("for_sale", "no"), ("online", "off")),
        *(("sellable", "false"), ("purchasable", "no"), ("Can be Sold", "False")),
    ],
)
def test_columns_of_other_shops_say_that_a_product_is_not_for_sale(tmp_path: Path, column: str, cell: str) -> None:
    result = import_csv(tmp_path, f"sku,name,price,{column}\nA,Lamp,1,{cell}\n")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    assert not Product.objects.get().is_active


def test_each_of_several_columns_must_say_that_a_product_is_for_sale(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,published,status\nA,A,1,true,draft\nB,B,1,true,active\nC,C,1,,active\nD,D,1,false,\n")

    assert dict(Product.objects.values_list("name", "is_active")) == {"A": False, "B": True, "C": True, "D": False}


@pytest.mark.parametrize(
    ("column", "cell", "stock"),
    [("availability", "out of stock", 0), ("availability", "out_of_stock", 0), ("is_in_stock", "0", 0), ("In stock?", "no", 0)],
)
def test_sold_out_is_a_stock_of_0_and_does_not_switch_a_product_off(tmp_path: Path, column: str, cell: str, stock: int) -> None:
    import_rows(tmp_path, make_row("A"))

    import_csv(tmp_path, f"sku,{column}\nA,{cell}\n")

    assert (Variant.objects.get().stock, Product.objects.get().is_active) == (stock, True)


@pytest.mark.parametrize(("column", "cell"), [("availability", "in_stock"), ("is_in_stock", "1"), ("stock", "In stock")])
def test_in_stock_without_a_number_leaves_the_stock_and_says_so(tmp_path: Path, column: str, cell: str) -> None:
    import_rows(tmp_path, make_row("A"))

    result = import_csv(tmp_path, f"sku,{column}\nA,{cell}\n")

    assert "it stays as it is, 0 for a new product" in result.output[0] or "its stock stays as it is" in result.output[0]
    assert Variant.objects.get().stock == 10


def test_a_stock_in_numbers_counts_more_than_whether_there_is_one(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,qty,is_in_stock\nA,A,1,4,1\nB,B,1,7,0\n")

    assert dict(Variant.objects.values_list("sku", "stock")) == {"A": 4, "B": 7}


def test_a_product_that_costs_nothing_is_named(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price,price_us\nA,A,0,0.00\nB,B,0,5\nC,C,5,\n")

    assert result.output == ["  note: all its prices are 0 (row 2)", "3 created, 0 changed, 0 unchanged, 0 failed"]


@pytest.mark.parametrize("column", ["archived", "Is Deleted", "disabled", "discontinued", "isDraft", "hidden", "inactive"])
@pytest.mark.parametrize(("cell", "is_active"), [("true", False), ("yes", False), ("0", True), ("false", True), ("", True)])
def test_a_column_that_says_off_sale_is_read(tmp_path: Path, column: str, cell: str, is_active: bool) -> None:
    result = import_csv(tmp_path, f"sku,name,price,{column}\nA,Lamp,1,{cell}\n")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    assert Product.objects.get().is_active is is_active


@pytest.mark.parametrize("columns", [("archived", "archived"), ("Draft", "Draft"), ("published,archived", "true,true")])
def test_a_product_stays_off_sale_if_one_column_says_so(tmp_path: Path, columns: tuple[str, str]) -> None:
    import_csv(tmp_path, f"sku,name,price,{columns[0]}\nA,Lamp,1,{columns[1]}\n")

    assert Product.objects.get().is_active is False


def test_an_unknown_word_in_a_column_that_says_off_sale_refuses_the_row(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price,archived\nA,Lamp,1,perhaps\n")

    assert result.errors[0] == "  row 2 (Lamp): archived must be a word like true, yes, active, or false, no, draft: 'perhaps'"
    assert not Product.objects.exists()
