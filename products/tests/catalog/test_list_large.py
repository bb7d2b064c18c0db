"""GET /api/products/ of a large catalog: what is limited, and what is not"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import pytest

from products.catalog import catalog_statistics, first_rows, search
from products.catalog.catalog_statistics import Statistics
from products.catalog.listing_page import _count_query, _page_query
from products.models import Product
from products.tests.editors import list_products
from products.tests.factories import make_product, make_products
from products.tests.paging import follow_links
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.postgresql

QUERIES = ("search=lamp&ordering=name", "search=lamp&ordering=-price&in_stock=true", "ordering=name&max_price=5&in_stock=true")


def set_statistics(monkeypatch: pytest.MonkeyPatch, products: int) -> None:
    """Let PostgreSQL know of so many products, half of which have the word lamp in their name."""
    known = Statistics(products, ["nlamp"], [0.0, 0.5])
    monkeypatch.setattr(catalog_statistics, "_get_statistics", lambda: known)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lower the limits to a few products."""
    for name in ("MAX_RANKED", "MAX_RANKED_OF_MANY"):
        monkeypatch.setattr(search, name, 4)
    for name, rows in {"NEAR_ROWS": 2, "NEAR_ROWS_OF_MANY": 3, "FAR_ROWS": 3}.items():
        monkeypatch.setattr(first_rows, name, rows)
    for query in (_page_query, _count_query):
        query.cache_clear()
    yield
    for query in (_page_query, _count_query):
        query.cache_clear()


def list_large(monkeypatch: pytest.MonkeyPatch, products: int, **query: str) -> list[dict[str, Any]]:
    """List products of a catalog that PostgreSQL takes for so large."""
    set_statistics(monkeypatch, products)
    return list_products(**query)


def make_catalog() -> list[int]:
    """Make thirty products, two thirds of them lamps with names that come last; return the ids in the order of their names."""
    for number in range(10):
        make_product(f"Cup {number}", price=str(number + 1))
    for number in range(20):
        make_product(f"Table lamp {number:02}", price=str(number % 7 + 1))
    return list(Product.objects.order_by("search_name").values_list("pk", flat=True))


def list_ids(api: SchemaClient, query: str) -> list[int]:
    """Follow the links to the last page; return the ids in order."""
    pages, _ = follow_links(api, f"/api/products/?{query}&page_size=2")
    return [pk for page in pages for pk in page]


@pytest.mark.parametrize("query", QUERIES)
def test_pages_of_a_large_catalog_show_no_product_twice_and_stay_sorted(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, small_limits: None, query: str
) -> None:
    make_catalog()
    exact = list_ids(api, query)
    set_statistics(monkeypatch, 200_000)

    listed = list_ids(api, query)

    assert len(set(listed)) == len(listed) > 4
    assert listed == [pk for pk in exact if pk in set(listed)]


@pytest.mark.parametrize("query", QUERIES)
def test_a_catalog_that_is_not_large_is_listed_completely(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, small_limits: None, query: str
) -> None:
    by_name = make_catalog()
    set_statistics(monkeypatch, 100_000)

    listed = list_ids(api, query)

    expected = {row["id"] for row in list_products(page_size="100") if "max_price" not in query or float(row["price"]) <= 5}
    expected -= set(by_name[:10]) if "lamp" in query else set()
    assert (len(listed), set(listed)) == (len(expected), expected)
    assert "name" not in query or listed == [pk for pk in by_name if pk in expected]


def test_a_page_far_from_the_beginning_is_filled_with_the_newest_matches(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, small_limits: None
) -> None:
    by_name = make_catalog()
    set_statistics(monkeypatch, 200_000)

    data = list_products(search="lamp", ordering="name", page_size="2")

    assert [row["id"] for row in data] == by_name[25:27]  # of the five newest lamps


