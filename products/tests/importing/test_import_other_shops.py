"""`manage.py import_products`: exports of Magento, PrestaShop, Vendure, Squarespace, Medusa, Spree, shopping feeds, and --map"""

from decimal import Decimal
from pathlib import Path

import pytest

from products.models import MarketPrice, Product, Variant
from products.tests.import_file import import_csv, import_rows, run_import, write_file

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def get_variants() -> list[tuple[object, ...]]:
    """Return SKU, product, options, price, compare-at price, stock and category of all variants."""
    columns = ("sku", "product__name", "options", "price", "compare_at_price", "stock", "product__category__name")
    return list(Variant.objects.order_by("pk").values_list(*columns))


def test_magento(tmp_path: Path) -> None:
    header = (
        "sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,visibility,price,special_price,"
        "qty,is_in_stock,configurable_variations\n"
    )
    mug = 'MUG-1,,Default,simple,"Default Category/Kitchen,Default Category/Kitchen/Mugs",Plain mug,<p>A mug.</p>,{online},'
    text = (
        header
        + mug.format(online=1)
        + '"Catalog, Search",9.500000,8.000000,12.0000,1,\n'
        + "MUG-1,de,Default,simple,,Schlichter Becher,,,,,,,,\n"
        + "OFF-1,de,Default,virtual,,Gutschein,,,,,,,,\n"
        + "LIN-S,,Default,simple,Default Category/Clothing,Shirt-S,Soft,1,Not Visible Individually,39.000000,,4.0000,1,\n"
        + "LIN-M,,Default,simple,Default Category/Clothing,Shirt-M,Soft,2,Not Visible Individually,39.000000,,2.0000,1,\n"
        + 'LIN,,Default,configurable,Default Category/Clothing,Shirt,Soft,1,"Catalog, Search",,,0,1,'
        + '"sku=LIN-S,size=S|sku=LIN-M,size=M"\n'
        + "OFF-1,,Default,virtual,Default Category/Gift,Voucher,,2,Catalog,10.000000,,0.0000,0,\n"
    )

    result = import_csv(tmp_path, text)

    assert result.output == [
        "Read as a Magento product export.",
        "Not read: attribute_set_code.",
        "  note: lines of other store views (translations) were not read",
        "  note: the other shop does not ship it; this shop has no digital goods and ships it like any other product (row 8)",
        "3 created, 0 changed, 0 unchanged, 0 failed",
    ]
    assert get_variants() == [
        ("MUG-1", "Plain mug", {}, Decimal(8), Decimal("9.5"), 12, "Mugs"),
        ("LIN-S", "Shirt", {"Size": "S"}, Decimal(39), None, 4, "Clothing"),
        ("LIN-M", "Shirt", {"Size": "M"}, Decimal(39), None, 2, "Clothing"),
        ("OFF-1", "Voucher", {}, Decimal(10), None, 0, "Gift"),
    ]
    assert dict(Product.objects.values_list("name", "is_active")) == {"Plain mug": True, "Shirt": True, "Voucher": False}
    assert dict(Variant.objects.values_list("sku", "is_active"))["LIN-M"] is False
    assert import_csv(tmp_path, text).output[-1] == "0 created, 0 changed, 3 unchanged, 0 failed"


def test_categories_count_before_a_product_type(tmp_path: Path) -> None:
    import_csv(tmp_path, 'sku,product_type,categories,name,price\nA,Straps,"Gear, Gear > Fitness Equipment",Strap,14\n')

    assert get_variants()[0][-1] == "Fitness Equipment"


