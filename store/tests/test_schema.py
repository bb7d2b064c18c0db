"""GET /api/schema/ and GET /api/docs/"""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.test import Client
from drf_spectacular.validation import validate_schema

from tests.schema_client import SchemaClient

METHODS = {"get", "post", "put", "patch", "delete"}
PROMISED = {
    *("GET /api/products/", "GET /api/products/{id}/", "GET /api/config/"),
    *("POST /api/auth/register/", "POST /api/auth/login/", "POST /api/auth/refresh/", "POST /api/auth/logout/"),
    *("GET /api/auth/me/", "PATCH /api/auth/me/"),
    *("GET /api/cart/", "POST /api/cart/", "GET /api/cart/current/", "GET /api/cart/summary/"),
    *("POST /api/cart/add/", "POST /api/cart/items/"),
    *("PATCH /api/cart/update/", "POST /api/cart/update/", "PUT /api/cart/update/"),
    *("PATCH /api/cart/update/{item_id}/", "POST /api/cart/update/{item_id}/", "PUT /api/cart/update/{item_id}/"),
    *("DELETE /api/cart/remove/", "POST /api/cart/remove/"),
    *("DELETE /api/cart/remove/{item_id}/", "POST /api/cart/remove/{item_id}/"),
    *("DELETE /api/cart/clear/", "POST /api/cart/clear/"),
    *("POST /api/orders/create/", "POST /api/order/create/", "GET /api/orders/my/", "GET /api/orders/{number}/"),
}


def get_schema(api: SchemaClient) -> dict[str, Any]:
    """Return the published schema."""
    document: dict[str, Any] = api.get("/api/schema/").json()
    return document


def get_operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the operations in the schema by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_it_is_openapi_3_1_and_valid(api: SchemaClient) -> None:
    document = get_schema(api)

    assert document["openapi"].startswith("3.1")
    validate_schema(document)  # type: ignore[no-untyped-call]


def test_it_is_plain_json(api: SchemaClient) -> None:
    response = api.get("/api/schema/", HTTP_ACCEPT="text/html")

    assert response.status_code == 200
    assert "json" in response["Content-Type"]


def test_it_describes_every_promised_route_by_its_api_form(api: SchemaClient) -> None:
    document = get_schema(api)

    described = {re.sub(r"\{(id|pk|uuid)\}", "{id}", name) for name in get_operations(document)}
    assert described >= PROMISED
    assert all(path.startswith("/api/") for path in document["paths"])


def test_no_answer_is_empty(api: SchemaClient) -> None:
    for name, operation in get_operations(get_schema(api)).items():
        statuses = set(operation["responses"])
        assert statuses <= {"200", "201", "202", "4XX", "5XX"}, name
        assert statuses > {"4XX", "5XX"}, name
        assert all("application/json" in answer["content"] for answer in operation["responses"].values()), name


def test_every_answer_has_the_envelope_and_nothing_undescribed(api: SchemaClient) -> None:
    for name, operation in get_operations(get_schema(api)).items():
        for status in {"200", "201", "202"} & set(operation["responses"]):
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema["additionalProperties"] is False, name
            assert set(schema["required"]) >= {"success", "status", "message", "data", "warnings"}, name
            assert schema["properties"]["status"] == {"const": int(status)}, name


def test_every_operation_has_a_name_of_its_own_and_a_sentence(api: SchemaClient) -> None:
    described = get_operations(get_schema(api))

    names = [operation["operationId"] for operation in described.values()]
    assert len(set(names)) == len(names)
    assert [name for name, operation in described.items() if not operation.get("description", "").strip()] == []


def test_the_cart_is_one_object_and_the_catalog_a_list(api: SchemaClient) -> None:
    described = get_operations(get_schema(api))

    def get_data(name: str) -> dict[str, Any]:
        schema = described[name]["responses"]["200"]["content"]["application/json"]["schema"]
        data_schema: dict[str, Any] = schema["properties"]["data"]
        return data_schema

    assert get_data("GET /api/cart/") == {"$ref": "#/components/schemas/CartResponse"}
    assert get_data("GET /api/config/") == {"$ref": "#/components/schemas/ConfigResponse"}
    assert get_data("GET /api/products/") == {"type": "array", "items": {"$ref": "#/components/schemas/ProductItemResponse"}}


def walk_schema(shape: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the schema."""
    if isinstance(shape, dict):
        yield shape
    for part in shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ():
        yield from walk_schema(part)


def test_no_type_is_named_twice(api: SchemaClient) -> None:
    lists = [shape["type"] for shape in walk_schema(get_schema(api)) if isinstance(shape.get("type"), list)]

    assert lists
    assert [types for types in lists if len(set(types)) < len(types)] == []


def test_it_says_how_many_units_are_the_fewest(api: SchemaClient) -> None:
    shapes = get_schema(api)["components"]["schemas"]
    least = {
        (name, field): shape["properties"][field]["minimum"]
        for name, shape in shapes.items()
        for field in ("quantity", "qty")
        if name.endswith("Request") and field in shape.get("properties", {})
    }

    none_is_for_later = {"QuantityInputRequest", "PatchedQuantityInputRequest", "PatchedUpdateItemInputRequest"}
    none_is_for_later |= {"SnapshotLineRequest", "UpdateItemInputRequest"}
    named = {"AddItemInputRequest": 1, "MoveToCartInputRequest": 1} | dict.fromkeys(none_is_for_later, 0)
    assert least == {(name, field): units for name, units in named.items() for field in ("quantity", "qty")}


def test_the_interactive_reference_loads_nothing_from_other_hosts(client: Client, db: None) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)["']""", text)

    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    assert loaded
    assert [address for address in loaded if not re.match(r"/[^/]|\?|#|data:", address)] == []
    assert "://" not in text.replace("http://www.w3.org", "").replace("http://testserver", "")


def test_all_that_it_loads_is_there(client: Client, db: None) -> None:
    text = client.get("/api/docs/").content.decode()
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)["']""", text)

    for address in loaded:
        with closing(client.get(address if address.startswith("/") else f"/api/docs/{address}")) as response:
            assert response.status_code == 200, address


def test_its_scripts_are_files_for_its_policy_allows_no_others(client: Client, db: None) -> None:
    page = client.get("/api/docs/")

    inline = [body for body in re.findall(r"<script[^>]*>(.*?)</script>", page.content.decode(), re.DOTALL) if body.strip()]
    assert inline == []
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe-eval" not in page["Content-Security-Policy"]


def test_its_script_reads_our_schema(client: Client, db: None) -> None:
    script = client.get("/api/docs/?script=")

    assert script.status_code == 200
    assert "javascript" in script["Content-Type"]
    assert '"/api/schema' in script.content.decode()
    assert "https://" not in script.content.decode()
