"""`manage.py import_products`: a large file needs hardly more memory than a small one, and proportionally many statements"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes import PRODUCTION, ROOT, run

pytestmark = pytest.mark.apart

MB = 1024
SCRIPT = """
import json, os, resource, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "store.settings"
django.setup()
from django.core.management import call_command
from django.db import connection

rows, folder = int(sys.argv[1]), sys.argv[2]
call_command("migrate", verbosity=0)
with open(f"{folder}/products.json", "w") as file:
    file.write("[")
    for number in range(rows):
        row = {"sku": f"SKU-{number:06}", "name": f"Lamp number {number}", "category": f"Home > Category {number % 20}",
               "description": "Of brass. " * 50, "price": "20.00", "prices": {"us": "2.00"}, "stock": 10}
        file.write(("," if number else "") + json.dumps(row))
    file.write("]")

statements = 0

def count(execute, *arguments):
    global statements
    statements += 1
    return execute(*arguments)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
with connection.execute_wrapper(count):
    call_command("import_products", file=__import__("pathlib").Path(f"{folder}/products.json"), stdout=sys.stderr)
print(json.dumps({"before": before, "after": peak(), "statements": statements}))
"""


def measure_import(folder: Path, rows: int) -> Any:
    """Import rows in a separate process; return its peak memory use (KB) and the number of statements."""
    folder.mkdir()
    done = run(
        ROOT, "-W", "ignore", "-c", SCRIPT, str(rows), str(folder), **PRODUCTION, DATABASE_URL=f"sqlite:///{folder}/shop.sqlite3"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == f"{rows} created, 0 changed, 0 unchanged, 0 failed"
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("few", "many"), [(500, 5_000), pytest.param(2_000, 20_000, marks=pytest.mark.soak)])
def test_ten_times_the_rows_need_a_little_more_memory_and_ten_times_the_statements(tmp_path: Path, few: int, many: int) -> None:
    small = measure_import(tmp_path / "small", few)
    large = measure_import(tmp_path / "large", many)

    grown = {"small": small["after"] - small["before"], "large": large["after"] - large["before"]}
    assert large["after"] - small["after"] < 15 * MB, grown
    assert large["after"] < small["after"] * 1.2, grown
    assert large["statements"] < small["statements"] * 10.5
    assert small["statements"] < few
