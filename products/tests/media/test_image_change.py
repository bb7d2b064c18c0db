"""PATCH and DELETE /api/products/<pk>/images/<id>/"""

from typing import Any

import pytest

from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.pictures import content_of, customer, order_of, picture, seller, staff, stored, token_of, upload, uploaded
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def album(client: SchemaClient, product: Product) -> dict[str, ProductImage]:
    """Give a product three pictures."""
    return {name: uploaded(client, product, picture(colour=name), alt=name) for name in ("red", "green", "blue")}


def rows() -> list[Any]:
    """Return what is known of all pictures, to be compared with itself later."""
    return list(ProductImage.objects.order_by("pk").values())


def address(product: Product, image_id: object) -> str:
    """Return where a picture is changed."""
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
    lamp, client = make_product(), staff()
    images = album(client, lamp)

    response = client.patch(address(lamp, images[name].pk), change)

    assert response.status_code == 200
    assert response.json()["message"] == "Picture updated successfully"
    assert order_of(lamp) == list(zip(order, range(3), strict=True))
    data = response.json()["data"]
    assert [image["alt"] for image in data["images"]] == order
    first = f"http://testserver/media/{images[order[0]].image.name}"
    assert data["primary_image"] == first
    assert api.get(f"/api/products/{lamp.pk}/").json()["data"]["primary_image"] == first
    assert [product["primary_image"] for product in api.get("/api/products/").json()["data"]] == [first]


@pytest.mark.parametrize("alt", ["A lamp on a hill", "", "x" * 200])
def test_a_picture_is_described_anew_and_stays_where_it_is(alt: str) -> None:
    lamp, client = make_product(), staff()
    images = album(client, lamp)

    response = client.patch(address(lamp, images["green"].pk), {"alt": alt})

    assert response.status_code == 200
    assert order_of(lamp) == [("red", 0), (alt, 1), ("blue", 2)]
    assert response.json()["data"]["images"][1]["alt"] == alt


