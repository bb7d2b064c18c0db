"""`manage.py import_products`: files that cannot be read, and exit codes"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from products.models import Product
from products.tests.import_file import make_row, run_import, write_file


@pytest.mark.sampled
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[{", "{file} is not valid JSON"),
        ("", "{file} is not valid JSON"),
        ("[NaN]", "{file} is not valid JSON"),
        ('{"sku": "A"}', "{file} must contain a JSON list of products"),
        ("null", "{file} must contain a JSON list of products"),
        ('"products"', "{file} must contain a JSON list of products"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str, error: str) -> None:
    file = write_file(tmp_path, text)

    result = run_import(file)

    assert result.code == 2
    assert result.errors[0].startswith(error.format(file=file))
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "products.json"
    file.write_bytes(b'["\xff"]')

    assert run_import(file).code == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    result = run_import(tmp_path / name)

    assert result.code == 2
    assert result.errors[0].startswith(f"{tmp_path / name} cannot be opened: ")


def get_database_url() -> str:
    """Return the URL of the test database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    credentials = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    return f"postgres://{credentials}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_exit_code_tells_how_it_went(tmp_path: Path) -> None:
    good = write_file(tmp_path, [make_row("A"), make_row("B")])
    partly = tmp_path / "shop" / "partly.json"
    partly.write_text('[{"name": "Bad"}]')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"DATABASE_URL": get_database_url(), "DEBUG": "1", "SECRET_KEY": "x" * 50, "MEDIA_ROOT": str(tmp_path / "media")}

    def import_in_subprocess(file: Path) -> tuple[int, str]:
        command = [sys.executable, "manage.py", "import_products", "--file", str(file)]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout.splitlines()[-1] if done.stdout else ""

    assert import_in_subprocess(good) == (0, "2 created, 0 changed, 0 unchanged, 0 failed")
    assert import_in_subprocess(partly) == (1, "0 created, 0 changed, 0 unchanged, 1 failed")
    assert import_in_subprocess(tmp_path / "missing.json") == (2, "")
    assert Product.objects.count() == 2
