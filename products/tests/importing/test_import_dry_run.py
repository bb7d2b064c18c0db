"""`manage.py import_products --dry-run`: everything is checked and counted, nothing is written"""

from pathlib import Path
from typing import Any

import pytest

from products.models import Product
from products.tests.factories import png
from products.tests.import_file import Ran, load, load_csv, row, run, shop, write

pytestmark = pytest.mark.django_db
DRY = " (dry run: nothing was written)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of an import file with three pictures in it."""
    shop_folder = write(tmp_path, []).parent
    for colour in ("red", "green", "blue"):
        (shop_folder / f"{colour}.png").write_bytes(png(colour))
    return tmp_path


def dry_then_real(folder: Path, *rows: Any, **options: Any) -> tuple[Ran, Ran]:
    """Import these rows dry and then in earnest; nothing may have been written before."""
    file, before = write(folder, list(rows)), shop()
    dry = run(file, dry_run=True, **options)
    assert shop() == before
    return dry, run(file, **options)


def test_an_empty_shop_stays_empty(folder: Path) -> None:
    tee = {"name": "Tee", "category": "Clothing", "variants": [{"sku": "S", "price": 1}, {"sku": "M", "price": 1}]}

    dry, real = dry_then_real(
        folder, row("A", images=["red.png"], prices={"us": 1}), tee, row("B", images=["gone.png"]), row("C", price="x")
    )

    said = "3 created, 0 changed, 0 unchanged, 1 failed, 1 picture(s) missing"
    assert dry.said == [said + DRY]
    assert real.said == [said]
    assert (
        dry.complaints[:2]
        == real.complaints[:2]
        == [
            "  row 3 (Lamp B): picture gone.png is not there",
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
    load(folder, row("A", images=["red.png"]), row("B"))

    dry, real = dry_then_real(folder, row("A", **{"images": ["red.png"], **change}), row("B"))

    assert dry == (0, ["0 created, 1 changed, 1 unchanged, 0 failed" + DRY], [])
    assert real == (0, ["0 created, 1 changed, 1 unchanged, 0 failed"], [])


@pytest.mark.parametrize(
    "images",
    [["green.png", "red.png"], [{"file": "red.png", "alt": "A red lamp"}, "green.png"], ["red.png"], []],
    ids=["another order", "other words", "one less", "none"],
)
def test_a_change_of_the_pictures_that_are_held_is_counted_too(folder: Path, images: list[Any]) -> None:
    load(folder, row("A", images=["red.png", "green.png"]))

    dry, real = dry_then_real(folder, row("A", images=images))

    assert real.said == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    assert dry.said == [real.said[0] + DRY]


def test_the_same_file_again_is_no_change(folder: Path) -> None:
    given = [row("A", images=["red.png"]), row("B")]
    load(folder, *given)

    dry, real = dry_then_real(folder, *given)

    assert dry.said == ["0 created, 0 changed, 2 unchanged, 0 failed" + DRY]
    assert real.said == ["0 created, 0 changed, 2 unchanged, 0 failed"]


def test_more_than_a_batch_is_counted(folder: Path) -> None:
    rows = [row(f"R-{number}") for number in range(430)]
    rows[210] = row("R-0")

    dry, real = dry_then_real(folder, *rows)

    assert dry.said == ["429 created, 0 changed, 0 unchanged, 1 failed" + DRY]
    assert real.said == ["429 created, 0 changed, 0 unchanged, 1 failed"]


def test_a_row_that_the_shop_refuses_is_refused(folder: Path) -> None:
    load(folder, row("A"), row("B"), row("C"))
    both = {"name": "Both", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    dry, real = dry_then_real(folder, row("C", price="1.00"), both, row("D"))

    assert dry.said == ["1 created, 1 changed, 0 unchanged, 1 failed" + DRY]
    assert dry.complaints[0] == real.complaints[0] == "  row 2 (Both): its SKUs belong to different products of the shop"


def test_what_would_be_switched_off_is_counted(folder: Path) -> None:
    load(folder, row("A"), row("B"), row("C"))

    dry, real = dry_then_real(folder, row("A"), row("NEW"), deactivate_missing=True)

    assert dry.said == ["1 created, 0 changed, 1 unchanged, 0 failed, 2 switched off" + DRY]
    assert real.said == ["1 created, 0 changed, 1 unchanged, 0 failed, 2 switched off"]


def test_a_csv_file_is_only_checked_too(tmp_path: Path) -> None:
    ran = load_csv(tmp_path, "sku,name,price\nA,Lamp,1\nB,Lamp,x\n", dry_run=True)

    assert ran.said == ["1 created, 0 changed, 0 unchanged, 1 failed" + DRY]
    assert not Product.objects.exists()


def test_it_is_not_said_that_everything_else_is_in(folder: Path) -> None:
    ran = run(write(folder, [row("A"), row("B", price="x")]), dry_run=True)

    assert "is in" not in ran.complaints[-1]


def test_an_address_is_not_fetched(folder: Path) -> None:
    ran = run(write(folder, [row("A", images=["http://127.0.0.1:1/lamp.png"])]), dry_run=True)

    assert ran == (0, ["1 created, 0 changed, 0 unchanged, 0 failed" + DRY], [])
