"""Those who change the category tree at one moment: over HTTP, with real threads."""

import pytest
from pytest_django.live_server_helper import LiveServer

from products.models import Category, Product
from products.tests.editors import Editors
from tests.crowd import at_once, statuses


@pytest.mark.parametrize("parent", [None, "Home"])
def test_a_category_made_by_many_at_once_is_one(live_server: LiveServer, parent: str | None) -> None:
    above = Category.objects.create(name=parent, slug="home") if parent else None
    editors = Editors(live_server.url)
    given = {"name": "Lighting", "parent_id": above.pk if above else None}

    answers = at_once([editors.calling("POST", "/api/products/categories/", given)] * 6)

    assert set(statuses(answers)) <= {201, 400}
    assert Category.objects.filter(name="Lighting").count() == 1
    assert {answer.body["data"]["id"] for answer in answers if answer.status == 201} == {Category.objects.get(name="Lighting").pk}


def test_a_category_that_many_products_name_at_once_is_made_once(live_server: LiveServer) -> None:
    editors = Editors(live_server.url)
    given = {"price": "1", "category": "Home > Lighting"}

    answers = at_once([editors.calling("POST", "/api/products/", {**given, "name": f"Lamp {number}"}) for number in range(6)])

    assert statuses(answers) == {201: 6}
    assert sorted(Category.objects.values_list("slug", flat=True)) == ["home", "lighting"]
    assert set(Product.objects.values_list("category__name", flat=True)) == {"Lighting"}


def test_two_categories_never_stand_inside_of_each_other(live_server: LiveServer) -> None:
    one, two = (Category.objects.create(name=name, slug=name.lower()) for name in ("One", "Two"))
    editors = Editors(live_server.url)
    moves = [(one.pk, two.pk), (two.pk, one.pk)] * 3

    answers = at_once([editors.calling("PATCH", f"/api/products/categories/{pk}/", {"parent_id": into}) for pk, into in moves])

    assert set(statuses(answers)) == {200, 400}
    assert Category.objects.filter(parent=None).count() == 1


def test_a_category_is_deleted_or_used_never_both(live_server: LiveServer) -> None:
    shelf = Category.objects.create(name="Home", slug="home")
    editors = Editors(live_server.url)
    using = [editors.calling("POST", "/api/products/", {"name": f"Lamp {n}", "price": "1", "category": shelf.pk}) for n in range(3)]
    inside = [editors.calling("POST", "/api/products/categories/", {"name": f"Shelf {n}", "parent_id": shelf.pk}) for n in range(3)]

    answers = at_once([editors.calling("DELETE", f"/api/products/categories/{shelf.pk}/"), *using, *inside])

    assert set(statuses(answers)) <= {200, 201, 400, 409}
    assert Product.objects.filter(category=None).count() == 0