def test_a_kind_of_product_is_no_category(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,product_type\nA,Mug,9.50,simple\nB,Shirt,39,variable\nC,Tee,9,Shirts\n")

    assert [row[-1] for row in get_variants()] == [None, None, "Shirts"]


def test_prestashop(tmp_path: Path) -> None:
    header = (
        "Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Wholesale price;Reference #;Quantity;Description\n"
    )

    result = import_csv(tmp_path, header + "1;0;Plain mug;Kitchen,Mugs;9,50;4,00;MUG-1;12;<p>A mug.</p>\n")

    assert result.output == [
        "Not read: Wholesale price.",
        "  note: prices are read as they are, without tax; the prices of this shop include tax",
        "  note: prices are read with a decimal comma: 1.299 is 1299",
        "1 created, 0 changed, 0 unchanged, 0 failed",
    ]
    assert get_variants() == [("MUG-1", "Plain mug", {}, Decimal("9.5"), None, 12, "Kitchen")]
    assert not Product.objects.get().is_active


def test_vendure(tmp_path: Path) -> None:
    text = (
        "name       ,slug ,description                  ,optionGroups ,optionValues,sku   ,price ,stockOnHand,facets\n"
        'Field radio,radio,"Small, and works with crank" ,"colour|size","red|S"     ,RAD-R ,39.00 ,12         ,\n'
        '           ,     ,                             ,             ,"green|M"   ,      ,39.00 ,7          ,\n'
    )

    result = import_csv(tmp_path, text)

    assert result.output[:2] == ["Read as a Vendure or Squarespace product export.", "Not read: facets."]
    assert get_variants() == [
        ("RAD-R", "Field radio", {"colour": "red", "size": "S"}, Decimal(39), None, 12, None),
        ("radio-green-M", "Field radio", {"colour": "green", "size": "M"}, Decimal(39), None, 7, None),
    ]
    assert Product.objects.get().description == "Small, and works with crank"


def test_squarespace(tmp_path: Path) -> None:
    header = (
        "Product ID [Non Editable],Title,Description,SKU,Option Name 1,Option Value 1,Price,Sale Price,On Sale,Stock,Categories,"
        "Visible\n"
    )

    import_csv(tmp_path, header + "1,Tee,Soft,TEE-S,Size,S,20.00,15.00,Yes,Unlimited,/tees,Yes\n,,,TEE-M,,M,20.00,0.00,No,3,,\n")

    assert [row[:6] for row in get_variants()] == [
        ("TEE-S", "Tee", {"Size": "S"}, Decimal(15), Decimal(20), 0),
        ("TEE-M", "Tee", {"Size": "M"}, Decimal(20), None, 3),
    ]


def test_medusa(tmp_path: Path) -> None:
    header = (
        "Product Id,Product Handle,Product Title,Product Status,Product Description,Variant SKU,Variant Inventory Quantity,"
        "Variant Option 1 Name,Variant Option 1 Value,Variant Price USD,Variant Price INR,Variant Price EUR\n"
    )

    result = import_csv(
        tmp_path, header + "prod_1,tee,Tee,published,Soft,TEE-S,4,Size,S,9.50,799,8\nprod_1,tee,,,,TEE-M,3,Size,M,9.50,799,8\n"
    )

    assert result.output[:2] == ["Read as a Medusa product export.", "Not read: Product Id, Variant Price EUR."]
    assert [row[:6] for row in get_variants()] == [
        ("TEE-S", "Tee", {"Size": "S"}, Decimal(799), None, 4),
        ("TEE-M", "Tee", {"Size": "M"}, Decimal(799), None, 3),
    ]
    assert list(MarketPrice.objects.values_list("market", "price")) == [("us", Decimal("9.5"))] * 2


def test_spree(tmp_path: Path) -> None:
    header = "slug,sku,name,status,description,price,currency,inventory_count,category1,option1_name,option1_value\n"

    import_csv(tmp_path, header + "tee,TEE-S,Tee,active,Soft,799,INR,4,Clothing -> Tees,Size,S\ntee,TEE-M,,,,799,INR,3,,Size,M\n")

    assert get_variants() == [
        ("TEE-S", "Tee", {"Size": "S"}, Decimal(799), None, 4, "Tees"),
        ("TEE-M", "Tee", {"Size": "M"}, Decimal(799), None, 3, "Tees"),
    ]


def test_a_shopping_feed(tmp_path: Path) -> None:
    (tmp_path / "feed.txt").write_text(
        "id\ttitle\tdescription\tavailability\tprice\tsale_price\titem_group_id\tcolor\tg:size\tproduct_type\tgtin\n"
        "S-1\tTee red\tSoft\tin_stock\t799.00 INR\t699.00 INR\ttee\tRed\tS\tClothing > Tees\t4006381333931\n"
        "M-1\tMug\t\tout of stock\t499.00 INR\t\t\t\t\tKitchen\t\n"
        "S-2\tTee blue\tSoft\tin stock\t799.00 INR\t\ttee\tBlue\tM\tClothing > Tees\t\n"
    )

    result = run_import(tmp_path / "feed.txt")

    assert result.output[0] == "Read as a shopping feed."
    assert result.output[-1] == "2 created, 0 changed, 0 unchanged, 0 failed"
    assert sorted(get_variants()) == [
        ("M-1", "Mug", {}, Decimal(499), None, 0, "Kitchen"),
        ("S-1", "Tee red", {"Color": "Red", "Size": "S"}, Decimal(699), Decimal(799), 0, "Tees"),
        ("S-2", "Tee red", {"Color": "Blue", "Size": "M"}, Decimal(799), None, 0, "Tees"),
    ]


@pytest.mark.parametrize("column", ["id", "handle", "slug", "url_key", "mpn", "gtin", "EAN", "Barcode"])
def test_another_column_stands_in_for_the_sku_each_time(tmp_path: Path, column: str) -> None:
    text = f"{column},name,price\nA-1,Lamp,5\n"

    first, second = import_csv(tmp_path, text), import_csv(tmp_path, text)

    assert first.output == [
        f"  note: the column {column} was taken as the SKU (row 2)",
        "1 created, 0 changed, 0 unchanged, 0 failed",
    ]
    assert second.output[-1] == "0 created, 0 changed, 1 unchanged, 0 failed"
    assert Variant.objects.get().sku == "A-1"


@pytest.mark.parametrize("column", ["reference", "Item Number", "Product Code/SKU", "articleNumber"])
def test_other_names_for_the_sku_are_read(tmp_path: Path, column: str) -> None:
    assert import_csv(tmp_path, f"{column},name,price\nA-1,Lamp,5\n").output == ["1 created, 0 changed, 0 unchanged, 0 failed"]

    assert Variant.objects.get().sku == "A-1"


def test_an_api_of_a_shop_without_skus_is_read(tmp_path: Path) -> None:
    row = {"id": 7, "title": "Tee", "price": 109.95, "category": "men's clothing", "rating": {"rate": 3.9}}

    result = import_rows(tmp_path, row)

    assert result.output[0] == "Not read: rating."
    assert get_variants() == [("7", "Tee", {}, Decimal("109.95"), None, 0, "men's clothing")]


def test_columns_can_be_named_by_ours(tmp_path: Path) -> None:
    mapping = "Preis=price,Bestand=stock,Bezeichnung=name,Farbe=option_Colour,Preis US=price_us"
    text = "SKU;Bezeichnung;Preis;Preis US;Bestand;Farbe;Hersteller\nA;Lampe;9,50;1,20;4;Rot;3\n"

    result = import_csv(tmp_path, text, map=mapping)

    assert result.output[0] == "Not read: Hersteller."
    assert get_variants() == [("A", "Lampe", {"Colour": "Rot"}, Decimal("9.5"), None, 4, None)]
    assert list(MarketPrice.objects.values_list("market", "price")) == [("us", Decimal("1.2"))]


def test_keys_can_be_named_by_ours(tmp_path: Path) -> None:
    file = write_file(tmp_path, [{"nummer": "A", "bezeichnung": "Lampe", "variants": [{"nummer": "B", "wert": "9.50"}]}])

    assert run_import(file, map="nummer=sku,bezeichnung=name,wert=price,preis=sale_price").code == 2
    assert run_import(file, map="nummer=sku,bezeichnung=name").code == 1


@pytest.mark.parametrize(
    ("mapping", "error"),
    [
        ("Preis=cost", "the mapping names 'cost', which is not one of our columns: sku, name"),
        ("Preis", "the mapping must look like their column=ours,…: 'Preis'"),
        ("Preis=price,Kosten=price", "the mapping names 'price' twice"),
        ("Kosten=price", "products.csv has no column 'Kosten', which the mapping names"),
        ("Preis=name", "products.csv has the column name twice; keep one of the two"),
    ],
)
def test_a_map_that_leads_nowhere_is_refused(tmp_path: Path, mapping: str, error: str) -> None:
    result = import_csv(tmp_path, "sku,name,Preis\nA,Lamp,1\n", map=mapping)

    assert result.code == 2
    assert error in result.errors[-1]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("row", "amounts"),
    [
        ("INR,10.00", {"in": Decimal(10)}),
        ("inr,₹10", {"in": Decimal(10)}),
        (",10.00", {"in": Decimal(10)}),
    ],
)
def test_a_currency_of_the_default_market_is_that_of_the_price(tmp_path: Path, row: str, amounts: dict[str, Decimal]) -> None:
    import_csv(tmp_path, f"sku,name,currency,price\nA,Tee,{row}\n")

    assert {"in": Variant.objects.get().price} == amounts


