"""products.importing.delivery_lines: what the lines of a delivery and its file say, and what cannot be read"""

import pytest

from products.importing import delivery_lines
from products.importing.delivery_lines import DeliveryLine, parse_text, read_file
from products.importing.raw_rows import Unreadable


def describe(lines: list[DeliveryLine]) -> list[tuple[int, str, int, bool]]:
    """Return number, SKU and units of each line, and whether it has a problem."""
    return [(line.number, line.sku, line.units, bool(line.problem)) for line in lines]


def test_names_of_columns_are_skipped_in_the_first_line_only() -> None:
    lines = parse_text("sku;quantity\nL-1;3\nsku;quantity\n")

    assert describe(lines) == [(2, "L-1", 3, False), (3, "sku", 0, True)]


@pytest.mark.parametrize("sku", ["L" * 65, "L-\x00"])
def test_a_line_whose_sku_cannot_be_one_is_named(sku: str) -> None:
    assert describe(parse_text(f"{sku}\t3\nL-2\t4")) == [(1, sku, 0, True), (2, "L-2", 4, False)]


def test_a_record_that_does_not_end_is_named_by_its_line() -> None:
    lines = read_file(b'sku,quantity\nL-1,3\n"L-2,4\nL-3,5\n', "delivery.csv")

    assert [line for line in describe(lines) if not line[3]] == [(2, "L-1", 3, False), (4, "L-3", 5, False)]
    assert [line.number for line in lines if line.problem] == [3]


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(Unreadable, match="not text"):
        read_file(b"\x81\x8d\x8f\x90\x9d\n\xff\xfe\x00", "delivery.csv")


@pytest.mark.parametrize("head", [b"sku,quantity\n", b""])
def test_a_file_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr(delivery_lines, "MAX_LINES", 2)

    with pytest.raises(Unreadable, match="at most 2 lines"):
        read_file(head + b"L-1,1\nL-2,1\nL-3,1\n", "delivery.csv")
