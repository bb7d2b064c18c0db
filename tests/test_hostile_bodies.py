"""Every documented write, with hostile values for each field in turn: refused or processed, never a crash"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart
from products.tests.factories import make_category, make_product
from tests.profile import IS_SOAK
from tests.schema_client import JSON, SchemaClient, get_schema

HOSTILE: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**31, 2**63, 2**64, -(2**63)),
    *("", " ", "\x00", "a\x00b", "\U0001f600", "x" * 300, "x" * 100_000),
    *(
        [],
        {},
        [[]],
        [None],
        [{"a": 1}],
        {"a": []},
        [1, "a", None],
        "1e400",
        "NaN",
        "'; DROP TABLE x; --",
        "../../etc/passwd",
        "%00",
    ),
    *("٣", "२", "\u202e", "0x10", "1_000", "99999999999999999999", "-0", "1,299.00"),
]
GOOD: dict[str, Any] = {
    "email": "ada@example.com",
    "password": "a lamp on the hill",
    "old_password": "a lamp on the hill",
    "new_password": "a lamp in the valley",
    "new_email": "new@example.com",
    "phone": "+13128059851",
    "verification_code": "123456",
    "credential": "a.b.c",
    "token": "abc",
    "uid": "MQ",
    "product_id": 1,
    "quantity": 1,
    "payment_method": "cod",
    "address": "12 Hill Road",
    "name": "Lamp",
    "price": "20.00",
    "stock": 3,
    "delta": 1,
    "reason": "correction",
    "sku": "LAMP",
    "category": "Lighting",
}


def get_properties(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a request schema."""
    if "$ref" in shape:
        shape = get_schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return dict(shape.get("properties", {}))


def iter_write_operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and fields of each write operation that takes JSON."""
    for path, operations in get_schema()["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "parameters"):
                body = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
                yield method, path, get_properties(body)


@pytest.fixture
def staff(db: None, settings: Settings, unthrottled: None) -> SchemaClient:
    """A client with all rights, and a product, a category and a cart to change."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SMS_BACKEND = "locmem"
    make_category()
    lamp = make_product(stock=90)
    client = SchemaClient().bearer(make_access_token(make_user("staff@example.com", is_staff=True, is_superuser=True)))
    add_to_cart(client, lamp)
    return client


def iter_bodies(fields: dict[str, Any], offset: int) -> Iterator[dict[str, Any]]:
    """Yield a good body, and the same with hostile values in each field in turn.

    Outside of `make soak` a field has a third of the values, and the next field, or the same of the next operation, another.
    """
    plain = {name: GOOD[name] for name in fields if name in GOOD}
    yield plain
    for number, name in enumerate(fields, offset):
        for hostile in HOSTILE if IS_SOAK else HOSTILE[number % 3 :: 3]:
            yield {**plain, name: hostile}


def fill_path(path: str) -> str:
    """Return the path with its parameters filled in."""
    return re.sub(r"\{\w+\}", "1", path.replace("{number}", "261121-ABCDEF").replace("{session_id}", "x"))


@pytest.mark.scaled
@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in iter_write_operations()])
def test_no_field_brings_it_down(staff: SchemaClient, method: str, path: str) -> None:
    operations = [(verb, route) for verb, route, _ in iter_write_operations()]
    fields = next(fields for verb, route, fields in iter_write_operations() if (verb, route) == (method, path))
    url = fill_path(path)
    bodies = list(iter_bodies(fields, operations.index((method, path))))

    responses = [getattr(staff, method)(url, body) for body in bodies]

    crashed = [
        (body, response.status_code) for body, response in zip(bodies, responses, strict=True) if response.status_code >= 500
    ]
    assert [crash for crash in crashed if crash[1] != 503] == []


@pytest.mark.parametrize("part", ["\x00", "%00", "x" * 300, "0", "-1", "9" * 18, "9" * 40, "1.5", "é", "..", "%2e%2e", "1'--"])
def test_no_part_of_an_address_brings_it_down(staff: SchemaClient, part: str) -> None:
    staff.raise_request_exception = False
    crashed = []
    for path, operations in get_schema()["paths"].items():
        if "{" in path:
            url = path[: path.index("{")] + part + path[path.index("}") + 1 :]
            url = re.sub(r"\{\w+\}", "1", url)
            for method in set(operations) - {"parameters"}:
                status = getattr(staff, method)(url, {}).status_code
                crashed += [(method, url, status)] if status >= 500 else []

    assert crashed == []
