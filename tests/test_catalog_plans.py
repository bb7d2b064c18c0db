"""The number of rows that PostgreSQL reads for a page of a large catalog is bounded for every query.

The catalog has 40,000 products, and counts as large; the limits of a large catalog are lowered in the same proportion.

`python -m benchmarks.bulk 1000000` runs the same with a million.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from benchmarks import bulk
from benchmarks.catalog import collect_statements, explain
from core import markets
from products.catalog import catalog_statistics, first_rows, search
from products.catalog.listing_page import _count_query, _page_query
from products.models import Product
from products.services import planner_statistics

# Each query and the number of rows that its plan's scans may read: the rows of a page with their lookups; several thousand
# if a filter walks an index, or if some products with the words are compared with the filter; if matches are ranked, the
# matches of a word that a tenth of all products have, and more if a beginning or a part of a word is searched for: these are
# looked for in two stages.
ROWS = 40_000  # with fewer, PostgreSQL reads whole tables where it should not for more
PAGE, WALK, BOTH, RANKED, PARTIAL = 400, 5_000, 6_000, 16_000, 26_000
QUERIES = {
    "": PAGE,
    "ordering=oldest": PAGE,
    "ordering=price": PAGE,
    "ordering=-price": PAGE,
    "ordering=name": PAGE,
    "category=category-0": PAGE,
    "category=category-3&ordering=price": PAGE,
    "category=category-39&ordering=name": PAGE,
    "category=bulk": 2_500,  # the first page of each of its forty subcategories
    "category=bulk&ordering=price": 2_500,
    "category=bulk&ordering=name": 2_500,
    "category=bulk&ordering=oldest&in_stock=true": 2_500,
    "category=bulk&in_stock=false": 2_500,
    "category=bulk&seller={seller}": 2_500,
    "category=bulk&seller={seller}&ordering=price": WALK,
    "min_price=100": 2_500,
    "min_price=8999&ordering=name": WALK,
    "max_price=2": WALK,
    "min_price=99999": WALK,
    "in_stock=true": PAGE,
    "in_stock=false": WALK,
    "in_stock=false&ordering=price": WALK,
    "in_stock=false&category=category-1": WALK,
    "seller={seller}": WALK,
    "seller={seller}&ordering=price": WALK,
    "seller={seller}&in_stock=true&ordering=price": WALK,  # of this seller, everything is sold out
    "seller={seller}&in_stock=true&ordering=name": WALK,
    "seller=999999": PAGE,
    "search=smartphone": RANKED,
    "search=smartp": PARTIAL,
    "search=smarthone": RANKED,
    "search=lamps&ordering=price": WALK,
    "search=lamp&ordering=newest": WALK,
    "search=lamp&ordering=name": RANKED,  # all names begin with a material
    "search=lamp&ordering=name&in_stock=true": RANKED,
    "search=lamp&ordering=name&category=category-0": WALK,
    "search=lamp&ordering=newest&category=category-0&in_stock=true": WALK,
    "search=lamp&category=category-0": PARTIAL,  # which none of the oldest products is in
    "search=lamp&category=category-9": WALK,
    "search=lamp&count=true": RANKED,
    "search=lamp&category=category-0&count=true": PARTIAL,
    "search={last}": PAGE,
    "search=bulk-{last}": PAGE,  # a SKU
    "search=bulk-3": PARTIAL,  # the beginning of many SKUs
    "search=phone": PARTIAL,  # a part of a word
    "search=le": RANKED,
    "search=category": RANKED,  # a category name
    "search=series": RANKED,  # a word of every description
    "search=walnut lamp": RANKED,
    "search=walnut lamp&ordering=name": RANKED,
    "search=made lamp": PARTIAL,  # a word of every description, and a frequent one
    "search=made to last in the series": RANKED,
    "search=lamp kettle": WALK,  # each is frequent, and no product has both
    "search=lamp kettle&ordering=price": WALK,
    "search=lamp kettle&ordering=name&in_stock=true": WALK,
    "search=series {last}": PAGE,
    "search=lamp&min_price=8999": WALK,
    "search=lamp&ordering=price&seller={seller}": WALK,
    "search=lamp&in_stock=false": RANKED,
    "search=walnut lamp&seller={seller}": WALK,  # who has none
    "search=walnut lamp&ordering=name&seller={seller}": 1_500,
    "search=walnut lamp&category=category-3": WALK,
    "search=made lamp&category=category-0": RANKED,
    "search=lamp&category=category-3": RANKED,
    "search=category39&category=category-0": PAGE,  # a frequent word that no product of a large category has
    "search=category39&category=category-0&count=true": PAGE,
    "search=category39&category=category-0&ordering=price": WALK,
    "search=category39&category=category-0&ordering=name&in_stock=true": WALK,
    "search=category39&category=category-0&seller={seller}": PAGE,
    # A filter that the index of terms does not have: some of what passes it is compared with the words, and the other way round.
    "search=walnut lamp&in_stock=false": BOTH,
    "search=walnut lamp&in_stock=false&count=true": BOTH,
    "search=walnut lamp&in_stock=false&category=category-0&count=true": BOTH,
    "search=walnut lamp&in_stock=false&ordering=-price": RANKED,
    "search=walnut lamp&category=category-0&min_price=100&max_price=2000&count=true": BOTH,
    "search=lamp&min_price=100&max_price=2000&count=true": RANKED,
    "search=lamp&min_price=100&max_price=2000&ordering=name": RANKED,
    "search=lamp kettle&in_stock=false": WALK,
    "search=lamp&min_price=100&max_price=101&count=true": PAGE,  # few products pass
    "search=lamp&in_stock=false&category=category-9&ordering=name": WALK,
    "search=made last&category=category-0&count=true": WALK,  # which most products have
    "search=s&seller=999999&count=true": PAGE,
    "search=made lamp&in_stock=false&category=category-0&count=true": BOTH,
    "search=series&in_stock=false&category=category-3&count=true": WALK,
    "search=e s&ordering=price": PAGE,  # no beginning of two letters
    "search=e s&category=category-0&ordering=name&count=true": PAGE,
    # Beginnings that very many products have.
    "search=le st&count=true": 1_000,
    "search=le&category=category-0&count=true": WALK,
    "search=to wa&category=category-1&count=true": WALK,
    "search=walnu lam&count=true": WALK,
    "search=lmap": RANKED,
    "search=zzzzqqq": PAGE,
}
SEARCH_WORDS = "products_searchword"  # grows with the vocabulary, not with the catalog
TABLES = {
    "products_product",
    "products_searchdocument",
    "products_listing",
    "products_variant",
    "products_productimage",
    "products_marketprice",
}

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def iter_nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Yield every node of a plan."""
    return [plan, *(node for inner in plan.get("Plans", []) for node in iter_nodes(inner))]


