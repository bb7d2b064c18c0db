"""The envelope in the OpenAPI document: the success body around the data, and the body of refusals."""

from collections.abc import Iterable
from typing import Any

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def build_success_schema(data: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a success body; `extra` is an object schema with further top-level keys."""
    properties = {
        "success": {"type": "boolean", "description": "true"},
        "status": {**WHOLE, "description": "the HTTP status"},
        "message": {**TEXT, "description": "for people; may change"},
        "data": data,
        "warnings": {
            "type": "array",
            "items": TEXT,
            "description": "sentences for people, also about ignored keys and parameters",
        },
        **extra.get("properties", {}),
    }
    required = ["success", "status", "message", "data", "warnings", *extra.get("required", ())]
    return {"type": "object", "properties": properties, "required": required}


NO_DATA = {"type": ["object", "null"], "description": "always null"}


def build_refusal_components(codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the schemas of a refusal's body, by component name."""
    return {
        "Refusal": REFUSAL,
        "RefusalCode": {
            "description": "A reason for programs. New codes may be added: treat an unknown one by its status. See docs/errors.md.",
            "anyOf": [{"$ref": "#/components/schemas/KnownRefusalCode"}, TEXT],
        },
        "KnownRefusalCode": {"type": "string", "enum": sorted(set(codes)), "description": "The reasons that this version knows."},
        "RefusalDetails": DETAILS,
        "CartChange": CART_CHANGE,
        "ChangedItem": CHANGED_ITEM,
    }


REFUSAL: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused: `message` is for people and may change, `code` is for programs and may not.",
    "properties": {
        "success": {"type": "boolean", "description": "false"},
        "status": {**WHOLE, "description": "the HTTP status"},
        "code": {"$ref": "#/components/schemas/RefusalCode"},
        "message": TEXT,
        "detail": {**TEXT, "description": "the same as `message`"},
        "errors": {
            "type": "object",
            "description": "sentences by field, such as `quantity` or `address.line1`",
            "additionalProperties": {"type": "array", "items": TEXT},
        },
        "details": {"$ref": "#/components/schemas/RefusalDetails"},
    },
    "required": ["success", "status", "code", "message", "detail", "errors"],
}
DETAILS: dict[str, Any] = {
    "type": "object",
    "description": "Facts for programs; which ones depends on the code.",
    "properties": {
        "changes": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/CartChange"},
            "description": "cart_changed: every difference between the cart and what the customer saw",
        },
        "subtotal": {**TEXT, "description": "cart_changed: the subtotal at current prices"},
        "order": {**TEXT, "description": "the number of the order that is concerned"},
        "order_token": {**TEXT, "description": "payment_provider_unavailable: a guest's token for the order that was placed"},
        "from": {**TEXT, "description": "invalid_transition: the present status"},
        "to": {**TEXT, "description": "invalid_transition: the requested status"},
        "limit": {**WHOLE, "description": "too_many_unpaid_orders: how many a buyer may have"},
        "retry_after": {**WHOLE, "description": "throttled: seconds"},
        "markets": {"type": "array", "items": TEXT, "description": "unknown_market: the codes of the markets"},
        "header": {**TEXT, "description": "invalid_header: the name of the header"},
    },
}
CART_CHANGE: dict[str, Any] = {
    "type": "object",
    "description": "A difference between the cart and what the customer saw.",
    "properties": {
        "item": {
            "anyOf": [{"$ref": "#/components/schemas/ChangedItem"}, {"type": "null"}],
            "description": "null if the total, a promotion code or the delivery differs",
        },
        "code": {
            "type": "string",
            "enum": [
                *("cod_unavailable", "fee_changed", "insufficient_stock", "not_in_cart", "not_serviceable", "price_increased"),
                *("promotion_ended", "promotion_used_up", "shipping_changed", "unavailable"),
            ],
        },
        "old": {
            "anyOf": [TEXT, WHOLE],
            "description": "what the customer saw: units, amount, code, method or postal code",
        },
        "new": {"anyOf": [TEXT, WHOLE, {"type": "null"}], "description": "units, amount or method now; null if there is none"},
        "available": {"type": ["integer", "null"], "description": "units that can be bought"},
    },
    "required": ["item", "code", "old", "new", "available"],
}
CHANGED_ITEM: dict[str, Any] = {
    "type": "object",
    "description": "The line that differs.",
    "properties": {
        "id": {"type": ["integer", "null"], "description": "of the cart's line"},
        "product_id": {"anyOf": [WHOLE, TEXT, {"type": "null"}]},
        "sku_id": {"type": ["integer", "null"]},
        "name": {"type": ["string", "null"]},
    },
    "required": ["id", "product_id", "sku_id", "name"],
}
