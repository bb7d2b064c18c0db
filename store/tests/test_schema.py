"""GET /api/schema/ and GET /api/docs/"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once
METHODS = {"get", "post", "put", "patch", "delete"}
PROMISED = {
    *("GET /api/products/", "GET /api/products/{product}/", "GET /api/config/"),
    *("POST /api/auth/register/", "POST /api/auth/login/", "POST /api/auth/refresh/", "POST /api/auth/logout/"),
    *("GET /api/auth/me/", "PATCH /api/auth/me/"),
    *("GET /api/cart/", "POST /api/cart/", "GET /api/cart/summary/", "POST /api/cart/add/"),
    *("PATCH /api/cart/update/", "PATCH /api/cart/update/{item_id}/"),
    *("DELETE /api/cart/remove/", "DELETE /api/cart/remove/{item_id}/", "DELETE /api/cart/clear/"),
    *("POST /api/orders/create/", "GET /api/orders/my/", "GET /api/orders/{number}/", "POST /api/orders/webhook/"),
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

    assert set(get_operations(document)) >= PROMISED
    assert all(path.startswith("/api/") for path in document["paths"])


def test_aliases_stay_out_of_it(api: SchemaClient) -> None:
    names = set(get_operations(get_schema(api)))

    aliases = {"GET /api/cart/current/", "POST /api/cart/items/", "POST /api/order/create/", "POST /api/products/create/"}
    aliases |= {"PUT /api/cart/update/{item_id}/", "POST /api/cart/clear/", "POST /api/cart/remove/", "DELETE /api/cart/"}
    assert names & aliases == set()


def test_every_answer_has_the_envelope(api: SchemaClient) -> None:
    document = get_schema(api)
    for name, operation in get_operations(document).items():
        successes = [answer for status, answer in operation["responses"].items() if status in ("200", "201", "202")]
        assert successes, name
        for answer in successes:
            reference = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][reference]
            assert reference.endswith("Reply"), name
            assert set(schema["required"]) >= {"success", "status", "message", "data", "warnings"}, name


def test_every_operation_lists_the_codes_of_its_refusals(api: SchemaClient) -> None:
    document = get_schema(api)
    known = document["components"]["schemas"]["KnownRefusalCode"]["enum"]
    for name, operation in get_operations(document).items():
        answers = [
            document["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
            for status, answer in operation["responses"].items()
            if status >= "400"
        ]
        codes = [code for answer in answers for code in answer["x-codes"]]
        assert {"server_error", "database_unavailable", "unknown_market"} <= set(codes) <= set(known), name
        assert all(f"`{code}`" in answer["description"] for answer in answers for code in answer["x-codes"]), name


def test_every_operation_has_a_name_a_summary_a_description_and_a_tag_that_is_described(api: SchemaClient) -> None:
    document = get_schema(api)
    described = get_operations(document)
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}

    names = [operation["operationId"] for operation in described.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    for name, operation in described.items():
        assert operation["summary"], name
        assert not operation["summary"].endswith("."), name
        assert operation["description"].endswith("."), name
        assert set(operation["tags"]) <= tags, name


def test_it_says_who_may_call_what(api: SchemaClient) -> None:
    described = get_operations(get_schema(api))
    signed_in: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]

    security = {name: described[name]["security"] for name in described}
    assert security["GET /api/products/"] == security["POST /api/cart/add/"] == [*signed_in, {}]
    assert security["POST /api/products/"] == security["GET /api/orders/my/"] == signed_in
    assert security["POST /api/auth/login/"] == security["POST /api/orders/webhook/"] == []


def test_schemas_are_named_after_things(api: SchemaClient) -> None:
    names = set(get_schema(api)["components"]["schemas"])

    assert names >= {
        "Product",
        "ProductSummary",
        "ProductInput",
        "ProductPatch",
        "Cart",
        "CartLine",
        "CartReply",
        "Order",
        "Refusal",
    }
    assert [name for name in names if re.search(r"Request|Response|Serializer|Shape|Patched|Enum", name)] == []


def test_headers_are_plain_text_and_no_field_is_write_only_so_that_generated_clients_work(api: SchemaClient) -> None:
    document = get_schema(api)
    parameters = [parameter for operation in get_operations(document).values() for parameter in operation.get("parameters", ())]

    headers = [parameter for parameter in parameters if parameter["in"] == "header"]
    assert "X-Cart-Token" in {header["name"] for header in headers}
    assert [header["name"] for header in headers if "format" in header["schema"]] == []
    assert "writeOnly" not in json.dumps(document)


def test_the_cart_is_one_object_and_the_catalog_a_list(api: SchemaClient) -> None:
    schemas = get_schema(api)["components"]["schemas"]

    assert schemas["CartReply"]["properties"]["data"] == {"$ref": "#/components/schemas/Cart"}
    assert schemas["ProductSummaryListReply"]["properties"]["data"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/ProductSummary"},
    }


def test_headers_that_are_read_and_sent_are_described(api: SchemaClient) -> None:
    described = get_operations(get_schema(api))

    def get_headers(name: str) -> set[str]:
        return {parameter["name"] for parameter in described[name]["parameters"] if parameter["in"] == "header"}

    assert get_headers("GET /api/products/") == {"X-Market"}
    assert get_headers("GET /api/cart/") == {"X-Market", "X-Cart-Token", "X-Session-Key"}
    assert get_headers("POST /api/orders/create/") == {"X-Market", "X-Cart-Token", "X-Session-Key", "Idempotency-Key"}
    assert get_headers("GET /api/orders/{number}/") == {"X-Order-Token"}
    assert set(described["GET /api/cart/"]["responses"]["200"]["headers"]) == {"X-Request-ID", "X-Cart-Token", "X-Session-Key"}
    assert set(described["GET /api/products/"]["responses"]["200"]["headers"]) == {"X-Request-ID", "ETag"}
    assert "Idempotency-Replayed" in described["POST /api/orders/create/"]["responses"]["200"]["headers"]


def walk_schema(shape: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the schema."""
    if isinstance(shape, dict):
        yield shape
    for part in shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ():
        yield from walk_schema(part)


def test_generators_can_read_it(api: SchemaClient) -> None:
    shapes = list(walk_schema(get_schema(api)))

    assert [shape for shape in shapes if "const" in shape and "type" not in shape] == []
    assert [shape for shape in shapes if shape.get("properties", {}).get("data") == {"type": "null"}] == []
    lists = [shape["type"] for shape in shapes if isinstance(shape.get("type"), list)]
    assert [types for types in lists if len(set(types)) < len(types)] == []
    unions = [shape[kind] for shape in shapes for kind in ("anyOf", "oneOf") if kind in shape]
    assert [union for union in unions if [part.get("type") for part in union].count("null") > 1] == []


def test_it_says_how_many_units_are_the_fewest(api: SchemaClient) -> None:
    shapes = get_schema(api)["components"]["schemas"]
    fields = {name: shape["properties"].get("quantity", {}) for name, shape in shapes.items() if "properties" in shape}

    fewest = {name: field["minimum"] for name, field in fields.items() if "minimum" in field}
    assert fewest == {"AddItemInput": 1, "MoveToCartInput": 1, "QuantityInput": 0, "UpdateItemInput": 0, "SnapshotLine": 0}


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
