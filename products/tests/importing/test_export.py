"""`manage.py export_products`: the exported file"""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from products.models import MarketPrice, Product, ProductImage, Variant
from products.tests.export_file import export_rows, make_full_shop, run_export
from products.tests.factories import add_picture, make_category, make_png, make_product, make_variant, update_product
from products.tests.import_file import dump_shop
from tests.people import make_user
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db


def test_a_simple_product_is_a_row(tmp_path: Path) -> None:
    category = make_category("Lighting", "Home")
    make_product("Lamp", sku="A1", price="20", stock=7, prices={"us": "3.5"}, category=category, description="Of brass.")
    Variant.objects.update(compare_at_price="25", reserved=3, weight_grams=1250)
    MarketPrice.objects.update(compare_at_price="4")

    result = run_export(tmp_path / "out.json")

    assert result == (0, [f"1 product(s) written to {tmp_path / 'out.json'}"], [])
    assert json.loads((tmp_path / "out.json").read_text()) == [
        {
            "sku": "A1",
            "price": "20.00",
            "prices": {"us": "3.50"},
            "stock": 4,
            "weight_grams": 1250,
            "compare_at_price": "25.00",
            "compare_at_prices": {"us": "4.00"},
            "name": "Lamp",
            "category": "Home > Lighting",
            "description": "Of brass.",
            "low_stock_threshold": 5,
            "is_active": True,
        }
    ]


def test_a_product_with_variants_is_a_row_too(tmp_path: Path) -> None:
    tee = make_product("Tee", variants=[make_variant("S", name="S", options={"Size": "S"}), make_variant("M", name="M", stock=0)])
    picture = add_picture(tee, alt="")

    row = export_rows(tmp_path)[0]

    assert row == {
        "name": "Tee",
        "category": None,
        "description": "",
        "low_stock_threshold": 5,
        "is_active": True,
        "images": [{"file": picture.image.name, "alt": ""}],
        "variants": [
            {"sku": "S", "price": "20.00", "prices": {}, "stock": 10, "name": "S", "options": {"Size": "S"}},
            {"sku": "M", "price": "20.00", "prices": {}, "stock": 0, "name": "M", "options": {}},
        ],
    }


def test_the_products_come_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    for name in ("Zebra", "Ant", "Mole"):
        make_product(name)

    assert [row["name"] for row in export_rows(tmp_path)] == ["Zebra", "Ant", "Mole"]


def test_what_is_off_or_a_sellers_is_written_and_what_is_deleted_is_not(tmp_path: Path) -> None:
    make_product("Off", is_active=False)
    make_product("Seller's", seller_id=make_user().pk)
    update_product(make_product("Deleted"), deleted_at=datetime(2025, 1, 1, tzinfo=UTC))

    assert [(row["name"], row["is_active"]) for row in export_rows(tmp_path)] == [("Off", False), ("Seller's", True)]


def test_a_product_whose_variants_are_all_off_is_left_out(tmp_path: Path) -> None:
    off = make_product("Off", sku="OFF")
    deleted = make_product("Gone", sku="GONE")
    Variant.objects.filter(product=off).update(is_active=False)
    Variant.objects.filter(product=deleted).update(deleted_at=datetime(2025, 1, 1, tzinfo=UTC))
    make_product("On")

    result = run_export(tmp_path / "out.json")

    assert result.output == [f"1 product(s) written to {tmp_path / 'out.json'}"]
    assert [row["name"] for row in export_rows(tmp_path)] == ["On"]


def test_text_that_looks_like_html_is_escaped_and_other_text_is_not(tmp_path: Path) -> None:
    make_product("<b>Lamp</b>", description="AT&T, 5 < 6")

    row = export_rows(tmp_path)[0]

    assert (row["name"], row["description"]) == ("&lt;b&gt;Lamp&lt;/b&gt;", "AT&T, 5 < 6")


def test_an_empty_shop_is_an_empty_file(tmp_path: Path) -> None:
    assert export_rows(tmp_path) == []
    assert run_export(tmp_path / "out.csv").code == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1


