"""Escaped cells, and what an import reads from them"""

import csv
import os
import random
from decimal import Decimal
from typing import Any

import pytest

from core import csv_export


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("", ""), ("Lamp", "Lamp"), ("'tis", "'tis"), ("'", "'"), ("5 - 3", "5 - 3"), ("a=1", "a=1")),
        *(("=1+1", "'=1+1"), ("+49", "'+49"), ("-10", "'-10"), ("@home", "'@home"), ("\tx", "'\tx"), ("\rx", "'\rx")),
        *(("'=1", "''=1"), ("''", "'''"), ("''=1", "'''=1"), ("'-", "''-")),
        *(("＝1+1", "'＝1+1"), ("＋49", "'＋49"), ("－10", "'－10"), ("＠home", "'＠home"), ("﹦1", "'﹦1"), ("'＝1", "''＝1")),
        *(
            ("\nx", "'\nx"),
            (" =1", "' =1"),
            (" \u3000\u00a0=1", "' \u3000\u00a0=1"),
            ("\ufeff=1", "'\ufeff=1"),
            ("\u200b@x", "'\u200b@x"),
        ),
        *((" Lamp", " Lamp"), ("Lamp =1", "Lamp =1"), (" 'x", " 'x")),
    ],
)
def test_a_text_that_would_be_a_formula_has_an_apostrophe(text: str, expected: str) -> None:
    assert csv_export.escape_cell(text) == expected
    assert csv_export.unescape_cell(expected) == text


@pytest.mark.parametrize("value", [-5, 0, 5.5, Decimal("-1.50"), None, True])
def test_what_is_no_text_is_not_guarded(value: Any) -> None:
    assert csv_export.escape_cell(value) is value


@pytest.mark.parametrize("cell", ["'tis", "'90s", "Lamp", "=1+1", "-5", "'"])
def test_what_other_programs_wrote_is_read_as_it_is(cell: str) -> None:
    assert csv_export.unescape_cell(cell) == cell


def test_what_was_written_is_read_as_it_was() -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    generator = random.Random(seed)

    for _ in range(5_000):
        text = "".join(generator.choice("''=+-@＝＋－＠\t\r\n \u3000\u00a0\ufeff,;\"a1é") for _ in range(generator.randrange(8)))
        cell = csv_export.escape_cell(text)
        assert csv_export.unescape_cell(cell) == text, f"SEED={seed}: {text!r}"
        assert not cell.lstrip(" \u3000\u00a0\ufeff").startswith(tuple("=+-@＝＋－＠\t\r\n")), f"SEED={seed}: {text!r}"


def test_a_file_is_csv_in_utf_8_with_one_byte_order_mark() -> None:
    rows: list[list[Any]] = [
        ["a", "=b", 'c "quoted", and more', "two\nlines", -5, ""],
        ["'=x", None, Decimal("1.50"), "é", "", "'"],
    ]

    content = b"".join(csv_export.generate_file(rows))

    assert content.startswith(b"\xef\xbb\xbf" + b'a,\'=b,"c ""quoted"", and more","two\nlines",-5,\r\n')
    assert content.count(b"\xef\xbb\xbf") == 1
    lines = content.decode("utf-8-sig").splitlines(keepends=True)
    assert [[csv_export.unescape_cell(cell) for cell in row] for row in csv.reader(lines)] == [
        ["a", "=b", 'c "quoted", and more', "two\nlines", "-5", ""],
        ["'=x", "", "1.50", "é", "", "'"],
    ]
