"""`manage.py export_products`, and `import_products` of the exported file"""

import json
from pathlib import Path
from typing import Any

import pytest

from products.models import Category, Listing, MarketPrice, PriceChange, Product, ProductImage, StockMovement, Variant
from products.tests.export_file import ODD_TEXTS, export_rows, make_full_shop, reimport, run_export
from products.tests.factories import add_picture, make_category, make_product, make_variant
from products.tests.import_file import dump_shop, import_rows, make_row

pytestmark = pytest.mark.django_db
KINDS = pytest.mark.parametrize("name", ["out.json", "out.csv"])
BACK = 6 + len(ODD_TEXTS)  # products created by `make_full_shop`


def delete_catalog() -> None:
    """Delete the whole catalog."""
    for model in (StockMovement, PriceChange, Listing, ProductImage, MarketPrice, Variant, Product):
        model._default_manager.all().delete()
    while Category.objects.exists():
        Category.objects.filter(children=None).delete()


def replace_images_by_alts(rows: list[Any]) -> list[Any]:
    """Return the rows with the alternative texts of their pictures instead of the random file names."""
    return [{**row, "images": [picture["alt"] for picture in row.get("images", ())]} for row in rows]


@KINDS
def test_an_export_brought_back_changes_nothing(tmp_path: Path, name: str) -> None:
    make_full_shop()
    run_export(tmp_path / name)
    before = dump_shop()

    result = reimport(tmp_path / name)

    assert result == (0, [f"0 created, 0 changed, {BACK} unchanged, 0 failed"], [])
    assert dump_shop() == before


@KINDS
def test_a_variant_keeps_its_picture_in_another_shop(tmp_path: Path, name: str) -> None:
    tee = make_product("Tee", variants=[make_variant("TEE-S", options={"Size": "S"}), make_variant("TEE-M", options={"Size": "M"})])
    add_picture(tee, alt="Front")
    Variant.objects.filter(sku="TEE-M").update(image=add_picture(tee, position=1, alt="Back", colour="blue"))
    run_export(tmp_path / name, images=tmp_path)
    delete_catalog()

    assert reimport(tmp_path / name).output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    alts = dict(Variant.objects.values_list("sku", "image__alt"))
    assert alts == {"TEE-S": None, "TEE-M": "Back"}


@KINDS
def test_an_export_of_what_was_imported_changes_nothing(tmp_path: Path, name: str) -> None:
    pictures = tmp_path / "shop" / "lamp.png"
    pictures.parent.mkdir()
    add_picture(make_product("Other"))
    pictures.write_bytes(Path(ProductImage.objects.get().image.path).read_bytes())
    import_rows(
        tmp_path,
        make_row("A", images=["lamp.png"], prices={"us": "1"}),
        make_row("B", category=None, description="<p>One<br>Two</p>"),
    )
    run_export(tmp_path / name)
    before = dump_shop()

    assert reimport(tmp_path / name).output == ["0 created, 0 changed, 3 unchanged, 0 failed"]
    assert dump_shop() == before


@KINDS
def test_an_export_makes_the_same_shop_of_an_empty_one(tmp_path: Path, name: str) -> None:
    make_full_shop()
    before = export_rows(tmp_path)
    run_export(tmp_path / name, images=tmp_path / "pictures")
    delete_catalog()
    assert export_rows(tmp_path) == []

    result = reimport(tmp_path / name, images=tmp_path / "pictures")

    assert result == (0, [f"{BACK} created, 0 changed, 0 unchanged, 0 failed"], [])
    assert replace_images_by_alts(export_rows(tmp_path)) == replace_images_by_alts(before)
    assert ProductImage.objects.count() == 3


@KINDS
def test_the_texts_come_back_to_the_letter(tmp_path: Path, name: str) -> None:
    make_full_shop()
    before = list(Product.objects.order_by("pk").values_list("name", "description"))
    run_export(tmp_path / name)
    delete_catalog()

    reimport(tmp_path / name)

    assert list(Product.objects.order_by("pk").values_list("name", "description")) == before


