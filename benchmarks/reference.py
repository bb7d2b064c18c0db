"""A lower bound of each flow's cost: a bare WSGI function with one hand-written statement per request, on the shop's tables.

It validates nothing, and answers with the columns of its statements under the shop's names.
"""

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from store.environment_database import PLANNER_OPTIONS

PRODUCT = """
SELECT l.product_id AS id, p.uuid, p.name, p.slug, l.price::text, l.compare_at_price::text, 'INR' AS currency, l.created_at,
    l.variant_id AS sku_id, l.variants_count,
    json_build_object('id', c.id, 'name', c.name, 'slug', c.slug) AS category,
    (SELECT i.thumbnail FROM products_productimage i WHERE i.product_id = l.product_id ORDER BY i.position, i.id LIMIT 1)
        AS primary_image,
    (SELECT sum(v.stock - v.reserved) FROM products_variant v WHERE v.product_id = l.product_id AND v.is_active)::integer AS stock
"""
SOURCE = """
FROM products_listing l JOIN products_product p ON p.id = l.product_id LEFT JOIN products_category c ON c.id = l.category_id
WHERE l.market = 'in'
"""
LIST = f"{PRODUCT} {SOURCE} ORDER BY l.created_at DESC, l.product_id DESC LIMIT 24"
SEARCH = f"""
{PRODUCT} {SOURCE} AND l.product_id IN (SELECT product_id FROM products_searchdocument WHERE all_terms @@ %(terms)s::tsquery)
ORDER BY l.product_id DESC LIMIT 24
"""
DETAIL = f"""
{PRODUCT}, p.description,
    (SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name, 'options', v.options, 'price', v.price::text,
        'stock', v.stock - v.reserved) ORDER BY v.position, v.id)
     FROM products_variant v WHERE v.product_id = p.id AND v.is_active) AS variants,
    (SELECT json_agg(json_build_object('id', i.id, 'url', i.image, 'alt', i.alt, 'thumbnail', i.thumbnail)
        ORDER BY i.position, i.id)
     FROM products_productimage i WHERE i.product_id = p.id) AS images
{SOURCE} AND p.slug = %(slug)s
"""
LINE = """
SELECT i.id, i.quantity, i.price_at_addition::text, v.id AS sku_id, v.sku, v.price::text, v.stock - v.reserved AS stock,
    p.id AS product_id, p.name, p.slug, round(sum(i.quantity * i.price_at_addition) OVER (), 2)::text AS subtotal
"""
CART = f"""
{LINE} FROM carts_cart c JOIN carts_cartitem i ON i.cart_id = c.id JOIN products_variant v ON v.id = i.variant_id
JOIN products_product p ON p.id = v.product_id WHERE c.key_hash = %(key)s AND c.market = 'in' ORDER BY i.id
"""
ADD = f"""
WITH cart AS (
    INSERT INTO carts_cart (key_hash, market, created_at, updated_at, expires_at)
    VALUES (%(key)s, 'in', now(), now(), now() + interval '3 days')
    ON CONFLICT (key_hash, market) DO UPDATE SET updated_at = now() RETURNING id
), line AS (
    INSERT INTO carts_cartitem (cart_id, variant_id, quantity, price_at_addition, held, created_at, updated_at)
    SELECT cart.id, v.id, %(quantity)s, v.price, 0, now(), now()
    FROM cart, products_variant v WHERE v.id = %(variant)s AND v.stock > v.reserved
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = carts_cartitem.quantity + %(quantity)s, updated_at = now()
    RETURNING id, cart_id, variant_id, quantity, price_at_addition
), log AS (
    INSERT INTO carts_cartauditlog (cart_id, variant_id, action, product_name, changes, timestamp)
    SELECT cart_id, variant_id, 'ADD', '', jsonb_build_object('quantity', %(quantity)s::integer), now() FROM line
), lines AS (
    SELECT id, variant_id, quantity, price_at_addition FROM line
    UNION ALL
    SELECT i.id, i.variant_id, i.quantity, i.price_at_addition FROM carts_cartitem i JOIN cart ON cart.id = i.cart_id
    WHERE i.variant_id <> %(variant)s
)
{LINE} FROM lines i JOIN products_variant v ON v.id = i.variant_id JOIN products_product p ON p.id = v.product_id ORDER BY i.id
"""
ORDER = """
WITH cart AS (
    SELECT id FROM carts_cart WHERE key_hash = %(key)s AND market = 'in' FOR UPDATE
), lines AS (
    SELECT i.id, i.cart_id, i.variant_id, i.quantity, i.price_at_addition AS price
    FROM carts_cartitem i JOIN cart ON cart.id = i.cart_id
), locked AS (
    SELECT v.id, v.sku, v.product_id FROM products_variant v WHERE v.id IN (SELECT variant_id FROM lines) ORDER BY v.id FOR UPDATE
), sold AS (
    UPDATE products_variant v SET stock = v.stock - l.quantity, updated_at = now()
    FROM lines l, locked WHERE v.id = l.variant_id AND v.id = locked.id AND v.stock - v.reserved >= l.quantity
    RETURNING l.cart_id, v.id AS variant_id, v.product_id, v.sku, l.quantity, l.price
), placed AS (
    INSERT INTO orders_order (number, cart_id, cart_fingerprint, status, payment_method, market, currency, subtotal, discount_total,
        shipping_total, tax_total, total, name, email, phone, note, address, stock_state, attention, cancel_reason, version,
        idempotency_scope, idempotency_key, request_hash, placed_at, created_at, updated_at)
    SELECT %(number)s, min(cart_id), '', 'processing', 'cod', 'in', 'INR', sum(price * quantity), 0, 0, 0, sum(price * quantity),
        %(name)s, %(email)s, %(phone)s, '', %(address)s::jsonb, 'committed', '', '', 0, %(key)s, %(idempotency_key)s, '',
        now(), now(), now()
    FROM sold RETURNING id, number, status, cart_id, total
), items AS (
    INSERT INTO orders_orderitem (order_id, product_id, variant_id, is_simple, name, sku, image_url, unit_price, quantity,
        line_total, refunded_quantity, restocked_quantity)
    SELECT placed.id, p.id, sold.variant_id, true, p.name, sold.sku, '', sold.price, sold.quantity, sold.price * sold.quantity, 0, 0
    FROM placed, sold JOIN products_product p ON p.id = sold.product_id RETURNING name, sku, quantity, unit_price
), payment AS (
    INSERT INTO orders_payment (id, order_id, provider, state, amount, currency, amount_minor, captured_minor, refunded_minor,
        checkout_url, failure_code, raw, created_at, updated_at)
    SELECT gen_random_uuid(), id, 'cod', 'created', total, 'INR', total * 100, 0, 0, '', '', '{}', now(), now() FROM placed
), event AS (
    INSERT INTO orders_orderevent (order_id, kind, actor_kind, from_status, to_status, data, at)
    SELECT id, 'placed', 'guest', '', status, '{}', now() FROM placed
), movements AS (
    INSERT INTO products_stockmovement (variant_id, delta, reason, reference, note, created_at)
    SELECT variant_id, -quantity, 'sale', %(number)s, '', now() FROM sold
), emptied AS (
    DELETE FROM carts_cartitem i USING cart WHERE i.cart_id = cart.id
), touched AS (
    UPDATE carts_cart c SET ordered_at = now(), updated_at = now() FROM cart WHERE c.id = cart.id
), log AS (
    INSERT INTO carts_cartauditlog (cart_id, product_id, variant_id, action, product_name, changes, timestamp)
    SELECT cart_id, product_id, variant_id, 'ORDER', '', jsonb_build_object('order', %(number)s::text, 'quantity', quantity), now()
    FROM sold
), mail AS (
    INSERT INTO outbox_job (kind, payload, dedupe_key, run_at, attempts, last_error, created_at)
    SELECT 'order_mail', jsonb_build_object('order', id, 'kind', 'placed'), number || ':placed', now(), 0, '', now() FROM placed
)
SELECT id, number, status, round(total, 2)::text AS total, (SELECT json_agg(items) FROM items) AS items FROM placed
"""
local = threading.local()