def test_csv_has_a_line_for_each_variant(tmp_path: Path) -> None:
    category = make_category("Clothing")
    variants = [
        make_variant("S", name="S", options={"Size": "S"}, prices={"us": "2"}, compare_at="25", weight_grams=180),
        make_variant("M", name="M", options={"Colour": "Red"}, stock=0),
    ]
    make_product("=Tee", variants=variants, category=category)
    make_product("Lamp", sku="A1", description="Two\nlines", is_active=False)

    run_export(tmp_path / "out.CSV")

    with (tmp_path / "out.CSV").open(newline="", encoding="utf-8-sig") as stream:
        lines: list[dict[str, Any]] = list(csv.DictReader(stream))
    assert list(lines[0]) == [
        *("group", "sku", "name", "category", "description", "price", "compare_at_price", "stock", "weight_grams"),
        *(
            "low_stock_threshold",
            "is_active",
            "images",
            "price_us",
            "compare_at_price_us",
            "variant_name",
            "variant_image",
            "option_Colour",
            "option_Size",
        ),
    ]
    cells = [{name: cell for name, cell in line.items() if cell} for line in lines]
    product_cells = {"name": "'=Tee", "category": "Clothing", "low_stock_threshold": "5", "is_active": "true"}
    assert cells == [
        {"group": "1", "sku": "S", "price": "20.00", "compare_at_price": "25.00", "stock": "10", "price_us": "2.00"}
        | {"weight_grams": "180"}
        | {"variant_name": "S", "option_Size": "S"}
        | product_cells,
        {"group": "1", "sku": "M", "price": "20.00", "stock": "0", "variant_name": "M", "option_Colour": "Red"},
        {"sku": "A1", "name": "Lamp", "description": "Two\nlines", "price": "20.00", "stock": "10"}
        | {"low_stock_threshold": "5", "is_active": "false"},
    ]


def test_the_pictures_are_copied_where_that_is_asked_for(tmp_path: Path) -> None:
    lamp = make_product("Lamp")
    picture = add_picture(lamp)
    folder = tmp_path / "pictures"

    run_export(tmp_path / "out.json")
    assert not folder.exists()
    assert run_export(tmp_path / "out.json", images=folder).code == 0

    copy = folder / str(picture.image.name)
    assert copy.read_bytes() == make_png()
    copy.write_bytes(b"kept")
    run_export(tmp_path / "out.json", images=folder)
    assert copy.read_bytes() == b"kept"


def test_a_picture_that_is_not_in_the_storage_is_named(tmp_path: Path) -> None:
    picture = add_picture(make_product("Lamp"))
    (Path(settings.MEDIA_ROOT) / str(picture.image.name)).unlink()

    result = run_export(tmp_path / "out.json", images=tmp_path / "pictures")

    assert result.code == 0
    assert len(result.errors) == 1
    assert result.errors[0].startswith(f"  picture {picture.image.name} could not be read: ")
    assert ProductImage.objects.count() == 1


@pytest.mark.parametrize("name", ["out.json", "out.csv"])
def test_an_export_that_fails_half_way_leaves_the_former_file(tmp_path: Path, name: str) -> None:
    make_product("First")
    add_picture(make_product("Second"))
    (tmp_path / name).write_text("the former one")
    (tmp_path / "pictures").write_text("a file where a folder should be")

    result = run_export(tmp_path / name, images=tmp_path / "pictures")

    assert result.code == 2
    assert result.output == []
    assert (tmp_path / name).read_text() == "the former one"


def test_an_export_that_fails_half_way_leaves_nothing_else(tmp_path: Path) -> None:
    add_picture(make_product("Lamp"))
    (tmp_path / "pictures").write_text("a file where a folder should be")

    run_export(tmp_path / "out.json", images=tmp_path / "pictures")

    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == []


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    result = run_export(tmp_path / "missing" / "out.json")

    assert (result.code, result.output) == (2, [])
    assert result.errors[0].startswith(f"{tmp_path / 'missing' / 'out.json'}")
    assert result.errors[0].endswith(" cannot be written: No such file or directory")


def test_with_verbosity_0_nothing_is_printed(tmp_path: Path) -> None:
    make_product("Lamp")

    assert run_export(tmp_path / "out.json", verbosity=0) == (0, [], [])


def test_an_export_changes_nothing(tmp_path: Path) -> None:
    make_full_shop()
    before = dump_shop()

    run_export(tmp_path / "out.json", images=tmp_path / "pictures")
    run_export(tmp_path / "out.csv")

    assert dump_shop() == before


def test_1_and_20_products_cost_the_same_number_of_statements(tmp_path: Path) -> None:
    def make_tee(number: int) -> None:
        tee = make_product(f"Tee {number}", variants=[make_variant(f"S-{number}", prices={"us": "1"}), make_variant(f"M-{number}")])
        add_picture(tee)

    make_tee(0)
    with capture_statements() as of_one:
        run_export(tmp_path / "out.json")
    for number in range(1, 20):
        make_tee(number)

    with capture_statements() as of_twenty:
        run_export(tmp_path / "out.json")

    assert len(of_twenty) == len(of_one)
    assert Product.objects.count() == 20
