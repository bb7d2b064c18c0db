"""Bodies: JSON objects in UTF-8 up to 256 KB, and nothing else."""

from urllib.parse import urlencode

import pytest
from django.test.client import MULTIPART_CONTENT, encode_multipart

from accounts.tests.factories import PASSWORD, make_user
from products.tests.factories import make_product
from store.tests.factories import WRITES, Write, get_state
from tests.schema_client import JSON, SchemaClient

pytestmark = pytest.mark.once

FIELDS = {"email": "ada@example.com", "password": PASSWORD, "quantity": "1", "payment_method": "cod", "address": "1 Mill Lane"}
LIMIT = 256 * 1024


def make_foreign_bodies(product: int) -> list[tuple[bytes, str]]:
    """Return a request body in each content type that a web page can send cross-origin without a preflight."""
    fields = {**FIELDS, "product_id": str(product)}
    return [
        (urlencode(fields).encode(), "application/x-www-form-urlencoded"),
        (encode_multipart("BoUnDaRyStRiNg", fields), MULTIPART_CONTENT),
        (f'{{"product_id": {product}}}'.encode(), "text/plain"),
        (f'{{"product_id": {product}}}'.encode(), "text/plain; application/json"),
        (f'{{"product_id": {product}}}'.encode(), "application/json-patch+json"),
        (f'{{"product_id": {product}}}'.encode(), ""),
    ]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write.method} {write.url}")
@pytest.mark.parametrize("form", range(6))
def test_a_write_that_is_no_json_is_refused_and_nothing_changes(api: SchemaClient, write: Write, form: int) -> None:
    make_user()
    lamp = make_product()
    api.post("/api/cart/add/", {"product_id": lamp.pk})
    before = get_state()
    body, content_type = make_foreign_bodies(lamp.pk)[form]

    response = api.generic(write.method, write.url, body, content_type=content_type)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"
    assert "access_token" not in response.cookies
    assert get_state() == before


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_json_may_say_its_charset(api: SchemaClient, content_type: str) -> None:
    lamp = make_product()

    response = api.generic("POST", "/api/cart/add/", f'{{"product_id": {lamp.pk}}}', content_type=content_type)

    assert response.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"}",
        b"{'product_id': 1}",
        b'{"product_id": 1,}',
        b'{"product_id": 1} {}',
        b'{"quantity": NaN}',
        b'{"quantity": Infinity}',
        b'{"quantity": -Infinity}',
        b'{"quantity": 1e999}',
        b'{"quantity": 01}',
        b'{"product_id": "\xff\xfe"}',
        b'{"product_id": "\xc3\x28"}',
        b'{"product_id": "\\ud800"}',
        '{"product_id": 1}'.encode("utf-16"),
        b'{"product_id": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"\x00",
        b"<a/>",
    ],
)
def test_broken_json_is_a_400(api: SchemaClient, body: bytes) -> None:
    make_product()
    before = get_state()

    response = api.generic("POST", "/api/cart/add/", body, content_type=JSON)

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"
    assert response.json()["errors"] == {}
    assert get_state() == before


@pytest.mark.parametrize("body", ["[]", '[{"product_id": 1}]', '"product_id"', "7", "1.5", "null", "true"])
@pytest.mark.parametrize("url", ["/api/cart/add/", "/api/cart/", "/api/auth/login/", "/api/auth/logout/", "/api/orders/create/"])
def test_json_that_is_no_object_is_a_400(api: SchemaClient, url: str, body: str) -> None:
    response = api.generic("POST", url, body, content_type=JSON)

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"
    assert response.json()["message"] == "The body must be a JSON object"


def test_of_a_key_given_twice_the_last_counts(api: SchemaClient) -> None:
    lamp = make_product(stock=10)
    body = f'{{"quantity": 2, "product_id": {lamp.pk}, "quantity": 5}}'

    response = api.generic("POST", "/api/cart/add/", body, content_type=JSON)

    assert response.status_code == 201
    assert response.json()["data"]["quantity"] == 5


def test_an_empty_body_is_an_empty_object(api: SchemaClient) -> None:
    response = api.generic("POST", "/api/cart/add/", b"  \n", content_type=JSON)

    assert response.status_code == 400
    assert response.json()["message"] == "This field is required."
    assert response.json()["errors"] == {"product_id": ["This field is required."]}


def make_padded_body(product: int, size: int) -> bytes:
    """Return an add-to-cart body of this many bytes."""
    body = f'{{"product_id": {product}, "padding": "'.encode()
    return body + b"x" * (size - len(body) - 2) + b'"}'


def test_256_kb_are_read(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.generic("POST", "/api/cart/add/", make_padded_body(lamp.pk, LIMIT), content_type=JSON)

    assert response.status_code == 201


@pytest.mark.parametrize("size", [LIMIT + 1, 3_000_000])
def test_more_is_a_413_and_nothing_changes(api: SchemaClient, size: int) -> None:
    lamp = make_product()
    before = get_state()

    response = api.generic("POST", "/api/cart/add/", make_padded_body(lamp.pk, size), content_type=JSON)

    assert response.status_code == 413
    assert response.json()["code"] == "too_large"
    assert get_state() == before


def test_a_body_without_an_announced_end_is_refused(api: SchemaClient) -> None:
    response = api.post("/api/cart/add/", HTTP_TRANSFER_ENCODING="chunked")

    assert response.status_code == 411
    assert response.json()["code"] == "length_required"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"address": {"line1": 5}}, {"address.line1"}),
        ({"address": {"city": ["x"], "country": "y" * 61}}, {"address.city", "address.country"}),
        ({"items": [{"id": 1, "quantity": 1}, {"id": 2}]}, {"items.1.quantity"}),
        ({"cart": [{"id": 1, "quantity": 1.5, "price": "abc"}]}, {"cart.0.quantity", "cart.0.price"}),
    ],
)
def test_an_error_inside_of_an_object_or_a_list_is_named_by_its_path(
    api: SchemaClient, fields: dict[str, object], errors: set[str]
) -> None:
    response = api.post("/api/orders/create/", {"payment_method": "cod", **fields})

    assert response.status_code == 400
    assert set(response.json()["errors"]) == errors