def fetch_all(statement: str, **params: Any) -> list[Any]:
    """Run a statement on this thread's connection and return its rows."""
    if not hasattr(local, "connection"):
        options: dict[str, Any] = {"autocommit": True, "prepare_threshold": 1, "options": PLANNER_OPTIONS}
        local.connection = psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row, **options)
    rows: list[Any] = local.connection.execute(statement, params).fetchall()
    return rows


def build_cart(lines: list[Any]) -> dict[str, Any]:
    """Return a cart."""
    return {"items": lines, "subtotal": lines[0]["subtotal"] if lines else "0.00"}


def answer(path: str, query: str, body: dict[str, Any], key: str, idempotency_key: str) -> dict[str, Any]:
    """Return the answer to a request."""
    if path == "/api/products/":
        return {"data": fetch_all(SEARCH, terms=f"n{query.rpartition('=')[2]}") if "search=" in query else fetch_all(LIST)}
    if path.startswith("/api/products/"):
        return {"data": fetch_all(DETAIL, slug=path.split("/")[3])[0]}
    hashed = hashlib.sha256(key.encode()).hexdigest()
    if path == "/api/cart/":
        return {"data": build_cart(fetch_all(CART, key=hashed))}
    if path == "/api/cart/add/":
        lines = fetch_all(ADD, key=hashed, variant=body["sku_id"], quantity=body["quantity"])
        return {"data": next(line for line in lines if line["sku_id"] == body["sku_id"]), "cart": build_cart(lines)}
    contact = {name: body[name] for name in ("name", "email", "phone")} | {"address": json.dumps(body["address"])}
    number = uuid.uuid4().hex[:20]
    return {"data": fetch_all(ORDER, key=hashed, number=number, idempotency_key=idempotency_key, **contact)[0]}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request."""
    key = environ.get("HTTP_X_CART_TOKEN") or str(uuid.uuid4())
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = json.loads(environ["wsgi.input"].read(length)) if length else {}
    idempotency_key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
    content = answer(environ["PATH_INFO"], environ["QUERY_STRING"], body, key, idempotency_key)
    encoded = orjson.dumps({"success": True, **content})
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(encoded))), ("X-Cart-Token", key)]
    start_response("200 OK", headers)
    return [encoded]
