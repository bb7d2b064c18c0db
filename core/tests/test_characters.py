"""Characters of text that people type or paste"""

import pytest

from core.characters import drop_invisible, fold_digits, parse_whole_number


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        *(("\u202a+91 98765\u202c", "+91 98765"), ("soft\u00adhyphen", "softhyphen"), ("\ufeffA\u200b1\u2060", "A1")),
        *(("bell\x07", "bell"), ("a\tb\r\nc\u00a0d\u3000e", "a\tb\r\nc\u00a0d\u3000e"), ("e\u0301", "e\u0301"), ("", "")),
    ],
)
def test_what_nobody_sees_is_dropped_and_whitespace_stays(text: str, visible: str) -> None:
    assert drop_invisible(text) == visible


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        *(("\u0661\u0662\u0663", "123"), ("\u06f4\u06f5", "45"), ("\uff16-\uff17", "6-7"), ("\u096e\u096f", "89")),
        *(("19.99", "19.99"), ("x\u00b2", "x\u00b2"), ("\u2460", "\u2460"), ("\u4e09", "\u4e09"), ("", "")),
    ],
)
def test_digits_of_any_script_become_ascii_digits(text: str, folded: str) -> None:
    assert fold_digits(text) == folded


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), (" 7", None), ("7\n", None)),
        *(("-7", None), ("+7", None), ("7.0", None), ("1_000", None), ("\u0667", None), ("\u00b2", None)),
    ],
)
def test_a_whole_number_is_ascii_digits_that_fit_in_a_bigint(text: str, number: int | None) -> None:
    assert parse_whole_number(text) == number


def test_a_whole_number_has_at_most_the_digits_that_its_place_allows() -> None:
    assert (parse_whole_number("100", max_digits=3), parse_whole_number("1000", max_digits=3)) == (100, None)
