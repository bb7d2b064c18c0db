"""GET /api/products/?cursor=&page_size="""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from products.models import Product
from products.tests.factories import make_category, make_product, make_products, set_price, update_product
from products.tests.paging import SITE, follow_links
from tests.schema_client import SchemaClient

ORDERINGS = ["newest", "oldest", "price", "-price", "name"]


def make_identical() -> list[int]:
    """Make seven products with the same name, price and age."""
    products = make_products(*["Lamp"] * 7)
    for product in products:
        update_product(product, created_at=datetime(2025, 1, 1, tzinfo=UTC))
    return [product.pk for product in products]


def make_distinct() -> list[int]:
    """Make seven products that all sort differently."""
    products = make_products(*"ABCDEFG")
    for number, product in enumerate(products):
        set_price(product, f"{number}.25")
    return [product.pk for product in products]


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("make_catalog", [make_identical, make_distinct])
def test_forwards_and_backwards_show_each_product_once(
    api: SchemaClient, ordering: str, make_catalog: Callable[[], list[int]]
) -> None:
    ids = make_catalog() if ordering in ("oldest", "price", "name") else make_catalog()[::-1]

    forwards, last = follow_links(api, f"/api/products/?ordering={ordering}&page_size=3")
    backwards, first = follow_links(api, last, "previous")

    assert forwards == [ids[:3], ids[3:6], ids[6:]]
    assert backwards == [ids[6:], ids[3:6], ids[:3]]
    assert follow_links(api, first) == (forwards, last)


def test_a_last_page_that_is_full_has_no_next(api: SchemaClient) -> None:
    ids = make_distinct()

    pages, _ = follow_links(api, "/api/products/?ordering=oldest&page_size=7")

    assert pages == [ids]


def test_the_links_keep_the_other_filters(api: SchemaClient) -> None:
    lighting = make_category("Lighting")
    lamps = [make_product("Lamp", category=lighting) for _ in range(3)]
    make_products("Lamp", "Lamp")

    pages, _ = follow_links(
        api, "/api/products/?ordering=oldest&page_size=2&category=lighting&search=lamp&min_price=1&max_price=99"
    )

    assert pages == [[lamps[0].pk, lamps[1].pk], [lamps[2].pk]]


@pytest.mark.parametrize(("ordering", "is_listed_later"), [("newest", False), ("oldest", True), ("price", True), ("-price", False)])
def test_products_put_in_between_two_pages_neither_hide_nor_double_others(
    api: SchemaClient, ordering: str, is_listed_later: bool
) -> None:
    ids = make_distinct() if ordering in ("oldest", "price") else make_distinct()[::-1]
    first = api.get(f"/api/products/?ordering={ordering}&page_size=3").json()
    new_product = make_product("Newcomer", price="50.00")

    rest, _ = follow_links(api, first["pagination"]["next"].removeprefix(SITE))

    listed_ids = [pk for page in rest for pk in page]
    assert listed_ids == ([*ids[3:], new_product.pk] if is_listed_later else ids[3:])


@pytest.mark.parametrize(
    ("ordering", "is_listed_later"), [("newest", False), ("oldest", True), ("price", True), ("-price", False), ("name", True)]
)
def test_a_newcomer_that_sorts_the_same_neither_hides_nor_doubles_others(
    api: SchemaClient, ordering: str, is_listed_later: bool
) -> None:
    ids = make_identical() if is_listed_later else make_identical()[::-1]
    first = api.get(f"/api/products/?ordering={ordering}&page_size=3").json()
    new_product = make_products("Lamp")[0]

    rest, _ = follow_links(api, first["pagination"]["next"].removeprefix(SITE))

    listed_ids = [pk for page in rest for pk in page]
    assert listed_ids == ([*ids[3:], new_product.pk] if is_listed_later else ids[3:])


def test_going_back_shows_what_was_put_in_front_meanwhile(api: SchemaClient) -> None:
    ids = make_distinct()
    second = api.get(api.get("/api/products/?page_size=3").json()["pagination"]["next"].removeprefix(SITE)).json()
    new_product = make_product("Newcomer")

    pages, _ = follow_links(api, second["pagination"]["previous"].removeprefix(SITE), "previous")

    assert [pk for page in reversed(pages) for pk in page] == [new_product.pk, *ids[:3:-1]]


def test_the_list_goes_on_where_the_last_product_seen_is_gone(api: SchemaClient) -> None:
    ids = make_distinct()
    first = api.get("/api/products/?ordering=oldest&page_size=3").json()
    update_product(Product.objects.get(pk=ids[2]), is_active=False)

    pages, _ = follow_links(api, first["pagination"]["next"].removeprefix(SITE))

    assert pages == [ids[3:6], ids[6:]]


@pytest.mark.parametrize(("value", "size"), [(None, 24), ("", 24), ("1", 1), ("100", 100), ("024", 24)])
def test_a_page_holds_as_many_as_asked_for(api: SchemaClient, value: str | None, size: int) -> None:
    make_products(*["Lamp"] * 101)

    body = api.get("/api/products/", {} if value is None else {"page_size": value}).json()

    assert len(body["data"]) == size
    assert body["pagination"]["page_size"] == size
    assert body["pagination"]["previous"] is None
    assert body["pagination"]["next"] is not None


@pytest.mark.sampled
@pytest.mark.parametrize("size", ["0", "101", "-1", "1.5", "ten", "\u0663", "1e1", "9" * 5_000, "1\x00", "%"])
def test_a_page_size_out_of_bounds_is_refused_by_name(api: SchemaClient, size: str) -> None:
    response = api.get("/api/products/", {"page_size": size})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["page_size"]
