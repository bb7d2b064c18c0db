"""`manage.py import_products`: what a file does not name stays as it is; an empty cell says that it is empty"""

from decimal import Decimal
from pathlib import Path

import pytest

from products.models import MarketPrice, Product, StockMovement, Variant
from products.tests.factories import make_product, make_variant, update_product
from products.tests.import_file import dump_shop, import_csv, import_rows, make_row
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
FULL = (
    "sku,name,category,description,price,compare_at_price,price_us,stock,low_stock_threshold,is_active\n"
    "MUG-1,Plain mug,Kitchen > Mugs,A mug of stoneware.,9.50,12.00,7.99,12,2,true\n"
    "TOW-1,Tea towel,Kitchen,Linen towel.,7.00,,5.99,30,8,false\n"
)


def describe_shop() -> list[tuple[object, ...]]:
    """Return the columns of all products that an import may change."""
    columns = ("product__name", "product__category__name", "product__description", "price", "compare_at_price", "stock")
    rows = Variant.objects.order_by("sku").values_list(*columns, "product__low_stock_threshold", "product__is_active")
    return [*rows, *MarketPrice.objects.order_by("variant__sku").values_list("market", "price")]


def test_a_price_list_changes_prices_alone(tmp_path: Path) -> None:
    import_csv(tmp_path, FULL)

    result = import_csv(tmp_path, "sku,name,price\nMUG-1,Plain mug,9.90\nTOW-1,Tea towel,7.50\n")

    assert result.output[-1] == "0 created, 2 changed, 0 unchanged, 0 failed"
    assert describe_shop() == [
        ("Plain mug", "Mugs", "A mug of stoneware.", Decimal("9.9"), Decimal(12), 12, 2, True),
        ("Tea towel", "Kitchen", "Linen towel.", Decimal("7.5"), None, 30, 8, False),
        ("us", Decimal("7.99")),
        ("us", Decimal("5.99")),
    ]


def test_a_stock_list_needs_no_name_and_no_price(tmp_path: Path) -> None:
    import_csv(tmp_path, FULL)
    before = describe_shop()

    result = import_csv(tmp_path, "sku,stock\nMUG-1,15\nTOW-1,28\n")

    assert result.output[-1] == "0 created, 2 changed, 0 unchanged, 0 failed"
    assert dict(Variant.objects.values_list("sku", "stock")) == {"MUG-1": 15, "TOW-1": 28}
    Variant.objects.filter(sku="MUG-1").update(stock=12)
    Variant.objects.filter(sku="TOW-1").update(stock=30)
    assert describe_shop() == before


def test_a_new_sku_in_a_stock_list_is_refused(tmp_path: Path) -> None:
    import_csv(tmp_path, FULL)
    before = dump_shop()

    result = import_csv(tmp_path, "sku,stock\nNEW,15\n")

    assert result.errors[0] == "  row 2 (NEW): SKU NEW is new to the shop, so its row needs a name and a price"
    assert dump_shop() == before


def test_many_new_skus_in_a_stock_list_are_refused_without_a_transaction_each(tmp_path: Path) -> None:
    import_csv(tmp_path, FULL)

    result = import_csv(tmp_path, "sku,stock\nMUG-1,15\n" + "".join(f"NEW-{number},1\n" for number in range(300)))

    assert result.output == ["0 created, 1 changed, 0 unchanged, 300 failed"]
    assert Variant.objects.count() == 2


def test_a_stock_list_names_the_variants_of_a_product_one_by_one(api: SchemaClient, tmp_path: Path) -> None:
    make_product("Tee", variants=[make_variant(sku, name=sku, options={"Size": sku}, stock=1) for sku in ("S", "M", "L")])
    Variant.objects.filter(sku="L").update(is_active=False)

    result = import_csv(tmp_path, "sku,stock\nS,4\nM,8\nL,9\n")

    assert result.output == ["0 created, 3 changed, 0 unchanged, 0 failed"]
    assert list(Variant.objects.order_by("pk").values_list("sku", "name", "stock", "is_active")) == [
        *(("S", "S", 4, True), ("M", "M", 8, True), ("L", "L", 9, False)),
    ]


