"""POST /api/products/<pk>/images/"""

import re

import pytest

from products.models import ProductImage
from products.tests.factories import change, make_product
from tests.pictures import MULTIPART, content_of, form, opened, order_of, picture, seller, send, staff, stored, upload, uploaded
from tests.pictures import shown as names_shown
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_stored_and_shown(kind: str) -> None:
    lamp = make_product("Lamp")

    response = upload(staff(), lamp, picture(kind))

    assert response.status_code == 201
    assert response.json()["message"] == "Picture added successfully"
    row = ProductImage.objects.get()
    assert re.fullmatch(rf"products/[0-9a-f]{{32}}\.{kind.lower()}", str(row.image.name))
    assert (row.product, row.thumbnail, row.width, row.height, row.digest) == (lamp, "", 60, 40, "")
    assert (opened(row.image.name).format, opened(row.image.name).size) == (kind, (60, 40))
    assert stored() == [row.image.name]
    url = f"http://testserver/media/{row.image.name}"
    shown = response.json()["data"]
    assert shown["images"] == [{"id": row.pk, "url": url, "alt": "Lamp", "width": 60, "height": 40, "thumbnail": url}]
    assert (shown["id"], shown["primary_image"]) == (lamp.pk, url)


@pytest.mark.parametrize(
    ("size", "whole", "small"),
    [
        ((480, 480), (480, 480), None),
        ((481, 481), (481, 481), (480, 480)),
        ((900, 600), (900, 600), (480, 320)),
        ((600, 900), (600, 900), (320, 480)),
        ((2000, 10), (2000, 10), (480, 2)),
        ((2400, 1200), (2000, 1000), (480, 240)),
        ((1200, 2400), (1000, 2000), (240, 480)),
        ((6000, 1), (2000, 1), (480, 1)),
    ],
)
def test_a_large_picture_is_made_smaller_and_has_a_copy_for_lists(
    size: tuple[int, int], whole: tuple[int, int], small: tuple[int, int] | None
) -> None:
    response = upload(staff(), make_product(), picture("JPEG", size))

    row = ProductImage.objects.get()
    shown = response.json()["data"]["images"][0]
    assert opened(row.image.name).size == whole
    assert (row.width, row.height) == (shown["width"], shown["height"]) == whole
    if small is None:
        assert (row.thumbnail, stored()) == ("", [row.image.name])
        assert shown["thumbnail"] == shown["url"]
    else:
        assert re.fullmatch(r"products/[0-9a-f]{32}\.webp", row.thumbnail)
        assert (opened(row.thumbnail).format, opened(row.thumbnail).size) == ("WEBP", small)
        assert stored() == names_shown()
        assert shown["thumbnail"] == f"http://testserver/media/{row.thumbnail}"
        assert shown["url"] == f"http://testserver/media/{row.image.name}"


@pytest.mark.parametrize(
    ("position", "order"),
    [
        (None, ["a", "b", "c", "new"]),
        ("0", ["new", "a", "b", "c"]),
        ("2", ["a", "b", "new", "c"]),
        ("3", ["a", "b", "c", "new"]),
        ("1000", ["a", "b", "c", "new"]),
    ],
)
def test_a_picture_takes_its_place_among_the_others(position: str | None, order: list[str]) -> None:
    lamp, client = make_product(), staff()
    for name in ("a", "b", "c"):
        uploaded(client, lamp, alt=name)

    response = upload(client, lamp, picture(), alt="new", **({} if position is None else {"position": position}))

    assert response.status_code == 201
    assert order_of(lamp) == list(zip(order, range(4), strict=True))
    assert [image["alt"] for image in response.json()["data"]["images"]] == order


def test_pictures_with_equal_positions_are_numbered_anew() -> None:
    lamp, client = make_product(), staff()
    for name in ("a", "b"):
        uploaded(client, lamp, alt=name)
    ProductImage.objects.update(position=7)

    uploaded(client, lamp, alt="c")

    assert order_of(lamp) == [("a", 0), ("b", 1), ("c", 2)]


