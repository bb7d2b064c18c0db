"""`manage.py move_media`: from Cloudinary back into MEDIA_ROOT"""

import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from carts.tests.factories import add
from orders.models import OrderItem
from orders.tests.factories import customer, placed
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.cloudinary_stand_in import StandIn, delivering
from tests.pictures import content_of, opened, picture, staff, stored, uploaded
from tests.schema_client import SchemaClient

CLOUD = "https://res.cloudinary.com/shop/image/upload"

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(settings: Settings) -> Iterator[StandIn]:
    """Start a stand-in for the picture host, on this machine."""
    settings.IMPORT_FROM_LOOPBACK = True
    with delivering() as stand_in:
        yield stand_in


def on_cloudinary(
    host: StandIn, product: Product, content: bytes, public_id: str, size: tuple[int, int] = (60, 40)
) -> ProductImage:
    """Give a product a picture as it is while Cloudinary's keys are set."""
    host.files[public_id] = content
    row = ProductImage(product=product, image=public_id, width=size[0], height=size[1], alt=public_id)
    row.save()
    return row


def move(from_url: str = "") -> tuple[int, str, str]:
    """Run the command; returns the exit code, what it said and what it complained of."""
    said, complaints, code = StringIO(), StringIO(), 0
    try:
        call_command("move_media", from_url=from_url, stdout=said, stderr=complaints)
    except CommandError as refused:
        code = refused.returncode
        complaints.write(str(refused))
    return code, said.getvalue().strip(), complaints.getvalue()


def test_pictures_come_back_with_their_small_copies(host: StandIn, api: SchemaClient) -> None:
    lamp = make_product()
    content = picture("JPEG", (900, 600))
    on_cloudinary(host, lamp, content, f"products/{'a' * 32}", (900, 600))

    ran = move(host.delivery)

    assert ran == (0, "1 moved, 0 failed", "")
    row = ProductImage.objects.get()
    assert re.fullmatch(r"products/[0-9a-f]{32}\.jpeg", str(row.image.name))
    assert (content_of(row.image.name), opened(row.thumbnail).size) == (content, (480, 320))
    assert stored() == sorted([str(row.image.name), row.thumbnail])
    assert api.get("/api/products/").json()["data"][0]["primary_image"] == f"http://testserver/media/{row.thumbnail}"
    assert host.asked == [f"GET /shop/image/upload/products/{'a' * 32}"]


def test_past_orders_show_the_picture_where_it_is_now(host: StandIn) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    on_cloudinary(host, lamp, picture("JPEG", (900, 600)), f"products/{'a' * 32}", (900, 600))
    client = customer()
    for product in (lamp, mug):
        add(client, product)
    placed(client)
    small = f"{CLOUD}/c_limit,h_480,w_480,f_auto/v1/products/{'a' * 32}"
    OrderItem.objects.filter(name="Lamp").update(image_url=small)
    OrderItem.objects.filter(name="Mug").update(image_url=small.replace("a" * 32, "b" * 32))

    move(host.delivery)

    thumbnail = ProductImage.objects.get().thumbnail
    assert dict(OrderItem.objects.values_list("name", "image_url")) == {
        "Lamp": f"/media/{thumbnail}",
        "Mug": small.replace("a" * 32, "b" * 32),
    }


def test_what_cannot_be_had_is_named_and_waits_for_the_next_run(host: StandIn) -> None:
    lamp = make_product()
    for letter in "abc":
        on_cloudinary(host, lamp, picture(), f"products/{letter * 32}")
    missing = host.files.pop(f"products/{'b' * 32}")

    code, said, complaints = move(host.delivery)

    pk = ProductImage.objects.get(alt=f"products/{'b' * 32}").pk
    assert (code, said) == (1, "2 moved, 1 failed")
    assert complaints.splitlines()[0] == f"  picture {pk} (products/{'b' * 32}): could not be fetched (status 404)"
    assert str(ProductImage.objects.get(pk=pk).image.name) == f"products/{'b' * 32}"
    assert len(stored()) == 2

    host.files[f"products/{'b' * 32}"] = missing
    assert move(host.delivery) == (0, "1 moved, 0 failed", "")
    assert move(host.delivery) == (0, "0 moved, 0 failed", "")
    assert len(stored()) == 3


@pytest.mark.parametrize("content", [b"<html>404</html>", b"", picture("GIF"), picture("PNG")[:80]])
def test_what_is_no_picture_is_not_stored(host: StandIn, content: bytes) -> None:
    on_cloudinary(host, make_product(), content, f"products/{'a' * 32}")

    code, said, complaints = move(host.delivery)

    assert (code, said, stored()) == (1, "0 moved, 1 failed", [])
    assert f"products/{'a' * 32}" in complaints


def test_a_host_that_is_down_is_told(host: StandIn) -> None:
    on_cloudinary(host, make_product(), picture(), f"products/{'a' * 32}")
    host.says = 503

    code, said, _ = move(host.delivery)

    assert (code, said, stored()) == (1, "0 moved, 1 failed", [])


def test_a_picture_is_not_fetched_from_inside_unless_the_settings_allow_it(host: StandIn, settings: Settings) -> None:
    settings.IMPORT_FROM_LOOPBACK = False
    on_cloudinary(host, make_product(), picture(), f"products/{'a' * 32}")

    code, said, _ = move(host.delivery)

    assert (code, said, host.asked) == (1, "0 moved, 1 failed", [])


def test_where_the_pictures_are_delivered_must_be_said(host: StandIn) -> None:
    on_cloudinary(host, make_product(), picture(), f"products/{'a' * 32}")

    code, said, complaints = move()

    assert (code, said) == (2, "")
    assert complaints == "1 picture(s) are on Cloudinary; say with --from-url where they are delivered."


def test_pictures_that_are_here_already_stay() -> None:
    uploaded(staff(), make_product(), picture("JPEG", (900, 600)))
    before = (stored(), list(ProductImage.objects.values()))

    assert move() == (0, "0 moved, 0 failed", "")
    assert (stored(), list(ProductImage.objects.values())) == before


def test_a_picture_that_comes_back_smaller_says_so(host: StandIn) -> None:
    on_cloudinary(host, make_product(), picture("JPEG", (3000, 1500)), f"products/{'a' * 32}", (3000, 1500))

    move(host.delivery)

    row = ProductImage.objects.get()
    assert opened(row.image.name).size == (2000, 1000)
    assert (row.width, row.height) == (2000, 1000)


def test_orders_follow_a_move_that_was_interrupted(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = make_product()
    on_cloudinary(host, lamp, picture(), f"products/{'a' * 32}")
    client = customer()
    add(client, lamp)
    placed(client)
    OrderItem.objects.update(image_url=f"{CLOUD}/c_limit,h_480,w_480,f_auto/v1/products/{'a' * 32}")
    with monkeypatch.context() as patch:
        patch.setattr("store.management.commands.move_media.readdress_pictures", interrupt)
        with pytest.raises(KeyboardInterrupt):
            move(host.delivery)

    move(host.delivery)

    assert OrderItem.objects.get().image_url == f"/media/{ProductImage.objects.get().image.name}"


def interrupt(*_: object) -> None:
    """End the program as Ctrl-C does."""
    raise KeyboardInterrupt
