"""Keys of answers that no field reads: silent if they come back as they were, else named, with what to do instead"""

from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart
from core.http.inputs import Input
from products.tests.editors import get_variant, make_tee, staff_client
from products.tests.factories import add_picture, make_category, make_product
from tests.schema_client import SchemaClient, get_schema

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LAMP = {"name": "Lamp", "price": "20.00", "stock": 9}
ADD_IMAGES = "Add images with POST /api/products/<id>/images/"


def get_page(client: SchemaClient, product_id: int) -> dict[str, Any]:
    """Return a product as an editor loads it; its only variant is written with the product itself."""
    page: dict[str, Any] = client.get(f"/api/products/{product_id}/").json()["data"]
    return {key: value for key, value in page.items() if key != "variants"}


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ({"images": ["https://example.com/lamp.jpg"]}, [f"Read-only field: images. {ADD_IMAGES}"]),
        (
            {"image": "lamp.jpg", "primary_image": "lamp.jpg"},
            [f"{kind}. {ADD_IMAGES}" for kind in ("Unknown field: image", "Read-only field: primary_image")],
        ),
        ({"id": 4711}, ["Read-only field: id"]),
        ({"uuid": "8c0f6c1e-0000-4000-8000-000000000000"}, ["Read-only field: uuid"]),
        ({"variants_count": 2, "seller_name": "Ada"}, ["Read-only field: variants_count", "Read-only field: seller_name"]),
        ({"is_available": False}, ["Read-only field: is_available. Take a product off sale with is_active"]),
        ({"category_name": "Lighting"}, ["Unknown field: category_name. Name the category by its slug, id or name in category"]),
        ({"images": [], "primary_image": None, "variants_count": 1, "is_available": True, "slug": "lamp"}, []),
    ],
)
def test_a_new_product_names_what_is_done_elsewhere(fields: dict[str, Any], warnings: list[str]) -> None:
    response = staff_client().post("/api/products/", {**LAMP, **fields})

    assert (response.status_code, response.json()["warnings"]) == (201, warnings)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_product_may_be_sent_back_whole(method: str) -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=9, category=make_category())
    add_picture(lamp)
    page = get_page(client, lamp.pk)

    response = getattr(client, method)(f"/api/products/{lamp.pk}/", {**page, "name": "Lampe"})

    assert (response.status_code, response.json()["data"]["name"], response.json()["warnings"]) == (200, "Lampe", [])


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize(
    ("change", "derived"), [({"stock": 0}, "is_low_stock"), ({"is_active": False}, "is_available"), ({"price": "25.00"}, "price")]
)
def test_what_the_change_itself_has_changed_is_not_named(method: str, change: dict[str, Any], derived: str) -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=9)
    page = get_page(client, lamp.pk)

    response = getattr(client, method)(f"/api/products/{lamp.pk}/", {**page, **change})

    assert (response.status_code, response.json()["warnings"]) == (200, [])
    assert response.json()["data"][derived] != page[derived]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_an_editor_tried_to_change_is_named(method: str) -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=9)
    picture = add_picture(lamp)
    page = get_page(client, lamp.pk)
    tried = {"images": [], "id": 4711, "is_low_stock": True, "created_at": "2020-01-01T00:00:00Z"}

    response = getattr(client, method)(f"/api/products/{lamp.pk}/", {**page, **tried})

    assert response.status_code == 200
    assert sorted(response.json()["warnings"]) == [
        "Read-only field: created_at",
        "Read-only field: id",
        f"Read-only field: images. {ADD_IMAGES}",
        "Read-only field: is_low_stock",
    ]
    assert {key: response.json()["data"][key] for key in tried} == {key: page[key] for key in tried}
    assert lamp.images.get() == picture


def test_a_refused_change_is_refused_as_without_such_keys() -> None:
    response = staff_client().patch("/api/products/999/", {"images": []})

    assert (response.status_code, response.json()["code"]) == (404, "product_not_found")


