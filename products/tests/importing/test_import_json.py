"""`manage.py import_products`: JSON files"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from products.models import Product, Variant
from products.tests.import_file import CommandResult, dump_shop, import_rows, make_row, run_import, write_file

pytestmark = pytest.mark.once


def import_text(folder: Path, text: str) -> CommandResult:
    """Import a file with this text."""
    return run_import(write_file(folder, text))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        '{"products": [%s]}',
        '\ufeff{"products": [%s]}',
        '{"count": 1, "next": null, "products": [%s], "at": "2025-01-01"}',
        '{"meta": {"products": 5, "page": [1, 2]}, "products": [%s]}',
    ],
)
def test_the_list_may_stand_under_products(tmp_path: Path, text: str) -> None:
    result = import_text(tmp_path, text % json.dumps(make_row()))

    assert result == (0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])
    assert Variant.objects.get().sku == "LMP-1"


@pytest.mark.django_db
def test_an_object_with_no_products_in_its_list_is_an_empty_file(tmp_path: Path) -> None:
    assert import_text(tmp_path, '{"products": []}') == (0, ["0 created, 0 changed, 0 unchanged, 0 failed"], [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"products": [%s]}}',
        '{"data": [%s]}',
        '{"items": [%s]}',
        '{"products": {"list": [%s]}}',
        '{"products": {"": [%s]}}',
        '{"Products": [%s]}',
    ],
)
def test_a_list_that_stands_elsewhere_is_not_looked_for(tmp_path: Path, text: str) -> None:
    result = import_text(tmp_path, text % json.dumps(make_row()))

    assert result == (2, [], [f"{tmp_path}/shop/products.json must contain a JSON list of products"])
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    result = import_text(tmp_path, "\ufeff" + json.dumps([make_row()]))

    assert result == (0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])


@pytest.mark.django_db
@pytest.mark.parametrize("tail", [" x", "[]", ",", "\n{}", "]"])
def test_a_file_with_something_behind_the_list_writes_nothing(tmp_path: Path, tail: str) -> None:
    before = dump_shop()

    result = import_text(tmp_path, json.dumps([make_row()]) + tail)

    assert result.code == 2
    assert result.errors[0].startswith(f"{tmp_path}/shop/products.json is not valid JSON: parse error")
    assert dump_shop() == before


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["", ",]", ", {", ', {"sku": "B"', ', {"sku": NaN}]', ', "\x01"]'])
def test_a_file_with_an_error_at_its_end_writes_nothing(tmp_path: Path, end: str) -> None:
    run_import(write_file(tmp_path, [make_row("A")]))
    before = dump_shop()
    rows = [make_row("A", price="1.00"), *(make_row(f"R-{number}") for number in range(450))]

    result = import_text(tmp_path, json.dumps(rows)[:-1] + end)

    assert (result.code, result.output) == (2, [])
    assert dump_shop() == before


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["1e400", "1E+4000", "-1e400", "1e-400"])
def test_a_number_that_no_column_holds_is_a_bad_row(tmp_path: Path, number: str) -> None:
    text = json.dumps([make_row("A", price="P"), make_row("B", compare_at_price="P"), make_row("C")]).replace('"P"', number)

    result = import_text(tmp_path, text)

    assert result.output == ["1 created, 0 changed, 0 unchanged, 2 failed"]
    assert [line.partition(": ")[0] for line in result.errors[:2]] == ["  row 1 (Lamp A)", "  row 2 (Lamp B)"]
    assert Variant.objects.get().sku == "C"


def test_a_number_of_many_digits_does_not_end_the_process(tmp_path: Path) -> None:
    file = write_file(tmp_path, f'[{{"sku": "A", "name": "Lamp", "price": 1, "stock": {"9" * 5_000}}}]')
    script = f"""
import django
django.setup()
from products.importing.sources import Source, Unreadable
try:
    list(Source(__import__("pathlib").Path({str(file)!r})).iter_rows())
except Unreadable:
    pass
"""

    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "store.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, env=environment, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 0


@pytest.mark.django_db
@pytest.mark.parametrize("text", ['[{"sku": "A", "name": "Lamp", "price": %s}]', '{"count": %s, "products": []}'])
def test_a_number_of_many_digits_writes_nothing(tmp_path: Path, text: str) -> None:
    run_import(write_file(tmp_path, [make_row("A")]))
    before = dump_shop()

    result = import_text(tmp_path, text % ("9" * 4_100))  # the parser crashes from 4,300 on

    reason = "is not valid JSON: it contains a number with more than 4000 digits"
    assert result == (2, [], [f"{tmp_path}/shop/products.json {reason}"])
    assert dump_shop() == before


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["{}", "null", "1", '"products"', '{"": 1, "products": 2}'])
def test_a_file_without_a_list_is_refused(tmp_path: Path, text: str) -> None:
    result = import_text(tmp_path, text)

    assert result == (2, [], [f"{tmp_path}/shop/products.json must contain a JSON list of products"])
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_a_row_of_deeply_nested_lists_is_a_bad_row(tmp_path: Path) -> None:
    result = import_text(tmp_path, f"[{'[' * 20_000}{']' * 20_000}, {json.dumps(make_row())}]")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed"]
    assert result.errors[0] == "  row 1 (?): is not an object"


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["price", "stock", "name"])
def test_a_column_of_deeply_nested_lists_is_a_bad_row(tmp_path: Path, column: str) -> None:
    text = json.dumps([make_row("A", **{column: "DEEP"}), make_row("B")]).replace('"DEEP"', "[" * 20_000 + "]" * 20_000)

    result = import_text(tmp_path, text)

    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed"]
    assert Variant.objects.get().sku == "B"


@pytest.mark.django_db
def test_half_a_character_comes_in_as_a_question_mark_or_not_at_all(tmp_path: Path) -> None:
    result = import_text(
        tmp_path, '[{"sku": "A", "name": "Lamp \\ud83d", "price": 1}, {"sku": "B", "name": "Lamp \\ud83d\\udca1", "price": 1}]'
    )

    assert result.output == ["2 created, 0 changed, 0 unchanged, 0 failed"]
    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == ["Lamp ?", "Lamp 💡"]


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_text_that_is_not_utf_8_is_refused(tmp_path: Path, encoding: str) -> None:
    file = write_file(tmp_path, [])
    file.write_bytes(json.dumps([make_row(name="Café")], ensure_ascii=False).encode(encoding))

    result = run_import(file)

    assert result.code == 2
    assert result.errors[0].startswith(f"{file} is not valid JSON: ")
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_null_is_nothing_said_where_nothing_need_be_said(tmp_path: Path) -> None:
    row = make_row(
        "A", description=None, low_stock_threshold=None, options=None, category=None, images=[None, {"src": None}], prices=None
    )

    assert import_rows(tmp_path, row).output == ["1 created, 0 changed, 0 unchanged, 0 failed"]

    lamp = Product.objects.get()
    assert (lamp.description, lamp.low_stock_threshold, lamp.category) == ("", 5, None)
    assert not lamp.images.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", [" > ".join("abcdefghijk"), "Lamps " * 400])
def test_a_category_that_is_too_deep_or_too_long_is_a_bad_row(tmp_path: Path, path: str) -> None:
    result = import_rows(tmp_path, make_row("A", category=path), make_row("B"))

    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed"]
    assert "category" in result.errors[0]
