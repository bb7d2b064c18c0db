"""GET /api/products/?cursor= with a cursor that the shop did not issue"""

import base64
import json
from typing import Any

import pytest

from products.tests.factories import make_products
from tests.schema_client import SchemaClient

DAY = "2025-01-01T00:00:00+00:00"


def encode_cursor(payload: Any) -> str:
    """Return JSON encoded like a cursor."""
    return base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()


def get_cursor(api: SchemaClient, query: str) -> str:
    """Return the cursor of the second page."""
    link: str = api.get(f"/api/products/?page_size=1&{query}").json()["pagination"]["next"]
    return link.partition("cursor=")[2].partition("&")[0]


@pytest.mark.sampled
@pytest.mark.parametrize("cursor", ["x", "%25%25%25", "%00", "bnVsbA", "e30", "=", "....", "%F0%9F%92%A1", "a" * 10_240, "W10"])
def test_a_cursor_that_cannot_be_read_is_refused_by_name(api: SchemaClient, cursor: str) -> None:
    response = api.get(f"/api/products/?cursor={cursor}")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cursor"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("ordering", "payload"),
    [
        ("newest", ["newest", DAY, 1]),
        ("newest", ["newest", DAY, 1, 0, 0]),
        ("newest", ["newest", DAY, "1", 0]),
        ("newest", ["newest", DAY, 1.5, 0]),
        ("newest", ["newest", DAY, True, 0]),
        ("newest", ["newest", DAY, 0, 0]),
        ("newest", ["newest", DAY, -1, 0]),
        ("newest", ["newest", DAY, 2**63, 0]),
        ("newest", ["newest", DAY, 2**200, 0]),
        ("newest", ["newest", DAY, 1, 2]),
        ("newest", ["newest", DAY, 1, "0"]),
        ("newest", ["newest", DAY, 1, None]),
        ("newest", ["newest", None, 1, 0]),
        ("newest", ["newest", "yesterday", 1, 0]),
        ("newest", ["newest", "2025-01-01T00:00:00", 1, 0]),
        ("newest", ["newest", "0001-01-01T00:00:00+14:00", 1, 0]),
        ("newest", ["newest", "9999-12-31T23:59:59-12:00", 1, 0]),
        ("newest", [["newest"], DAY, 1, 0]),
        ("newest", {"newest": 1, DAY: 2, "1": 3, "0": 4}),
        ("newest", "abcd"),
        ("price", ["price", "abc", 1, 0]),
        ("price", ["price", "NaN", 1, 0]),
        ("price", ["price", "-1", 1, 0]),
        ("price", ["price", "1e400", 1, 0]),
        ("price", ["price", "9" * 400, 1, 0]),
        ("name", ["name", "a\x00b", 1, 0]),
        ("name", ["name", "\ud800", 1, 0]),
        ("name", ["name", ["a"], 1, 0]),
    ],
)
def test_a_forged_cursor_is_refused_by_name(api: SchemaClient, ordering: str, payload: Any) -> None:
    response = api.get("/api/products/", {"ordering": ordering, "cursor": encode_cursor(payload)})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cursor"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("made_for", "used_for"),
    [
        ("ordering=price", "ordering=newest"),
        ("ordering=newest", "ordering=oldest"),
        ("ordering=price", "ordering=-price"),
        ("ordering=name", "ordering=price"),
        ("ordering=price", "ordering=name"),
        ("search=lamp", "ordering=newest"),
        ("search=lamp", "search=lamp&ordering=newest"),
        ("search=lamp", "ordering=relevance"),
        ("ordering=newest", "search=lamp"),
        ("ordering=relevance", "search=lamp"),
        ("search=lamp&ordering=price", "search=lamp"),
    ],
)
def test_a_cursor_of_another_ordering_is_refused_by_name(api: SchemaClient, made_for: str, used_for: str) -> None:
    make_products("Lamp", "Lamp")
    cursor = get_cursor(api, made_for)

    response = api.get(f"/api/products/?{used_for}&cursor={cursor}")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cursor"]


@pytest.mark.parametrize("query", ["ordering=newest", "ordering=price", "ordering=name", "search=lamp"])
def test_no_single_changed_letter_of_a_cursor_breaks_the_shop(api: SchemaClient, query: str) -> None:
    make_products("Lamp", "Lamp")
    cursor = get_cursor(api, query)

    changed = [f"{cursor[:at]}{letter}{cursor[at + 1 :]}" for at in range(len(cursor)) for letter in "A0_"]
    statuses = {api.get(f"/api/products/?{query}&cursor={text}").status_code for text in changed}

    assert statuses <= {200, 400}


@pytest.mark.sampled
@pytest.mark.parametrize("value", ["abc", "", "1,5", "0x10", "1.5.2", "\x00", "--1"])
def test_a_cursor_whose_relevance_is_no_number_is_refused_by_name(api: SchemaClient, value: str) -> None:
    response = api.get("/api/products/", {"search": "lamp", "cursor": encode_cursor(["relevance", value, 1, 0])})

    assert response.status_code == 400
    assert response.json()["errors"] == {"cursor": ["This cursor is not valid"]}


def test_an_empty_cursor_is_the_first_page(api: SchemaClient) -> None:
    make_products("Lamp", "Mug")

    assert len(api.get("/api/products/?cursor=").json()["data"]) == 2
