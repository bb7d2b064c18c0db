"""`manage.py import_products`: files that cannot be read, and exit codes"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from products.models import Product
from products.tests.import_file import row, run, write


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[{", "{file} is not valid JSON"),
        ("", "{file} is not valid JSON"),
        ("[NaN]", "{file} is not valid JSON"),
        ('{"sku": "A"}', "{file} must hold a JSON list of products"),
        ("null", "{file} must hold a JSON list of products"),
        ('"products"', "{file} must hold a JSON list of products"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = write(tmp_path, text)

    ran = run(file)

    assert ran.code == 2
    assert ran.complaints[0].startswith(complaint.format(file=file))
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "products.json"
    file.write_bytes(b'["\xff"]')

    assert run(file).code == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    ran = run(tmp_path / name)

    assert ran.code == 2
    assert ran.complaints[0].startswith(f"{tmp_path / name} cannot be opened: ")


def this_database() -> str:
    """Return the address of the database that the tests are using."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    who = f"{found['USER']}:{found['PASSWORD']}" if found["PASSWORD"] else found["USER"]
    return f"postgres://{who}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_the_exit_code_tells_how_it_went(tmp_path: Path) -> None:
    good = write(tmp_path, [row("A"), row("B")])
    partly = tmp_path / "shop" / "partly.json"
    partly.write_text('[{"name": "Bad"}]')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"DATABASE_URL": this_database(), "DEBUG": "1", "SECRET_KEY": "x" * 50, "MEDIA_ROOT": str(tmp_path / "media")}

    def imported(file: Path) -> tuple[int, str]:
        command = [sys.executable, "manage.py", "import_products", "--file", str(file)]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    assert imported(good) == (0, "2 created, 0 changed, 0 unchanged, 0 failed\n")
    assert imported(partly) == (1, "0 created, 0 changed, 0 unchanged, 1 failed\n")
    assert imported(tmp_path / "missing.json") == (2, "")
    assert Product.objects.count() == 2
