"""`manage.py import_products`: product exports of WooCommerce"""

from decimal import Decimal
from pathlib import Path

import pytest

from products.models import Product, ProductImage, Variant
from products.tests.factories import make_png
from products.tests.import_file import import_csv

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HEADER = (
    "ID,Type,SKU,Name,Published,Visibility in catalog,Short description,Description,Date sale price starts,Date sale price ends,"
    "In stock?,Stock,Low stock amount,Backorders allowed?,Sale price,Regular price,Categories,Images,Parent,"
    "Attribute 1 name,Attribute 1 value(s),Tags\n"
)
SHIRT = '11,variable,LIN,Linen shirt,1,visible,,Soft linen,,,1,,,0,,,"Clothing > Shirts, Clothing",,,Size,"S, M",\n'
SMALL = "12,variation,LIN-S,Linen shirt - S,1,visible,,,,,1,4,,0,,39.00,,,LIN,Size,S,\n"
MEDIUM = "13,variation,LIN-M,Linen shirt - M,{published},visible,,,,,1,,,0,,39.00,,,id:11,Size,M,\n"
MUG = (
    '10,simple,MUG-1,Plain mug,1,visible,A mug.,"<p>Stoneware.</p>\\n<p>300 ml.</p>",,,1,12,3,0,{sale},9.50,'
    '"Kitchen > Mugs, Kitchen",,,,,\n'
)


def get_shirt() -> list[tuple[object, ...]]:
    """Return the variants of the shirt."""
    columns = ("sku", "name", "options", "price", "stock", "is_active")
    return list(Variant.objects.filter(product__name="Linen shirt").order_by("pk").values_list(*columns))


def test_variations_belong_to_the_product_that_they_name_by_sku_or_id(tmp_path: Path) -> None:
    text = HEADER + SMALL + MUG.format(sale="") + SHIRT + MEDIUM.format(published=0)

    result = import_csv(tmp_path, text)

    assert result.output[:2] == ["Read as a WooCommerce product export.", "Not read: Tags."]
    assert result.output[-1] == "2 created, 0 changed, 0 unchanged, 0 failed"
    assert get_shirt() == [
        ("LIN-S", "S", {"Size": "S"}, Decimal(39), 4, True),
        ("LIN-M", "M", {"Size": "M"}, Decimal(39), 0, False),
    ]
    shirt = Product.objects.get(name="Linen shirt")
    assert (shirt.description, shirt.category and shirt.category.name) == ("Soft linen", "Shirts")
    assert import_csv(tmp_path, text).output[-1] == "0 created, 0 changed, 2 unchanged, 0 failed"


def test_literal_line_breaks_and_the_low_stock_amount_are_read(tmp_path: Path) -> None:
    import_csv(tmp_path, HEADER + MUG.format(sale=""))

    mug = Product.objects.get()
    assert (mug.description, mug.low_stock_threshold) == ("Stoneware.\n\n300 ml.", 3)
    assert mug.category is not None
    assert (mug.category.name, mug.category.parent and mug.category.parent.name) == ("Mugs", "Kitchen")


@pytest.mark.parametrize(
    ("sale", "starts", "ends", "prices"),
    [
        ("8.00", "", "", (Decimal(8), Decimal("9.5"))),
        ("8.00", "2020-01-01", "", (Decimal(8), Decimal("9.5"))),
        ("8.00", "2020-01-01 00:00:00", "2999-12-31", (Decimal(8), Decimal("9.5"))),
        ("8.00", "2999-01-01", "", (Decimal("9.5"), None)),
        ("8.00", "", "2020-01-01", (Decimal("9.5"), None)),
        ("", "", "", (Decimal("9.5"), None)),
        ("0", "", "", (Decimal("9.5"), None)),
    ],
)
def test_a_sale_counts_while_it_is_on(
    tmp_path: Path, sale: str, starts: str, ends: str, prices: tuple[Decimal, Decimal | None]
) -> None:
    import_csv(tmp_path, HEADER + MUG.format(sale=sale).replace(",,,1,12", f",{starts},{ends},1,12"))

    assert Variant.objects.values_list("price", "compare_at_price").get() == prices


def test_a_date_that_nobody_can_read_refuses_the_product(tmp_path: Path) -> None:
    result = import_csv(tmp_path, HEADER + MUG.format(sale="8").replace(",,,1,12", ",soon,,1,12"))

    assert result.errors[0] == "  row 2 (Plain mug): the date of its sale must look like 2026-11-29: 'soon'"
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("published", "visibility", "is_active"),
    [("1", "visible", True), ("0", "visible", False), ("-1", "visible", False), ("1", "hidden", False), ("1", "catalog", True)],
)
def test_published_and_visibility_both_count(tmp_path: Path, published: str, visibility: str, is_active: bool) -> None:
    import_csv(tmp_path, HEADER + MUG.format(sale="").replace("Plain mug,1,visible", f"Plain mug,{published},{visibility}"))

    assert Product.objects.get().is_active is is_active


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (MUG.format(sale="").replace("simple", "grouped"), "a grouped product is not sold itself; its parts are"),
        (MUG.format(sale="").replace("simple", "external"), "an external product is sold in another shop"),
        (SMALL, "its product 'LIN' is not in the file"),
        (SHIRT, "it has no variations in the file"),
    ],
)
def test_what_cannot_be_sold_is_refused_by_name(tmp_path: Path, line: str, reason: str) -> None:
    result = import_csv(tmp_path, HEADER + line + MUG.format(sale="").replace("MUG-1", "MUG-2"))

    assert result.errors[0].endswith(f": {reason}")
    assert list(Variant.objects.values_list("sku", flat=True)) == ["MUG-2"]


