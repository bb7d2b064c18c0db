"""`manage.py import_products`: its output, `--report`, `--strict`, `--images`, `--verbosity 0`"""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from products.models import Product, ProductImage
from products.tests.factories import make_png
from products.tests.import_file import PRICES, dump_shop, make_row, run_import, write_file

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def read_report(file: Path) -> list[list[str]]:
    """Return the lines of a report without the first one behind the header, which is about the currency of the prices."""
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        header, prices, *lines = csv.reader(stream)
    assert prices == ["", "", "", "note", PRICES]
    return [header, *lines]


def test_the_report_holds_every_problem_in_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = [make_row(f"R-{number}", price="x") for number in range(60)]
    rows[5] = make_row("R-5", name='Lamp, "Ona"', images=["gone.png"])
    report = tmp_path / "report.csv"

    result = run_import(write_file(tmp_path, rows), report=report)

    assert result.output == ["1 created, 0 changed, 0 unchanged, 59 failed, 1 picture(s) missing"]
    assert len(result.errors) == 52
    lines = read_report(report)
    assert lines[0] == ["row", "sku", "name", "kind", "text"]
    assert lines[1] == ["1", "R-0", "Lamp R-0", "problem", "price must be an amount like 19.99: 'x'"]
    assert lines[6] == ["6", "R-5", 'Lamp, "Ona"', "picture", "picture gone.png was not found"]
    assert [line[0] for line in lines[1:]] == [str(number) for number in range(1, 61)]


def test_a_report_of_no_problems_says_only_how_prices_were_read(tmp_path: Path) -> None:
    run_import(write_file(tmp_path, [make_row()]), report=tmp_path / "report.csv")

    assert read_report(tmp_path / "report.csv") == [["row", "sku", "name", "kind", "text"]]


def test_a_dry_run_writes_its_report(tmp_path: Path) -> None:
    run_import(write_file(tmp_path, [make_row(price="x")]), report=tmp_path / "report.csv", dry_run=True)

    assert len(read_report(tmp_path / "report.csv")) == 2


def test_a_name_in_the_report_is_no_formula(tmp_path: Path) -> None:
    run_import(
        write_file(tmp_path, [make_row(name='=HYPERLINK("http://evil.example")', price="x")]), report=tmp_path / "report.csv"
    )

    assert read_report(tmp_path / "report.csv")[1][2].startswith("'=")


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    result = run_import(write_file(tmp_path, [make_row()]), report=tmp_path / "missing" / "report.csv")

    assert str(tmp_path / "missing" / "report.csv") in result.errors[-1]


def test_a_missing_picture_fails_only_where_that_is_asked_for(tmp_path: Path) -> None:
    file = write_file(tmp_path, [make_row(images=["gone.png"])])

    lenient, strict = run_import(file), run_import(file, strict=True)

    error = "  row 1 (Lamp LMP-1): picture gone.png was not found"
    assert lenient == (0, ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"], [error])
    assert strict == (
        1,
        ["0 created, 0 changed, 1 unchanged, 0 failed, 1 picture(s) missing"],
        [error, "1 problem(s); everything else was imported."],
    )


def test_strict_counts_rows_and_pictures(tmp_path: Path) -> None:
    result = run_import(
        write_file(tmp_path, [make_row("A", images=["gone.png", "lost.png"]), make_row("B", price="x")]), strict=True
    )

    assert result.code == 1
    assert result.errors[-1] == "3 problem(s); everything else was imported."


def test_strict_is_content_where_all_is_well(tmp_path: Path) -> None:
    assert run_import(write_file(tmp_path, [make_row()]), strict=True).code == 0


def test_pictures_may_be_in_another_folder(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    (pictures / "lamps").mkdir(parents=True)
    (pictures / "lamps" / "red.png").write_bytes(make_png("red"))
    file = write_file(tmp_path, [make_row(images=["lamps/red.png"])])
    (file.parent / "beside.png").write_bytes(make_png("blue"))

    assert run_import(file, images=pictures) == (0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])
    assert Path(ProductImage.objects.get().image.path).read_bytes() == make_png("red")


def test_another_folder_takes_the_place_of_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    file = write_file(tmp_path, [make_row(images=["beside.png", "../shop/beside.png"])])
    (file.parent / "beside.png").write_bytes(make_png())

    result = run_import(file, images=tmp_path / "pictures")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed, 2 picture(s) missing"]
    assert not ProductImage.objects.exists()


def test_a_folder_of_pictures_that_is_not_there_holds_none(tmp_path: Path) -> None:
    result = run_import(write_file(tmp_path, [make_row(images=["red.png"])]), images=tmp_path / "missing")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]


def test_with_verbosity_0_nothing_is_printed_where_all_is_well(tmp_path: Path) -> None:
    file = write_file(tmp_path, [make_row(images=["gone.png"])])

    assert run_import(file, verbosity=0) == (0, [], [])
    assert Product.objects.count() == 1


def test_with_verbosity_0_only_the_last_line_tells_of_problems(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"

    result = run_import(write_file(tmp_path, [make_row("A", price="x"), make_row("B")]), verbosity=0, report=report)

    assert result == (1, [], ["1 problem(s); everything else was imported."])
    assert len(read_report(report)) == 2


def test_the_command_line_takes_every_option(tmp_path: Path) -> None:
    file = write_file(tmp_path, [make_row("A")])
    before = dump_shop()
    options = ["--images", str(tmp_path), "--dry-run", "--strict", "--deactivate-missing", "--report", str(tmp_path / "r.csv")]
    options += ["--market", "in", "--encoding", "cp1250", "--allow-free"]
    database = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
        "DEBUG": "1",
        "SECRET_KEY": "x" * 50,
        "MARKETS": "in:INR,us:USD",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | database

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    assert manage("migrate", "--verbosity", "0").returncode == 0
    done = manage("import_products", "--file", str(file), *options)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 created, 0 changed, 0 unchanged, 0 failed (dry run: nothing was written)"
    assert dump_shop() == before
