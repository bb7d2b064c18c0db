"""`manage.py move_media`: from Cloudinary back into MEDIA_ROOT"""

import re
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.models import OrderItem
from orders.tests.factories import customer, placed
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.cloudinary_stand_in import StandIn, run_stand_in
from tests.image_files import (
    list_stored_files,
    make_image,
    make_staff_client,
    open_stored_image,
    read_stored_file,
    run_move_media,
    upload_image,
)
from tests.schema_client import SchemaClient

CLOUD = "https://res.cloudinary.com/shop/image/upload"

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def host(settings: Settings) -> Iterator[StandIn]:
    """Start a local stand-in for the image host."""
    settings.IMPORT_FROM_LOOPBACK = True
    with run_stand_in() as stand_in:
        yield stand_in


def make_cloudinary_image(
    host: StandIn, product: Product, content: bytes, public_id: str, size: tuple[int, int] = (60, 40)
) -> ProductImage:
    """Add an image to a product as stored with Cloudinary enabled."""
    host.files[public_id] = content
    row = ProductImage(product=product, image=public_id, width=size[0], height=size[1], alt=public_id)
    row.save()
    return row


def test_pictures_come_back_with_their_small_copies(host: StandIn, api: SchemaClient) -> None:
    lamp = make_product()
    content = make_image("JPEG", (900, 600))
    make_cloudinary_image(host, lamp, content, f"products/{'a' * 32}", (900, 600))

    result = run_move_media(host.delivery)

    assert result == (0, "1 moved, 0 failed", "")
    row = ProductImage.objects.get()
    assert re.fullmatch(r"products/[0-9a-f]{32}\.jpeg", str(row.image.name))
    assert (read_stored_file(row.image.name), open_stored_image(row.thumbnail).size) == (content, (480, 320))
    assert list_stored_files() == sorted([str(row.image.name), row.thumbnail])
    assert api.get("/api/products/").json()["data"][0]["primary_image"] == f"http://testserver/media/{row.thumbnail}"
    assert host.requests == [f"GET /shop/image/upload/products/{'a' * 32}"]


def test_past_orders_show_the_picture_where_it_is_now(host: StandIn) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    make_cloudinary_image(host, lamp, make_image("JPEG", (900, 600)), f"products/{'a' * 32}", (900, 600))
    client = customer()
    for product in (lamp, mug):
        add_to_cart(client, product)
    placed(client)
    thumbnail_url = f"{CLOUD}/c_limit,h_480,w_480,f_auto/v1/products/{'a' * 32}"
    OrderItem.objects.filter(name="Lamp").update(image_url=thumbnail_url)
    OrderItem.objects.filter(name="Mug").update(image_url=thumbnail_url.replace("a" * 32, "b" * 32))

    run_move_media(host.delivery)

    thumbnail = ProductImage.objects.get().thumbnail
    assert dict(OrderItem.objects.values_list("name", "image_url")) == {
        "Lamp": f"/media/{thumbnail}",
        "Mug": thumbnail_url.replace("a" * 32, "b" * 32),
    }


def test_what_cannot_be_had_is_named_and_waits_for_the_next_run(host: StandIn) -> None:
    lamp = make_product()
    for letter in "abc":
        make_cloudinary_image(host, lamp, make_image(), f"products/{letter * 32}")
    missing = host.files.pop(f"products/{'b' * 32}")

    code, output, errors = run_move_media(host.delivery)

    pk = ProductImage.objects.get(alt=f"products/{'b' * 32}").pk
    assert (code, output) == (1, "2 moved, 1 failed")
    assert errors.splitlines()[0] == f"  picture {pk} (products/{'b' * 32}): could not be fetched (status 404)"
    assert str(ProductImage.objects.get(pk=pk).image.name) == f"products/{'b' * 32}"
    assert len(list_stored_files()) == 2

    host.files[f"products/{'b' * 32}"] = missing
    assert run_move_media(host.delivery) == (0, "1 moved, 0 failed", "")
    assert run_move_media(host.delivery) == (0, "0 moved, 0 failed", "")
    assert len(list_stored_files()) == 3


@pytest.mark.parametrize("content", [b"<html>404</html>", b"", make_image("GIF"), make_image("PNG")[:80]])
def test_what_is_no_picture_is_not_stored(host: StandIn, content: bytes) -> None:
    make_cloudinary_image(host, make_product(), content, f"products/{'a' * 32}")

    code, output, errors = run_move_media(host.delivery)

    assert (code, output, list_stored_files()) == (1, "0 moved, 1 failed", [])
    assert f"products/{'a' * 32}" in errors


def test_a_host_that_is_down_is_told(host: StandIn) -> None:
    make_cloudinary_image(host, make_product(), make_image(), f"products/{'a' * 32}")
    host.failure = 503

    code, output, _ = run_move_media(host.delivery)

    assert (code, output, list_stored_files()) == (1, "0 moved, 1 failed", [])


def test_a_picture_is_not_fetched_from_inside_unless_the_settings_allow_it(host: StandIn, settings: Settings) -> None:
    settings.IMPORT_FROM_LOOPBACK = False
    make_cloudinary_image(host, make_product(), make_image(), f"products/{'a' * 32}")

    code, output, _ = run_move_media(host.delivery)

    assert (code, output, host.requests) == (1, "0 moved, 1 failed", [])


def test_where_the_pictures_are_delivered_must_be_said(host: StandIn) -> None:
    make_cloudinary_image(host, make_product(), make_image(), f"products/{'a' * 32}")

    code, output, errors = run_move_media()

    assert (code, output) == (2, "")
    assert errors == "1 picture(s) are stored elsewhere; pass their base URL with --from-url."


def test_pictures_that_are_here_already_stay() -> None:
    upload_image(make_staff_client(), make_product(), make_image("JPEG", (900, 600)))
    before = (list_stored_files(), list(ProductImage.objects.values()))

    assert run_move_media() == (0, "0 moved, 0 failed", "")
    assert (list_stored_files(), list(ProductImage.objects.values())) == before


def test_a_picture_that_comes_back_smaller_says_so(host: StandIn) -> None:
    make_cloudinary_image(host, make_product(), make_image("JPEG", (3000, 1500)), f"products/{'a' * 32}", (3000, 1500))

    run_move_media(host.delivery)

    row = ProductImage.objects.get()
    assert open_stored_image(row.image.name).size == (2000, 1000)
    assert (row.width, row.height) == (2000, 1000)


def test_orders_follow_a_move_that_was_interrupted(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = make_product()
    make_cloudinary_image(host, lamp, make_image(), f"products/{'a' * 32}")
    client = customer()
    add_to_cart(client, lamp)
    placed(client)
    OrderItem.objects.update(image_url=f"{CLOUD}/c_limit,h_480,w_480,f_auto/v1/products/{'a' * 32}")
    with monkeypatch.context() as patch:
        patch.setattr("store.management.commands.move_media.update_image_urls", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_move_media(host.delivery)

    run_move_media(host.delivery)

    assert OrderItem.objects.get().image_url == f"/media/{ProductImage.objects.get().image.name}"


def interrupt(*_: object) -> None:
    """Raise KeyboardInterrupt, as Ctrl-C does."""
    raise KeyboardInterrupt
