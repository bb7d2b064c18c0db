"""The slug of a product: stable on rename, changed on request"""

import re
from typing import Any

import pytest
from django.db import connection

from products.models import Product
from products.tests.editors import assert_refused, dump_catalog, staff_client
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def test_a_slug_that_is_given_is_kept(api: SchemaClient) -> None:
    response = staff_client().post("/api/products/", {"name": "Desk lamp", "price": "1", "slug": "a-lamp-2"})

    assert (response.status_code, response.json()["data"]["slug"]) == (201, "a-lamp-2")
    assert api.get("/api/products/a-lamp-2/").json()["data"]["name"] == "Desk lamp"


@pytest.mark.parametrize("slug", ["", None])
def test_without_one_it_is_made_of_the_name(slug: str | None) -> None:
    payload = {"name": "Desk lamp", "price": "1"} | ({} if slug is None else {"slug": slug})
    client = staff_client()

    slugs = [client.post("/api/products/", payload).json()["data"]["slug"] for _ in range(3)]

    assert slugs == ["desk-lamp", "desk-lamp-2", "desk-lamp-3"]


@pytest.mark.parametrize("name", ["Create", "categories", "2025", "550e8400-e29b-41d4-a716-446655440000"])
def test_a_name_that_is_no_slug_gives_one_that_opens_the_product(api: SchemaClient, name: str) -> None:
    data = staff_client().post("/api/products/", {"name": name, "price": "1"}).json()["data"]

    assert data["slug"] == f"product-{name.lower()}"
    assert api.get(f"/api/products/{data['slug']}/").json()["data"]["id"] == data["id"]


def test_a_taken_slug_is_refused_when_it_is_asked_for() -> None:
    make_product("Mug")
    lamp = make_product("Lamp")
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.post("/api/products/", {"name": "Pot", "price": "1", "slug": "mug"}), 400, "slug_taken", "slug")
    assert_refused(client.patch(f"/api/products/{lamp.pk}/", {"slug": "mug"}), 400, "slug_taken", "slug")

    assert dump_catalog() == before


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_rename_leaves_it(api: SchemaClient, method: str) -> None:
    lamp = make_product("Desk lamp")

    response = getattr(staff_client(), method)(f"/api/products/{lamp.pk}/", {"name": "Table lamp", "price": "20"})

    assert response.json()["data"]["slug"] == "desk-lamp"
    assert api.get("/api/products/desk-lamp/").json()["data"]["name"] == "Table lamp"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_it_changes_when_asked_and_the_old_one_opens_nothing(api: SchemaClient, method: str) -> None:
    lamp = make_product("Desk lamp")
    client = staff_client()

    response = getattr(client, method)(f"/api/products/{lamp.slug}/", {"name": "Desk lamp", "price": "20", "slug": "lamp-1"})

    assert response.json()["data"]["slug"] == "lamp-1"
    assert api.get("/api/products/lamp-1/").json()["data"]["id"] == lamp.pk
    assert api.get("/api/products/desk-lamp/").status_code == 404
    assert make_product("Desk lamp").slug == "desk-lamp"


@pytest.mark.parametrize(("payload", "slug"), [({"slug": ""}, "lamp"), ({"name": "Table lamp", "slug": ""}, "table-lamp")])
def test_an_empty_one_is_replaced_by_one_made_from_the_name(payload: dict[str, str], slug: str) -> None:
    lamp = make_product("Lamp")
    client = staff_client()
    client.patch(f"/api/products/{lamp.pk}/", {"slug": "odd"})

    assert client.patch(f"/api/products/{lamp.pk}/", payload).json()["data"]["slug"] == slug
    assert client.patch(f"/api/products/{lamp.pk}/", payload).json()["data"]["slug"] == slug


def test_a_replaced_one_leaves_out_those_of_others_and_keeps_its_own_number() -> None:
    make_product("Lamp")
    second = make_product("Lamp")
    third = make_product("Mug")
    client = staff_client()

    assert client.patch(f"/api/products/{second.pk}/", {"slug": ""}).json()["data"]["slug"] == "lamp-2"
    assert client.patch(f"/api/products/{third.pk}/", {"name": "Lamp", "slug": ""}).json()["data"]["slug"] == "lamp-3"
    assert client.patch(f"/api/products/{second.pk}/", {"slug": "lamp-2"}).json()["data"]["slug"] == "lamp-2"
    assert list(Product.objects.order_by("id").values_list("slug", flat=True)) == ["lamp", "lamp-2", "lamp-3"]


def test_a_slug_that_is_taken_concurrently_is_refused_and_nothing_is_changed() -> None:
    lamp, kettle = make_product("Lamp", sku="L-1"), make_product("Kettle", sku="K-1")
    before = dump_catalog()
    taken: list[str] = []

    def take_slug(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # After the slug was found free, and before it is written.
        if not taken and sql.startswith('UPDATE "products_product"') and '"slug" = ' in sql:
            taken.append("the-lamp")
            Product.objects.filter(pk=kettle.pk).update(slug="the-lamp")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_slug):
        response = staff_client().patch(f"/api/products/{lamp.pk}/", {"name": "Other", "slug": "the-lamp"})

    assert_refused(response, 400, "slug_taken", "slug")
    assert (taken, dump_catalog()) == (["the-lamp"], before)


def test_a_slug_that_is_taken_while_a_product_is_created_gets_a_random_suffix() -> None:
    taken: list[str] = []

    def take_slug(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # After the slug was found free, and before the product is written.
        if not taken and sql.startswith('INSERT INTO "products_product"'):
            taken.append("lamp")
            Product.objects.bulk_create([Product(name="Other", slug="lamp")])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_slug):
        response = staff_client().post("/api/products/", {"name": "Lamp", "price": "1"})

    assert (taken, response.status_code) == (["lamp"], 201)
    assert re.fullmatch(r"lamp-[0-9a-f]{6}", response.json()["data"]["slug"])
