"""Pictures outside of the product's own page: lists, carts and orders show the small one, by an absolute address"""

import pytest

from carts.tests.factories import add, cart_of
from core.actors import SYSTEM
from orders.models import OrderItem
from orders.tests.factories import placed
from products.media import images
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.pictures import picture, staff, stored, upload, uploaded
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def pictured(size: tuple[int, int] = (900, 600)) -> tuple[Product, ProductImage]:
    """Make a product with a picture of this size."""
    lamp = make_product("Lamp")
    return lamp, uploaded(staff(), lamp, picture("JPEG", size))


@pytest.mark.parametrize(
    ("headers", "site"),
    [
        ({}, "http://testserver"),
        ({"Host": "localhost:8000"}, "http://localhost:8000"),
    ],
)
def test_every_address_is_of_the_host_that_was_asked(api: SchemaClient, headers: dict[str, str], site: str) -> None:
    lamp, image = pictured()
    small, whole = f"{site}/media/{image.thumbnail}", f"{site}/media/{image.image.name}"

    detail = api.get(f"/api/products/{lamp.pk}/", headers=headers).json()["data"]
    listed = api.get("/api/products/", headers=headers).json()["data"]
    found = api.get("/api/products/", {"search": "lamp"}, headers=headers).json()["data"]

    assert (detail["images"][0]["url"], detail["images"][0]["thumbnail"], detail["primary_image"]) == (whole, small, small)
    assert [product["primary_image"] for product in listed] == [product["primary_image"] for product in found] == [small]


def test_the_host_of_an_upload_says_nothing_of_later_addresses(api: SchemaClient) -> None:
    lamp = make_product()
    client = staff()
    client.defaults["HTTP_HOST"] = "localhost:8000"
    shown = upload(client, lamp, picture()).json()["data"]["primary_image"]

    elsewhere = api.get(f"/api/products/{lamp.pk}/").json()["data"]["primary_image"]

    name = ProductImage.objects.get().image.name
    assert (shown, elsewhere) == (f"http://localhost:8000/media/{name}", f"http://testserver/media/{name}")


def test_a_small_picture_is_its_own_copy_for_lists(api: SchemaClient) -> None:
    _, image = pictured((60, 40))

    listed = api.get("/api/products/").json()["data"]

    assert [product["primary_image"] for product in listed] == [f"http://testserver/media/{image.image.name}"]


def test_a_cart_line_shows_the_small_picture(api: SchemaClient) -> None:
    lamp, image = pictured()
    add(api, lamp)

    line = cart_of(api)["items"][0]

    small = f"http://testserver/media/{image.thumbnail}"
    assert (line["thumbnail"], line["product"]["primary_image"]) == (small, small)


def test_an_order_shows_the_small_picture_and_keeps_it_when_it_is_taken_off(api: SchemaClient) -> None:
    lamp, image = pictured()
    add(api, lamp)
    placed(api)

    images.remove(SYSTEM, lamp.pk, image.pk)

    add(api, lamp)
    later = placed(api)
    assert list(OrderItem.objects.order_by("id").values_list("image_url", flat=True)) == [f"/media/{image.thumbnail}", ""]
    assert later["items"][0]["image"] is None
    assert stored() == sorted([str(image.image.name), image.thumbnail])


def test_an_order_shows_its_picture_by_an_absolute_address(api: SchemaClient) -> None:
    lamp, image = pictured()
    add(api, lamp)

    order = placed(api)

    assert order["items"][0]["image"] == f"http://testserver/media/{image.thumbnail}"


def test_a_product_without_a_picture_shows_none_anywhere(api: SchemaClient) -> None:
    lamp = make_product()
    add(api, lamp)

    assert api.get("/api/products/").json()["data"][0]["primary_image"] is None
    assert cart_of(api)["items"][0]["thumbnail"] is None
    assert placed(api)["items"][0]["image"] is None
