"""Images in lists, carts and orders: they show the thumbnail with an absolute URL"""

import pytest

from carts.tests.factories import add_to_cart, get_cart
from core.actors import SYSTEM
from orders.models import OrderItem
from orders.tests.factories import placed
from products.media import images
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.image_files import list_stored_files, make_image, make_staff_client, post_image, upload_image
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def make_product_with_image(size: tuple[int, int] = (900, 600)) -> tuple[Product, ProductImage]:
    """Make a product with an image of this size."""
    lamp = make_product("Lamp")
    return lamp, upload_image(make_staff_client(), lamp, make_image("JPEG", size))


@pytest.mark.parametrize(
    ("headers", "site"),
    [
        ({}, "http://testserver"),
        ({"Host": "localhost:8000"}, "http://localhost:8000"),
    ],
)
def test_every_address_is_of_the_host_that_was_asked(api: SchemaClient, headers: dict[str, str], site: str) -> None:
    lamp, image = make_product_with_image()
    thumbnail_url, image_url = f"{site}/media/{image.thumbnail}", f"{site}/media/{image.image.name}"

    detail = api.get(f"/api/products/{lamp.pk}/", headers=headers).json()["data"]
    listed = api.get("/api/products/", headers=headers).json()["data"]
    search_results = api.get("/api/products/", {"search": "lamp"}, headers=headers).json()["data"]

    assert (detail["images"][0]["url"], detail["images"][0]["thumbnail"], detail["primary_image"]) == (
        image_url,
        thumbnail_url,
        thumbnail_url,
    )
    assert (
        [product["primary_image"] for product in listed]
        == [product["primary_image"] for product in search_results]
        == [thumbnail_url]
    )


def test_the_host_of_an_upload_says_nothing_of_later_addresses(api: SchemaClient) -> None:
    lamp = make_product()
    client = make_staff_client()
    client.defaults["HTTP_HOST"] = "localhost:8000"
    uploaded_url = post_image(client, lamp, make_image()).json()["data"]["primary_image"]

    elsewhere = api.get(f"/api/products/{lamp.pk}/").json()["data"]["primary_image"]

    name = ProductImage.objects.get().image.name
    assert (uploaded_url, elsewhere) == (f"http://localhost:8000/media/{name}", f"http://testserver/media/{name}")


def test_a_small_picture_is_its_own_copy_for_lists(api: SchemaClient) -> None:
    _, image = make_product_with_image((60, 40))

    listed = api.get("/api/products/").json()["data"]

    assert [product["primary_image"] for product in listed] == [f"http://testserver/media/{image.image.name}"]


def test_a_cart_line_shows_the_small_picture(api: SchemaClient) -> None:
    lamp, image = make_product_with_image()
    add_to_cart(api, lamp)

    line = get_cart(api)["items"][0]

    small = f"http://testserver/media/{image.thumbnail}"
    assert (line["thumbnail"], line["product"]["primary_image"]) == (small, small)


def test_an_order_shows_the_small_picture_and_keeps_it_when_it_is_taken_off(api: SchemaClient) -> None:
    lamp, image = make_product_with_image()
    add_to_cart(api, lamp)
    placed(api)

    images.remove_image(SYSTEM, lamp.pk, image.pk)

    add_to_cart(api, lamp)
    later = placed(api)
    assert list(OrderItem.objects.order_by("id").values_list("image_url", flat=True)) == [f"/media/{image.thumbnail}", ""]
    assert later["items"][0]["image"] is None
    assert list_stored_files() == sorted([str(image.image.name), image.thumbnail])


def test_an_order_shows_its_picture_by_an_absolute_address(api: SchemaClient) -> None:
    lamp, image = make_product_with_image()
    add_to_cart(api, lamp)

    order = placed(api)

    assert order["items"][0]["image"] == f"http://testserver/media/{image.thumbnail}"


def test_a_product_without_a_picture_shows_none_anywhere(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)

    assert api.get("/api/products/").json()["data"][0]["primary_image"] is None
    assert get_cart(api)["items"][0]["thumbnail"] is None
    assert placed(api)["items"][0]["image"] is None
