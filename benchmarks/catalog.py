"""Measures lists and searches in the database of DATABASE_URL: `python -m benchmarks.catalog [words of a label]`.

Fill it with `python -m benchmarks.bulk 1000000` first. Prints a Markdown table: the CPU time of PostgreSQL for the statements
of a page, planning included, the least of several runs, and the 8 kB blocks that it reads.
"""

import json
import os
import sys
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import django

from benchmarks.processes import get_cpu_seconds

RUNS = 3
PAGES = {
    "newest": "",
    "by price": "ordering=price",
    "by name": "ordering=name",
    "a category with forty subcategories": "category=bulk",
    "sold out": "in_stock=false",
    "sold out, of a seller": "in_stock=false&seller={seller}",
    "sold out, in all forty categories": "category=bulk&in_stock=false",
    "in stock, of a seller who has nothing, by price": "seller={seller}&in_stock=true&ordering=price",
    "of a seller, by name": "seller={seller}&ordering=name",
    "in a price range": "min_price=100&max_price=101",
    "counted": "count=true",
    "an exact SKU": "search=BULK-777777",
    "the beginning of a SKU": "search=bulk-7777",
    "a rare word": "search=777777",
    "a common word (140,000 products)": "search=lamp",
    "a word of every description": "search=series",
    "two common words": "search=walnut lamp",
    "two common words that never meet": "search=lamp kettle",
    "three common words that never meet": "search=lamp kettle backpack",
    "a word of every description and one of the name": "search=made lamp",
    "several words of every description": "search=made to last in the series",
    "a common and a rare word that do not meet": "search=lamp 777777",
    "two letters": "search=le",
    "one letter": "search=s",
    "the beginning of a word": "search=smartp",
    "a part of a word": "search=phone",
    "a name of a category": "search=category",
    "two letters swapped": "search=lmap",
    "a letter missing": "search=smarthone",
    "no match": "search=zzzzqqq",
    "a common word in a large category": "search=lamp&category=category-0",
    "two common words in a category": "search=walnut lamp&category=category-3",
    "two common words that never meet, sold out": "search=lamp kettle&in_stock=false",
    "a common word in a small category": "search=lamp&category=category-9",
    "a common word in all forty categories": "search=lamp&category=bulk",
    "a common word above a high price": "search=lamp&min_price=8990",
    "a common word in a price range": "search=lamp&min_price=100&max_price=101",
    "a common word of a seller": "search=lamp&seller={seller}",
    "a common word of a seller, in stock": "search=lamp&seller={seller}&in_stock=true",
    "a common word, sold out": "search=lamp&in_stock=false",
    "a common word, sold out, in a category": "search=lamp&in_stock=false&category=category-3",
    "a common word by price": "search=lamp&ordering=price",
    "a common word, newest": "search=lamp&ordering=newest",
    "a common word, oldest": "search=lamp&ordering=oldest",
    "a common word by name": "search=lamp&ordering=name",
    "a common word by name in a large category": "search=lamp&ordering=name&category=category-0",
    "a common word by name, in stock": "search=lamp&ordering=name&in_stock=true",
    "a common word by name in a price range": "search=lamp&ordering=name&min_price=100&max_price=2000",
    "a common word, newest, in a large category, in stock": "search=lamp&ordering=newest&category=category-0&in_stock=true",
    "two common words by name in a large category": "search=walnut lamp&ordering=name&category=category-0",
    "a common word by price, sold out, of a seller": "search=lamp&ordering=price&seller={seller}&in_stock=false",
    "two common words by price": "search=walnut lamp&ordering=price",
    "two common words that never meet, by price": "search=lamp kettle&ordering=price",
    "a rare word by price": "search=777777&ordering=price",
    "a common word by price in a small category": "search=lamp&ordering=price&category=category-9",
    "a common word by price, of a seller": "search=lamp&ordering=price&seller={seller}",
    "two common words, sold out": "search=walnut lamp&in_stock=false",
    "two common words, sold out, counted": "search=walnut lamp&in_stock=false&count=true",
    "two common words, sold out, in a large category": "search=walnut lamp&in_stock=false&category=category-0",
    "two common words in a price range of a large category, counted": (
        "search=walnut lamp&category=category-0&min_price=100&max_price=2000&count=true"
    ),
    "two common words, sold out, in a price range of a large category": (
        "search=walnut lamp&category=category-0&in_stock=false&min_price=100&max_price=8000"
    ),
    "two letters, sold out": "search=le&in_stock=false",
    "two letters in a large category, counted": "search=le&category=category-0&count=true",
    "two beginnings that most products have, in a large category": "search=to la&category=category-0",
    "a letter, of a seller who does not exist": "search=s&seller=999999",
    "two single letters by price": "search=e s&ordering=price",
    "two beginnings of two letters": "search=le st",
    "a word of every description and a beginning in a category, counted": "search=to wa&category=category-1&count=true",
    "the beginnings of two common words, counted": "search=walnu lam&count=true",
    "a common word, counted": "search=lamp&count=true",
    "two common words of a seller who has neither": "search=walnut lamp&seller={seller}",
    "two common words in a large category": "search=walnut lamp&category=category-0",
    "a word of every description and a common one in a category": "search=made lamp&category=category-0",
    "a common word that a large category lacks": "search=category39&category=category-0",
    "a common word that a large category lacks, by price": "search=category39&category=category-0&ordering=price",
    "a common word that a large category lacks, counted": "search=category39&category=category-0&count=true",
    "a common word in a category": "search=lamp&category=category-3",
    "two letters in a category, counted": "search=le&category=category-3&count=true",
    "a common word in a large category, counted": "search=lamp&category=category-0&count=true",
    "a common word in a price range, counted": "search=lamp&min_price=100&max_price=2000&count=true",
}