@pytest.mark.parametrize(
    ("given", "alt"), [(None, "Lamp"), ("", "Lamp"), ("  ", "Lamp"), ("x" * 200, "x" * 200), ("एक दीपक", "एक दीपक")]
)
def test_a_picture_is_described_by_the_products_name_unless_it_is_told(given: str | None, alt: str) -> None:
    response = upload(staff(), make_product("Lamp"), picture(), **({} if given is None else {"alt": given}))

    assert response.json()["data"]["images"][0]["alt"] == alt


@pytest.mark.parametrize(
    "name",
    [
        *("../../x.html", "..\\..\\x.php", "/etc/passwd", "lamp.svg", "lamp.png.exe", "lamp", ".htaccess", "con.jpg", "a;b.png"),
        *("lamp\x00.html", "x" * 900 + ".html", "\u202egnp.exe", "%2e%2e%2fx.html", "<script>.png"),
    ],
)
def test_a_picture_is_called_what_it_is_whatever_it_was_sent_as(name: str) -> None:
    response = upload(staff(), make_product(), picture("JPEG"), name)

    assert response.status_code == 201
    assert [re.fullmatch(r"products/[0-9a-f]{32}\.jpeg", file) is not None for file in stored()] == [True]


def test_the_same_picture_twice_is_two_pictures() -> None:
    lamp, client = make_product(), staff()

    first, second = uploaded(client, lamp), uploaded(client, lamp)

    assert first.image.name != second.image.name
    assert content_of(first.image.name) == content_of(second.image.name)


@pytest.mark.parametrize("ref", ["pk", "uuid", "slug"])
@pytest.mark.parametrize("prefix", ["/api", ""])
@pytest.mark.parametrize("slash", ["/", ""])
def test_every_way_to_name_the_product_works(ref: str, prefix: str, slash: str) -> None:
    lamp = make_product("Lamp")
    address = f"{prefix}/products/{getattr(lamp, ref)}/images{slash}"

    response = staff().generic("POST", address, form(("image", picture(), "lamp.png")), content_type=MULTIPART)

    assert response.status_code == 201
    assert ProductImage.objects.get().product == lamp


def test_a_seller_adds_to_an_own_product_and_staff_to_any() -> None:
    client, seller_id = seller()
    lamp = make_product(seller_id=seller_id)

    assert upload(client, lamp, picture()).status_code == 201
    assert upload(staff(), lamp, picture()).status_code == 201


def test_a_product_that_is_switched_off_takes_pictures(api: SchemaClient) -> None:
    lamp = make_product()
    change(lamp, is_active=False)

    response = upload(staff(), lamp, picture())

    assert response.status_code == 201
    assert response.json()["data"]["is_available"] is False
    assert api.get(f"/api/products/{lamp.pk}/").status_code == 404


def test_the_twentieth_picture_is_the_last() -> None:
    lamp, client = make_product(), staff()
    for number in range(20):
        uploaded(client, lamp, alt=str(number))
    before = stored()

    response = upload(client, lamp, picture())

    assert (response.status_code, response.json()["code"]) == (409, "too_many_pictures")
    assert order_of(lamp) == [(str(number), number) for number in range(20)]
    assert stored() == before
    assert upload(client, make_product("Mug"), picture()).status_code == 201


def test_what_else_the_form_says_is_ignored() -> None:
    lamp, mug = make_product(), make_product("Mug")
    extra = (("product", str(mug.pk), None), ("width", "9", None), ("digest", "x", None), ("id", "77", None))

    response = send(staff(), lamp, ("image", picture(), "lamp.png"), *extra)

    assert response.status_code == 201
    row = ProductImage.objects.get()
    assert (row.product, row.width, row.digest, row.pk == 77) == (lamp, 60, "", False)
