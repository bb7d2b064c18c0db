"""`manage.py import_products`: prices that become 0, and compare-at prices of 0"""

from decimal import Decimal
from pathlib import Path

import pytest

from products.models import MarketPrice, Variant
from products.tests.factories import make_product, make_variant
from products.tests.import_file import dump_shop, import_csv, import_rows, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HINT = "if it is meant to be free, allow prices of 0 (--allow-free, or “Allow prices of 0” in the admin)"


@pytest.mark.parametrize(
    ("text", "price"),
    [("sku,price,stock\nL-1,0,3\n", "₹25.00"), ("sku,price_us\nL-1,0.00\n", "$3.00"), ("sku,price\nL-1,₹ 0\n", "₹25.00")],
)
def test_a_price_list_makes_no_product_free(tmp_path: Path, text: str, price: str) -> None:
    make_product("Lamp", variants=[make_variant("L-1", price="25.00", prices={"us": "3.00"}, stock=10)])
    before = dump_shop()

    result = import_csv(tmp_path, text)

    assert result.errors[0] == f"  row 2 (Lamp): the price of SKU L-1 would fall from {price} to 0; {HINT}"
    assert dump_shop() == before


def test_one_of_several_variants_becomes_not_free_either(tmp_path: Path) -> None:
    make_product("Tee", variants=[make_variant("S", name="S", price="9.00"), make_variant("M", name="M", price="9.00")])

    result = import_csv(tmp_path, "sku,price\nM,0\nS,8\n")

    assert result.errors[0] == f"  row 2 (Tee): the price of SKU M would fall from ₹9.00 to 0; {HINT}"
    assert dict(Variant.objects.values_list("sku", "price")) == {"S": 8, "M": 9}


def test_a_price_becomes_0_if_that_is_allowed(tmp_path: Path) -> None:
    make_product("Lamp", sku="L-1", price="25.00")

    result = import_csv(tmp_path, "sku,price\nL-1,0\n", allow_free=True)

    assert result.output == ["  note: all its prices are 0 (row 2)", "0 created, 1 changed, 0 unchanged, 0 failed"]
    assert Variant.objects.get().price == 0


def test_a_product_that_is_free_stays_so_and_a_new_one_may_be(tmp_path: Path) -> None:
    make_product("Sample", sku="L-1", price="0")

    result = import_csv(tmp_path, "sku,name,price\nL-1,Sample,0\nL-2,Leaflet,0\n")

    assert result.output == ["  note: all its prices are 0 (rows 2, 3)", "1 created, 0 changed, 1 unchanged, 0 failed"]


@pytest.mark.parametrize("value", [0, "0", "0.00", "0,00", "₹0"])
def test_a_compare_at_price_of_0_is_none(tmp_path: Path, value: object) -> None:
    import_rows(tmp_path, make_row("A", compare_at_price="25", prices={"us": "2"}, compare_at_prices={"us": "3"}))

    import_rows(tmp_path, make_row("A", compare_at_price=value, prices={"us": "2"}, compare_at_prices={"us": 0}))

    assert Variant.objects.get().compare_at_price is None
    assert list(MarketPrice.objects.values_list("price", "compare_at_price")) == [(Decimal(2), None)]