def test_a_price_in_the_currency_of_another_market_goes_there(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price\nA,Tee,799\n")

    result = import_csv(tmp_path, "sku,currency,price,compare_at_price\nA,USD,10.00,$12\n")

    assert result.output[0] == "  note: its price in USD was taken as the price in the market us (row 2)"
    assert Variant.objects.get().price == Decimal(799)
    assert list(MarketPrice.objects.values_list("market", "price", "compare_at_price")) == [("us", Decimal(10), Decimal(12))]


@pytest.mark.parametrize(
    ("columns", "cells", "reason"),
    [
        ("currency,price", "EUR,10.00", "its currency 'EUR' is not the currency of any market of this shop"),
        ("currency,price", "INR,10.00 USD", "price is not in INR: '10.00 USD'"),
        ("currency,price", "USD,10.00", "SKU A is new to the shop, so its row needs a price in INR"),
        ("currency,price,price_us", "USD,10.00,9.00", "it has two prices in USD"),
    ],
)
def test_a_currency_that_does_not_fit_refuses_the_row(tmp_path: Path, columns: str, cells: str, reason: str) -> None:
    result = import_csv(tmp_path, f"sku,name,{columns}\nA,Tee,{cells}\n")

    assert result.errors[0] == f"  row 2 (Tee): {reason}"
    assert not Product.objects.exists()


def test_what_is_not_read_is_named_in_a_dry_run_too(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price,colour,length\nA,Tee,5,red,3\n", dry_run=True)

    assert result.output[0] == "Not read: colour, length."


def test_a_bundle_of_magento_is_refused_by_name(tmp_path: Path) -> None:
    header = "sku,attribute_set_code,product_type,name,price,configurable_variations\n"
    text = f"{header}A,Default,bundle,Set,5,\nB,Default,configurable,Tee,,x=1\n"

    result = import_csv(tmp_path, text)

    assert result.errors[:2] == [
        "  row 2 (Set): a bundle product is not sold itself; its parts are",
        "  row 3 (Tee): it has no variants in the file",
    ]


def test_several_products_that_continue_are_read(tmp_path: Path) -> None:
    text = "name,sku,price,optionGroups,optionValues\nTee,T-S,5,size,S\n,T-M,5,,M\nMug,MUG,6,,\n"

    import_csv(tmp_path, text)

    assert [(row[0], row[1]) for row in get_variants()] == [("T-S", "Tee"), ("T-M", "Tee"), ("MUG", "Mug")]


@pytest.mark.parametrize("categories", [["Home", {"name": "Home > Lamps"}, None], "Home,Home > Lamps", [{"title": "Home > Lamps"}]])
def test_of_several_categories_the_deepest_counts(tmp_path: Path, categories: object) -> None:
    import_rows(tmp_path, {"sku": "A", "name": "Lamp", "price": 5, "categories": categories})

    assert get_variants()[0][-1] == "Lamps"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"categories": 5}, "category is missing or is not text"),
        ({"availability": "someday"}, "availability must be a word like true, yes, active, or false, no, draft"),
        ({"in_stock": "some"}, "in_stock must be yes, no or a number: 'some'"),
        ({"sale_price": 5, "sale_starts": "2026-13-45"}, "the date of its sale must look like 2026-11-29: '2026-13-45'"),
        ({"variants": [{"sku": "B", "name": 5}]}, "name is missing or is not text"),
        ({"images": [{"file": "a.png", "alt": 5}]}, "alt is missing or is not text"),
    ],
)
def test_a_value_that_fits_no_column_is_named(tmp_path: Path, values: dict[str, object], reason: str) -> None:
    result = import_rows(tmp_path, {"sku": "A", "name": "Lamp", "price": 6, **values})

    assert result.errors[0] == f"  row 1 (Lamp): {reason}"
    assert not Product.objects.exists()


