"""Concurrent changes of the category tree, over HTTP with real threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection, transaction
from pytest_django.live_server_helper import LiveServer

from core import outbox
from products.models import Category, Product
from products.services import categories
from products.tests.editors import StaffConnections, list_products
from products.tests.factories import make_category, make_product, update_product
from tests.concurrent_requests import at_once, count_statuses

MEANWHILE = 0.5  # seconds


def run_meanwhile(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Run `first`, and `second` in a thread of its own before the transaction of `first` is committed."""

    def run() -> None:
        try:
            second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            first()
            running = threads.submit(run)
            wait([running], timeout=MEANWHILE)
        running.result()


@pytest.mark.parametrize("parent", [None, "Home"])
def test_a_category_made_by_many_at_once_is_one(live_server: LiveServer, parent: str | None) -> None:
    above = Category.objects.create(name=parent, slug="home") if parent else None
    editors = StaffConnections(live_server.url)
    payload = {"name": "Lighting", "parent_id": above.pk if above else None}

    responses = at_once([editors.prepare("POST", "/api/products/categories/", payload)] * 6)

    assert set(count_statuses(responses)) <= {201, 400}
    assert Category.objects.filter(name="Lighting").count() == 1
    assert {response.body["data"]["id"] for response in responses if response.status == 201} == {
        Category.objects.get(name="Lighting").pk
    }


def test_a_category_that_many_products_name_at_once_is_made_once(live_server: LiveServer) -> None:
    editors = StaffConnections(live_server.url)
    payload = {"price": "1", "category": "Home > Lighting"}

    responses = at_once([editors.prepare("POST", "/api/products/", {**payload, "name": f"Lamp {number}"}) for number in range(6)])

    assert count_statuses(responses) == {201: 6}
    assert sorted(Category.objects.values_list("slug", flat=True)) == ["home", "lighting"]
    assert set(Product.objects.values_list("category__name", flat=True)) == {"Lighting"}


def test_two_categories_never_stand_inside_of_each_other(live_server: LiveServer) -> None:
    first, two = (Category.objects.create(name=name, slug=name.lower()) for name in ("One", "Two"))
    editors = StaffConnections(live_server.url)
    moves = [(first.pk, two.pk), (two.pk, first.pk)] * 3

    responses = at_once([editors.prepare("PATCH", f"/api/products/categories/{pk}/", {"parent_id": into}) for pk, into in moves])

    assert set(count_statuses(responses)) == {200, 400}
    assert Category.objects.filter(parent=None).count() == 1


def test_a_category_is_deleted_or_used_never_both(live_server: LiveServer) -> None:
    category = Category.objects.create(name="Home", slug="home")
    editors = StaffConnections(live_server.url)
    using = [
        editors.prepare("POST", "/api/products/", {"name": f"Lamp {n}", "price": "1", "category": category.pk}) for n in range(3)
    ]
    inside = [
        editors.prepare("POST", "/api/products/categories/", {"name": f"Category {n}", "parent_id": category.pk}) for n in range(3)
    ]

    responses = at_once([editors.prepare("DELETE", f"/api/products/categories/{category.pk}/"), *using, *inside])

    assert set(count_statuses(responses)) <= {200, 201, 400, 409}
    assert Product.objects.filter(category=None).count() == 0


@pytest.mark.parametrize("renamed", ["Shoes", "Brogues"])
@pytest.mark.parametrize("change", ["create", "move"])
@pytest.mark.parametrize("first", ["product", "category"])
@pytest.mark.django_db(transaction=True)
def test_a_product_of_a_category_that_is_renamed_meanwhile_is_found_by_the_new_name(renamed: str, change: str, first: str) -> None:
    brogues = make_category("Brogues", "Shoes")
    oxford = make_product("Oxford") if change == "move" else None

    def write() -> None:
        if oxford is None:
            make_product("Oxford", category=brogues)
        else:
            update_product(oxford, category_id=brogues.pk)

    def rename() -> None:
        categories.update(Category.objects.get(name=renamed).pk, {"name": "Footwear"})

    def rename_and_index() -> None:
        rename()
        outbox.run_due()

    if first == "product":
        run_meanwhile(write, rename_and_index)
    else:
        run_meanwhile(rename, write)
        outbox.run_due()

    found = {search: [row["name"] for row in list_products(search=search)] for search in ("footwear", renamed)}
    assert found == {"footwear": ["Oxford"], renamed: []}
