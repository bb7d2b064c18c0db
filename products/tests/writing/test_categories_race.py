"""Categories that change while a request writes them: what is refused, and what is stored"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from products.models import Category, Product
from products.tests.editors import assert_refused, dump_catalog, staff_client
from products.tests.factories import make_category

ALL = "/api/products/categories/"
SLUGS = 'SELECT "products_category"."slug"'  # the last that is read before a category is created


@contextmanager
def meanwhile(act: Callable[[], object], *, before: str = "", after: str = "") -> Iterator[list[str]]:
    """Act once, before or after the first statement that starts like this; yield the statement."""
    statements: list[str] = []

    def execute_and_act(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        is_due = not statements and sql.startswith(before or after)
        if is_due:
            statements.append(sql)
        if is_due and before:
            act()
        result = execute(sql, *rest)
        if is_due and after:
            act()
        return result

    with connection.execute_wrapper(execute_and_act):
        yield statements


@pytest.mark.django_db
def test_a_category_that_was_made_meanwhile_is_used() -> None:
    client = staff_client()

    with meanwhile(lambda: Category.objects.create(name="Home", slug="home"), after=SLUGS):
        response = client.post("/api/products/", {"name": "Lamp", "price": "20", "category": "Home"})

    assert response.status_code == 201
    assert list(Category.objects.values_list("name", "slug")) == [("Home", "home")]
    assert Product.objects.get().category == Category.objects.get()


@pytest.mark.django_db
def test_a_slug_that_was_taken_meanwhile_gets_an_ending() -> None:
    garden, client = make_category("Garden"), staff_client()

    with meanwhile(lambda: Category.objects.create(name="Lighting", slug="lighting", parent=garden), after=SLUGS):
        response = client.post(ALL, {"name": "Lighting", "position": 2})

    data = response.json()["data"]
    assert response.status_code == 201
    assert (data["name"], data["parent_id"], data["position"]) == ("Lighting", None, 2)
    assert re.fullmatch(r"lighting-[0-9a-f]{6}", data["slug"])
    assert list(Category.objects.order_by("pk").values_list("slug", flat=True)) == ["garden", "lighting", data["slug"]]


@pytest.mark.django_db(transaction=True)
def test_a_category_below_one_that_was_deleted_meanwhile_is_refused() -> None:
    home, client = make_category("Home"), staff_client()
    before = dump_catalog()

    with meanwhile(lambda: Category.objects.filter(pk=home.pk).delete(), before='INSERT INTO "products_category"') as statements:
        response = client.post(ALL, {"name": "Lighting", "parent_id": home.pk})

    assert len(statements) == 1
    assert_refused(response, 400, "category_unknown", "parent_id")
    assert response.json()["errors"] == {"parent_id": ["This category does not exist"]}
    assert dump_catalog() == before


@pytest.mark.django_db
def test_a_name_that_was_taken_meanwhile_is_refused() -> None:
    home, client = make_category("Home"), staff_client()
    before = dump_catalog()

    with meanwhile(lambda: Category.objects.create(name="Garden", slug="garden"), before='UPDATE "products_category"'):
        response = client.patch(f"{ALL}{home.pk}/", {"name": "Garden"})

    assert_refused(response, 400, "category_unknown", "name")
    assert response.json()["errors"] == {"name": ["A category with this name already exists"]}
    assert dump_catalog() == before
