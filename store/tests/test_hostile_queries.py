"""Invalid query strings are rejected with the name of the parameter, on every list."""

from urllib.parse import quote

import pytest

from accounts.tests.factories import make_access_token, make_user
from core.pagination import Cursor
from tests.schema_client import SchemaClient

LISTS = ["/api/products/", "/api/orders/my/"]
BEYOND_THE_CALENDAR = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


@pytest.fixture
def reader(api: SchemaClient) -> SchemaClient:
    """A customer who may read both lists."""
    return api.bearer(make_access_token(make_user()))


@pytest.mark.sampled
@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize(
    "value", ["0", "101", "-1", "abc", "1.5", "0x10", "1_0", "0000000019999", "000000001" + "9" * 25, "1" * 5000, "٣", "\x00"]
)
def test_a_page_size_out_of_bounds_is_refused(reader: SchemaClient, url: str, value: str) -> None:
    response = reader.get(f"{url}?page_size={quote(value)}")

    assert response.status_code == 400
    assert response.json()["errors"] == {"page_size": ["Must be a whole number from 1 to 100"]}


@pytest.mark.sampled
@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize(
    "value",
    [
        *("x", "é", "%", "A" * 3000, "eyJhIjoxfQ", "\x00"),
        Cursor("newest", "", 1).encode(),
        Cursor("newest", "yesterday", 1).encode(),
        Cursor("newest", "2026-03-01", 1).encode(),
        Cursor("newest", "2026-03-01T12:00:00", 1).encode(),
        Cursor("newest", "\x00", 1).encode(),
        *(Cursor("newest", value, 1).encode() for value in BEYOND_THE_CALENDAR),
        *(Cursor("newest", value, 1, backwards=True).encode() for value in BEYOND_THE_CALENDAR),
        Cursor("name", "Lamp", 1).encode(),
    ],
)
def test_a_cursor_that_the_shop_did_not_make_is_refused(reader: SchemaClient, url: str, value: str) -> None:
    response = reader.get(f"{url}?cursor={quote(value)}")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cursor"]
