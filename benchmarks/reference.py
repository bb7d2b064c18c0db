"""A lower bound of each flow's cost: a bare WSGI function with one hand-written statement per flow, on the shop's tables."""

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg

LIST = """
SELECT l.product_id, p.uuid, p.name, p.slug, l.price::text, l.compare_at_price::text, l.created_at, l.variant_id, l.variants_count,
       c.id, c.name, c.slug,
       (SELECT i.image FROM products_productimage i WHERE i.product_id = l.product_id ORDER BY i.position, i.id LIMIT 1),
       (SELECT sum(v.stock - v.reserved) FROM products_variant v WHERE v.product_id = l.product_id AND v.is_active)
FROM products_listing l JOIN products_product p ON p.id = l.product_id LEFT JOIN products_category c ON c.id = l.category_id
WHERE l.market = 'in' ORDER BY l.created_at DESC, l.product_id DESC LIMIT 25
"""
CART = """
SELECT i.id, i.quantity, i.price_at_addition::text, v.id, v.sku, v.price::text, v.stock - v.reserved, p.id, p.name, p.slug
FROM carts_cart c JOIN carts_cartitem i ON i.cart_id = c.id JOIN products_variant v ON v.id = i.variant_id
JOIN products_product p ON p.id = v.product_id WHERE c.key_hash = %s AND c.market = 'in' ORDER BY i.id
"""
ADD = """
WITH cart AS (
    INSERT INTO carts_cart (key_hash, market, created_at, updated_at, expires_at)
    VALUES (%(key)s, 'in', now(), now(), now() + interval '3 days')
    ON CONFLICT (key_hash, market) DO UPDATE SET updated_at = now() RETURNING id
), line AS (
    INSERT INTO carts_cartitem (cart_id, variant_id, quantity, price_at_addition, held, created_at, updated_at)
    SELECT cart.id, v.id, 1, v.price, 0, now(), now()
    FROM cart, products_variant v WHERE v.id = %(variant)s AND v.stock > v.reserved
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = least(carts_cartitem.quantity + 1, 99), updated_at = now()
    RETURNING cart_id, variant_id, quantity
)
INSERT INTO carts_cartauditlog (cart_id, variant_id, action, product_name, changes, timestamp)
SELECT cart_id, variant_id, 'ADD', '', jsonb_build_object('quantity', 1), now() FROM line RETURNING id
"""
local = threading.local()


def fetch_all(statement: str, params: Any = None) -> list[Any]:
    """Run a statement on this thread's connection and return its rows."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=1)
    rows: list[Any] = local.connection.execute(statement, params).fetchall()
    return rows


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request."""
    path, key = environ["PATH_INFO"], environ.get("HTTP_X_CART_TOKEN") or str(uuid.uuid4())
    if path == "/api/products/":
        data: Any = fetch_all(LIST)
    elif path == "/api/cart/":
        data = fetch_all(CART, (key,))
    else:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        data = fetch_all(ADD, {"key": key, "variant": body["sku_id"]})
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Cart-Token", key)])
    return [orjson.dumps({"success": True, "data": data}, default=str)]
