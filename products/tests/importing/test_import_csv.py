"""`manage.py import_products`: CSV files"""

from decimal import Decimal
from pathlib import Path

import pytest

from products.models import Category, MarketPrice, Product, ProductImage, Variant
from products.tests.factories import make_png
from products.tests.import_file import CommandResult, import_csv, import_rows, make_row, run_import
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CREATED = CommandResult(0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_line_is_a_row(tmp_path: Path, separator: str, line_end: str) -> None:
    names = "sku,name,category,description,price,compare_at_price,stock,low_stock_threshold,is_active,price_us,compare_at_price_us"
    cells = "A1,Lamp,Home > Lighting,Of brass.,20.00,25.00,7,2,no,3.50,4"
    text = line_end.join((names, cells)).replace(",", separator)

    assert import_csv(tmp_path, text) == CREATED
    assert import_csv(tmp_path, text).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]

    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.name, product.description, product.low_stock_threshold) == ("Lamp", "Of brass.", 2)
    assert (product.category, product.is_active) == (Category.objects.get(name="Lighting", parent__name="Home"), False)
    assert (variant.sku, variant.price, variant.compare_at_price, variant.stock) == ("A1", Decimal(20), Decimal(25), 7)
    assert list(MarketPrice.objects.values_list("market", "price", "compare_at_price")) == [("us", Decimal("3.5"), Decimal(4))]


def test_what_a_csv_file_says_and_what_a_json_file_says_is_the_same(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A1", prices={"us": "3.50"}, compare_at_prices={"us": "4"}))

    result = import_csv(
        tmp_path,
        "sku,name,category,price,stock,price_us,compare_at_price_us\nA1,Lamp A1,Home > Lighting,20,10,$3.50,4.00\n",
    )

    assert result.output == ["0 created, 0 changed, 1 unchanged, 0 failed"]


def test_the_names_of_the_columns_may_be_written_in_many_ways(tmp_path: Path) -> None:
    names = " SKU ,Title,Body-HTML,PRICE,Compare At Price,Qty,Product Type,Option_Size"
    text = f'{names}\nA1,Lamp,<p>Of brass.</p>,"1,299.00",1500,3,Lighting,M\n'

    assert import_csv(tmp_path, text) == CREATED

    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.name, product.description) == ("Lamp", "Of brass.")
    assert (variant.price, variant.compare_at_price, variant.stock) == (Decimal(1299), Decimal(1500), 3)
    assert product.category == Category.objects.get(name="Lighting")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert import_csv(tmp_path, "\ufeffsku,name,price\nA1,Lamp,1\n") == CREATED


def test_a_tsv_file_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "products.TSV"
    file.write_text("sku\tname\tprice\nA1\tLamp, of brass\t1\n")

    assert run_import(file) == CREATED
    assert Product.objects.get().name == "Lamp, of brass"


def test_a_quoted_cell_may_hold_separators_quotes_and_newlines(tmp_path: Path) -> None:
    text = 'sku,name,price,description\nA1,"Lamp, ""Ona""",1,"First line.\nSecond; line.\n\nFourth."\nA2,Other,x,\n'

    result = import_csv(tmp_path, text)

    product = Product.objects.get()
    assert (product.name, product.description) == ('Lamp, "Ona"', "First line.\nSecond; line.\n\nFourth.")
    assert result.errors[0] == "  row 3 (Other): price must be an amount like 19.99: 'x'"


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    text = 'sku,name,price\n,No SKU,1\n\n,,\nA1,"Two\nlines",1\nA2,Bad,x\n'

    result = import_csv(tmp_path, text)

    assert result.output == ["1 created, 0 changed, 0 unchanged, 2 failed"]
    assert [line.partition(":")[0] for line in result.errors[:2]] == ["  row 2 (No SKU)", "  row 6 (Bad)"]


def test_an_empty_cell_empties_what_can_be_empty(tmp_path: Path) -> None:
    names = "sku,name,price,category,description,compare_at_price,stock,low_stock_threshold,is_active,images,price_us"
    import_rows(tmp_path, make_row("A1", images=[]))

    import_csv(tmp_path, f"{names}\nA1,Lamp,1,,,,,,,,\n")

    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.category, product.description, product.low_stock_threshold, product.is_active) == (None, "", 5, True)
    assert (variant.compare_at_price, variant.stock, MarketPrice.objects.count()) == (None, 10, 0)


