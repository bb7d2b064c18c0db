"""Countries as shoppers write them, and the countries of markets"""

import pytest

from core.countries import (
    find_country_code,
    get_country_name,
    get_market_country,
    is_placeholder,
    list_countries,
    normalize_country,
)
from core.markets import Market


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("IN", "IN"), ("in", "IN"), ("IND", "IN"), (" India ", "IN"), ("US", "US"), ("U.S.A.", "US"), ("usa", "US")),
        *(("United States", "US"), ("The United States of America", "US"), ("UK", "GB"), ("United Kingdom", "GB"), ("Wales", "GB")),
        *(("T\u00fcrkiye", "TR"), ("Turkey", "TR"), ("Turkiye", "TR"), ("C\u00f4te d\u2019Ivoire", "CI"), ("Ivory Coast", "CI")),
        *(("Trinidad & Tobago", "TT"), ("Czech Republic", "CZ"), ("South Korea", "KR"), ("Vietnam", "VN"), ("Viet Nam", "VN")),
        *(
            ("Hong Kong", "HK"),
            ("Kosovo", "XK"),
            ("xkx", "XK"),
            ("el", "GR"),
            ("EL", "GR"),
            ("uk", "GB"),
            ("Korea", ""),
            ("Deutschland", ""),
            ("eu", ""),
            ("America", ""),
            ("", ""),
        ),
    ],
)
def test_a_country_is_recognized_by_its_code_and_by_its_english_names(text: str, code: str) -> None:
    assert find_country_code(text) == code


def test_a_market_has_the_country_of_its_code() -> None:
    assert [get_market_country(Market(code, "EUR", is_default=False)) for code in ("de", "uk", "eu")] == ["DE", "GB", ""]


@pytest.mark.parametrize("text", ["XX", "zz", "ZZ ", "AA", "QM", "QZ", "XA", "XZ", "XXX", "ZZZ", "xxa"])
def test_a_code_that_iso_3166_leaves_to_its_users_is_no_country(text: str) -> None:
    assert is_placeholder(text)
    assert find_country_code(text) == ""


@pytest.mark.parametrize("text", ["", "XK", "XKX", "QA", "ZA", "AF", "UK", "EL", "EU", "Atlantis", "QLD", "X", "\uff38\uff38"])
def test_other_texts_are_not(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "stored", "shown"),
    [
        *(("IN", "IN", "India"), ("india ", "IN", "india "), ("GB", "GB", "United Kingdom"), ("England", "GB", "England")),
        *(("XK", "XK", "Kosovo"), ("Deutschland", "Deutschland", "Deutschland"), ("XX", "XX", "XX"), ("", "", "")),
    ],
)
def test_a_country_is_stored_as_its_code_and_shown_by_its_name(text: str, stored: str, shown: str) -> None:
    assert normalize_country(text) == stored
    assert get_country_name(text) == shown


def test_each_country_is_recognized_by_the_name_that_is_shown() -> None:
    assert all(find_country_code(name) == code for code, name in list_countries().items())
