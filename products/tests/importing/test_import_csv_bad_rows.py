"""`manage.py import_products`: CSV lines that cannot be imported"""

from pathlib import Path

import pytest

from products.models import Product, Variant
from products.tests.import_file import import_csv, import_rows, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_line_with_more_cells_than_names_is_refused(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price\nA,Lamp,1\nB,Lamp, of brass,1\nC,Lamp,1\n")

    assert result.output == ["2 created, 0 changed, 0 unchanged, 1 failed"]
    assert result.errors[0].startswith("  row 3 (")
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["A", "C"]


def test_the_reason_is_that_there_are_more_cells_than_names(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price\nB,Lamp, of brass,1\n")

    assert result.errors[0].endswith(": has more cells than there are column names")


def test_a_line_of_a_group_with_more_cells_than_names_is_refused(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "group,sku,name,price\nt,S,Tee,1\nt,M,,1,299\n")

    assert result.output == ["0 created, 0 changed, 0 unchanged, 1 failed"]
    assert not Product.objects.exists()


def test_a_line_with_more_cells_than_names_counts_as_named(tmp_path: Path) -> None:
    import_rows(tmp_path, make_row("A"), make_row("B"))

    import_csv(tmp_path, "sku,name,price\nA,Lamp,1\nB,Lamp, of brass,1\n", deactivate_missing=True)

    assert sorted(Product.objects.values_list("name", "is_active")) == [("Lamp", True), ("Lamp B", True)]


def test_empty_cells_behind_the_last_name_are_passed_over(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price\nA,Lamp,1,,\n")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]


def test_a_line_with_fewer_cells_than_names_lacks_them(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price,stock\nA,Lamp,1\nB,Lamp\n")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 3 (Lamp): SKU B is new to the shop, so its row needs a price"


def test_a_text_that_is_too_long_is_a_bad_row(tmp_path: Path) -> None:
    result = import_csv(tmp_path, f"sku,name,price,description\nA,Lamp,1,{'x' * 20_001}\nB,Lamp,1,{'x' * 20_000}\n")

    assert result.errors[0] == "  row 2 (Lamp): description is longer than 20000 characters or contains a NUL"
    assert Variant.objects.get().sku == "B"


def test_a_text_that_is_far_too_long_is_a_bad_row(tmp_path: Path) -> None:
    result = import_csv(tmp_path, f"sku,name,price,description\nA,Lamp,1,{'x' * 140_000}\nB,Lamp,1,\n")

    assert result.errors[0] == "  row 2 (Lamp): description is longer than 20000 characters or contains a NUL"
    assert Variant.objects.get().sku == "B"


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("price_de", "1", "prices names 'de', which is not another market of this shop"),
        ("price_us", "1,5,5", "prices.us must be an amount like 19.99: '1,5,5'"),
        ("is_active", "perhaps", "is_active must be a word like true, yes, active, or false, no, draft: 'perhaps'"),
        ("stock", "1.5", "stock must be a whole number from 0 to 1000000000: '1.5'"),
        ("images", '"[{""alt"": ""A lamp""}]"', "an image must be a file name, a URL, or an object with file and alt"),
        ("category", "Home >", "category must look like Home > Lighting, each part at most 120 characters"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, column: str, cell: str, reason: str) -> None:
    quoted = f'"{cell}"' if "," in cell and not cell.startswith('"') else cell

    result = import_csv(tmp_path, f"sku,name,price,{column}\nA,Lamp,1,{quoted}\n")

    assert result.errors == [f"  row 2 (Lamp): {reason}", "1 problem(s); everything else was imported."]
    assert not Product.objects.exists()


@pytest.mark.parametrize("columns", ["options,option_Size", "option_Size,options", "prices,price_us", "price_us,prices"])
def test_one_thing_said_in_two_ways_is_refused_before_anything_is_written(tmp_path: Path, columns: str) -> None:
    result = import_csv(tmp_path, f"sku,name,price,{columns}\nA,Lamp,1,2,3\n")

    assert result.code == 2
    assert "keep one of the two" in result.errors[-1]
    assert not Product.objects.exists()