def test_a_number_of_units_may_stand_under_in_stock(tmp_path: Path) -> None:
    import_rows(tmp_path, {"sku": "A", "name": "Lamp", "price": 6, "in_stock": 12})

    assert Variant.objects.get().stock == 12


def test_a_row_that_the_database_refuses_does_not_stop_the_others(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price\nA,Lamp,5\nB,Tee,6\n")

    result = import_csv(tmp_path, "sku,price,compare_at_price_us\nA,7,9\nB,8,\n")

    assert result.output == ["0 created, 1 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 2 (A): There is no price in the market us"
    assert dict(Variant.objects.values_list("sku", "price")) == {"A": Decimal(5), "B": Decimal(8)}


def test_keys_that_are_no_object_are_passed_over_by_a_map(tmp_path: Path) -> None:
    file = write_file(tmp_path, [5, {"nummer": "A", "name": "Lamp", "price": 5, "variants": None}])

    assert run_import(file, map="nummer=sku").output == ["1 created, 0 changed, 0 unchanged, 1 failed"]


def test_an_export_without_products_is_an_empty_file(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "name,sku,price,optionGroups,optionValues\n")

    assert result.output == ["Read as a Vendure or Squarespace product export.", "0 created, 0 changed, 0 unchanged, 0 failed"]


def test_a_column_of_a_group_that_means_nothing_is_passed_over(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "group,sku,name,price,colour,option_Size\nt,S,Tee,5,red,S\nt,M,,5,blue,M\n")

    assert result.output == ["Not read: colour.", "1 created, 0 changed, 0 unchanged, 0 failed"]
    assert [row[2] for row in get_variants()] == [{"Size": "S"}, {"Size": "M"}]
