"""POST /api/products/<pk>/images/"""

import errno
import re

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from products.models import ProductImage
from products.tests.factories import make_product, update_product
from tests.image_files import (
    MULTIPART,
    get_positions,
    list_stored_files,
    make_image,
    make_multipart_body,
    make_seller_client,
    make_staff_client,
    open_stored_image,
    post_image,
    post_images,
    read_stored_file,
    upload_image,
)
from tests.image_files import list_referenced_files as names_shown
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_stored_and_shown(kind: str) -> None:
    lamp = make_product("Lamp")

    response = post_image(make_staff_client(), lamp, make_image(kind))

    assert response.status_code == 201
    assert response.json()["message"] == "Picture added successfully"
    row = ProductImage.objects.get()
    assert re.fullmatch(rf"products/[0-9a-f]{{32}}\.{kind.lower()}", str(row.image.name))
    assert (row.product, row.thumbnail, row.width, row.height, row.digest) == (lamp, "", 60, 40, "")
    assert (open_stored_image(row.image.name).format, open_stored_image(row.image.name).size) == (kind, (60, 40))
    assert list_stored_files() == [row.image.name]
    url = f"http://testserver/media/{row.image.name}"
    data = response.json()["data"]
    assert data["images"] == [{"id": row.pk, "url": url, "alt": "Lamp", "width": 60, "height": 40, "thumbnail": url}]
    assert (data["id"], data["primary_image"]) == (lamp.pk, url)


@pytest.mark.parametrize(
    ("size", "full_size", "thumbnail_size"),
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
    size: tuple[int, int], full_size: tuple[int, int], thumbnail_size: tuple[int, int] | None
) -> None:
    response = post_image(make_staff_client(), make_product(), make_image("JPEG", size))

    row = ProductImage.objects.get()
    data = response.json()["data"]["images"][0]
    assert open_stored_image(row.image.name).size == full_size
    assert (row.width, row.height) == (data["width"], data["height"]) == full_size
    if thumbnail_size is None:
        assert (row.thumbnail, list_stored_files()) == ("", [row.image.name])
        assert data["thumbnail"] == data["url"]
    else:
        assert re.fullmatch(r"products/[0-9a-f]{32}\.webp", row.thumbnail)
        assert (open_stored_image(row.thumbnail).format, open_stored_image(row.thumbnail).size) == ("WEBP", thumbnail_size)
        assert list_stored_files() == names_shown()
        assert data["thumbnail"] == f"http://testserver/media/{row.thumbnail}"
        assert data["url"] == f"http://testserver/media/{row.image.name}"


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
    lamp, client = make_product(), make_staff_client()
    for name in ("a", "b", "c"):
        upload_image(client, lamp, alt=name)

    response = post_image(client, lamp, make_image(), alt="new", **({} if position is None else {"position": position}))

    assert response.status_code == 201
    assert get_positions(lamp) == list(zip(order, range(4), strict=True))
    assert [image["alt"] for image in response.json()["data"]["images"]] == order


def test_pictures_with_equal_positions_are_renumbered() -> None:
    lamp, client = make_product(), make_staff_client()
    for name in ("a", "b"):
        upload_image(client, lamp, alt=name)
    ProductImage.objects.update(position=7)

    upload_image(client, lamp, alt="c")

    assert get_positions(lamp) == [("a", 0), ("b", 1), ("c", 2)]


@pytest.mark.parametrize(
    ("value", "alt"), [(None, "Lamp"), ("", "Lamp"), ("  ", "Lamp"), ("x" * 200, "x" * 200), ("एक दीपक", "एक दीपक")]
)
def test_a_picture_is_described_by_the_products_name_unless_it_is_told(value: str | None, alt: str) -> None:
    response = post_image(make_staff_client(), make_product("Lamp"), make_image(), **({} if value is None else {"alt": value}))

    assert response.json()["data"]["images"][0]["alt"] == alt


@pytest.mark.parametrize(
    "name",
    [
        *("../../x.html", "..\\..\\x.php", "/etc/passwd", "lamp.svg", "lamp.png.exe", "lamp", ".htaccess", "con.jpg", "a;b.png"),
        *("lamp\x00.html", "x" * 900 + ".html", "\u202egnp.exe", "%2e%2e%2fx.html", "<script>.png"),
    ],
)
def test_a_picture_is_called_what_it_is_whatever_it_was_sent_as(name: str) -> None:
    response = post_image(make_staff_client(), make_product(), make_image("JPEG"), name)

    assert response.status_code == 201
    assert [re.fullmatch(r"products/[0-9a-f]{32}\.jpeg", file) is not None for file in list_stored_files()] == [True]


def test_the_same_picture_twice_is_two_pictures() -> None:
    lamp, client = make_product(), make_staff_client()

    first, second = upload_image(client, lamp), upload_image(client, lamp)

    assert first.image.name != second.image.name
    assert read_stored_file(first.image.name) == read_stored_file(second.image.name)


@pytest.mark.parametrize("ref", ["pk", "uuid", "slug"])
@pytest.mark.parametrize("prefix", ["/api", ""])
@pytest.mark.parametrize("slash", ["/", ""])
def test_every_way_to_name_the_product_works(ref: str, prefix: str, slash: str) -> None:
    lamp = make_product("Lamp")
    url = f"{prefix}/products/{getattr(lamp, ref)}/images{slash}"

    response = make_staff_client().generic(
        "POST", url, make_multipart_body(("image", make_image(), "lamp.png")), content_type=MULTIPART
    )

    assert response.status_code == 201
    assert ProductImage.objects.get().product == lamp


def test_a_seller_adds_to_an_own_product_and_staff_to_any() -> None:
    client, seller_id = make_seller_client()
    lamp = make_product(seller_id=seller_id)

    assert post_image(client, lamp, make_image()).status_code == 201
    assert post_image(make_staff_client(), lamp, make_image()).status_code == 201


def test_a_product_that_is_switched_off_takes_pictures(api: SchemaClient) -> None:
    lamp = make_product()
    update_product(lamp, is_active=False)

    response = post_image(make_staff_client(), lamp, make_image())

    assert response.status_code == 201
    assert response.json()["data"]["is_available"] is False
    assert api.get(f"/api/products/{lamp.pk}/").status_code == 404


def test_the_twentieth_picture_is_the_last() -> None:
    lamp, client = make_product(), make_staff_client()
    for number in range(20):
        upload_image(client, lamp, alt=str(number))
    before = list_stored_files()

    response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (409, "too_many_pictures")
    assert get_positions(lamp) == [(str(number), number) for number in range(20)]
    assert list_stored_files() == before
    assert post_image(client, make_product("Mug"), make_image()).status_code == 201


def test_a_picture_whose_small_copy_cannot_be_stored_leaves_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    save = FileSystemStorage.save
    attempts: list[str] = []

    def save_until_full(storage: FileSystemStorage, name: str, content: File[bytes]) -> str:
        attempts.append(name.rpartition(".")[2])
        if name.endswith(".webp"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "save", save_until_full)

    response = post_image(make_staff_client(), make_product(), make_image("JPEG", (900, 600)))

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert attempts == ["jpeg", "webp"]
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])


def test_what_else_the_form_says_is_ignored() -> None:
    lamp, mug = make_product(), make_product("Mug")
    extra = (("product", str(mug.pk), None), ("width", "9", None), ("digest", "x", None), ("id", "77", None))

    response = post_images(make_staff_client(), lamp, ("image", make_image(), "lamp.png"), *extra)

    assert response.status_code == 201
    row = ProductImage.objects.get()
    assert (row.product, row.width, row.digest, row.pk == 77) == (lamp, 60, "", False)
