"""Listings after each kind of write equal rebuilt listings"""

from collections.abc import Callable
from typing import Any

import pytest

from products.models import Listing
from products.services import listings
from products.tests.editors import get_variant, list_products, make_tee, staff_client
from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
COLUMNS = ("price", "compare_at_price", "in_stock", "variants_count", "category__slug", "seller", "sort_name", "variant__sku")


def get_listing(market: str) -> list[tuple[Any, ...]]:
    """Return the listing of the only product in a market."""
    return list(Listing.objects.filter(market=market).values_list(*COLUMNS))


def dump_listings() -> list[Any]:
    """Return every listing without its id."""
    return list(Listing.objects.order_by("product", "market").values_list("product", "market", "created_at", *COLUMNS))


Write = Callable[[SchemaClient, str, int, int], Any]
S = ("tee", "TEE-S")
WRITES: list[tuple[Write, list[tuple[Any, ...]], list[tuple[Any, ...]]]] = [
    (
        lambda api, url, s, m: api.patch(url, {"name": "\u00c9clair, No. 7"}),
        [(20, None, True, 2, None, None, "eclair no 7", "TEE-S")],
        [(2, None, True, 1, None, None, "eclair no 7", "TEE-S")],
    ),
    (
        lambda api, url, s, m: api.patch(url, {"category": "Shirts"}),
        [(20, None, True, 2, "shirts", None, *S)],
        [(2, None, True, 1, "shirts", None, *S)],
    ),
    (
        lambda api, url, s, m: api.patch(f"{url}variants/{m}/", {"price": "15", "compare_at_price": "30", "prices": {"us": "1.5"}}),
        [(15, 30, True, 2, None, None, *S)],
        [(1.5, None, True, 2, None, None, *S)],
    ),
    (
        lambda api, url, s, m: api.patch(f"{url}variants/{s}/", {"prices": {"us": None}}),
        [(20, None, True, 2, None, None, *S)],
        [],
    ),
    (
        lambda api, url, s, m: api.patch(f"{url}variants/{s}/", {"stock": 0}),
        [(20, None, True, 2, None, None, *S)],
        [(2, None, False, 1, None, None, *S)],
    ),
    (
        lambda api, url, s, m: [
            api.post(f"{url}stock/", {"sku_id": pk, "delta": -n, "reason": "damage"}) for pk, n in ((s, 4), (m, 10))
        ][-1],
        [(20, None, False, 2, None, None, *S)],
        [(2, None, False, 1, None, None, *S)],
    ),
    (
        lambda api, url, s, m: api.delete(f"{url}variants/{s}/"),
        [(25, None, True, 1, None, None, "tee", "TEE-M")],
        [],
    ),
    (
        lambda api, url, s, m: api.post(f"{url}variants/", {"sku": "TEE-L", "price": "5", "prices": {"us": "1"}}),
        [(5, None, True, 3, None, None, *S)],
        [(1, None, True, 2, None, None, *S)],
    ),
    (
        lambda api, url, s, m: api.patch(url, {"variants": [{"id": m, "prices": {"us": "4"}}, {"id": s}]}),
        [(20, None, True, 2, None, None, "tee", "TEE-M")],
        [(2, None, True, 2, None, None, "tee", "TEE-M")],
    ),
    (
        lambda api, url, s, m: api.patch(f"{url}variants/{s}/", {"position": 5}),
        [(20, None, True, 2, None, None, "tee", "TEE-M")],
        [(2, None, True, 1, None, None, *S)],
    ),
    (lambda api, url, s, m: api.patch(url, {"is_active": False}), [], []),
    (lambda api, url, s, m: api.delete(url), [], []),
    (
        lambda api, url, s, m: [api.patch(url, {"is_active": on}) for on in (False, True)][-1],
        [(20, None, True, 2, None, None, *S)],
        [(2, None, True, 1, None, None, *S)],
    ),
]


@pytest.mark.parametrize(("write", "expected", "expected_us"), WRITES)
def test_the_list_shows_what_was_written(write: Write, expected: list[Any], expected_us: list[Any]) -> None:
    tee = make_tee()

    response = write(staff_client(), f"/api/products/{tee.pk}/", get_variant("TEE-S").pk, get_variant("TEE-M").pk)

    assert response.status_code in (200, 201)
    assert (get_listing("in"), get_listing("us")) == (expected, expected_us)
    before = dump_listings()
    listings.rebuild_listings([tee.pk])
    assert dump_listings() == before


def test_put_empties_the_category_and_a_new_one_is_listed_at_once() -> None:
    lamp = make_product("Lamp", category=make_category("Lighting"))
    client = staff_client()

    client.put(f"/api/products/{lamp.pk}/", {"name": "Lamp", "price": "20"})
    created = client.post("/api/products/", {"name": "Pot", "price": "3", "stock": 1, "category": "Kitchen", "prices": {"us": "1"}})

    assert list_products(category="lighting") == []
    assert [item["id"] for item in list_products("us", category="kitchen", in_stock="true")] == [created.json()["data"]["id"]]
    assert Listing.objects.filter(seller__isnull=False).count() == 2


@pytest.mark.parametrize("ordering", ["name", "price"])
def test_lists_are_sorted_by_what_was_written(ordering: str) -> None:
    lamp, mug = make_product("Lamp", price="1"), make_product("Mug", price="2")
    assert [item["id"] for item in list_products(ordering=ordering)] == [lamp.pk, mug.pk]

    staff_client().patch(f"/api/products/{lamp.pk}/", {"name": "Zebra", "price": "3"})

    assert [item["id"] for item in list_products(ordering=ordering)] == [mug.pk, lamp.pk]