class Cost(NamedTuple):
    """What the statements of a page cost."""

    cpu: float  # milliseconds
    blocks: int


def explain(sql: str, params: Any) -> dict[str, Any]:
    """Execute a statement and return its plan."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", params)
        (explained,) = cursor.fetchone()
    plan: dict[str, Any] = (explained if isinstance(explained, list) else json.loads(explained))[0]["Plan"]
    return plan


def collect_statements(query: str, market: Any) -> tuple[list[tuple[str, Any]], str | None]:
    """Return the statements of a page with their parameters, and the cursor of the next page."""
    from django.db import connection

    from products.api.query_params import parse_list_query
    from products.catalog import listing_page

    statements: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        page = listing_page.get_page(parse_list_query(dict(parse_qsl(query))), market, "http://shop")
    return statements, page.next


def measure(query: str) -> Cost:
    """Return the least cost of a page in several runs."""
    from django.db import connection

    from core import markets

    statements, _ = collect_statements(query, markets.get_default_market())
    plans = [explain(sql, params) for sql, params in statements]
    blocks = sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backends = [cursor.fetchone()[0]]
        cursor.connection.prepare_threshold = None  # each execution is planned, as searches are
        spent = []
        for _ in range(RUNS):
            before = get_cpu_seconds(backends)
            for sql, params in statements:
                cursor.execute(sql, params)
            spent.append(get_cpu_seconds(backends) - before)
    return Cost(min(spent) * 1000, blocks)


def main(words: list[str]) -> None:
    """Print the table, of the pages whose label contains the words."""
    from products.models import Product

    seller = Product.objects.order_by("-pk").values_list("seller", flat=True)[0]
    print("| page | CPU ms | blocks |\n| --- | --- | --- |")
    for label, url_query in PAGES.items():
        if all(word in f"{label} {url_query}" for word in words):
            query = url_query.format(seller=seller)
            cost = measure(query)
            print(f"| {label}, `{query}` | {cost.cpu:.1f} | {cost.blocks:,} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    django.setup()
    main(sys.argv[1:])
