"""Cursors and page sizes."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from rest_framework.exceptions import ValidationError

from core.models import Job
from core.pagination import Cursor, Page, after, build_page, newest_after, parse_page_size

INVALID = {"cursor": ["This cursor is not valid"]}


def encode_value(value: Any) -> str:
    """Return the value encoded like a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


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
        encode_value(None),
        encode_value(7),
        encode_value("newest"),
        encode_value({"a": 1, "b": 2, "c": 3, "d": 4}),
        encode_value([]),
        encode_value(["newest", "x", 1]),
        encode_value(["newest", "x", 1, 0, 0]),
        encode_value(["newest", None, 1, 0]),
        encode_value(["newest", "x", "1", 0]),
        encode_value(["newest", "x", 1.5, 0]),
        encode_value(["newest", "x", True, 0]),
        encode_value(["newest", "x", 0, 0]),
        encode_value(["newest", "x", -1, 0]),
        encode_value(["newest", "x", 2**63, 0]),
        encode_value(["newest", "x", 1, 2]),
        encode_value(["newest", "x", 1, "0"]),
        encode_value(["newest", ["x"], 1, 0]),
        encode_value([["newest"], "x", 1, 0]),
    ],
)
def test_a_tampered_cursor_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Cursor.decode(text, "newest")

    assert refusal.value.detail == INVALID


def test_a_cursor_of_another_ordering_is_refused() -> None:
    text = Cursor("price", "19.99", 7).encode()

    with pytest.raises(ValidationError) as refusal:
        Cursor.decode(text, "-price")

    assert refusal.value.detail == {"cursor": ["This cursor belongs to another ordering"]}


def test_each_refusal_is_a_new_exception_without_traces_of_an_earlier_request() -> None:
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
        assert cursor.as_datetime() == datetime.fromisoformat(value)
    else:
        with pytest.raises(ValidationError) as refusal:
            cursor.as_datetime()
        assert refusal.value.detail == INVALID


@pytest.mark.parametrize(
    ("query", "expected"), [({}, 24), ({"page_size": ""}, 24), ({"page_size": "1"}, 1), ({"page_size": "100"}, 100)]
)
def test_a_page_has_1_to_100_rows_and_24_by_default(query: dict[str, str], expected: int) -> None:
    assert parse_page_size(query) == expected


@pytest.mark.parametrize(
    "text",
    ["0", "101", "-1", "+5", "abc", "1.5", "1e2", "٣", "²", " 5", "9" * 30, "0000000019999", "000000001" + "9" * 30, "1" * 5000],
)
def test_any_other_page_size_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        parse_page_size({"page_size": text})

    assert refusal.value.detail == {"page_size": ["Must be a whole number from 1 to 100"]}


def cut_page(rows: list[int], cursor: Cursor | None) -> Page:
    """Build a page of two from rows that are their own ids."""
    return build_page(rows, 2, cursor, lambda row, backwards: Cursor("id", "", row, backwards))


def test_the_first_page_has_only_a_next() -> None:
    page = cut_page([1, 2, 3], None)

    assert (page.rows, page.next, page.previous) == ([1, 2], Cursor("id", "", 2).encode(), None)


def test_the_only_page_has_no_neighbours() -> None:
    page = cut_page([1, 2], None)

    assert (page.rows, page.next, page.previous) == ([1, 2], None, None)


def test_the_last_page_has_only_a_previous() -> None:
    page = cut_page([3], Cursor("id", "", 2))

    assert (page.rows, page.next, page.previous) == ([3], None, Cursor("id", "", 3, True).encode())


def test_going_back_keeps_the_order_of_the_rows() -> None:
    page = cut_page([4, 3, 2], Cursor("id", "", 5, True))

    assert (page.rows, page.next, page.previous) == ([3, 4], Cursor("id", "", 4).encode(), Cursor("id", "", 3, True).encode())


def test_back_at_the_start_there_is_no_previous() -> None:
    page = cut_page([2, 1], Cursor("id", "", 3, True))

    assert (page.rows, page.next, page.previous) == ([1, 2], Cursor("id", "", 2).encode(), None)


def test_behind_the_last_row_there_is_nothing() -> None:
    page = cut_page([], Cursor("id", "", 9))

    assert (page.rows, page.next, page.previous) == ([], None, None)


@pytest.fixture
def jobs(db: None) -> list[tuple[int, int]]:
    """Six jobs, (attempts, id), of which several have the same number of attempts."""
    times = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=attempts) for attempts in (2, 1, 2, 3, 2, 1)]
    jobs = Job.objects.bulk_create(Job(kind="x", attempts=at.day - 1, created_at=at) for at in times)
    return [(job.attempts, job.pk) for job in jobs]


@pytest.mark.parametrize("ordering", [("attempts", "id"), ("-attempts", "-id"), ("-attempts", "id")])
def test_the_rows_after_and_before_each_row_are_the_rest_of_the_list(
    jobs: list[tuple[int, int]], ordering: tuple[str, str]
) -> None:
    rows = Job.objects.values_list("attempts", "id")
    expected = list(rows.order_by(*ordering))

    assert list(after(rows, ordering, None)) == expected
    assert list(after(rows, ordering, None, backwards=True)) == expected[::-1]
    for index, row in enumerate(expected):
        assert list(after(rows, ordering, row)) == expected[index + 1 :]
        assert list(after(rows, ordering, row, backwards=True)) == expected[:index][::-1]


def test_rows_may_be_sorted_by_their_id_alone(jobs: list[tuple[int, int]]) -> None:
    ids = [pk for _, pk in jobs]

    assert [job.pk for job in after(Job.objects.all(), ["-id"], [ids[3]])] == ids[2::-1]
    assert [job.pk for job in after(Job.objects.all(), ["-id"], [ids[3]], backwards=True)] == ids[4:]


def test_a_position_needs_a_value_for_each_column(db: None) -> None:
    with pytest.raises(ValueError, match="zip"):
        after(Job.objects.all(), ["-created_at", "-id"], [7])


def test_newest_rows_are_sorted_by_their_creation(jobs: list[tuple[int, int]]) -> None:
    expected = list(Job.objects.order_by("-created_at", "-id"))

    assert list(newest_after(Job.objects.all(), None)) == expected
    for index, job in enumerate(expected):
        cursor = Cursor("newest", job.created_at.isoformat(), job.pk)
        assert list(newest_after(Job.objects.all(), cursor)) == expected[index + 1 :]


@pytest.mark.parametrize("query", [{}, {"cursor": ""}])
def test_a_query_without_a_cursor_starts_at_the_first_page(query: dict[str, str]) -> None:
    assert Cursor.from_query(query, "newest") is None


def test_a_query_may_name_a_cursor() -> None:
    cursor = Cursor("newest", "x", 7)

    assert Cursor.from_query({"cursor": cursor.encode()}, "newest") == cursor