def test_a_variant_may_be_sent_back_and_its_picture_has_another_name() -> None:
    client, tee = staff_client(), make_tee()
    small = get_variant("TEE-S")
    (sent,) = [row for row in client.get(f"/api/products/{tee.pk}/").json()["data"]["variants"] if row["id"] == small.pk]
    url = f"/api/products/{tee.pk}/variants/{small.pk}/"

    whole = client.patch(url, {**sent, "price": "21.00"}).json()
    tried = client.patch(url, {"id": 4711, "image": "tee.jpg"}).json()

    assert (whole["data"]["price"], whole["warnings"]) == ("21.00", [])
    assert tried["warnings"] == [
        "Read-only field: id",
        "Unknown field: image. Name one of the product's images in image_id",
    ]


def test_a_picture_named_in_the_list_of_variants_has_another_name_too() -> None:
    client, tee = staff_client(), make_tee()
    sent = client.get(f"/api/products/{tee.pk}/").json()["data"]["variants"]

    response = client.patch(f"/api/products/{tee.pk}/", {"variants": [{**row, "image": "tee.jpg"} for row in sent]})

    assert response.json()["warnings"] == ["Unknown field: variants.image. Name one of the product's images in image_id"]


def test_a_profile_may_be_sent_back_and_names_where_the_address_is_changed(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user(market="in")))
    profile = api.get("/api/auth/me/").json()["data"]

    whole = api.patch("/api/auth/me/", {**profile, "first_name": "Ada"}).json()
    tried = api.patch("/api/auth/me/", {"email": "other@example.com", "is_staff": True, "password": "x"}).json()

    assert (whole["data"]["first_name"], whole["warnings"]) == ("Ada", [])
    assert tried["warnings"] == [
        "Read-only field: email. Change it with POST /api/auth/email/change/",
        "Read-only field: is_staff",
        "Unknown field: password. Change it with POST /api/auth/password/change/",
    ]
    assert (tried["data"]["email"], tried["data"]["is_staff"]) == ("ada@example.com", False)


def test_a_category_may_be_sent_back() -> None:
    client, category = staff_client(), make_category()
    url = f"/api/products/categories/{category.pk}/"
    answer = client.patch(url, {"position": 1}).json()["data"]

    whole, tried = client.patch(url, answer).json(), client.patch(url, {"slug": "other", "parent": 1}).json()

    assert whole["warnings"] == []
    assert tried["warnings"] == [
        "Read-only field: slug",
        "Unknown field: parent. Name the category above in parent_id",
    ]


def test_a_line_may_be_sent_back_but_its_price_is_not_the_clients(api: SchemaClient) -> None:
    line = add_to_cart(api, make_product(stock=9))["data"]
    url = f"/api/cart/update/{line['id']}/"

    whole = api.patch(url, {**line, "quantity": 3}).json()
    tried = api.patch(url, {"quantity": 3, "price": "0.01"}).json()

    assert (whole["data"]["quantity"], whole["warnings"]) == (3, [])
    assert tried["warnings"] == ["Read-only field: price"]


def test_what_is_sent_back_takes_no_room_of_what_is_not(client: Client) -> None:
    token = make_access_token(make_user(market="in"))
    headers = {"Authorization": f"Bearer {token}"}
    profile = client.get("/api/auth/me/", headers=headers).json()["data"]
    body = {**profile, **{f"key{number}": number for number in range(20)}}

    response = client.patch("/api/auth/me/", body, content_type="application/json", headers=headers)

    assert response.json()["warnings"] == [f"Unknown field: key{number}" for number in range(20)]


def test_each_hint_names_a_call_that_exists() -> None:
    paths = {path.replace("{product}", "<id>") for path in get_schema()["paths"]}
    hints = {hint for kind in _list_inputs(Input) for hint in kind.hints.values()}

    calls = [hint.partition(" with POST ")[2] for hint in hints if " /api/" in hint]

    assert calls
    assert set(calls) <= paths


def _list_inputs(base: type[Input]) -> list[type[Input]]:
    return [base, *(kind for direct in base.__subclasses__() for kind in _list_inputs(direct))]
