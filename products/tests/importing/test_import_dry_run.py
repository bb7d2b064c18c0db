"""`manage.py import_products --dry-run`: everything is checked and counted, nothing is written"""

from pathlib import Path
from typing import Any

import pytest

from products.models import Product
from products.tests.factories import make_png
from products.tests.import_file import CommandResult, dump_shop, import_csv, import_rows, make_row, run_import, write_file

pytestmark = pytest.mark.django_db
DRY = " (dry run: nothing was written)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Create the folder of an import file with three pictures."""
    shop_folder = write_file(tmp_path, []).parent
    for colour in ("red", "green", "blue"):
        (shop_folder / f"{colour}.png").write_bytes(make_png(colour))
    return tmp_path


def import_dry_then_real(folder: Path, *rows: Any, **options: Any) -> tuple[CommandResult, CommandResult]:
    """Import these rows in a dry run, which must write nothing, and then for real."""
    file, before = write_file(folder, list(rows)), dump_shop()
    dry = run_import(file, dry_run=True, **options)
    assert dump_shop() == before
    return dry, run_import(file, **options)


def test_an_empty_shop_stays_empty(folder: Path) -> None:
    tee = {"name": "Tee", "category": "Clothing", "variants": [{"sku": "S", "price": 1}, {"sku": "M", "price": 1}]}

    dry, real = import_dry_then_real(
        folder,
        make_row("A", images=["red.png"], prices={"us": 1}),
        tee,
        make_row("B", images=["gone.png"]),
        make_row("C", price="x"),
    )

    summary = "3 created, 0 changed, 0 unchanged, 1 failed, 1 picture(s) missing"
    assert dry.output == [summary + DRY]
    assert real.output == [summary]
    assert (
        dry.errors[:2]
        == real.errors[:2]
        == [
            "  row 3 (Lamp B): picture gone.png was not found",
            "  row 4 (Lamp C): price must be an amount like 19.99: 'x'",
        ]
    )
    assert (dry.code, real.code) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Other"},
        {"price": "1.00"},
        {"prices": {"us": "9.00"}},
        {"stock": 3},
        {"category": "Elsewhere > New"},
        {"is_active": False},
        {"description": "Of glass."},
        {"low_stock_threshold": 1},
        {"images": ["red.png", "green.png"]},
    ],
)
def test_a_change_is_counted_and_not_made(folder: Path, change: dict[str, Any]) -> None:
    import_rows(folder, make_row("A", images=["red.png"]), make_row("B"))

    dry, real = import_dry_then_real(folder, make_row("A", **{"images": ["red.png"], **change}), make_row("B"))

    assert dry == (0, ["0 created, 1 changed, 1 unchanged, 0 failed" + DRY], [])
    assert real == (0, ["0 created, 1 changed, 1 unchanged, 0 failed"], [])


@pytest.mark.parametrize(
    "images",
    [["green.png", "red.png"], [{"file": "red.png", "alt": "A red lamp"}, "green.png"], ["red.png"], []],
    ids=["another order", "other words", "one less", "none"],
)
def test_a_change_of_the_pictures_that_are_held_is_counted_too(folder: Path, images: list[Any]) -> None:
    import_rows(folder, make_row("A", images=["red.png", "green.png"]))

    dry, real = import_dry_then_real(folder, make_row("A", images=images))

    assert real.output == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    assert dry.output == [real.output[0] + DRY]


def test_the_same_file_again_is_no_change(folder: Path) -> None:
    rows = [make_row("A", images=["red.png"]), make_row("B")]
    import_rows(folder, *rows)

    dry, real = import_dry_then_real(folder, *rows)

    assert dry.output == ["0 created, 0 changed, 2 unchanged, 0 failed" + DRY]
    assert real.output == ["0 created, 0 changed, 2 unchanged, 0 failed"]


def test_more_than_a_batch_is_counted(folder: Path) -> None:
    rows = [make_row(f"R-{number}") for number in range(430)]
    rows[210] = make_row("R-0")

    dry, real = import_dry_then_real(folder, *rows)

    assert dry.output == ["429 created, 0 changed, 0 unchanged, 1 failed" + DRY]
    assert real.output == ["429 created, 0 changed, 0 unchanged, 1 failed"]


def test_a_row_that_the_shop_refuses_is_refused(folder: Path) -> None:
    import_rows(folder, make_row("A"), make_row("B"), make_row("C"))
    row = {"name": "Both", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    dry, real = import_dry_then_real(folder, make_row("C", price="1.00"), row, make_row("D"))

    assert dry.output == ["1 created, 1 changed, 0 unchanged, 1 failed" + DRY]
    assert dry.errors[0] == real.errors[0] == "  row 2 (Both): its SKUs belong to different products of the shop"


def test_what_would_be_switched_off_is_counted(folder: Path) -> None:
    import_rows(folder, make_row("A"), make_row("B"), make_row("C"))

    dry, real = import_dry_then_real(folder, make_row("A"), make_row("NEW"), deactivate_missing=True)

    assert dry.output == ["1 created, 0 changed, 1 unchanged, 0 failed, 2 deactivated" + DRY]
    assert real.output == ["1 created, 0 changed, 1 unchanged, 0 failed, 2 deactivated"]


def test_a_csv_file_is_only_checked_too(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "sku,name,price\nA,Lamp,1\nB,Lamp,x\n", dry_run=True)

    assert result.output == ["1 created, 0 changed, 0 unchanged, 1 failed" + DRY]
    assert not Product.objects.exists()


def test_it_is_not_said_that_everything_else_is_in(folder: Path) -> None:
    result = run_import(write_file(folder, [make_row("A"), make_row("B", price="x")]), dry_run=True)

    assert "is in" not in result.errors[-1]


def test_an_address_is_not_fetched(folder: Path) -> None:
    result = run_import(write_file(folder, [make_row("A", images=["http://127.0.0.1:1/lamp.png"])]), dry_run=True)

    note = "  note: pictures from URLs are not fetched in a check; the import fetches them, and reports those that it cannot use"
    assert result == (0, [note, "1 created, 0 changed, 0 unchanged, 0 failed" + DRY], [])
