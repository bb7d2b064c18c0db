"""GET /api/products/?category=&cursor= for a category with subcategories"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from products.models import Product, Variant
from products.services.listings import rebuild_listings
from products.tests.factories import make_category, make_product, make_products, set_price, update_product
from products.tests.paging import list_ids_both_ways
from tests.schema_client import SchemaClient

ORDERINGS = ["newest", "oldest", "price", "-price", "name", "relevance"]
UPWARDS = ("oldest", "price", "name")


def spread_over_categories(products: list[Product]) -> list[int]:
    """Spread products over four categories, three of them under Home; return the ids of those under Home, oldest first."""
    categories = [
        make_category("Home"),
        make_category("Lighting", "Home"),
        make_category("Clothing"),
        make_category("Candles", "Home", "Lighting"),
    ]
    for number, category in enumerate(categories):
        Product.objects.filter(pk__in=[product.pk for product in products[number::4]]).update(category=category)
    rebuild_listings([product.pk for product in products])
    return [product.pk for number, product in enumerate(products) if number % 4 != 2]


def make_identical() -> list[int]:
    """Make products with the same name, price and age in several categories."""
    products = make_products(*["Lamp"] * 16)
    Product.objects.update(created_at=datetime(2025, 1, 1, tzinfo=UTC))
    return spread_over_categories(products)


def make_distinct() -> list[int]:
    """Make products that all sort differently in several categories."""
    products = make_products(*(f"Lamp {letter}" for letter in "ABCDEFGHIJKLMNOP"))
    for number, product in enumerate(products, 1):
        Variant.objects.filter(product=product).update(price=Decimal(f"{number}.25"))
    return spread_over_categories(products)


@pytest.mark.sampled
@pytest.mark.parametrize("size", [1, 5, 12])
@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("make_catalog", [make_identical, make_distinct])
def test_the_pages_show_each_product_once(
    api: SchemaClient, make_catalog: Callable[[], list[int]], ordering: str, size: int
) -> None:
    ids = make_catalog()

    listed_ids = list_ids_both_ways(api, f"category=home&ordering={ordering}&page_size={size}")

    assert listed_ids == (ids if ordering in UPWARDS else ids[::-1])


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_they_do_so_for_a_search_too(api: SchemaClient, ordering: str) -> None:
    ids = make_distinct()

    listed_ids = list_ids_both_ways(api, f"category=home&search=lamp&ordering={ordering}&page_size=5")

    assert listed_ids == (ids if ordering in UPWARDS else ids[::-1])


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("query", ["min_price=3&max_price=14", "in_stock=true&min_price=3&max_price=14&count=1"])
def test_the_filters_hold_on_every_shelf_whatever_stands_in_front(api: SchemaClient, query: str, ordering: str, size: int) -> None:
    ids = [pk for number, pk in enumerate(make_distinct()) if 2 <= number <= 9]
    categories = [make_category("Home"), make_category("Lighting", "Home")]
    cheap, dear = make_products(*["A lamp"] * 10, price="0.50"), make_products(*["Zither"] * 10, price="99")
    others = [product for n in range(0, 10, 2) for product in (*cheap[n : n + 2], *dear[n : n + 2])]
    for number, category in enumerate(categories):
        Product.objects.filter(pk__in=[product.pk for product in others[number::2]]).update(category=category)
    for group, year in ((others[:10], 2026), (others[10:], 2024)):
        Product.objects.filter(pk__in=[product.pk for product in group]).update(created_at=datetime(year, 1, 1, tzinfo=UTC))
    rebuild_listings([product.pk for product in others])

    listed_ids = list_ids_both_ways(api, f"category=home&ordering={ordering}&page_size={size}&{query}")

    assert listed_ids == (ids if ordering in UPWARDS else ids[::-1])


@pytest.mark.sampled
@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_page_may_be_full_of_one_shelf(api: SchemaClient, ordering: str, size: int) -> None:
    products = make_products(*(f"Lamp {letter}" for letter in "ABCDEFGHI"))
    for number, product in enumerate(products):
        update_product(product, category=make_category(f"Shelf {number // 5}", "Home"))
        set_price(product, f"{number + 1}")

    listed_ids = list_ids_both_ways(api, f"category=home&ordering={ordering}&page_size={size}")

    ids = [product.pk for product in products]
    assert listed_ids == (ids if ordering in UPWARDS else ids[::-1])


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_market_has_its_own_goods_on_each_shelf(api: SchemaClient, ordering: str) -> None:
    make_distinct()
    make_product("Lamp at home", category=make_category("Home"))

    us_rows = api.get(f"/api/products/?category=home&ordering={ordering}&page_size=100", headers={"X-Market": "us"}).json()["data"]
    home_rows = api.get(f"/api/products/?category=home&ordering={ordering}&page_size=100").json()["data"]

    assert (len(us_rows), len(home_rows)) == (12, 13)
    assert {row["currency"] for row in us_rows} == {"USD"}


def test_a_shelf_with_nothing_on_it_hides_no_other(api: SchemaClient) -> None:
    make_category("Empty", "Home")
    lamp = make_product("Lamp", category=make_category("Full", "Home"))

    assert list_ids_both_ways(api, "category=home") == [lamp.pk]
    assert list_ids_both_ways(api, "category=empty") == []


def test_two_categories_of_one_name_are_both_meant(api: SchemaClient) -> None:
    home = make_product("Desk lamp", category=make_category("Lamps", "Home"))
    garden = make_product("Garden lamp", category=make_category("Lamps", "Garden"))
    make_product("Rug", category=make_category("Home"))

    assert list_ids_both_ways(api, "category=LAMPS&ordering=oldest") == [home.pk, garden.pk]
    assert list_ids_both_ways(api, "category=lamps-2") == [garden.pk]


def test_a_tree_of_many_levels_and_shelves_is_one_list(api: SchemaClient) -> None:
    path: list[str] = []
    products = []
    for level in range(10):
        products.append(make_product("Lamp", category=make_category(f"Level {level}", *path)))
        path.append(f"Level {level}")
    products += [make_product("Lamp", category=make_category(f"Side {number}", "Level 0")) for number in range(30)]

    ids = [product.pk for product in products]
    assert list_ids_both_ways(api, "category=level-0&ordering=oldest&page_size=7") == ids
    assert list_ids_both_ways(api, "category=level-7&ordering=oldest") == ids[7:10]