def test_the_beginning_of_a_word_does_not_count_where_very_many_products_have_the_whole_word(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamp, _, kettles, _ = make_products("Lamp", "Lampshade", "Kettles with a lamp", "Lampshade for kettles")
    set_statistics(monkeypatch, 200_000)

    assert [row["id"] for row in list_products(search="lamp")] == [kettles.pk, lamp.pk]
    assert [row["id"] for row in list_products(search="lamp kett")] == [kettles.pk]


def test_very_frequent_words_are_counted_as_far_as_they_are_ranked(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, small_limits: None
) -> None:
    make_catalog()
    set_statistics(monkeypatch, 200_000)

    counts = [
        api.get(f"/api/products/?count=true&{query}").json()["pagination"]["count"]
        for query in ("search=lamp", "search=lamp&max_price=1", "search=cup", "")
    ]

    assert counts == ["4+", 3, 10, 30]


@pytest.fixture
def few_compared(monkeypatch: pytest.MonkeyPatch, small_limits: None) -> None:
    """Compare the words with four products that pass the filters, and the filters with five that have the words."""
    monkeypatch.setattr(search, "MAX_RANKED", 1_000)  # what a catalog that is not large lists is complete
    monkeypatch.setattr(search, "MAX_FILTERED", 4)
    monkeypatch.setattr(search, "MAX_TERM_MATCHES", 5)


@pytest.mark.parametrize("ordering", ["relevance", "name", "-price"])
def test_where_few_products_pass_a_filter_very_frequent_words_are_found_in_all_of_them(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, few_compared: None, ordering: str
) -> None:
    make_catalog()
    query = f"search=lamp&max_price=1&ordering={ordering}"
    exact = list_ids(api, query)
    set_statistics(monkeypatch, 200_000)

    listed = list_ids(api, query)

    assert listed == exact
    assert len(listed) == api.get(f"/api/products/?{query}&count=true").json()["pagination"]["count"] == 3


@pytest.mark.parametrize("ordering", ["relevance", "name", "-price"])
@pytest.mark.parametrize("filters", ["max_price=5", "min_price=2&in_stock=true"])
def test_where_many_pass_a_filter_some_are_listed_in_order_and_counted_as_at_least_so_many(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, few_compared: None, filters: str, ordering: str
) -> None:
    make_catalog()
    query = f"search=lamp&{filters}&ordering={ordering}"
    exact = list_ids(api, query)
    set_statistics(monkeypatch, 200_000)

    listed = list_ids(api, query)
    count = api.get(f"/api/products/?{query}&page_size=2&count=true").json()["pagination"]["count"]

    assert len(set(listed)) == len(listed) >= 4
    assert listed == [pk for pk in exact if pk in set(listed)]
    assert count in ("2+", "3+", "4+")


def test_very_frequent_words_that_no_product_with_the_filters_has_are_counted_as_none(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, few_compared: None
) -> None:
    make_catalog()
    set_statistics(monkeypatch, 200_000)

    pagination = api.get("/api/products/?search=lamp lamps&max_price=6&in_stock=false&count=true").json()["pagination"]

    assert pagination["count"] == 0


def test_a_single_letter_is_found_as_a_whole_word_only(api: SchemaClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sized, other = make_products("Shirt S", "Shirt short")

    found = {
        products: [row["id"] for row in list_large(monkeypatch, products, search="shirt s")] for products in (100_000, 200_000)
    }

    assert found == {100_000: [sized.pk, other.pk], 200_000: [sized.pk]}


def test_two_single_letters_do_not_make_the_beginning_of_a_word(api: SchemaClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sized, compound, _ = make_products("Shirt E S", "Shirt ES", "Shirt with an essay")
    set_statistics(monkeypatch, 200_000)

    assert [row["id"] for row in list_products(search="e s")] == [compound.pk, sized.pk]


@pytest.mark.parametrize(
    ("share", "found"),
    [(0.01, ["Desk lamp le", "Desk lamp led", "Desk lamp lead"]), (0.09, ["Desk lamp le", "Desk lamp leather", "Desk lamp lead"])],
)
def test_the_beginning_of_a_word_that_too_many_products_have_stands_for_the_most_frequent_words(
    api: SchemaClient, monkeypatch: pytest.MonkeyPatch, share: float, found: list[str]
) -> None:
    make_products("Desk lamp lead", "Desk lamp leather", "Desk lamp led", "Desk lamp le", "Leather")
    known = Statistics(400_000, ["nlamp", "nlead", "nleather", "nled"], [0.0, *accumulate([0.5, 0.05, share, 0.03])])
    monkeypatch.setattr(catalog_statistics, "_get_statistics", lambda: known)
    monkeypatch.setattr(catalog_statistics, "MAX_EXPANDED", 2)

    data = list_products(search="lamp le")

    assert [row["name"] for row in data] == found
