"""`manage.py import_products`: a large file needs hardly more memory than a small one, and proportionally many statements"""

from pathlib import Path

import pytest

from tests.processes import PRODUCTION, copy_to, run_script

pytestmark = pytest.mark.apart

MB = 1024
SCRIPT = """
import io, pathlib, resource
from django.core.management import call_command
from django.db import connection

def write_file(rows):
    path = pathlib.Path({folder!r}) / f"{{rows}}.json"
    with path.open("w") as file:
        for number in range(rows):
            row = {{"sku": f"{{rows}}-{{number:06}}", "name": f"Lamp number {{number}}", "category": f"Home > Room {{number % 20}}",
                    "description": "Of brass. " * 50, "price": "20.00", "prices": {{"us": "2.00"}}, "stock": 10}}
            file.write(("," if number else "[") + json.dumps(row))
        file.write("]")
    return path

statements = 0

def count(execute, *arguments):
    global statements
    statements += 1
    return execute(*arguments)

def measure_import(rows):
    global statements
    path, statements, output = write_file(rows), 0, io.StringIO()
    with connection.execute_wrapper(count):
        call_command("import_products", file=path, stdout=output, stderr=output)
    return output.getvalue().splitlines()[-1], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, statements

call_command("migrate", verbosity=0)
print(json.dumps([measure_import(rows) for rows in {sizes}]))
"""


@pytest.mark.parametrize(("few", "many"), [(500, 5_000), pytest.param(2_000, 20_000, marks=pytest.mark.soak)])
def test_ten_times_the_rows_need_a_little_more_memory_and_ten_times_the_statements(tmp_path: Path, few: int, many: int) -> None:
    project = copy_to(tmp_path / "shop")
    script = SCRIPT.format(folder=str(tmp_path), sizes=[few, many])

    small, large = run_script(project, script, **PRODUCTION, DATABASE_URL=f"sqlite:///{tmp_path}/shop.sqlite3")

    results, peaks, statements = zip(small, large, strict=True)
    assert results == tuple(f"{rows} created, 0 changed, 0 unchanged, 0 failed" for rows in (few, many))
    assert peaks[1] - peaks[0] < 15 * MB, peaks  # the peaks of one process, the smaller import first
    assert peaks[1] < peaks[0] * 1.2, peaks
    assert statements[1] < statements[0] * 10.5
    assert statements[0] < few
