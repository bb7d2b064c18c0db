"""Concurrent catalog changes and purchases, over HTTP with real threads."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import make_guest_cart
from orders.models import Order
from orders.tests.factories import order_body
from products.models import Category, Listing, PriceChange, Product, SearchDocument, StockMovement, Variant
from products.services import listings
from products.tests.editors import StaffConnections
from products.tests.factories import make_product, make_variant
from tests.concurrent_requests import Caller, Response, at_once, count_statuses
from tests.schema_client import SchemaClient

Call = Callable[[], Response]


def chain_calls(first: Call, second: Call, responses: list[Response]) -> Call:
    """Return a call that makes both calls and appends the first response; the test server's queue is short."""

    def call() -> Response:
        responses.append(first())
        return second()

    return call


def make_tee(**fields: Any) -> Product:
    """Create a product with two variants of 100 units each."""
    return make_product(
        "Tee", variants=[make_variant(sku, stock=100, prices={"us": "2.00"}) for sku in ("TEE-S", "TEE-M")], **fields
    )


def check_consistency() -> None:
    """Assert that stock matches the movements, prices match their history, and listings and search documents match a rebuild."""
    for variant in Variant.objects.all():
        recorded = StockMovement.objects.filter(variant=variant).aggregate(Sum("delta"))["delta__sum"] or 0
        assert variant.stock == recorded >= variant.reserved >= 0
        last = PriceChange.objects.filter(variant=variant, market="in").latest("id")
        assert last.price == variant.price
        there = variant.market_prices.first()
        abroad = PriceChange.objects.filter(variant=variant, market="us").order_by("-id").first()
        assert (abroad.price if abroad else None) == (there.price if there else None)
    columns = [field.name for field in Listing._meta.fields if field.name != "id"]
    before = list(Listing.objects.order_by("product", "market").values(*columns))
    documents = list(SearchDocument.objects.order_by("pk").values())
    SearchDocument.objects.all().delete()
    listings.rebuild_listings(list(Product.objects.values_list("pk", flat=True)))
    assert list(Listing.objects.order_by("product", "market").values(*columns)) == before
    assert list(SearchDocument.objects.order_by("pk").values()) == documents


def test_two_editors_of_different_fields_both_have_their_way(live_server: LiveServer) -> None:
    lamp = make_product("Lamp", sku="L-1", price="20.00", stock=10, prices={"us": "2.00"})
    editors, address = StaffConnections(live_server.url), f"/api/products/{lamp.pk}/"
    changes: list[dict[str, Any]] = [
        {"name": "Table lamp"},
        {"description": "Brass"},
        {"price": "25"},
        {"stock": 7},
        {"category": "Lighting"},
        {"prices": {"us": "3"}},
        {"compare_at_price": "30"},
        {"low_stock_threshold": 2},
        {"slug": "table-lamp"},
        {"sku": "L-2"},
    ]

    responses = at_once([editors.prepare("PATCH", address, change) for change in changes])

    assert count_statuses(responses) == {200: 10}
    lamp.refresh_from_db()
    assert (lamp.name, lamp.description, lamp.slug, lamp.low_stock_threshold) == ("Table lamp", "Brass", "table-lamp", 2)
    row = Variant.objects.get()
    assert (row.sku, row.price, row.compare_at_price, row.stock) == ("L-2", 25, 30, 7)
    assert (lamp.search_name, Category.objects.get().pk) == ("table lamp", lamp.category_id)
    check_consistency()


def test_of_two_lists_of_variants_one_stands_whole(live_server: LiveServer) -> None:
    tee = make_tee()
    editors, address = StaffConnections(live_server.url), f"/api/products/{tee.pk}/"
    first = [{"sku": "TEE-S", "price": "11", "stock": 50}, {"sku": "TEE-L", "price": "12", "stock": 5}]
    second = [{"sku": "TEE-M", "price": "21", "stock": 60}, {"sku": "TEE-L", "price": "22", "stock": 6}, {"sku": "TEE-S"}]

    responses = at_once([editors.prepare("PATCH", address, {"variants": variants}) for variants in (first, second) * 4])

    assert count_statuses(responses) == {200: 8}
    alive = list(Variant.objects.filter(deleted_at=None).order_by("position").values_list("sku", "position", "price", "stock"))
    small = Variant.objects.get(sku="TEE-S")
    assert alive in (
        [("TEE-S", 0, 11, 50), ("TEE-L", 1, 12, 5)],
        [("TEE-M", 0, 21, 60), ("TEE-L", 1, 22, 6), ("TEE-S", 2, small.price, small.stock)],
    )
    assert Variant.objects.count() == 3
    check_consistency()


