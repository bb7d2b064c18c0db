"""GET /api/products/?search=: the database finds and sorts what a plain model of the rules does"""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from products.catalog import catalog_statistics, first_rows, search
from products.catalog.listing_page import _page_query
from products.models import Category, Product, SearchDocument
from products.search_terms import FILTER, PREFIX, TIERS, DocumentTerms, QueryWord, build_patterns, build_terms, parse_words
from products.services.search_documents import get_category_paths
from products.tests.editors import list_products
from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient

WORDS = (
    *("lamp", "Lamps", "lampshade", "LÁMPA", "headlamp", "tee", "Tee-shirt", "T-Shirt", "tshirt", "men’s", "mens", "steel"),
    *("USB-C", "usbc", "usb c", "3-in-1", "3in1", "iPhone15", "iphone 15", "15", "1.5m", "Łódź", "lodz", "ısı", "battery"),
    *("batteries", "手机壳", "手机", "ガラスコップ", "كتاب", "ספר", "किताब", "стол", "столы", "a", "t", "s", "RW-8841/B", "rw88"),
)


def list_seeds(first: int, count: int) -> list[Any]:
    """Return seeds of random catalogs: the first half of them for every run, the others for `make soak`."""
    half = first + count // 2
    return [*range(first, half), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(half, first + count))]


def make_text(source: random.Random) -> str:
    """Return up to four words, some of them without their end or beginning."""
    words = []
    for word in source.choices(WORDS, k=source.randint(1, 4)):
        at = source.randint(1, len(word))
        words.append(source.choice((word, word, word, word[:at], word[at - 1 :])))
    return source.choice((" ", " ", "-", ", ")).join(words)


def find_tier(document: DocumentTerms, word: QueryWord) -> int | None:
    """Return the best tier in which the document has a term that matches the word."""
    terms = [*document.key.split(), *document.text.split()]
    for tier, patterns in enumerate(build_patterns(word)):
        for pattern in patterns:
            prefix = pattern.removesuffix(PREFIX)
            if any(term == pattern or (prefix != pattern and term.startswith(prefix)) for term in terms):
                return tier
    return None


def search_model(documents: dict[int, DocumentTerms], query: str) -> dict[int, list[int]]:
    """Return the tiers of each product that has all words, worst first, in the order of these and then newest first."""
    ranked = []
    for pk, document in documents.items():
        tiers = [find_tier(document, word) for word in parse_words(query)]
        if tiers and None not in tiers:
            worst_first = sorted((tier for tier in tiers if tier is not None), reverse=True)
            ranked.append((worst_first, -pk))
    return {-negative: tiers for tiers, negative in sorted(ranked)}


def make_catalog(source: random.Random, seed: int) -> dict[int, DocumentTerms]:
    """Make 25 products and return their terms."""
    categories = [None, make_category("Lamps", "Lighting"), make_category("T-Shirts", "Men’s", "Steel 15")]
    for number in range(25):
        make_product(
            make_text(source),
            sku=f"{make_text(source)[:40]}-{seed}{number}",
            price=str(source.randint(1, 9)),
            category=source.choice(categories),
            description=make_text(source) if source.random() < 0.5 else "",
        )
    paths = get_category_paths()
    return {
        product.pk: build_terms(
            product.name,
            skus=product.variants.values_list("sku", flat=True),
            categories=paths.get(product.category_id, ()),
            description=product.description,
        )
        for product in Product.objects.all()
    }


@pytest.mark.parametrize("seed", list_seeds(0, 4))
def test_any_query_finds_what_the_model_finds_in_its_order(api: SchemaClient, seed: int) -> None:
    source = random.Random(seed)
    documents = make_catalog(source, seed)

    for query in {make_text(source) for _ in range(40)}:
        expected = list(search_model(documents, query))
        body = api.get("/api/products/", {"search": query, "page_size": "100"}).json()
        newest = api.get("/api/products/", {"search": query, "page_size": "100", "ordering": "newest"}).json()
        if expected or "search" not in body:
            assert (query, [row["id"] for row in body["data"]]) == (query, expected)
            assert {row["id"] for row in newest["data"]} == set(expected)
    assert TIERS == 7


@pytest.fixture
def small_stages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let PostgreSQL rank three matches, and search two rows of an ordering before it uses the index."""
    monkeypatch.setattr(search, "MAX_RANKED", 3)
    monkeypatch.setattr(first_rows, "NEAR_ROWS", 2)
    _page_query.cache_clear()
    yield
    _page_query.cache_clear()


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", list_seeds(4, 4))
def test_the_best_and_the_first_are_found_however_many_match(api: SchemaClient, small_stages: None, seed: int) -> None:
    source = random.Random(seed)
    documents = make_catalog(source, seed)
    by_price = list(Product.objects.order_by("variants__price", "pk").values_list("pk", flat=True))

    for query in {make_text(source) for _ in range(40)}:
        expected = search_model(documents, query)
        body = api.get("/api/products/", {"search": query, "page_size": "100"}).json()
        if expected or "search" not in body:
            best = [max(expected[row["id"]], default=0) for row in body["data"]]
            assert (query, best) == (query, [tiers[0] for tiers in expected.values()][:3])
            for filters in ({}, {"in_stock": "true"}):
                data = list_products(search=query, ordering="price", page_size="2", **filters)
                assert (query, [row["id"] for row in data]) == (query, [pk for pk in by_price if pk in expected][:2])


@pytest.fixture
def terms_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PostgreSQL read the index of terms first, as for frequent words of a large catalog."""
    monkeypatch.setattr(catalog_statistics, "is_large", lambda: True)
    for name in ("are_very_frequent", "is_worth_narrowing"):
        monkeypatch.setattr(search, name, lambda *_: True)


def remove_filter_terms() -> None:
    """Leave the documents as the previous release writes them."""
    for document in SearchDocument.objects.all():
        document.key_terms = " ".join(term for term in document.key_terms.split() if not term.startswith(FILTER))
        document.save()


@pytest.mark.postgresql
@pytest.mark.parametrize("is_indexed_again", [True, False])
@pytest.mark.parametrize("seed", list_seeds(8, 2))
def test_a_search_with_filters_finds_the_same_by_terms_of_the_filters(
    api: SchemaClient, terms_first: None, seed: int, is_indexed_again: bool
) -> None:
    source = random.Random(seed)
    documents = make_catalog(source, seed)
    if not is_indexed_again:
        remove_filter_terms()

    for query in {make_text(source) for _ in range(20)}:
        matches = search_model(documents, query)
        for category in Category.objects.exclude(products=None).distinct():
            products = Product.objects.filter(category=category, pk__in=matches)
            expected = [pk for pk in matches if pk in set(products.values_list("pk", flat=True))]
            filters = {"category": category.slug}
            body = api.get("/api/products/", {"search": query, "page_size": "100", "count": "true", **filters}).json()
            by_price = list_products(search=query, ordering="price", page_size="100", **filters)
            if expected or "search" not in body:
                assert (query, [row["id"] for row in body["data"]], body["pagination"]["count"]) == (query, expected, len(expected))
                assert {row["id"] for row in by_price} == set(expected)
