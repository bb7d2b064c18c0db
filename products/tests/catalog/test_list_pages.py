"""GET /api/products/?cursor=&page_size="""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from products.models import Product
from products.tests.factories import change, change_price, make_category, make_product, make_products
from products.tests.paging import SITE, walk
from tests.schema_client import SchemaClient

ORDERINGS = ["newest", "oldest", "price", "-price", "name"]


def all_alike() -> list[int]:
    """Make seven products of one name, price and age."""
    products = make_products(*["Lamp"] * 7)
    for product in products:
        change(product, created_at=datetime(2025, 1, 1, tzinfo=UTC))
    return [product.pk for product in products]


def all_different() -> list[int]:
    """Make seven products of which no two sort the same."""
    products = make_products(*"ABCDEFG")
    for number, product in enumerate(products):
        change_price(product, f"{number}.25")
    return [product.pk for product in products]


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("shelf", [all_alike, all_different])
def test_forwards_and_backwards_show_each_product_once(api: SchemaClient, ordering: str, shelf: Callable[[], list[int]]) -> None:
    ids = shelf() if ordering in ("oldest", "price", "name") else shelf()[::-1]

    forwards, last = walk(api, f"/api/products/?ordering={ordering}&page_size=3")
    backwards, first = walk(api, last, "previous")

    assert forwards == [ids[:3], ids[3:6], ids[6:]]
    assert backwards == [ids[6:], ids[3:6], ids[:3]]
    assert walk(api, first) == (forwards, last)


def test_a_last_page_that_is_full_has_no_next(api: SchemaClient) -> None:
    ids = all_different()

    pages, _ = walk(api, "/api/products/?ordering=oldest&page_size=7")

    assert pages == [ids]


def test_the_links_keep_the_other_filters(api: SchemaClient) -> None:
    lighting = make_category("Lighting")
    lamps = [make_product("Lamp", category=lighting) for _ in range(3)]
    make_products("Lamp", "Lamp")

    pages, _ = walk(api, "/api/products/?ordering=oldest&page_size=2&category=lighting&search=lamp&min_price=1&max_price=99")

    assert pages == [[lamps[0].pk, lamps[1].pk], [lamps[2].pk]]


@pytest.mark.parametrize(("ordering", "shown_later"), [("newest", False), ("oldest", True), ("price", True), ("-price", False)])
def test_products_put_in_between_two_pages_neither_hide_nor_double_others(
    api: SchemaClient, ordering: str, shown_later: bool
) -> None:
    ids = all_different() if ordering in ("oldest", "price") else all_different()[::-1]
    first = api.get(f"/api/products/?ordering={ordering}&page_size=3").json()
    newcomer = make_product("Newcomer", price="50.00")

    rest, _ = walk(api, first["pagination"]["next"].removeprefix(SITE))

    shown = [pk for page in rest for pk in page]
    assert shown == ([*ids[3:], newcomer.pk] if shown_later else ids[3:])


@pytest.mark.parametrize(
    ("ordering", "shown_later"), [("newest", False), ("oldest", True), ("price", True), ("-price", False), ("name", True)]
)
def test_a_newcomer_that_sorts_the_same_neither_hides_nor_doubles_others(
    api: SchemaClient, ordering: str, shown_later: bool
) -> None:
    ids = all_alike() if shown_later else all_alike()[::-1]
    first = api.get(f"/api/products/?ordering={ordering}&page_size=3").json()
    newcomer = make_products("Lamp")[0]

    rest, _ = walk(api, first["pagination"]["next"].removeprefix(SITE))

    shown = [pk for page in rest for pk in page]
    assert shown == ([*ids[3:], newcomer.pk] if shown_later else ids[3:])


def test_going_back_shows_what_was_put_in_front_meanwhile(api: SchemaClient) -> None:
    ids = all_different()
    second = api.get(api.get("/api/products/?page_size=3").json()["pagination"]["next"].removeprefix(SITE)).json()
    newcomer = make_product("Newcomer")

    pages, _ = walk(api, second["pagination"]["previous"].removeprefix(SITE), "previous")

    assert [pk for page in reversed(pages) for pk in page] == [newcomer.pk, *ids[:3:-1]]


def test_the_list_goes_on_where_the_last_product_seen_is_gone(api: SchemaClient) -> None:
    ids = all_different()
    first = api.get("/api/products/?ordering=oldest&page_size=3").json()
    change(Product.objects.get(pk=ids[2]), is_active=False)

    pages, _ = walk(api, first["pagination"]["next"].removeprefix(SITE))

    assert pages == [ids[3:6], ids[6:]]


@pytest.mark.parametrize(("given", "size"), [(None, 24), ("", 24), ("1", 1), ("100", 100), ("024", 24)])
def test_a_page_holds_as_many_as_asked_for(api: SchemaClient, given: str | None, size: int) -> None:
    make_products(*["Lamp"] * 101)

    body = api.get("/api/products/", {} if given is None else {"page_size": given}).json()

    assert len(body["data"]) == size
    assert body["pagination"]["page_size"] == size
    assert body["pagination"]["previous"] is None
    assert body["pagination"]["next"] is not None


@pytest.mark.parametrize("size", ["0", "101", "-1", "1.5", "ten", "\u0663", "1e1", "9" * 5_000, "1\x00", "%"])
def test_a_page_size_out_of_bounds_is_refused_by_name(api: SchemaClient, size: str) -> None:
    response = api.get("/api/products/", {"page_size": size})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["page_size"]