def test_of_eight_editors_of_the_same_page_one_has_their_way(live_server: LiveServer) -> None:
    lamp = make_product("Lamp", stock=10)
    editors, address = StaffConnections(live_server.url), f"/api/products/{lamp.pk}/"
    etag = SchemaClient().get(address, headers={"Host": urlsplit(live_server.url).netloc})["ETag"]

    changes: list[dict[str, Any]] = [{"description": f"Text {number}", "stock": number} for number in range(8)]
    responses = at_once([editors.prepare("PATCH", address, change, **{"If-Match": etag}) for change in changes])

    assert count_statuses(responses) == {200: 1, 412: 7}
    written = next(response.body["data"] for response in responses if response.status == 200)
    assert {"description": written["description"], "stock": written["stock"]} in changes
    assert Variant.objects.get().stock == written["stock"]
    check_consistency()


@pytest.mark.parametrize("way", ["patch", "move"])
def test_a_stock_count_while_twenty_buy_loses_no_unit(live_server: LiveServer, way: str) -> None:
    lamp = make_product(stock=30)
    editors, address = StaffConnections(live_server.url), f"/api/products/{lamp.pk}/"
    buyers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(20)]
    buying: list[Call] = [buyer.make_post("/api/orders/create/", order_body()) for buyer in buyers]
    editing = [
        editors.prepare("PATCH", address, {"stock": 15 + number})
        if way == "patch"
        else editors.prepare("POST", f"{address}stock/", {"delta": number - 2, "reason": "correction"})
        for number in (0, 1, 3, 4)
    ]

    responses: list[Response] = []
    pairs = [chain_calls(*two, responses) for two in zip(buying[:10], buying[10:], strict=True)]
    responses += at_once(pairs[:3] + editing[:2] + pairs[3:7] + editing[2:] + pairs[7:])

    assert len(responses) == 24
    assert set(count_statuses(responses)) <= {200, 201, 409}
    sold = Order.objects.count()
    assert sold == count_statuses(responses).get(201)
    assert list(StockMovement.objects.filter(reason="sale").values_list("delta", flat=True)) == [-1] * sold
    check_consistency()
    if way == "move":
        assert Variant.objects.get().stock == 30 - sold + (-2 - 1 + 1 + 2)


def test_lists_of_variants_while_both_are_bought_lose_no_unit(live_server: LiveServer) -> None:
    tee = make_tee()
    small, medium = Variant.objects.order_by("id")
    editors = StaffConnections(live_server.url)
    buyers = []
    for number in range(20):
        caller = Caller(live_server.url, {"X-Cart-Token": ""})
        payload = {"product_id": tee.pk, "variant_id": (small, medium)[number % 2].pk}
        key = caller.post("/api/cart/add/", payload).body["cart_token"]
        buyers.append(Caller(live_server.url, {"X-Cart-Token": key}))
    lists = [
        [{"sku": "TEE-M", "stock": 40}, {"sku": "TEE-S", "stock": 30}],
        [{"sku": "TEE-S", "stock": 80}, {"sku": "TEE-M", "stock": 90}],
    ]
    editing = [editors.prepare("PATCH", f"/api/products/{tee.pk}/", {"variants": variants}) for variants in lists * 2]
    buying: list[Call] = [buyer.make_post("/api/orders/create/", order_body()) for buyer in buyers]

    responses: list[Response] = []
    pairs = [chain_calls(*two, responses) for two in zip(buying[:10], buying[10:], strict=True)]
    responses += at_once(pairs[:5] + editing + pairs[5:])

    assert count_statuses(responses) == {200: 4, 201: 20}
    assert Variant.objects.filter(deleted_at=None).count() == 2
    check_consistency()


