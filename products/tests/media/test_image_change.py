"""PATCH and DELETE /api/products/<pk>/images/<id>/"""

from typing import Any

import pytest

from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.image_files import (
    get_positions,
    list_stored_files,
    make_customer_client,
    make_image,
    make_seller_client,
    make_staff_client,
    make_token,
    post_image,
    read_stored_file,
    upload_image,
)
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def add_three_images(client: SchemaClient, product: Product) -> dict[str, ProductImage]:
    """Add three images to a product."""
    return {name: upload_image(client, product, make_image(colour=name), alt=name) for name in ("red", "green", "blue")}


def dump_images() -> list[Any]:
    """Return the rows of all images, for comparison."""
    return list(ProductImage.objects.order_by("pk").values())


def build_url(product: Product, image_id: object) -> str:
    """Return the URL of an image."""
    return f"/api/products/{product.pk}/images/{image_id}/"


@pytest.mark.parametrize(
    ("name", "change", "order"),
    [
        ("blue", {"position": 0}, ["blue", "red", "green"]),
        ("blue", {"primary": True}, ["blue", "red", "green"]),
        ("blue", {"primary": True, "position": 2}, ["blue", "red", "green"]),
        ("blue", {"position": 1}, ["red", "blue", "green"]),
        ("red", {"position": 1}, ["green", "red", "blue"]),
        ("red", {"position": 2}, ["green", "blue", "red"]),
        ("red", {"position": 1000}, ["green", "blue", "red"]),
        ("red", {"primary": False}, ["red", "green", "blue"]),
        ("red", {"primary": False, "position": 2}, ["green", "blue", "red"]),
        ("green", {"position": 1}, ["red", "green", "blue"]),
        ("green", {}, ["red", "green", "blue"]),
    ],
)
def test_a_picture_moves_and_the_others_close_up(api: SchemaClient, name: str, change: dict[str, Any], order: list[str]) -> None:
    lamp, client = make_product(), make_staff_client()
    images = add_three_images(client, lamp)

    response = client.patch(build_url(lamp, images[name].pk), change)

    assert response.status_code == 200
    assert response.json()["message"] == "Picture updated successfully"
    assert get_positions(lamp) == list(zip(order, range(3), strict=True))
    data = response.json()["data"]
    assert [image["alt"] for image in data["images"]] == order
    first = f"http://testserver/media/{images[order[0]].image.name}"
    assert data["primary_image"] == first
    assert api.get(f"/api/products/{lamp.pk}/").json()["data"]["primary_image"] == first
    assert [product["primary_image"] for product in api.get("/api/products/").json()["data"]] == [first]


@pytest.mark.parametrize("alt", ["A lamp on a hill", "", "x" * 200])
def test_a_new_description_leaves_the_picture_in_its_position(alt: str) -> None:
    lamp, client = make_product(), make_staff_client()
    images = add_three_images(client, lamp)

    response = client.patch(build_url(lamp, images["green"].pk), {"alt": alt})

    assert response.status_code == 200
    assert get_positions(lamp) == [("red", 0), (alt, 1), ("blue", 2)]
    assert response.json()["data"]["images"][1]["alt"] == alt


