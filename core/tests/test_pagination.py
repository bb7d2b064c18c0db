"""Cursors and page sizes."""

import base64
from datetime import datetime
from typing import Any

import orjson
import pytest
from rest_framework.exceptions import ValidationError

from core.pagination import Cursor, Page, page_size_of, paged

NOT_OURS = {"cursor": ["This is not a cursor of the shop"]}


def packed(given: Any) -> str:
    """Return the value as the text of a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(given)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor("newest", "2026-03-01T12:00:00+00:00", 7),
        Cursor("price", "19.99", 2**63 - 1, backwards=True),
        Cursor("name", "Lämp, ~?>ÿ", 1),
        Cursor("name", "", 12),
    ],
)
def test_a_cursor_survives_the_way_out_and_back(cursor: Cursor) -> None:
    text = cursor.encode()

    assert Cursor.decode(text, cursor.ordering) == cursor
    assert text.isascii()
    assert not set(text) & set("+/=&?# ")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "!!!!",
        "é",
        "abc def",
        "A" * 5000,
        base64.b64encode(b"\xff\xfe").decode(),
        packed(None),
        packed(7),
        packed("newest"),
        packed({"a": 1, "b": 2, "c": 3, "d": 4}),
        packed([]),
        packed(["newest", "x", 1]),
        packed(["newest", "x", 1, 0, 0]),
        packed(["newest", None, 1, 0]),
        packed(["newest", "x", "1", 0]),
        packed(["newest", "x", 1.5, 0]),
        packed(["newest", "x", True, 0]),
        packed(["newest", "x", 0, 0]),
        packed(["newest", "x", -1, 0]),
        packed(["newest", "x", 2**63, 0]),
        packed(["newest", "x", 1, 2]),
        packed(["newest", "x", 1, "0"]),
        packed(["newest", ["x"], 1, 0]),
        packed([["newest"], "x", 1, 0]),
    ],
)
def test_a_tampered_cursor_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Cursor.decode(text, "newest")

    assert refusal.value.detail == NOT_OURS


def test_a_cursor_of_another_ordering_is_refused() -> None:
    text = Cursor("price", "19.99", 7).encode()

    with pytest.raises(ValidationError) as refusal:
        Cursor.decode(text, "-price")

    assert refusal.value.detail == {"cursor": ["This cursor belongs to another ordering"]}


def test_a_refusal_is_made_anew_each_time_and_keeps_nothing_of_an_earlier_request() -> None:
    refusals = []
    for _ in range(2):
        with pytest.raises(ValidationError) as refusal:
            Cursor.decode("x", "newest")
        refusals.append(refusal.value)

    assert refusals[0] is not refusals[1]


@pytest.mark.parametrize(
    ("value", "is_time"),
    [
        ("2026-03-01T12:00:00+00:00", True),
        ("2026-03-01T12:00:00.123456Z", True),
        ("2026-03-01T12:00:00", False),
        ("2026-03-01", False),
        ("19.99", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-14:00", False),
    ],
)
def test_a_time_in_a_cursor_is_one_that_both_engines_know(value: str, is_time: bool) -> None:
    cursor = Cursor("newest", value, 1)

    if is_time:
        assert cursor.moment() == datetime.fromisoformat(value)
    else:
        with pytest.raises(ValidationError) as refusal:
            cursor.moment()
        assert refusal.value.detail == NOT_OURS


@pytest.mark.parametrize(
    ("given", "expected"), [({}, 24), ({"page_size": ""}, 24), ({"page_size": "1"}, 1), ({"page_size": "100"}, 100)]
)
def test_a_page_has_1_to_100_rows_and_24_by_default(given: dict[str, str], expected: int) -> None:
    assert page_size_of(given) == expected


@pytest.mark.parametrize(
    "given",
    ["0", "101", "-1", "+5", "abc", "1.5", "1e2", "٣", "²", " 5", "9" * 30, "0000000019999", "000000001" + "9" * 30, "1" * 5000],
)
def test_any_other_page_size_is_refused_by_name(given: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        page_size_of({"page_size": given})

    assert refusal.value.detail == {"page_size": ["Must be a whole number from 1 to 100"]}


def cut(found: list[int], cursor: Cursor | None) -> Page:
    """Cut a page of two out of rows that are their own ids."""
    return paged(found, 2, cursor, lambda row, backwards: Cursor("id", "", row, backwards))


def test_the_first_page_has_only_a_next() -> None:
    page = cut([1, 2, 3], None)

    assert (page.rows, page.next, page.previous) == ([1, 2], Cursor("id", "", 2).encode(), None)


def test_the_only_page_has_no_neighbours() -> None:
    page = cut([1, 2], None)

    assert (page.rows, page.next, page.previous) == ([1, 2], None, None)


def test_the_last_page_has_only_a_previous() -> None:
    page = cut([3], Cursor("id", "", 2))

    assert (page.rows, page.next, page.previous) == ([3], None, Cursor("id", "", 3, True).encode())


def test_going_back_keeps_the_order_of_the_rows() -> None:
    page = cut([4, 3, 2], Cursor("id", "", 5, True))

    assert (page.rows, page.next, page.previous) == ([3, 4], Cursor("id", "", 4).encode(), Cursor("id", "", 3, True).encode())


def test_back_at_the_start_there_is_no_previous() -> None:
    page = cut([2, 1], Cursor("id", "", 3, True))

    assert (page.rows, page.next, page.previous) == ([1, 2], Cursor("id", "", 2).encode(), None)


def test_behind_the_last_row_there_is_nothing() -> None:
    page = cut([], Cursor("id", "", 9))

    assert (page.rows, page.next, page.previous) == ([], None, None)