def test_the_last_units_are_sold_or_removed_from_stock_never_both(live_server: LiveServer) -> None:
    lamp = make_product(stock=3)
    editors = StaffConnections(live_server.url)
    buyers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(6)]
    taking = editors.prepare("POST", f"/api/products/{lamp.pk}/stock/", {"delta": -1, "reason": "damage"})

    responses = at_once([buyer.make_post("/api/orders/create/", order_body()) for buyer in buyers] + [taking] * 6)

    assert set(count_statuses(responses)) <= {200, 201, 409}
    assert count_statuses(responses).get(200, 0) + count_statuses(responses).get(201, 0) == 3
    assert Variant.objects.get().stock == 0
    check_consistency()
    assert not Listing.objects.filter(in_stock=True).exists()


def test_products_of_one_name_made_at_once_have_different_slugs(live_server: LiveServer) -> None:
    editors = StaffConnections(live_server.url)

    responses = at_once([editors.prepare("POST", "/api/products/", {"name": "Lamp", "price": "1"})] * 5)

    assert count_statuses(responses) == {201: 5}
    slugs = set(Product.objects.values_list("slug", flat=True))
    assert (len(slugs), "lamp" in slugs) == (5, True)
    assert all(
        re.fullmatch(r"lamp(-\d|-[0-9a-f]{6})?", slug) for slug in slugs
    )  # the next number, or a random suffix under contention
    check_consistency()


def test_twenty_products_of_one_name_made_at_once_are_all_made(live_server: LiveServer) -> None:
    editors = StaffConnections(live_server.url)

    responses = at_once([editors.prepare("POST", "/api/products/", {"name": "Lamp", "price": "1"})] * 20)

    assert count_statuses(responses) == {201: 20}


def test_of_those_with_one_sku_one_is_made(live_server: LiveServer) -> None:
    editors = StaffConnections(live_server.url)
    payload = {"price": "1", "sku": "L-1", "stock": 3}

    responses = at_once([editors.prepare("POST", "/api/products/", {**payload, "name": f"Lamp {number}"}) for number in range(6)])

    assert count_statuses(responses) == {201: 1, 400: 5}
    assert {response.body["code"] for response in responses if response.status == 400} == {"sku_taken"}
    assert (Product.objects.count(), Variant.objects.count(), StockMovement.objects.count()) == (1, 1, 1)
    check_consistency()


def test_a_slug_that_two_ask_for_is_given_once(live_server: LiveServer) -> None:
    lamps = [make_product(f"Lamp {number}") for number in range(4)]
    editors = StaffConnections(live_server.url)

    responses = at_once([editors.prepare("PATCH", f"/api/products/{lamp.pk}/", {"slug": "the-lamp"}) for lamp in lamps])

    assert count_statuses(responses) == {200: 1, 400: 3}
    assert {response.body["code"] for response in responses if response.status == 400} == {"slug_taken"}
    assert Product.objects.filter(slug="the-lamp").count() == 1


def test_deleting_and_changing_at_once_leave_a_deleted_product(live_server: LiveServer) -> None:
    tee = make_tee()
    editors, address = StaffConnections(live_server.url), f"/api/products/{tee.pk}/"
    pks = list(Variant.objects.order_by("id").values_list("pk", flat=True))
    calls = [
        editors.prepare("DELETE", address),
        editors.prepare("PATCH", address, {"is_active": True, "name": "Shirt"}),
        editors.prepare("POST", f"{address}variants/", {"price": "5", "sku": "TEE-L"}),
        editors.prepare("DELETE", address),
        *(editors.prepare("DELETE", f"{address}variants/{pk}/") for pk in pks),
    ]

    responses = at_once(calls)

    assert set(count_statuses(responses)) <= {200, 201, 404, 409}
    assert sorted((responses[0].status, responses[3].status)) == [200, 404]
    tee.refresh_from_db()
    assert (tee.is_active, tee.deleted_at is not None, Listing.objects.count()) == (False, True, 0)
    assert Variant.objects.filter(product=tee, deleted_at=None).exists()


def test_of_two_who_delete_the_two_variants_one_is_refused(live_server: LiveServer) -> None:
    tee = make_tee()
    editors = StaffConnections(live_server.url)
    pks = list(Variant.objects.order_by("id").values_list("pk", flat=True))

    responses = at_once([editors.prepare("DELETE", f"/api/products/{tee.pk}/variants/{pk}/") for pk in pks])

    assert count_statuses(responses) == {200: 1, 409: 1}
    assert Variant.objects.filter(deleted_at=None, is_active=True).count() == 1
    check_consistency()