def test_the_file_cannot_be_changed() -> None:
    lamp, client = make_product(), make_staff_client()
    image = upload_image(client, lamp)

    client.patch(build_url(lamp, image.pk), {"image": "products/other.png", "url": "x", "thumbnail": "x", "width": 9, "id": 77})

    image.refresh_from_db()
    assert (image.thumbnail, image.width, read_stored_file(image.image.name) != b"") == ("", 60, True)
    assert list_stored_files() == [image.image.name]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("position", value) for value in (-1, 1001, 1.5, "first", None, True, [0], 2**63)),
        *(("alt", value) for value in ("x" * 201, "a\x00lamp", None, ["x"], {"x": 1})),
        *(("primary", value) for value in ("maybe", None, [True], 2)),
    ],
)
def test_a_change_that_cannot_be_is_told_and_nothing_changes(field: str, value: object) -> None:
    lamp, client = make_product(), make_staff_client()
    images = add_three_images(client, lamp)
    before = dump_images()

    response = client.patch(build_url(lamp, images["blue"].pk), {"alt": "new", "position": 0, "primary": True} | {field: value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert dump_images() == before


def test_a_change_comes_as_json() -> None:
    lamp, client = make_product(), make_staff_client()
    image = upload_image(client, lamp)
    before = dump_images()

    response = client.patch(build_url(lamp, image.pk), {"alt": "new"}, format="multipart")

    assert response.status_code == 415
    assert dump_images() == before


@pytest.mark.parametrize(("name", "left"), [("red", ["green", "blue"]), ("green", ["red", "blue"]), ("blue", ["red", "green"])])
def test_a_picture_is_taken_off_and_its_file_stays(api: SchemaClient, name: str, left: list[str]) -> None:
    lamp, client = make_product(), make_staff_client()
    images = add_three_images(client, lamp)
    files = list_stored_files()

    response = client.delete(build_url(lamp, images[name].pk))

    assert response.status_code == 200
    assert response.json()["message"] == "Picture deleted successfully"
    assert get_positions(lamp) == list(zip(left, range(2), strict=True))
    assert [image["alt"] for image in response.json()["data"]["images"]] == left
    assert not ProductImage.objects.filter(pk=images[name].pk).exists()
    assert list_stored_files() == files
    first = f"http://testserver/media/{images[left[0]].image.name}"
    assert [product["primary_image"] for product in api.get("/api/products/").json()["data"]] == [first]


def test_a_product_without_its_last_picture_shows_none(api: SchemaClient) -> None:
    lamp, client = make_product(), make_staff_client()
    image = upload_image(client, lamp)

    response = client.delete(build_url(lamp, image.pk))

    assert (response.json()["data"]["images"], response.json()["data"]["primary_image"]) == ([], None)
    assert api.get("/api/products/").json()["data"][0]["primary_image"] is None


def test_a_picture_that_was_taken_off_makes_room() -> None:
    lamp, client = make_product(), make_staff_client()
    images = [upload_image(client, lamp) for _ in range(20)]
    assert post_image(client, lamp, make_image()).status_code == 409

    client.delete(build_url(lamp, images[3].pk))

    assert post_image(client, lamp, make_image()).status_code == 201
    assert [position for _, position in get_positions(lamp)] == list(range(20))


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize(
    "image_id", ["0", "999999999", "9223372036854775807", "9" * 19, "9" * 300, "-1", "x", "1.5", "\u0663", "%00", "1%2f2", " 1"]
)
def test_what_is_no_picture_is_not_found(method: str, image_id: str) -> None:
    lamp, client = make_product(), make_staff_client()
    upload_image(client, lamp)
    before = dump_images()

    response = getattr(client, method)(build_url(lamp, image_id), {"alt": "new"})

    assert response.status_code == 404
    assert dump_images() == before


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_an_id_is_written_in_the_digits_0_to_9(method: str) -> None:
    lamp, client = make_product(), make_staff_client()
    image = upload_image(client, lamp)
    before = dump_images()
    elsewhere = str(image.pk).translate({ord("0") + digit: 0x0660 + digit for digit in range(10)})

    response = getattr(client, method)(build_url(lamp, elsewhere), {"alt": "new"})

    assert (response.status_code, dump_images()) == (404, before)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_picture_of_another_product_is_not_found(method: str) -> None:
    lamp, mug, client = make_product(), make_product("Mug"), make_staff_client()
    image = upload_image(client, mug)
    before = dump_images()

    response = getattr(client, method)(build_url(lamp, image.pk), {"alt": "new"})

    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")
    assert dump_images() == before


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_picture_that_is_gone_is_not_found(method: str) -> None:
    lamp, client = make_product(), make_staff_client()
    image = upload_image(client, lamp)
    client.delete(build_url(lamp, image.pk))

    response = getattr(client, method)(build_url(lamp, image.pk), {"alt": "new"})

    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("guest", 401, "not_authenticated"), ("customer", 403, "permission_denied"), ("another seller", 403, "not_your_product")],
)
def test_nobody_else_changes_a_picture(method: str, who: str, status: int, code: str) -> None:
    owner, owner_id = make_seller_client("owner@example.com")
    lamp = make_product(seller_id=owner_id)
    image = upload_image(owner, lamp)
    before = dump_images()
    client = SchemaClient() if who == "guest" else make_customer_client() if who == "customer" else make_seller_client()[0]

    response = getattr(client, method)(build_url(lamp, image.pk), {"alt": "new"})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (dump_images(), len(list_stored_files())) == (before, 1)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_page_of_a_foreign_origin_changes_no_picture(api: SchemaClient, method: str) -> None:
    lamp = make_product()
    image = upload_image(make_staff_client(), lamp)
    before = dump_images()
    api.cookies["access_token"] = make_token(is_staff=True, is_superuser=True)

    response = getattr(api, method)(build_url(lamp, image.pk), {"alt": "new"}, headers={"Origin": "https://evil.example"})

    assert response.status_code == 403
    assert dump_images() == before


def test_a_seller_changes_and_takes_off_an_own_picture() -> None:
    owner, owner_id = make_seller_client()
    lamp = make_product(seller_id=owner_id)
    image = upload_image(owner, lamp)

    assert owner.patch(build_url(lamp, image.pk), {"alt": "new"}).status_code == 200
    assert owner.delete(build_url(lamp, image.pk)).status_code == 200
    assert dump_images() == []
