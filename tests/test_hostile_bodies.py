"""Every documented write, with each of its fields made hostile in turn: refused or done, never a crash"""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.tests.factories import access_token, make_user
from carts.tests.factories import add
from products.tests.factories import make_category, make_product
from tests.schema_client import JSON, SchemaClient, schema

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


def properties(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a request's schema."""
    if "$ref" in shape:
        shape = schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return dict(shape.get("properties", {}))


def writes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and fields of each write that takes JSON."""
    for path, operations in schema()["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "parameters"):
                body = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
                yield method, path, properties(body)


@pytest.fixture
def staff(db: None, settings: Settings, unthrottled: None) -> SchemaClient:
    """A client that may do anything, with a product, a category and a cart to do it to."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SMS_BACKEND = "locmem"
    make_category()
    lamp = make_product(stock=90)
    client = SchemaClient().bearer(access_token(make_user("staff@example.com", is_staff=True)))
    add(client, lamp)
    return client


@pytest.mark.parametrize(("method", "path"), sorted((method, path) for method, path, _ in writes()))
def test_no_field_brings_it_down(staff: SchemaClient, method: str, path: str) -> None:
    fields = next(fields for verb, route, fields in writes() if (verb, route) == (method, path))
    url = path.replace("{number}", "261121-ABCDEF").replace("{item_id}", "1").replace("{sid}", "x")
    url = url.replace("{id}", "1").replace("{part}", "1").replace("{pk}", "1").replace("{category}", "1")
    assert "{" not in url
    plain = {name: GOOD[name] for name in fields if name in GOOD}
    bodies = [plain, *({**plain, name: hostile} for name in fields for hostile in HOSTILE)]

    answers = [getattr(staff, method)(url, body) for body in bodies]

    crashed = [(body, answer.status_code) for body, answer in zip(bodies, answers, strict=True) if answer.status_code >= 500]
    assert [found for found in crashed if found[1] != 503] == []


@pytest.mark.parametrize("part", ["\x00", "%00", "x" * 300, "0", "-1", "9" * 18, "9" * 40, "1.5", "é", "..", "%2e%2e", "1'--"])
def test_no_part_of_an_address_brings_it_down(staff: SchemaClient, part: str) -> None:
    staff.raise_request_exception = False
    crashed = []
    for path, operations in schema()["paths"].items():
        if "{" in path:
            url = path[: path.index("{")] + part + path[path.index("}") + 1 :]
            for name in ("id", "part", "number", "item_id", "sid", "pk", "category"):
                url = url.replace(f"{{{name}}}", "1")
            for method in set(operations) - {"parameters"}:
                status = getattr(staff, method)(url, {}).status_code
                crashed += [(method, url, status)] if status >= 500 else []

    assert crashed == []
