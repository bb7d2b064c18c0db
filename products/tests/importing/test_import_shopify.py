"""`manage.py import_products`: product exports of Shopify, as CSV and as products.json"""

import csv
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from products.models import Product, ProductImage, StockMovement, Variant
from products.tests.factories import make_png
from products.tests.import_file import CommandResult, dump_shop, import_csv, import_rows, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HEADER = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,"
    "Variant Compare At Price,Image Src,Image Position,Image Alt Text,Gift Card,Variant Image,Status"
)
TITLE = "Read as a Shopify product export."
UNREAD = "Not read: Vendor, Tags."
MADE_UP = "a variant without a SKU got one from its handle and options"


def write_lines(*lines: dict[str, str], header: str = HEADER) -> str:
    """Return a CSV file with these cells by column name."""
    stream = StringIO()
    writer = csv.DictWriter(stream, header.split(","))
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue()


def make_line(handle: str, **cells: str) -> dict[str, str]:
    """Return a line; underscores in the names of cells stand for spaces."""
    return {"Handle": handle, **{name.replace("_", " "): cell for name, cell in cells.items()}}


def make_shirt(**cells: str) -> list[dict[str, str]]:
    """Return the lines of a shirt in two sizes with a third picture."""
    first = {
        "Title": "Linen shirt",
        "Body (HTML)": "<p>Soft <b>linen</b>.</p>",
        "Type": "Shirts",
        "Published": "true",
        "Status": "active",
    }
    return [
        {
            **make_line("linen-shirt", Option1_Name="Size", Option1_Value="S", Variant_SKU="LIN-S", Variant_Price="39.00"),
            **{"Variant Compare At Price": "49.00", "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "4"},
            **{"Image Src": "red.png", "Image Position": "1", "Image Alt Text": "Front", "Variant Image": "blue.png"},
            **first,
            **cells,
        },
        make_line(
            "linen-shirt",
            Option1_Value="M",
            Variant_SKU="LIN-M",
            Variant_Price="39.00",
            Variant_Inventory_Tracker="shopify",
            Variant_Inventory_Qty="-2",
            Image_Src="green.png",
            Image_Position="2",
        ),
        make_line("linen-shirt", Image_Src="blue.png", Image_Position="3", Image_Alt_Text="Side"),
    ]


def write_pictures(folder: Path) -> None:
    """Write three pictures beside the import file."""
    (folder / "shop").mkdir(exist_ok=True)
    for colour in ("red", "green", "blue"):
        (folder / "shop" / f"{colour}.png").write_bytes(make_png(colour))


def test_lines_of_one_handle_are_one_product(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    text = write_lines(*make_shirt())

    result = import_csv(tmp_path, text)

    assert result.output == [
        *(TITLE, UNREAD, "  note: stock is below 0, so it was set to 0 (row 2)", "1 created, 0 changed, 0 unchanged, 0 failed")
    ]
    product = Product.objects.get()
    assert (product.name, product.description, product.is_active) == ("Linen shirt", "Soft linen.", True)
    assert product.category is not None
    assert product.category.name == "Shirts"
    assert list(Variant.objects.values_list("sku", "name", "options", "price", "compare_at_price", "stock")) == [
        ("LIN-S", "S", {"Size": "S"}, Decimal(39), Decimal(49), 4),
        ("LIN-M", "M", {"Size": "M"}, Decimal(39), None, 0),
    ]
    assert list(ProductImage.objects.values_list("alt", flat=True)) == ["Front", "Linen shirt", "Side"]
    assert import_csv(tmp_path, text).output[-1] == "0 created, 0 changed, 1 unchanged, 0 failed"


def test_lines_of_one_handle_may_stand_apart(tmp_path: Path) -> None:
    first, second, _ = make_shirt()
    mug = make_line("mug", Title="Mug", Variant_Price="9.50", Variant_SKU="MUG")

    import_csv(tmp_path, write_lines(first, mug, second))

    assert list(Variant.objects.order_by("sku").values_list("sku", "product__name")) == [
        *(("LIN-M", "Linen shirt"), ("LIN-S", "Linen shirt"), ("MUG", "Mug"))
    ]


def test_a_variant_has_the_picture_that_the_export_gives_it(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    text = write_lines(*make_shirt())

    first, second = import_csv(tmp_path, text), import_csv(tmp_path, text)

    assert dict(Variant.objects.values_list("sku", "image__alt")) == {"LIN-S": "Side", "LIN-M": None}
    assert (first.output[-1], second.output[-1]) == (
        "1 created, 0 changed, 0 unchanged, 0 failed",
        "0 created, 0 changed, 1 unchanged, 0 failed",
    )


def test_another_picture_of_a_variant_is_counted_in_a_dry_run_and_not_set(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    import_csv(tmp_path, write_lines(*make_shirt()))

    dry = import_csv(tmp_path, write_lines(*make_shirt(**{"Variant Image": "red.png"})), dry_run=True)

    assert dry.output[-1] == "0 created, 1 changed, 0 unchanged, 0 failed (dry run: nothing was written)"
    assert dict(Variant.objects.values_list("sku", "image__alt"))["LIN-S"] == "Side"


def test_a_picture_that_only_a_variant_names_is_one_of_the_product(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    first, second, _ = make_shirt()

    dry = import_csv(tmp_path, write_lines(first, second), dry_run=True)
    import_csv(tmp_path, write_lines(first, second))

    assert dry.output[-1].startswith("1 created")
    assert list(ProductImage.objects.values_list("alt", flat=True)) == ["Front", "Linen shirt", "Linen shirt"]
    assert Variant.objects.get(sku="LIN-S").image == ProductImage.objects.last()


def test_variants_that_customers_could_not_tell_apart_are_refused(tmp_path: Path) -> None:
    first, second, third = make_shirt()

    result = import_csv(tmp_path, write_lines(first, {**second, "Option1 Value": "s"}, third))

    assert result.errors[0] == "  row 2 (Linen shirt): another variant already has the options Size: s"
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("published", "status", "is_active"),
    [
        *(("true", "active", True), ("false", "active", False), ("true", "draft", False), ("true", "archived", False)),
        *(("", "active", True), ("false", "", False), ("TRUE", "", True)),
    ],
)
def test_published_and_status_both_count(tmp_path: Path, published: str, status: str, is_active: bool) -> None:
    import_csv(tmp_path, write_lines(*make_shirt(Published=published, Status=status)))

    assert Product.objects.get().is_active is is_active


def test_an_unknown_status_refuses_the_product(tmp_path: Path) -> None:
    result = import_csv(tmp_path, write_lines(*make_shirt(Status="someday")))

    reason = "status must be a word like true, yes, active, or false, no, draft: 'someday'"
    assert result.errors[0] == f"  row 2 (Linen shirt): {reason}"
    assert not Product.objects.exists()


def test_a_default_title_is_no_option(tmp_path: Path) -> None:
    line = make_line(
        "mug", Title="Mug", Option1_Name="Title", Option1_Value="Default Title", Variant_SKU="MUG", Variant_Price="9.50"
    )

    import_csv(tmp_path, write_lines(line))

    assert list(Variant.objects.values_list("sku", "name", "options")) == [("MUG", "", {})]


def test_variants_without_skus_get_the_same_one_each_time(tmp_path: Path) -> None:
    lines = [
        make_line("tee", Title="Tee", Option1_Name="Size", Option1_Value="S", Option2_Name="Colour", Option2_Value="Dark Blue"),
        make_line("tee", Option1_Value="M", Option2_Value="Rot/Grün"),
        make_line("mug", Title="Mug"),
        make_line("h" * 70, Title="Long", Option1_Name="Size", Option1_Value="S"),
    ]
    text = write_lines(*({**line, "Variant Price": "5"} for line in lines))

    first = import_csv(tmp_path, text)
    before = dump_shop()
    second = import_csv(tmp_path, text)

    skus = list(Variant.objects.order_by("pk").values_list("sku", flat=True))
    assert skus[:3] == ["tee-S-Dark-Blue", "tee-M-Rot/Grün", "mug"]
    assert (len(skus[3]), skus[3][:55]) == (64, "h" * 55)
    assert f"  note: {MADE_UP} (rows 2, 4, 5)" in first.output
    assert second.output[-1] == "0 created, 0 changed, 3 unchanged, 0 failed"
    assert dump_shop() == before


def test_a_stock_that_shopify_does_not_count_stays_as_it_is(tmp_path: Path) -> None:
    line = {**make_line("mug", Title="Mug", Variant_SKU="MUG", Variant_Price="9.50"), "Variant Inventory Qty": "0"}
    import_csv(tmp_path, write_lines({**line, "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "7"}))

    result = import_csv(tmp_path, write_lines({**line, "Variant Inventory Policy": "continue"}))

    assert result.output[2:4] == [
        "  note: the other shop does not count its stock; here it stays as it is, 0 for a new product (row 2)",
        "  note: the other shop sells on when it is sold out; this shop does not (row 2)",
    ]
    assert Variant.objects.get().stock == 7


def test_a_gift_card_is_switched_off(tmp_path: Path) -> None:
    line = make_line(
        "gift", Title="Gift card", Variant_SKU="GIFT", Variant_Price="50", Gift_Card="true", Published="true", Status="active"
    )

    result = import_csv(tmp_path, write_lines(line))

    assert "  note: a gift card is switched off, because this shop does not issue codes (row 2)" in result.output
    assert not Product.objects.get().is_active


def test_the_current_names_of_the_columns_are_read_too(tmp_path: Path) -> None:
    header = (
        "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,"
        "Option1 name,Option1 value,Price,Compare-at price,Inventory tracker,Inventory quantity,"
        "Continue selling when out of stock,Product image URL,"
        "Image position,Image alt text,Variant image URL,Gift card"
    )
    cells = {"Title": "Mug", "URL handle": "mug", "Product category": "Home > Mugs", "Published on online store": "FALSE"}
    cells |= {"SKU": "MUG", "Price": "9.50", "Compare-at price": "12", "Inventory tracker": "shopify", "Inventory quantity": "3"}

    result = import_csv(tmp_path, write_lines(cells, header=header))

    assert result.output[:2] == [TITLE, "Not read: Vendor, Tags."]
    assert list(Variant.objects.values_list("sku", "price", "compare_at_price", "stock")) == [
        ("MUG", Decimal("9.5"), Decimal(12), 3)
    ]
    product = Product.objects.get()
    assert (product.is_active, product.category and product.category.name) == (False, "Mugs")


def test_a_column_that_the_export_does_not_have_says_nothing(tmp_path: Path) -> None:
    import_csv(tmp_path, write_lines(*make_shirt()))
    before = list(Product.objects.values("name", "description", "category", "is_active"))

    import_csv(
        tmp_path, "Handle,Title,Variant SKU,Variant Price,Option1 Name,Option1 Value\nlinen-shirt,Linen shirt,LIN-S,45,Size,S\n"
    )

    assert list(Product.objects.values("name", "description", "category", "is_active")) == before
    assert Variant.objects.get(sku="LIN-S").stock == 4
    assert Variant.objects.get(sku="LIN-S").compare_at_price == Decimal(49)


def make_catalog() -> str:
    """Return an export of 100 products in the manner of a real one."""
    lines = []
    for number in range(100):
        handle, is_simple = f"größe-{number}", number % 3 == 0
        lines.append(
            {
                **make_line(
                    handle, Title=f"Schürze Nº {number} – „Größe“", Type="Küche & Bad" if number % 2 else "", Published="true"
                ),
                "Body (HTML)": f"<h2>Maße</h2><table><tr><td>Länge<td>{number} cm</table><ul><li>Öko<li>Süß</ul>",
                **{"Option1 Name": "Title" if is_simple else "Größe", "Option1 Value": "Default Title" if is_simple else "S"},
                **{
                    "Status": "draft" if number % 10 == 0 else "active",
                    "Variant Price": f"{number + 1}.90",
                    "Image Alt Text": "Vorn",
                },
                **{"Variant Inventory Tracker": "shopify", "Variant Inventory Qty": str(number), "Image Src": "p0.png"},
            }
        )
        lines += [
            make_line(
                handle, Option1_Value=size, Variant_Price="9.90", Variant_Inventory_Tracker="shopify", Variant_Inventory_Qty="2"
            )
            for size in (() if is_simple else ("M", "XL / Übergröße"))
        ]
        lines += [make_line(handle, Image_Src=f"p{picture}.png", Image_Position=str(picture + 1)) for picture in range(1, 5)]
    return write_lines(*lines)


def test_a_catalog_of_100_products_comes_in_whole_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    for picture, colour in enumerate(("red", "green", "blue", "white", "black")):
        (tmp_path / "shop" / f"p{picture}.png").write_bytes(make_png(colour))
    text = make_catalog()

    first = import_csv(tmp_path, text)
    before = dump_shop()
    second = import_csv(tmp_path, text)

    assert (first.code, first.output[-1]) == (0, "100 created, 0 changed, 0 unchanged, 0 failed")
    assert (second.code, second.output[-1]) == (0, "0 created, 0 changed, 100 unchanged, 0 failed")
    assert dump_shop() == before
    assert Product.objects.filter(is_active=False).count() == 10
    assert (Variant.objects.count(), ProductImage.objects.count()) == (34 + 66 * 3, 500)
    product = Product.objects.get(name="Schürze Nº 7 – „Größe“")
    assert product.description == "Maße\nLänge | 7 cm\n• Öko\n• Süß"
    assert product.category is not None
    assert product.category.name == "Küche & Bad"
    assert list(product.variants.values_list("sku", "options", "stock")) == [
        ("größe-7-S", {"Größe": "S"}, 7),
        ("größe-7-M", {"Größe": "M"}, 2),
        ("größe-7-XL-/-Übergröße", {"Größe": "XL / Übergröße"}, 2),
    ]


def make_product(**values: Any) -> dict[str, Any]:
    """Return a product of products.json."""
    variant = {"id": 2, "title": "S", "option1": "S", "sku": "LIN-S", "price": "39.00", "compare_at_price": None, "available": True}
    product = {"id": 1, "title": "Linen shirt", "handle": "linen-shirt", "body_html": "<p>Soft.</p>", "product_type": "Shirts"}
    images = [{"id": 9, "src": "red.png", "alt": None}]
    return {**product, "vendor": "Acme", "options": [{"name": "Size"}], "images": images, "variants": [variant], **values}


def import_products_json(folder: Path, *products: dict[str, Any]) -> CommandResult:
    """Write products.json and import it."""
    file = folder / "shop" / "products.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"products": products}))
    return run_import(file)


def test_the_products_json_of_a_shop_front_is_read(tmp_path: Path) -> None:
    write_pictures(tmp_path)

    result = import_products_json(tmp_path, make_product())

    assert result.output == [
        "Read as a Shopify products.json.",
        "Not read: vendor.",
        "  note: a variant is in stock without a number; its stock stays as it is, 0 for a new one (row 1)",
        "1 created, 0 changed, 0 unchanged, 0 failed",
    ]
    assert list(Variant.objects.values_list("sku", "name", "options", "price")) == [("LIN-S", "S", {"Size": "S"}, Decimal(39))]
    product = Product.objects.get()
    assert (product.name, product.description, product.category and product.category.name) == ("Linen shirt", "Soft.", "Shirts")
    assert ProductImage.objects.get().alt == "Linen shirt"


@pytest.mark.parametrize(
    ("values", "is_active"),
    [
        ({"status": "draft"}, False),
        ({"status": "active", "published_at": None}, False),
        ({"published_at": "2025-01-01T00:00:00Z"}, True),
    ],
)
def test_the_products_json_of_the_admin_api_says_what_is_for_sale(tmp_path: Path, values: dict[str, Any], is_active: bool) -> None:
    variant = {"id": 2, "option1": "S", "sku": "", "price": "39.00", "inventory_quantity": 4, "inventory_management": "shopify"}

    import_products_json(tmp_path, make_product(variants=[{**variant, "image_id": 9}], images=[], **values))

    assert Product.objects.get().is_active is is_active
    assert list(Variant.objects.values_list("sku", "stock")) == [("linen-shirt-S", 4)]
    assert list(StockMovement.objects.values_list("delta", flat=True)) == [4]


def test_a_json_row_of_our_own_is_not_taken_for_shopifys(tmp_path: Path) -> None:
    result = import_rows(tmp_path, {"handle": "tee", "name": "Tee", "variants": [{"sku": "S", "price": "5"}]})

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]


def test_what_shopify_does_not_count_or_sell_is_noted_in_json_too(tmp_path: Path) -> None:
    variant = {"option1": "Default Title", "sku": "GIFT", "price": "50", "inventory_quantity": 0, "inventory_management": None}
    product = make_product(variants=[{**variant, "inventory_policy": "continue"}], options=[{"name": "Title"}], gift_card=True)
    product.pop("product_type")

    result = import_products_json(tmp_path, {**product, "images": "none"}, make_product(handle="b", variants=[5, {"sku": "B"}]))

    assert result.output[2:-1] == [
        "  note: the other shop does not count its stock; here it stays as it is, 0 for a new product (row 1)",
        "  note: the other shop sells on when it is sold out; this shop does not (row 1)",
        "  note: a gift card is switched off, because this shop does not issue codes (row 1)",
    ]
    assert result.errors[0] == "  row 2 (Linen shirt): a variant must be an object"
    assert list(Variant.objects.values_list("name", "options", "product__is_active")) == [("", {}, False)]


@pytest.mark.parametrize(
    "values",
    [
        {"options": 5},
        {"images": 5},
        {"images": [{"id": [9], "src": "red.png"}]},
        {"variants": [{"sku": "LIN-M", "option1": "M", "price": "39.00", "image_id": {}}]},
    ],
    ids=str,
)
def test_a_product_of_another_shape_does_not_stop_the_others(tmp_path: Path, values: dict[str, Any]) -> None:
    write_pictures(tmp_path)
    other = make_product(handle="cap", variants=[{"sku": "CAP", "option1": "S", "price": "9.00"}])

    import_products_json(tmp_path, make_product(**values), other)

    assert Variant.objects.filter(sku="CAP").exists()


def test_a_picture_without_an_id_is_that_of_no_variant(tmp_path: Path) -> None:
    write_pictures(tmp_path)

    import_products_json(tmp_path, make_product(images=[{"src": "red.png"}]))

    assert (ProductImage.objects.count(), Variant.objects.get().image) == (1, None)


@pytest.mark.parametrize("zero", ["0.00", "0", "0,00"])
def test_a_compare_at_price_of_0_is_none(tmp_path: Path, zero: str) -> None:
    import_csv(tmp_path, write_lines(*make_shirt(**{"Variant Compare At Price": zero})))

    assert Variant.objects.get(sku="LIN-S").compare_at_price is None


def test_a_compare_at_price_of_0_is_none_in_json(tmp_path: Path) -> None:
    variant = {"id": 2, "option1": "S", "sku": "LIN-S", "price": "39.00", "compare_at_price": "0.00"}

    import_products_json(tmp_path, make_product(variants=[variant]))

    assert Variant.objects.get(sku="LIN-S").compare_at_price is None


@pytest.mark.parametrize(("cell", "is_noted"), [("false", True), ("true", False), ("", False)])
def test_a_product_that_is_not_shipped_is_noted(tmp_path: Path, cell: str, is_noted: bool) -> None:
    header = f"{HEADER},Variant Requires Shipping"
    line = make_line("ebook", Title="E-book", Variant_SKU="E-1", Variant_Price="9", Variant_Requires_Shipping=cell)

    result = import_csv(tmp_path, write_lines(line, header=header))

    note = "  note: the other shop does not ship it; this shop has no digital goods and ships it like any other product (row 2)"
    assert (note in result.output) is is_noted
    assert Product.objects.get().is_active


def test_a_product_of_json_that_is_not_shipped_is_noted(tmp_path: Path) -> None:
    variant = {"sku": "E-1", "price": "9", "requires_shipping": False}
    product = {"handle": "ebook", "title": "E-book", "body_html": "", "variants": [variant]}

    result = import_rows(tmp_path, product)

    note = "  note: the other shop does not ship it; this shop has no digital goods and ships it like any other product (row 1)"
    assert note in result.output
