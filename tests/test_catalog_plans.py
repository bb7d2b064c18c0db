"""What PostgreSQL reads for a page of a catalog of 100,000 products: a bounded number of rows, whatever is asked for.

`python -m benchmarks.bulk 1000000` makes the same with a million.
"""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection

from benchmarks import bulk
from core import markets
from products.catalog import listing_page
from products.catalog.filters import list_query

# What is asked for, and how many rows the scans of its plan may touch: those of a page, with what is looked up for each; where
# a filter must be met by walking an index, some thousand; where matches are ranked, those of a word that a tenth of all have.
PAGE, WALK, RANKED = 400, 4_000, 40_000
QUERIES = {
    "": PAGE,
    "ordering=oldest": PAGE,
    "ordering=price": PAGE,
    "ordering=-price": PAGE,
    "ordering=name": PAGE,
    "category=shelf-0": PAGE,
    "category=shelf-3&ordering=price": PAGE,
    "category=shelf-39&ordering=name": PAGE,
    "category=bulk": 2_500,  # the first page of each of its forty shelves
    "category=bulk&ordering=price": 2_500,
    "category=bulk&ordering=name": 2_500,
    "category=bulk&ordering=oldest&in_stock=true": 2_500,
    "min_price=100": PAGE,
    "min_price=8999&ordering=name": WALK,
    "max_price=2": WALK,
    "min_price=99999": WALK,
    "in_stock=true": PAGE,
    "in_stock=false": WALK,
    "in_stock=false&ordering=price": WALK,
    "in_stock=false&category=shelf-1": WALK,
    "seller={seller}": WALK,
    "seller={seller}&ordering=price": WALK,
    "seller=999999": PAGE,
    "search=smartphone": RANKED,
    "search=smartp": RANKED,
    "search=smarthone": RANKED,
    "search=lamps&ordering=price": WALK,
    "search=lamp&ordering=newest": WALK,
    "search=lamp&category=shelf-9": WALK,
    "search=99999": PAGE,
    "search=zzzzqqq": PAGE,
}
WORDS = "products_searchword"  # grows with the language, not with the catalog
TABLES = {"products_product", "products_listing", "products_variant", "products_productimage", "products_marketprice"}

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def statements(query: str, market: markets.Market) -> tuple[list[tuple[str, Any]], str | None]:
    """Return the statements of a page with their values, and the cursor of the next one."""
    seen: list[tuple[str, Any]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        found = listing_page.page(list_query(dict(parse_qsl(query))), market, "http://shop")
    return seen, found.next


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every node of a plan."""
    return [plan, *(node for inner in plan.get("Plans", []) for node in nodes(inner))]


def read(sql: str, params: Any) -> tuple[int, set[str]]:
    """Return how many rows the scans of a statement touch, and the tables that it reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    whole = found if isinstance(found, list) else json.loads(found)
    scans = [node for node in nodes(whole[0]["Plan"]) if "Scan" in node["Node Type"] and node.get("Relation Name") != WORDS]
    thrown_away = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = sum((node["Actual Rows"] + sum(node.get(name, 0) for name in thrown_away)) * node["Actual Loops"] for node in scans)
    return int(rows), {node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan"} & TABLES


def test_no_page_of_a_large_catalog_reads_much_of_it() -> None:
    seller = bulk.fill(100_000)

    too_much = {}
    for wanted, most in QUERIES.items():
        query = wanted.format(seller=seller)
        for code in ("in", "us"):
            first, cursor = statements(query, markets.named(code))
            further = statements(f"{query}&cursor={cursor}", markets.named(code))[0] if cursor else []
            for sql, params in (*first, *further):
                rows, whole_tables = read(sql, params)
                if rows > most or (whole_tables and most < RANKED):
                    too_much[query, code] = (rows, most, whole_tables)

    assert too_much == {}