def test_variations_without_skus_get_the_same_one_each_time(tmp_path: Path) -> None:
    text = HEADER + SHIRT + SMALL.replace("LIN-S", "") + MEDIUM.format(published=1).replace("LIN-M", "LIN")

    first, second = import_csv(tmp_path, text), import_csv(tmp_path, text)

    assert [row[0] for row in get_shirt()] == ["LIN-S", "LIN-M"]
    assert "  note: a variation without a SKU got one from its product and options (row 2)" in first.output
    assert second.output[-1] == "0 created, 0 changed, 1 unchanged, 0 failed"


def test_a_stock_that_is_not_counted_stays_as_it_is(tmp_path: Path) -> None:
    import_csv(tmp_path, HEADER + MUG.format(sale=""))

    in_stock = import_csv(tmp_path, HEADER + MUG.format(sale="").replace(",1,12,", ",1,,"))
    after_in_stock = Variant.objects.get().stock
    import_csv(tmp_path, HEADER + MUG.format(sale="").replace(",1,12,", ",0,,"))

    assert "its stock stays as it is, 0 for a new product (row 2)" in in_stock.output[2]
    assert (after_in_stock, Variant.objects.get().stock) == (12, 0)


def test_several_pictures_are_separated_by_commas(tmp_path: Path) -> None:
    line = MUG.format(sale="").replace('Kitchen",,', 'Kitchen","http://127.0.0.1:9/a.jpg, http://127.0.0.1:9/b.jpg",')

    result = import_csv(tmp_path, HEADER + line)

    assert [error.partition(" could")[0] for error in result.errors] == [
        "  row 2 (Plain mug): picture http://127.0.0.1:9/a.jpg",
        "  row 2 (Plain mug): picture http://127.0.0.1:9/b.jpg",
    ]


def test_a_picture_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mug.png").write_bytes(make_png())

    import_csv(tmp_path, HEADER + MUG.format(sale="").replace('Kitchen",,', 'Kitchen",mug.png,'))

    assert ProductImage.objects.get().alt == "Plain mug"


def test_names_in_small_letters_are_read_too(tmp_path: Path) -> None:
    header = HEADER.lower().replace("regular price", "regular_price").replace("attribute 1 value(s)", "attribute_1_values")

    result = import_csv(tmp_path, header + SHIRT + SMALL)

    assert result.output[0] == "Read as a WooCommerce product export."
    assert [row[0] for row in get_shirt()] == ["LIN-S"]


@pytest.mark.parametrize(
    ("cells", "stock", "note"),
    [
        (",1,parent,", 0, "a variation shares the stock of its product, which this shop does not do"),
        (",backorder,,", 0, ""),
        (",1,4,,1", 4, "the other shop takes backorders; this shop does not (row 2)"),
    ],
)
def test_a_stock_that_this_shop_has_no_word_for_is_noted(tmp_path: Path, cells: str, stock: int, note: str) -> None:
    small = SMALL.replace(",1,4,,0", cells if cells.endswith("1") else f"{cells},0")

    result = import_csv(tmp_path, HEADER + SHIRT + small.replace(",LIN,Size", ",LIN,Size"))

    assert Variant.objects.get().stock == stock
    assert any(note in line for line in result.output)


def test_an_export_with_few_columns_says_nothing_of_the_others(tmp_path: Path) -> None:
    import_csv(tmp_path, HEADER + SHIRT + SMALL + MEDIUM.format(published=0))

    text = "Type,SKU,Name,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)\n"
    text += "variable,LIN,Linen shirt,,,Size,\nvariation,LIN-S,,45,LIN,Size,\nvariation,LIN-M,,45,LIN,Size,M\n"
    import_csv(tmp_path, text)

    assert [(row[0], row[2], row[3], row[4]) for row in get_shirt()] == [
        ("LIN-S", {}, Decimal(45), 4),
        ("LIN-M", {"Size": "M"}, Decimal(45), 0),
    ]
    assert Product.objects.get().description == "Soft linen"


@pytest.mark.parametrize("kind", ["simple, virtual", "simple, downloadable, virtual"])
def test_a_virtual_or_downloadable_product_is_noted(tmp_path: Path, kind: str) -> None:
    result = import_csv(tmp_path, HEADER + MUG.format(sale="").replace("simple", f'"{kind}"'))

    note = "  note: the other shop does not ship it; this shop has no digital goods and ships it like any other product (row 2)"
    assert note in result.output
    assert Product.objects.get().is_active