def test_the_file_cannot_be_changed() -> None:
    lamp, client = make_product(), staff()
    image = uploaded(client, lamp)

    client.patch(address(lamp, image.pk), {"image": "products/other.png", "url": "x", "thumbnail": "x", "width": 9, "id": 77})

    image.refresh_from_db()
    assert (image.thumbnail, image.width, content_of(image.image.name) != b"") == ("", 60, True)
    assert stored() == [image.image.name]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("position", value) for value in (-1, 1001, 1.5, "first", None, True, [0], 2**63)),
        *(("alt", value) for value in ("x" * 201, "a\x00lamp", None, ["x"], {"x": 1})),
        *(("primary", value) for value in ("maybe", None, [True], 2)),
    ],
)
def test_a_change_that_cannot_be_is_told_and_nothing_changes(field: str, value: object) -> None:
    lamp, client = make_product(), staff()
    images = album(client, lamp)
    before = rows()

    response = client.patch(address(lamp, images["blue"].pk), {"alt": "new", "position": 0, "primary": True} | {field: value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert rows() == before


def test_a_change_comes_as_json() -> None:
    lamp, client = make_product(), staff()
    image = uploaded(client, lamp)
    before = rows()

    response = client.patch(address(lamp, image.pk), {"alt": "new"}, format="multipart")

    assert response.status_code == 415
    assert rows() == before


@pytest.mark.parametrize(("name", "left"), [("red", ["green", "blue"]), ("green", ["red", "blue"]), ("blue", ["red", "green"])])
def test_a_picture_is_taken_off_and_its_file_stays(api: SchemaClient, name: str, left: list[str]) -> None:
    lamp, client = make_product(), staff()
    images = album(client, lamp)
    files = stored()

    response = client.delete(address(lamp, images[name].pk))

    assert response.status_code == 200
    assert response.json()["message"] == "Picture deleted successfully"
    assert order_of(lamp) == list(zip(left, range(2), strict=True))
    assert [image["alt"] for image in response.json()["data"]["images"]] == left
    assert not ProductImage.objects.filter(pk=images[name].pk).exists()
    assert stored() == files
    first = f"http://testserver/media/{images[left[0]].image.name}"
    assert [product["primary_image"] for product in api.get("/api/products/").json()["data"]] == [first]


def test_a_product_without_its_last_picture_shows_none(api: SchemaClient) -> None:
    lamp, client = make_product(), staff()
    image = uploaded(client, lamp)

    response = client.delete(address(lamp, image.pk))

    assert (response.json()["data"]["images"], response.json()["data"]["primary_image"]) == ([], None)
    assert api.get("/api/products/").json()["data"][0]["primary_image"] is None


def test_a_picture_that_was_taken_off_makes_room() -> None:
    lamp, client = make_product(), staff()
    images = [uploaded(client, lamp) for _ in range(20)]
    assert upload(client, lamp, picture()).status_code == 409

    client.delete(address(lamp, images[3].pk))

    assert upload(client, lamp, picture()).status_code == 201
    assert [position for _, position in order_of(lamp)] == list(range(20))


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize(
    "image_id", ["0", "999999999", "9223372036854775807", "9" * 19, "9" * 300, "-1", "x", "1.5", "\u0663", "%00", "1%2f2", " 1"]
)
def test_what_is_no_picture_is_not_found(method: str, image_id: str) -> None:
    lamp, client = make_product(), staff()
    uploaded(client, lamp)
    before = rows()

    response = getattr(client, method)(address(lamp, image_id), {"alt": "new"})

    assert response.status_code == 404
    assert rows() == before


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_an_id_is_written_in_the_digits_0_to_9(method: str) -> None:
    lamp, client = make_product(), staff()
    image = uploaded(client, lamp)
    before = rows()
    elsewhere = str(image.pk).translate({ord("0") + digit: 0x0660 + digit for digit in range(10)})

    response = getattr(client, method)(address(lamp, elsewhere), {"alt": "new"})

    assert (response.status_code, rows()) == (404, before)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_picture_of_another_product_is_not_found(method: str) -> None:
    lamp, mug, client = make_product(), make_product("Mug"), staff()
    image = uploaded(client, mug)
    before = rows()

    response = getattr(client, method)(address(lamp, image.pk), {"alt": "new"})

    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")
    assert rows() == before


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_picture_that_is_gone_is_not_found(method: str) -> None:
    lamp, client = make_product(), staff()
    image = uploaded(client, lamp)
    client.delete(address(lamp, image.pk))

    response = getattr(client, method)(address(lamp, image.pk), {"alt": "new"})

    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("guest", 401, "not_authenticated"), ("customer", 403, "permission_denied"), ("another seller", 403, "not_your_product")],
)
def test_nobody_else_changes_a_picture(method: str, who: str, status: int, code: str) -> None:
    owner, owner_id = seller("owner@example.com")
    lamp = make_product(seller_id=owner_id)
    image = uploaded(owner, lamp)
    before = rows()
    client = SchemaClient() if who == "guest" else customer() if who == "customer" else seller()[0]

    response = getattr(client, method)(address(lamp, image.pk), {"alt": "new"})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (rows(), len(stored())) == (before, 1)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_page_of_a_foreign_origin_changes_no_picture(api: SchemaClient, method: str) -> None:
    lamp = make_product()
    image = uploaded(staff(), lamp)
    before = rows()
    api.cookies["access_token"] = token_of(is_staff=True)

    response = getattr(api, method)(address(lamp, image.pk), {"alt": "new"}, headers={"Origin": "https://evil.example"})

    assert response.status_code == 403
    assert rows() == before


def test_a_seller_changes_and_takes_off_an_own_picture() -> None:
    owner, owner_id = seller()
    lamp = make_product(seller_id=owner_id)
    image = uploaded(owner, lamp)

    assert owner.patch(address(lamp, image.pk), {"alt": "new"}).status_code == 200
    assert owner.delete(address(lamp, image.pk)).status_code == 200
    assert rows() == []