def test_what_a_line_says_of_the_product_is_not_read_for_one_of_its_variants(tmp_path: Path) -> None:
    make_product("Tee", variants=[make_variant("S", stock=1), make_variant("M", stock=1)])

    result = import_csv(tmp_path, "sku,name,price,is_active\nS,Tee small,5.00,no\n")

    assert result.output == [
        "  note: its product has several variants; only what belongs to this one was read (row 2)",
        "0 created, 1 changed, 0 unchanged, 0 failed",
    ]
    assert Product.objects.get().name == "Tee"
    assert list(Variant.objects.order_by("pk").values_list("price", "is_active")) == [(Decimal(5), False), (Decimal(20), True)]


def test_a_deleted_variant_is_not_brought_back_by_a_line_of_its_own(tmp_path: Path) -> None:
    make_product("Tee", variants=[make_variant("S"), make_variant("M")])
    Variant.objects.filter(sku="M").update(is_active=False, deleted_at="2025-01-01T00:00:00Z")
    before = dump_shop()

    result = import_csv(tmp_path, "sku,stock\nM,4\n")

    assert result.errors[0] == "  row 2 (Tee): this variant has been deleted; list all variants of its product to bring it back"
    assert dump_shop() == before


@pytest.mark.parametrize("cell", ["true", "yes", "active"])
def test_only_a_file_that_says_so_switches_a_product_on(tmp_path: Path, cell: str) -> None:
    import_csv(tmp_path, FULL)
    update_product(Product.objects.get(name="Plain mug"), is_active=False)

    import_csv(tmp_path, "sku,name,price,is_active\nMUG-1,Plain mug,9.50,\n")
    assert not Product.objects.get(name="Plain mug").is_active
    import_csv(tmp_path, f"sku,is_active\nMUG-1,{cell}\n")

    assert Product.objects.get(name="Plain mug").is_active


def test_a_market_column_that_is_empty_takes_the_product_off_sale_there(api: SchemaClient, tmp_path: Path) -> None:
    import_csv(tmp_path, FULL)

    import_csv(tmp_path, "sku,price_us\nMUG-1,\n")

    assert list(MarketPrice.objects.values_list("variant__sku", flat=True)) == ["TOW-1"]


def test_a_first_import_fills_what_it_does_not_name_with_defaults(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,stock,is_active\nA,Lamp,1,,\n")

    assert describe_shop() == [("Lamp", None, "", Decimal(1), None, 0, 5, True)]
    assert not StockMovement.objects.exists()


def test_variants_that_are_listed_keep_what_the_list_does_not_name(tmp_path: Path) -> None:
    variants = [{"sku": sku, "name": sku, "options": {"Size": sku}, "price": "5", "stock": 3, "prices": {"us": 1}} for sku in "SM"]
    import_rows(tmp_path, {"name": "Tee", "variants": variants})

    result = import_rows(tmp_path, {"variants": [{"sku": "S", "stock": 4}, {"sku": "M"}]}, make_row())

    assert result.output == ["1 created, 1 changed, 0 unchanged, 0 failed"]
    assert list(Variant.objects.filter(product__name="Tee").values_list("name", "options", "price", "stock")) == [
        ("S", {"Size": "S"}, Decimal(5), 4),
        ("M", {"Size": "M"}, Decimal(5), 3),
    ]
    assert MarketPrice.objects.count() == 2


def test_a_new_variant_in_a_list_needs_a_price(tmp_path: Path) -> None:
    import_rows(tmp_path, {"name": "Tee", "variants": [{"sku": "S", "price": "5"}]})
    before = dump_shop()

    result = import_rows(tmp_path, {"variants": [{"sku": "S", "stock": 4}, {"sku": "M", "stock": 1}]})

    assert result.errors[0] == "  row 1 (Tee): SKU M is new to the shop, so its row needs a price"
    assert dump_shop() == before
