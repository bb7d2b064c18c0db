"""The documents name files that exist, and each law and each row of the failure table names the test that proves it"""

import re
from pathlib import Path

import pytest

from tests.processes import ROOT

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
FOLDERS = ("docs", "docs/admin", "docs/tutorials")
DOCUMENTS = [
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"),
    *sorted(str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).glob("*.md")),
]
PAYMENT_TESTS = ROOT / "orders" / "tests" / "payments"


def read_section(title: str) -> str:
    """Return a section of ARCHITECTURE.md."""
    return ARCHITECTURE.split(f"## {title}\n")[1].split("\n## ")[0]


def has_file(name: str, *folders: Path) -> bool:
    """Return whether the path exists in the project, or below one of these folders."""
    return any((folder / name).exists() for folder in (ROOT, *folders))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_modules_that_a_document_names_exist(document: str) -> None:
    paths = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|js|html|md|sh))`", (ROOT / document).read_text()))

    assert {path for path in paths if not has_file(path, PAYMENT_TESTS)} == set()


def test_each_law_names_a_test() -> None:
    rows = [line for line in read_section("The laws").splitlines() if re.match(r"\| L\d+ \|", line)]

    assert [row.split(" | ")[0].strip("| ") for row in rows] == [f"L{number}" for number in range(1, 12)]
    assert all(re.search(r"`[\w/]*test_\w+\.py`|`tests/schema_client\.py`", row) for row in rows)


def test_each_row_of_the_failure_table_names_a_test() -> None:
    rows = [line for line in read_section("When a payment goes wrong").splitlines() if re.match(r"\| \d+ \|", line)]

    assert [int(row.split(" | ")[0].strip("| ")) for row in rows] == list(range(1, 34))
    assert all(re.search(r"`[\w/]*test_\w+\.py`", row) for row in rows)


def test_tests_cite_rows_of_the_failure_table_that_name_them() -> None:
    section = read_section("When a payment goes wrong")
    rows = {int(number): row for number, row in re.findall(r"^\| (\d+) \|(.*)$", section, re.MULTILINE)}
    cited = {path: re.search(r"\(failure table: ([\d, ]+)\)", path.read_text()) for path in PAYMENT_TESTS.rglob("test_*.py")}

    for path, match in cited.items():
        if match is not None:
            assert all(int(number) in rows for number in match[1].split(",")), path