@KINDS
def test_a_change_in_the_file_is_the_only_one(tmp_path: Path, name: str) -> None:
    make_full_shop()
    run_export(tmp_path / name)
    text = (tmp_path / name).read_text()
    assert text.count("949.50") == 1
    (tmp_path / name).write_text(text.replace("949.50", "940.00"))

    result = reimport(tmp_path / name)

    assert result.output == [f"0 created, 1 changed, {BACK - 1} unchanged, 0 failed"]
    assert str(Variant.objects.get(sku="TEE-M").price) == "940.000"


@KINDS
@pytest.mark.parametrize("category_name", ["Salt & Pepper", "Café", "5 < 6", "'Quoted'", "=Sale", "नीला"])
def test_a_category_keeps_its_name(tmp_path: Path, name: str, category_name: str) -> None:
    make_product("Lamp", category=make_category(category_name, "Home"))
    run_export(tmp_path / name)
    before = dump_shop()

    assert reimport(tmp_path / name).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert dump_shop() == before


@KINDS
@pytest.mark.parametrize("category_name", ["<b>Sale</b>", "Salt &amp; Pepper", "Kits > 5 pieces"])
def test_a_category_that_looks_like_html_or_a_path_keeps_its_name(tmp_path: Path, name: str, category_name: str) -> None:
    make_product("Lamp", category=make_category(category_name, "Home"))
    run_export(tmp_path / name)

    assert reimport(tmp_path / name).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert Category.objects.count() == 2


@KINDS
def test_a_category_far_down_keeps_its_place(tmp_path: Path, name: str) -> None:
    make_product("Lamp", category=make_category(*("x" * 119 + str(number) for number in range(5))))
    run_export(tmp_path / name)

    assert reimport(tmp_path / name).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("out.json", {"Size": " M "}),
        ("out.json", {"Size": ""}),
        ("out.json", {"<b>Size</b>": "&lt;M&gt;"}),
        ("out.csv", {"<b>Size</b>": "&lt;M&gt;"}),
        ("out.csv", {"Größe (cm)": "=30", "Price_us": "1", "group": "2"}),
        pytest.param("out.csv", {"Size": " M "}),
        pytest.param("out.csv", {"Size": ""}),
        pytest.param("out.csv", {" Size ": "M"}),
    ],
)
def test_options_come_back_to_the_letter(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    make_product("Tee", variants=[make_variant("S", name="S", options=options), make_variant("M", name="M")])
    run_export(tmp_path / name)

    assert reimport(tmp_path / name).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert Variant.objects.get(sku="S").options == options


@KINDS
def test_a_text_with_white_space_at_its_ends_is_no_change(tmp_path: Path, name: str) -> None:
    make_product("Lamp", description="First.\n")
    run_export(tmp_path / name)

    assert reimport(tmp_path / name).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]


@KINDS
def test_a_market_that_is_no_more_is_not_written(tmp_path: Path, name: str) -> None:
    make_product("Lamp", sku="A", prices={"us": "1"})
    MarketPrice.objects.create(variant=Variant.objects.get(), market="de", price="2")

    run_export(tmp_path / name)

    assert "de" not in json.dumps(export_rows(tmp_path)[0]["prices"])
    assert reimport(tmp_path / name).code == 0


@KINDS
def test_reserved_units_stay_reserved(tmp_path: Path, name: str) -> None:
    make_product("Lamp", sku="A", stock=10)
    Variant.objects.update(reserved=4)
    run_export(tmp_path / name)

    reimport(tmp_path / name)

    assert list(Variant.objects.values_list("stock", "reserved")) == [(10, 4)]
    assert StockMovement.objects.count() == 1


@KINDS
def test_a_second_export_is_the_same_file(tmp_path: Path, name: str) -> None:
    make_full_shop()
    run_export(tmp_path / name)
    first = (tmp_path / name).read_bytes()

    reimport(tmp_path / name)
    run_export(tmp_path / name)

    assert (tmp_path / name).read_bytes() == first


def test_an_apostrophe_in_front_of_digits_is_kept(tmp_path: Path) -> None:
    make_product("'90s mug", sku="'00044")
    run_export(tmp_path / "out.csv")
    before = dump_shop()

    assert "''00044" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert reimport(tmp_path / "out.csv").output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert dump_shop() == before
