"""POST /api/orders/<number>/pay/ and claim/: they expect no fields, but validate bodies as strictly as the other endpoints"""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart
from orders.tests.factories import customer, database_rows, placed
from products.tests.factories import make_product
from tests.schema_client import JSON, SchemaClient


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        pytest.param("text/plain", b"x", 415, "unsupported_media_type", id="a text"),
        pytest.param("application/x-www-form-urlencoded", b"a=1", 415, "unsupported_media_type", id="a form"),
        pytest.param(JSON, b"{nonsense", 400, "parse_error", id="nonsense"),
        pytest.param(JSON, b"[]", 400, "parse_error", id="a list"),
        pytest.param(JSON, b" " * 1_000_000, 413, "too_large", id="too much"),
    ],
)
@pytest.mark.parametrize("act", ["pay", "claim"])
def test_a_body_that_is_no_object_is_refused_and_nothing_changes(
    api: SchemaClient, act: str, content_type: str, body: bytes, status: int, code: str
) -> None:
    add_to_cart(api, make_product())
    order = placed(api)
    client = customer("grace@example.com")
    before = database_rows()

    response: Any = client.generic(
        "POST", f"/api/orders/{order['number']}/{act}/", body, content_type, headers={"X-Order-Token": order["order_token"]}
    )

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert database_rows() == before


@pytest.mark.parametrize("body", [b"", b"{}", b'{"anything": 1}'])
def test_an_object_or_nothing_is_fine(api: SchemaClient, body: bytes) -> None:
    add_to_cart(api, make_product())
    order = placed(api)
    client = customer("grace@example.com")

    response = client.generic(
        "POST", f"/api/orders/{order['number']}/claim/", body, JSON, headers={"X-Order-Token": order["order_token"]}
    )

    assert response.status_code == 200