def test_neighbouring_lines_of_one_group_are_the_variants_of_one_product(api: SchemaClient, tmp_path: Path) -> None:
    text = (
        "group,sku,name,category,price,stock,variant_name,option_Size,option_Colour,price_us\n"
        "t,TEE-S,Tee,Clothing,899,2,S / Red,S,Red,16\n"
        "t,TEE-M,,,949.50,3,M,M,,\n"
        ",LAMP,Lamp,Lighting,20,1,,,,\n"
        "m,MUG,Mug,Kitchen,30,4,Blue,,Blue,\n"
        "t,TEE-L,Other tee,Clothing,5,1,L,L,,\n"
    )

    result = import_csv(tmp_path, text)

    assert result == (0, ["4 created, 0 changed, 0 unchanged, 0 failed"], [])
    assert import_csv(tmp_path, text).output == ["0 created, 0 changed, 4 unchanged, 0 failed"]
    data = api.get("/api/products/tee/").json()["data"]
    assert [(v["sku"], v["name"], v["options"], v["price"], v["stock"]) for v in data["variants"]] == [
        ("TEE-S", "S / Red", {"Size": "S", "Colour": "Red"}, "899.00", 2),
        ("TEE-M", "M", {"Size": "M"}, "949.50", 3),
    ]
    assert data["category"]["name"] == "Clothing"
    assert list(MarketPrice.objects.values_list("variant__sku", "price")) == [("TEE-S", Decimal(16))]
    mug = api.get("/api/products/mug/").json()["data"]["variants"]
    assert [(v["sku"], v["name"], v["options"]) for v in mug] == [("MUG", "Blue", {"Colour": "Blue"})]
    assert api.get("/api/products/other-tee/").json()["data"]["variants"][0]["sku"] == "TEE-L"


def test_a_bad_variant_spoils_its_group_and_is_named_by_the_first_line(tmp_path: Path) -> None:
    text = "group,sku,name,price\n,A,Lamp,1\nt,S,Tee,1\nt,M,,x\nt,L,,1\n,B,Lamp,1\n"

    result = import_csv(tmp_path, text)

    assert result.output == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 3 (Tee): price must be an amount like 19.99: 'x'"
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["A", "B"]


def test_a_cell_may_name_several_pictures(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    for colour in ("red", "green", "blue"):
        (tmp_path / "shop" / f"{colour}.png").write_bytes(make_png(colour))
    text = 'sku,name,price,images\nA,Lamp,1,red.png | green.png\nB,Lamp,1,"[{""file"": ""blue.png"", ""alt"": ""Blue""}]"\n'

    assert import_csv(tmp_path, text).output == ["2 created, 0 changed, 0 unchanged, 0 failed"]
    assert import_csv(tmp_path, text).output == ["0 created, 0 changed, 2 unchanged, 0 failed"]

    pictures = ProductImage.objects.order_by("pk").values_list("product__variants__sku", "alt")
    assert list(pictures) == [("A", "Lamp"), ("A", "Lamp"), ("B", "Blue")]


def test_a_cell_that_begins_with_a_bracket_and_is_not_json_names_one_picture(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "[red] lamp.png").write_bytes(make_png())

    result = import_csv(tmp_path, "sku,name,price,images\nA,Lamp,1,[red] lamp.png\n")

    assert result == CREATED
    assert list(ProductImage.objects.values_list("product__variants__sku", "alt")) == [("A", "Lamp")]


@pytest.mark.parametrize(
    "name",
    ["image", "image_url", "picture"],
)
def test_a_cell_of_another_shop_may_name_several_pictures(tmp_path: Path, name: str) -> None:
    (tmp_path / "shop").mkdir()
    for colour in ("red", "green"):
        (tmp_path / "shop" / f"{colour}.png").write_bytes(make_png(colour))

    import_csv(tmp_path, f"sku,name,price,{name}\nA,Lamp,1,red.png|green.png\n")

    assert ProductImage.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "",
            "must begin with a line of column names, including sku; a column with another name can be renamed, such as Artikel=sku",
        ),
        (
            "\n",
            "must begin with a line of column names, including sku; a column with another name can be renamed, such as Artikel=sku",
        ),
        (
            "name,price\nLamp,1\n",
            "must begin with a line of column names, including sku; a column with another name can be renamed, such as Artikel=sku",
        ),
        (
            "A1,Lamp,1\nA2,Lamp,2\n",
            "must begin with a line of column names, including sku; a column with another name can be renamed, such as Artikel=sku",
        ),
        ("sku,name,sku\nA1,Lamp,1\n", "has the column sku twice; keep one of the two"),
        ("sku,Name,name\nA1,Lamp,1\n", "has the column name twice; keep one of the two"),
        ("<products><product/></products>", "is XML or HTML, which is not read; export the products as CSV or JSON"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "is an old Excel workbook; save it as .xlsx or CSV UTF-8"),
        (b"PK\x03\x04" + bytes(600), "is an archive or another kind of document; save the table as .xlsx or CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str | bytes, error: str) -> None:
    result = import_csv(tmp_path, text)

    assert result == (2, [], [f"{tmp_path}/shop/products.csv {error}"])
    assert not Product.objects.exists()


def test_a_quote_that_is_not_closed_costs_one_record(tmp_path: Path) -> None:
    lines = [f"R{number},Lamp,1\n" for number in range(450)]
    lines[7] = 'R7,"Lamp,1\n'

    result = import_csv(tmp_path, "sku,name,price\n" + "".join(lines) + 'Z,"Lamp')

    assert result.output == ["449 created, 0 changed, 0 unchanged, 2 failed"]
    assert result.errors[:2] == [
        "  row 9 (Lamp): the quotation mark in line 9 is not closed",
        "  row 452 (Lamp): the quotation mark in line 452 is not closed",
    ]


def test_a_head_without_lines_is_an_empty_file(tmp_path: Path) -> None:
    assert import_csv(tmp_path, "sku,name,price\n") == (0, ["0 created, 0 changed, 0 unchanged, 0 failed"], [])