def count_rows_read(sql: str, params: Any) -> tuple[int, set[str]]:
    """Return how many rows the scans of a statement read, and the tables that it scans sequentially."""
    scans = [
        node
        for node in iter_nodes(explain(sql, params))
        if "Scan" in node["Node Type"] and node.get("Relation Name") != SEARCH_WORDS
    ]
    thrown_away = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = sum((node["Actual Rows"] + sum(node.get(name, 0) for name in thrown_away)) * node["Actual Loops"] for node in scans)
    return int(rows), {node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan"} & TABLES


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let 40,000 products be a large catalog."""
    caches = (_page_query, _count_query, catalog_statistics._load_statistics)
    monkeypatch.setattr(catalog_statistics, "LARGE", ROWS // 2)
    monkeypatch.setattr(catalog_statistics, "VERY_FREQUENT", 800)
    monkeypatch.setattr(catalog_statistics, "TOO_FREQUENT", 1_200)
    for name, rows in {"NEAR_ROWS": 400, "NEAR_ROWS_OF_MANY": 800, "FAR_ROWS": 1_600}.items():
        monkeypatch.setattr(first_rows, name, rows)
    for name, rows in {"MAX_RANKED_OF_MANY": 100, "MAX_FILTERED": 100, "MAX_TERM_MATCHES": 200}.items():
        monkeypatch.setattr(search, name, rows)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def empty_tables() -> None:
    """Give the tables new files, without dead rows of other tests, which count as read until autovacuum removes them.

    The locks keep autovacuum away from the tables until the test has ended, when everything is as it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in planner_statistics.TABLES)} CASCADE")


@pytest.mark.usefixtures("_large")
def test_no_page_of_a_large_catalog_reads_much_of_it() -> None:
    empty_tables()
    seller = bulk.fill(ROWS)
    last = Product.objects.latest("pk").pk
    catalog_statistics._load_statistics.cache_clear()  # whatever has read them while the tables were filled
    assert catalog_statistics._get_statistics().products == ROWS

    too_much = {}
    for url_query, limit in QUERIES.items():
        query = url_query.format(seller=seller, last=last)
        for code in ("in", "us"):
            first, cursor = collect_statements(query, markets.get_market(code))
            further = collect_statements(f"{query}&cursor={cursor}", markets.get_market(code))[0] if cursor else []
            for sql, params in (*first, *further):
                rows, whole_tables = count_rows_read(sql, params)
                if rows > limit or (whole_tables and limit < RANKED):
                    too_much[query, code] = (rows, limit, whole_tables)

    assert too_much == {}
