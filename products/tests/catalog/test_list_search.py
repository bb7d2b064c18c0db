"""GET /api/products/?search="""

import pytest
from django.contrib.auth import get_user_model

from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.fixture(autouse=True)
def catalog(db: None) -> None:
    make_product("Desk lamp", description="Brass stem, takes an E14 bulb")
    make_product("Wool blanket 100% merino", description="Ada's choice")
    make_product("Snake_case mug", description='Says "hello" \\o/')


def names(api: SchemaClient, search: str) -> list[str]:
    """Return the names that a search finds."""
    response = api.get("/api/products/", {"search": search, "ordering": "name"})
    assert response.status_code == 200
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("lamp", ["Desk lamp"]),
        ("LaMp", ["Desk lamp"]),
        ("bras", ["Desk lamp"]),
        ("bulb desk", ["Desk lamp"]),
        ("  lamp \t e14 ", ["Desk lamp"]),
        ("lamp merino", []),
        ("s", ["Desk lamp", "Snake_case mug", "Wool blanket 100% merino"]),
        ("", ["Desk lamp", "Snake_case mug", "Wool blanket 100% merino"]),
        ("   ", ["Desk lamp", "Snake_case mug", "Wool blanket 100% merino"]),
        ("chair", []),
    ],
)
def test_each_word_must_stand_in_the_name_or_the_text(api: SchemaClient, search: str, expected: list[str]) -> None:
    assert names(api, search) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("100", ["Wool blanket 100% merino"]),
        ("10", ["Wool blanket 100% merino"]),
        ("1000", []),
        ("e14 100", []),
        ("100 merino", ["Wool blanket 100% merino"]),
    ],
)
def test_digits_are_found_like_letters(api: SchemaClient, search: str, expected: list[str]) -> None:
    assert names(api, search) == expected


def test_a_word_that_is_said_twice_is_one(api: SchemaClient) -> None:
    assert names(api, "lamp LAMP Lamp desk") == ["Desk lamp"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [("desk lamp brass stem takes an zzz", ["Desk lamp"]), ("desk lamp brass stem takes zzz", [])],
)
def test_six_words_are_asked_for_and_no_more(api: SchemaClient, search: str, expected: list[str]) -> None:
    assert names(api, search) == expected


def test_what_is_renamed_is_found_by_its_new_name_alone(api: SchemaClient) -> None:
    staff = get_user_model().objects.create_user("staff@example.com", "a lamp on the hill", is_staff=True, is_superuser=True)
    credentials = {"email": staff.email, "password": "a lamp on the hill", "mode": "token"}
    token = api.post("/api/auth/login/", credentials).json()["data"]["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    response = api.patch("/api/products/desk-lamp/", {"name": "Quilt", "description": "Down"}, headers=headers)

    assert response.status_code == 200
    assert [names(api, word) for word in ("quilt", "down", "brass")] == [["Quilt"], ["Quilt"], []]


def test_bytes_that_are_no_text_find_nothing(api: SchemaClient) -> None:
    response = api.get("/api/products/?search=%ff%fe")

    assert response.status_code == 200
    assert response.json()["data"] == []


def test_a_search_goes_on_over_the_pages(api: SchemaClient) -> None:
    first = api.get("/api/products/?search=s&ordering=name&page_size=2").json()

    second = api.get(first["pagination"]["next"].removeprefix("http://testserver")).json()

    assert [row["name"] for row in second["data"]] == ["Wool blanket 100% merino"]
