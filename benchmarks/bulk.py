"""Generates a large catalog on PostgreSQL with a few set-based statements, and indexes it: `python -m benchmarks.bulk N`.

The rows go to the database of DATABASE_URL. They are what `products.services.products` would write for N simple products in
forty categories of very different sizes, by a hundred sellers, for sale in every market; one in fifty is sold out. A million
products take some minutes.
"""

import os
import sys
from typing import Any

import django

KINDS = ("lamp", "kettle", "smartphone", "backpack", "notebook", "cushion", "headphones", "frying pan", "watering can", "t-shirt")
MATERIALS = ("brass", "oak", "linen", "enamel", "cotton", "clay", "walnut", "wool", "steel", "paper", "cork", "felt")
DESCRIPTION_WORDS = ((31, 300), (37, 900), (41, 2700), (43, 8100))  # (step, vocabulary size) of each word


def word_sql(number: str) -> str:
    """Return SQL that derives a word from a number."""
    return f"translate(substr(md5(({number})::text), 1, 7), '0123456789', 'aeioulnrst')"


def choice_sql(words: tuple[str, ...], step: int) -> str:
    """Return SQL that chooses a word by the row number."""
    return f"(ARRAY{list(words)})[1 + (n * {step} / 7) % {len(words)}]"


def products_sql(count: int, first: int, categories: list[int], sellers: list[int]) -> str:
    """Return the statement that generates the products, with ids from `first` on, in a temporary table."""
    # Each category has half as many products as the one before; the oldest tenth of the products is in a separate one.
    steps = f"least({len(categories) - 2}, floor(-ln(1 - (n * 7919 % 9973) / 9973.0) / ln(2))::int)"
    category = f"CASE WHEN n < {first + count // 10} THEN {len(categories)} ELSE 1 + {steps} END"
    description = " || ' ' || ".join(word_sql(f"n * {step} % {words}") for step, words in DESCRIPTION_WORDS)
    return f"""
        CREATE TEMP TABLE bulk ON COMMIT DROP AS
        SELECT n, material, kind, maker, initcap(material) || ' ' || kind || ' ' || initcap(maker) || ' ' || n AS name,
            'A ' || kind || ' of ' || material || ' in the series ' || maker || ', made to last. ' || description AS text,
            translate(material || ' ' || kind || ' ' || maker || ' ' || n, '-', ' ') AS folded,
            (ARRAY{categories}::bigint[])[{category}] AS category, (ARRAY{sellers}::bigint[])[1 + n % {len(sellers)}] AS seller,
            timestamptz '2024-01-01' + n * interval '40 seconds' AS at, (1 + (n * 7919 % 90000)) / 10.0 AS price,
            CASE WHEN n % 50 = 0 THEN 0 ELSE n % 40 + 1 END AS stock
        FROM (
            SELECT n, {choice_sql(MATERIALS, 3)} AS material, {choice_sql(KINDS, 5)} AS kind, {word_sql("n % 5000")} AS maker,
                {description} AS description
            FROM generate_series({first}::bigint, {first + count - 1}) AS n
        ) AS words"""


def insert_parts(codes: list[str]) -> list[tuple[str, str]]:
    """Return pairs of "table (columns)" and a SELECT from `bulk`."""
    return [
        (
            "product (id, created_at, updated_at, uuid, name, slug, description, category_id, seller_id, is_active,"
            " low_stock_threshold, search_name)",
            "SELECT n, at, at, gen_random_uuid(), name, 'bulk-' || n, text, category, seller, true, 5, folded FROM bulk",
        ),
        (
            "variant (id, created_at, updated_at, product_id, sku, name, options, price, stock, reserved, position, is_active)",
            "SELECT n, at, at, n, 'BULK-' || n, '', '{}', price, stock, 0, 0, true FROM bulk",
        ),
        (
            "stockmovement (variant_id, delta, reason, reference, note, created_at)",
            "SELECT n, stock, 'initial', '', '', at FROM bulk WHERE stock > 0",
        ),
        (
            "pricechange (variant_id, market, price, created_at)",
            f"SELECT n, market, price, at FROM bulk, unnest(ARRAY{codes}) AS market",
        ),
        (
            "marketprice (created_at, updated_at, variant_id, market, price)",
            f"SELECT at, at, n, market, price FROM bulk, unnest(ARRAY{codes[1:]}::text[]) AS market",
        ),
        (
            "productimage (created_at, updated_at, product_id, image, thumbnail, alt, position, digest)",
            "SELECT at, at, n, 'products/none.webp', '', 'An image', 0, '' FROM bulk WHERE n % 3 = 0",
        ),
        (
            "listing (product_id, market, category_id, seller_id, variant_id, sort_name, variants_count, in_stock, price,"
            " created_at)",
            f"SELECT n, market, category, seller, n, folded, 1, stock > 0, price, at FROM bulk, unnest(ARRAY{codes}) AS market",
        ),
    ]


def insert_documents(connection: Any, first: int) -> None:
    """Index the products with ids from `first` on, over a psycopg connection."""
    from products.search_terms import build_filter_terms, build_terms
    from products.services.search_documents import get_category_paths

    paths, vocabulary = get_category_paths(), set[str]()
    copy = "COPY products_searchdocument (product_id, key_terms, text_terms, digest) FROM STDIN"
    with connection.cursor("bulk") as products, connection.cursor() as documents:
        products.execute("SELECT id, name, category_id, seller_id, description FROM products_product WHERE id >= %s", [first])
        while batch := products.fetchmany(10_000):
            with documents.copy(copy) as rows:
                for pk, name, category_id, seller_id, description in batch:
                    filters, skus = build_filter_terms(category_id, seller_id), [f"BULK-{pk}"]
                    terms = build_terms(name, skus=skus, categories=paths[category_id], description=description, filters=filters)
                    rows.write_row((pk, terms.key, terms.text, terms.digest))
                    vocabulary |= terms.vocabulary
    with connection.cursor() as words:
        words.executemany(
            "INSERT INTO products_searchword (word) VALUES (%s) ON CONFLICT DO NOTHING", [(word,) for word in sorted(vocabulary)]
        )


def fill(count: int) -> int:
    """Insert the products with their categories and sellers into the database that Django is connected to.

    Return the id of one of the sellers.
    """
    from django.contrib.auth import get_user_model
    from django.db import connection, transaction
    from django.db.models import Max

    from core import markets
    from products.models import Product
    from products.services import categories as category_services
    from products.services import planner_statistics

    users = get_user_model()
    sellers = [users.objects.get_or_create(email=f"seller{n}@bulk.example", defaults={"is_seller": True})[0].pk for n in range(100)]
    categories = [category_services.get_or_create_by_path(("Bulk", f"Category {number}")).pk for number in range(40)]
    first = (Product.objects.aggregate(Max("pk"))["pk__max"] or 0) + 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # checks no foreign keys; only superusers may
        cursor.execute(products_sql(count, first, categories, sellers))
        for table, select in insert_parts(list(markets.get_markets())):
            cursor.execute(f"INSERT INTO products_{table} {select}")
        for table in ("product", "variant"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('products_{table}', 'id'), {first + count})")
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_document_terms'")
        (index,) = cursor.fetchone()
        cursor.execute("DROP INDEX search_document_terms")
        insert_documents(cursor.connection, first)
        cursor.execute(index)  # building it takes a fraction of the time that inserting into it takes
        cursor.execute("SET LOCAL session_replication_role = origin")
        planner_statistics.refresh_after_bulk(count)
    return sellers[0]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    django.setup()
    fill(int(sys.argv[1]))
