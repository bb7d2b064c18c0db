"""GET /api/products/?search="""

import pytest

from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.fixture(autouse=True)
def shelf(db: None) -> None:
    make_product("Desk lamp", description="Brass stem, takes an E14 bulb")
    make_product("Wool blanket 100% merino", description="Ada's choice")
    make_product("Snake_case mug", description='Says "hello" \\o/')


def names(api: SchemaClient, search: str) -> list[str]:
    """Return the names that a search finds."""
    response = api.get("/api/products/", {"search": search, "ordering": "name"})
    assert response.status_code == 200
    return [shown["name"] for shown in response.json()["data"]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lamp", ["Desk lamp"]),
        ("LaMp", ["Desk lamp"]),
        ("bras", ["Desk lamp"]),
        ("bulb desk", ["Desk lamp"]),
        ("  lamp \t e14 ", ["Desk lamp"]),
        ("lamp merino", []),
        ("a", ["Desk lamp", "Snake_case mug", "Wool blanket 100% merino"]),
        ("", ["Desk lamp", "Snake_case mug", "Wool blanket 100% merino"]),
        ("   ", ["Desk lamp", "Snake_case mug", "Wool blanket 100% merino"]),
        ("chair", []),
    ],
)
def test_each_word_must_stand_in_the_name_or_the_text(api: SchemaClient, search: str, found: list[str]) -> None:
    assert names(api, search) == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("%", ["Wool blanket 100% merino"]),
        ("_", ["Snake_case mug"]),
        ("l%p", []),
        ("l__p", []),
        ("'", ["Wool blanket 100% merino"]),
        ('"', ["Snake_case mug"]),
        ("\\", ["Snake_case mug"]),
        ("\\%", []),
        ("' OR 1=1 --", []),
        ("lamp\x00", ["Desk lamp"]),
        ("%s", []),
        ("%(word0)s", []),
    ],
)
def test_signs_that_mean_something_to_a_database_are_letters_here(api: SchemaClient, search: str, found: list[str]) -> None:
    assert names(api, search) == found


@pytest.mark.parametrize(("search", "found"), [("lamp " * 2_000, ["Desk lamp"]), ("x" * 10_240, [])])
def test_a_search_of_ten_kilobytes_is_answered(api: SchemaClient, search: str, found: list[str]) -> None:
    assert names(api, search) == found


def test_bytes_that_are_no_text_find_nothing(api: SchemaClient) -> None:
    response = api.get("/api/products/?search=%ff%fe")

    assert response.status_code == 200
    assert response.json()["data"] == []


def test_a_search_goes_on_over_the_pages(api: SchemaClient) -> None:
    first = api.get("/api/products/?search=a&ordering=name&page_size=2").json()

    second = api.get(first["pagination"]["next"].removeprefix("http://testserver")).json()

    assert [shown["name"] for shown in second["data"]] == ["Wool blanket 100% merino"]
