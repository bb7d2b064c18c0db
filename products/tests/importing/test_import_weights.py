"""`manage.py import_products`: weights, which are read with their unit or not at all"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from products.importing.preview import build_preview
from products.importing.raw_rows import RawRow
from products.models import Variant
from products.tests.factories import make_product, make_variant, update_variant
from products.tests.import_file import dump_shop, import_csv, import_rows, make_row, run_import, write_file

pytestmark = pytest.mark.django_db
RULE = "must be a weight from 0 to 10,000,000 g, such as 1.5 kg, 500 g, 2 lb or 8 oz"
NOT_READ = (
    "  note: a weight was not read, because it has no unit; write 1.5 kg, or rename the column to weight_kg, weight_lb and so on"
)


def read_weight(folder: Path, column: str, value: Any) -> int | None:
    """Import a lamp with this weight from a JSON file and return the grams."""
    result = import_rows(folder, make_row("A", **{column: value}))
    assert (result.code, result.errors) == (0, [])
    return Variant.objects.get().weight_grams


def get_weights() -> dict[str, int | None]:
    """Return the weights by SKU."""
    return dict(Variant.objects.values_list("sku", "weight_grams"))


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        *(("1.5 kg", 1500), ("500 g", 500), ("2 lb", 907), ("8 oz", 227), ("3kg", 3000), ("0.35 KG", 350), ("1 lbs.", 454)),
        *(("2 Pounds", 907), ("1 ounce", 28), ("750 grams", 750), ("1 Kilogramm", 1000), ("2 kilogrammes", 2000), ("5 KGM", 5000)),
        *(("1,5 kg", 1500), ("0,250 kg", 250), ("1.299,5 g", 1300), ("1,299.5 g", 1300), ("1 299 g", 1299), ("1’299 g", 1299)),
        *(("１．５ｋｇ", 1500), ("1.5 ㎏", 1500), ("١٫٥ kg", 1500), ("1,5\u00a0кг", 1500), ("2 公斤", 2000), ("1.5\u200bkg", 1500)),
        *(("1.5E+03 g", 1500), ("0 kg", 0), ("0", 0), ("0.000", 0), ("0,0", 0), ("10000 kg", 10_000_000)),
    ],
)
def test_a_weight_with_its_unit_is_read_in_grams(tmp_path: Path, text: str, grams: int) -> None:
    assert read_weight(tmp_path, "weight", text) == grams


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        *(("12.4 g", 12), ("12.5 g", 13), ("0.4 g", 1), ("0.001 g", 1), ("2.2046 lb", 1000), ("2.20463 lb", 1000)),
        *(("453.59237 g", 454), ("1.2999999999999998 kg", 1300)),
    ],
)
def test_a_fraction_is_rounded_to_the_nearest_gram_and_what_weighs_anything_weighs_a_gram(
    tmp_path: Path, text: str, grams: int
) -> None:
    assert read_weight(tmp_path, "weight", text) == grams


@pytest.mark.parametrize(
    ("column", "value", "grams"),
    [
        *(("weight_grams", "1250", 1250), ("weight_grams", 1250, 1250), ("weight_grams", 12.5, 13), ("grams", 800, 800)),
        *(("Weight (kg)", "1.25", 1250), ("Weight (lbs)", "2", 907), ("Weight [oz]", 8, 227), ("weight (Grams)", "80", 80)),
        *(("Weight in kg", "1.25", 1250), ("weight_lb", "1", 454), ("weightKg", 0.75, 750), ("product_weight_g", "225", 225)),
        *(("Gewicht (kg)", "1,25", 1250), ("Poids en kg", "1", 1000), ("Peso (kg)", "1", 1000), ("Versandgewicht kg", "1", 1000)),
        *(("shipping_weight", "3 kg", 3000), ("g:shipping_weight", "3 kg", 3000), ("variant weight", "1500.0 g", 1500)),
        *(("weight_kg", "500 g", 500), ("weight_grams", "1.5 kg", 1500), ("Weight (kg)", "8 oz", 227)),
        *(("weight", {"value": 1.5, "unit": "KILOGRAMS"}, 1500), ("weight", {"value": None, "unit": "kg"}, None)),
    ],
)
def test_the_column_may_name_the_unit_and_the_unit_in_the_cell_counts_before_it(
    tmp_path: Path, column: str, value: Any, grams: int | None
) -> None:
    assert read_weight(tmp_path, column, value) == grams


@pytest.mark.parametrize(
    ("unit", "grams"), [("kg", 2000), ("LB", 907), ("oz.", 57), ("GRAM", 2), ("stone", None), ("", None), (7, None)]
)
def test_a_column_of_its_own_may_name_the_unit(tmp_path: Path, unit: Any, grams: int | None) -> None:
    import_rows(tmp_path, make_row("A", weight="2", weight_unit=unit))

    assert get_weights() == {"A": grams}


@pytest.mark.parametrize(
    "value", ["1.5", 2, 0.5, "-3", "n/a", "180 gsm", "180 g/m²", "heavy", "3 stone", "1.250", [1], True, {"value": 2}]
)
def test_a_weight_without_a_unit_is_not_read_and_noted(tmp_path: Path, value: Any) -> None:
    make_product("Lamp", sku="A", price="20.00")
    update_variant("A", weight_grams=77)

    result = import_rows(tmp_path, {"sku": "A", "weight": value}, make_row("B", weight=value))

    assert result == (0, [f"{NOT_READ} (rows 1, 2)", "1 created, 0 changed, 1 unchanged, 0 failed"], [])
    assert get_weights() == {"A": 77, "B": None}


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        *(("weight", "-3 kg", RULE), ("weight", "10001 kg", RULE), ("weight_grams", "10000001", RULE), ("weight_grams", -1, RULE)),
        *(
            ("weight_grams", "heavy", RULE),
            ("weight_kg", "3 stone", RULE),
            ("weight_kg", "180 g/m²", RULE),
            ("weight_kg", True, RULE),
        ),
        *(("weight_kg", "1e999", RULE), ("weight_kg", "9" * 50, RULE), ("weight_grams", [1], RULE)),
        ("weight", "1-2 kg", "is a range; give one amount"),
        ("weight_kg", "n/a", "has no number; write 0 if it is 0, or leave it empty"),
        ("weight", "1.250 kg", "may mean 1.25 or 1250, and the file does not show which; write one of them"),
        ("weight", "1,250 kg", "may mean 1.25 or 1250, and the file does not show which; write one of them"),
    ],
)
def test_a_weight_that_cannot_be_refuses_its_row(tmp_path: Path, column: str, value: Any, reason: str) -> None:
    make_product("Lamp", sku="A")
    before = dump_shop()

    result = import_rows(tmp_path, {"sku": "A", "name": "Lamp", "stock": 99, column: value})

    assert result.code == 1
    assert result.errors[0].startswith(f"  row 1 (Lamp): {column} {reason}: ")
    assert dump_shop() == before


@pytest.mark.parametrize(
    ("price", "weight", "grams"),
    [("9,50", "1.250 kg", 1_250_000), ("9.50", "1.250 kg", 1250), ("9,50", "1,250 kg", 1250), ("9.50", "1,250 kg", 1_250_000)],
)
def test_the_prices_of_the_file_tell_the_decimal_mark_of_its_weights(tmp_path: Path, price: str, weight: str, grams: int) -> None:
    import_csv(tmp_path, f"sku;name;price;weight\nA;Lamp;{price};{weight}\n")

    assert get_weights() == {"A": grams}


def test_a_weight_that_proves_its_own_mark_is_read_beside_prices_with_the_other(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku;name;price;weight\nA;Lamp;9.50;1,5 kg\n")

    assert get_weights() == {"A": 1500}


def test_where_prices_prove_no_mark_other_weights_may(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku;name;price;Gewicht (kg)\nA;Lamp;9;0,5\nB;Pan;12;1,250\n")

    assert get_weights() == {"A": 500, "B": 1250}


@pytest.mark.parametrize("price", ["9,50", "9.50", "9"])
def test_numbers_of_json_have_a_decimal_point_whatever_the_texts_of_the_file_have(tmp_path: Path, price: str) -> None:
    lamp = f'{{"sku": "A", "name": "Lamp", "price": "{price}", "weight_kg": 1.250}}'
    pan = '{"sku": "B", "name": "Pan", "price": "9", "weight_oz": 8}'

    assert run_import(write_file(tmp_path, f"[{lamp}, {pan}]")).code == 0
    assert get_weights() == {"A": 1250, "B": 227}


def test_absent_is_left_alone_and_empty_removes_the_weight(tmp_path: Path) -> None:
    for sku in "ABC":
        make_product(sku, sku=sku)
        update_variant(sku, weight_grams=500)

    result = import_csv(tmp_path, "sku,name,weight_grams\nA,A,\nB,B,0\n")
    import_csv(tmp_path, "sku,price\nC,30\n")
    import_csv(tmp_path, "sku,name,weight_unit\nC,C,kg\n")

    assert result.output[-1] == "0 created, 2 changed, 0 unchanged, 0 failed"
    assert get_weights() == {"A": None, "B": 0, "C": 500}


def test_of_several_columns_the_first_that_is_filled_counts(tmp_path: Path) -> None:
    import_csv(
        tmp_path,
        "sku,name,price,weight_grams,Weight (kg),product weight,variant weight\n"
        "A,A,5,700,9,9 kg,9 kg\nB,B,5,,2,9 kg,9 kg\nC,C,5,,,3 kg,4 kg\nD,D,5,,,3 kg,\n",
    )

    assert get_weights() == {"A": 700, "B": 2000, "C": 4000, "D": 3000}


def test_a_line_about_one_of_several_variants_changes_its_weight_alone(tmp_path: Path) -> None:
    make_product("Rug", variants=[make_variant(f"RUG-{size}", options={"Size": size}, weight_grams=900) for size in "SM"])

    result = import_csv(tmp_path, "sku,weight\nRUG-M,2.2 kg\n")

    assert result.output[-1] == "0 created, 1 changed, 0 unchanged, 0 failed"
    assert get_weights() == {"RUG-S": 900, "RUG-M": 2200}


def test_variants_in_json_and_in_groups_have_weights_of_their_own(tmp_path: Path) -> None:
    variants = [
        {"sku": "S", "price": 5, "weight": "900 g", "options": {"Size": "S"}},
        {"sku": "M", "price": 5, "weight_grams": 950},
    ]
    import_rows(tmp_path, {"name": "Rug", "variants": variants})
    import_csv(tmp_path, "group,sku,name,price,option_Size,weight_kg\n1,X,Mat,5,S,1.8\n1,Y,,5,L,2.6\n")

    assert get_weights() == {"S": 900, "M": 950, "X": 1800, "Y": 2600}


def test_numbers_of_a_workbook_have_no_mark(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("sku", "name", "price", "Weight (kg)", "weight_oz"),
        ("A", "A", 5, 1.25, None),
        ("B", "B", 5, None, 8),
        ("C", "C", 5, "1,5", 1),
    ):
        sheet.append(row)
    book.save(tmp_path / "products.xlsx")

    assert run_import(tmp_path / "products.xlsx").code == 0
    assert get_weights() == {"A": 1250, "B": 227, "C": 1500}


def test_a_column_of_another_name_is_renamed_with_its_unit(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,Masse\nA,Lamp,5,1.25\n", map="Masse=weight_kg")

    assert get_weights() == {"A": 1250}


def test_two_columns_of_one_name_and_different_units_are_no_error(tmp_path: Path) -> None:
    import_csv(tmp_path, "sku,name,price,Weight (kg),Weight (lbs)\nA,Lamp,5,1,2.2\nB,Pan,5,,2\n")
    assert get_weights() == {"A": 1000, "B": 907}

    refused = import_csv(tmp_path, "sku,name,price,Weight (kg),weight (KG)\nA,Lamp,5,1,2\n")

    assert refused.code == 2
    assert "has the column weight (KG) twice; keep one of the two" in refused.errors[0]


@pytest.mark.parametrize(
    ("header", "cells", "grams"),
    [
        ("Variant Grams,Variant Weight Unit", ("1250", "kg"), 1250),
        ("Variant Grams,Variant Weight Unit", ("453.59237", "lb"), 454),
        ("Variant Grams,Variant Weight Unit", ("0.0", "kg"), 0),
        ("Weight value (grams),Weight unit for display", ("1250.0", "kg"), 1250),
        ("Variant Weight,Variant Weight Unit", ("1.25", "kg"), 1250),
        ("Variant Weight", ("1.25",), None),
    ],
)
def test_exports_of_shopify_give_grams(tmp_path: Path, header: str, cells: tuple[str, ...], grams: int | None) -> None:
    text = f"Handle,Title,Variant SKU,Variant Price,Option1 Name,Option1 Value,{header}\nlamp,Lamp,A,5.00,,,{','.join(cells)}\n"

    result = import_csv(tmp_path, text)

    assert result.output[0] == "Read as a Shopify product export."
    assert not [line for line in result.output if line.startswith("Not read")]
    assert get_weights() == {"A": grams}


@pytest.mark.parametrize("weight", [{"grams": 1250, "weight": 1.25, "weight_unit": "kg"}, {"weight": 1.25, "weight_unit": "kg"}])
def test_products_json_of_shopify_gives_grams_or_a_weight_with_its_unit(tmp_path: Path, weight: dict[str, Any]) -> None:
    variant = {"sku": "A", "price": "5.00", "option1": "Default Title", "inventory_quantity": 1, **weight}
    product = {"handle": "lamp", "title": "Lamp", "body_html": "", "options": [{"name": "Title"}], "variants": [variant]}

    result = run_import(write_file(tmp_path, json.dumps({"products": [product]})))

    assert result.output == ["Read as a Shopify products.json.", "1 created, 0 changed, 0 unchanged, 0 failed"]
    assert get_weights() == {"A": 1250}


@pytest.mark.parametrize(("unit", "grams"), [("kg", 1500), ("g", 2), ("lbs", 680), ("oz", 43)])
def test_a_variation_of_woocommerce_without_a_weight_has_that_of_its_product(tmp_path: Path, unit: str, grams: int) -> None:
    text = (
        f"ID,Type,SKU,Name,Published,Visibility in catalog,Regular price,Parent,Weight ({unit}),"
        "Attribute 1 name,Attribute 1 value(s)\n"
        '1,simple,MUG,Mug,1,visible,5.00,,1.5,,\n2,variable,TEE,Tee,1,visible,,,1.5,Size,"S, M"\n'
        "3,variation,TEE-S,Tee,1,visible,5.00,TEE,,Size,S\n4,variation,TEE-M,Tee,1,visible,5.00,TEE,0,Size,M\n"
    )

    result = import_csv(tmp_path, text)

    assert result.output == ["Read as a WooCommerce product export.", "2 created, 0 changed, 0 unchanged, 0 failed"]
    assert get_weights() == {"MUG": grams, "TEE-S": grams, "TEE-M": 0}


def test_a_shopping_feed_gives_the_weight_of_each_variant(tmp_path: Path) -> None:
    import_csv(
        tmp_path,
        "id\ttitle\tprice\timage_link\titem_group_id\tsize\tshipping_weight\n"
        "R-S\tRug\t20.00 INR\t\tRUG\tS\t0.9 kg\nR-M\tRug\t30.00 INR\t\tRUG\tM\t5 lb\nMUG\tMug\t5.00 INR\t\t\t\t12 oz\n",
    )

    assert get_weights() == {"R-S": 900, "R-M": 2268, "MUG": 340}


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("a Magento product export", "sku,attribute_set_code,product_type,name,price,weight\nA,Default,simple,Lamp,5.00,1.5\n"),
        (
            "a Medusa product export",
            "Product Handle,Product Title,Variant SKU,Variant Price INR,Variant Weight\nlamp,Lamp,A,5.00,400\n",
        ),
        (
            "a Vendure or Squarespace product export",
            "Title,SKU,Option Name 1,Option Value 1,Price,Stock,Weight\nLamp,A,Colour,Brass,5.00,3,1.5\n",
        ),
        ("", "Product ID;Reference;Name;Price tax included;Weight\n1;A;Lamp;5.00;1.5\n"),
    ],
)
def test_a_format_whose_unit_is_a_setting_of_the_other_shop_is_imported_without_weights(
    tmp_path: Path, title: str, text: str
) -> None:
    result = import_csv(tmp_path, text)

    assert (result.output[0] == f"Read as {title}.") is bool(title)
    assert f"{NOT_READ} (row 2)" in result.output
    assert get_weights() == {"A": None}


def test_spree_names_the_unit_in_a_column(tmp_path: Path) -> None:
    text = "slug,name,sku,price,option1_name,option1_value,weight,weight_unit\nlamp,Lamp,A,5.00,Colour,Brass,1.5,lb\n"

    result = import_csv(tmp_path, text)

    assert result.output[0] == "Read as a Spree product export."
    assert get_weights() == {"A": 680}


def test_the_preview_names_the_weight(tmp_path: Path) -> None:
    make_product("Lamp", sku="A")
    rows = [RawRow(1, {"sku": "A", "weight": "1.5 kg"}), RawRow(2, make_row("B", weight_grams=Decimal(80)))]

    changed, created = build_preview(rows, {}, tmp_path)

    assert changed["changes"] == ["weight: – → 1500 g"]
    assert "weight: 80 g" in created["changes"]
