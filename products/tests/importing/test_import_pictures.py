"""`manage.py import_products`: pictures"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from products.models import Product, ProductImage
from products.tests.factories import png
from products.tests.import_file import load, row, run, stored, write
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of an import file with three pictures in it, and one outside of it."""
    shop = write(tmp_path, []).parent
    for colour in ("red", "green", "blue"):
        (shop / f"{colour}.png").write_bytes(png(colour))
    (tmp_path / "secret.png").write_bytes(png("black"))
    return tmp_path


def test_pictures_are_stored_in_the_order_of_the_row(api: SchemaClient, folder: Path) -> None:
    ran = load(folder, row(images=["red.png", {"file": "blue.png", "alt": "A blue lamp"}]))

    assert ran.code == 0
    shown = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert [(image["alt"], image["width"], image["height"]) for image in shown["images"]] == [
        ("Lamp LMP-1", 2, 1),
        ("A blue lamp", 2, 1),
    ]
    assert shown["primary_image"] == shown["images"][0]["url"]
    pictures = [Path(image.image.path).read_bytes() for image in ProductImage.objects.order_by("position")]
    assert pictures == [png("red"), png("blue")]
    assert len(stored()) == 2


def test_the_stored_name_says_nothing_of_the_file(folder: Path) -> None:
    load(folder, row(images=["red.png"]))

    assert re.fullmatch(r"products/[0-9a-f]{32}\.png", str(ProductImage.objects.get().image.name))


def test_a_picture_more_is_a_change(api: SchemaClient, folder: Path) -> None:
    load(folder, row(images=["red.png"]))
    red = ProductImage.objects.get()

    ran = load(folder, row(images=["green.png", "red.png"]))

    assert ran.said == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    shown = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert [image["id"] == red.pk for image in shown["images"]] == [False, True]
    assert shown["primary_image"] == shown["images"][0]["url"]
    assert len(stored()) == 2


def test_pictures_in_another_order_or_with_other_words_are_a_change_without_a_new_file(api: SchemaClient, folder: Path) -> None:
    load(folder, row(images=["red.png", "green.png"]))
    red, green = ProductImage.objects.order_by("position")

    ran = load(folder, row(images=["green.png", {"file": "red.png", "alt": "A red lamp"}]))

    assert ran.said == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    shown = api.get("/api/products/lamp-lmp-1/").json()["data"]["images"]
    assert [(image["id"], image["alt"]) for image in shown] == [(green.pk, "Lamp LMP-1"), (red.pk, "A red lamp")]
    assert len(stored()) == 2


@pytest.mark.parametrize(
    "file", ["missing.png", "", ".", "../secret.png", "../shop/../secret.png", "no/../../secret.png", "a\x00.png", "x" * 5_000]
)
def test_a_picture_that_is_not_in_the_folder_is_missing_and_the_product_is_in(api: SchemaClient, folder: Path, file: str) -> None:
    ran = load(folder, row("A", images=[file]), row("B", images=["red.png"]))

    assert ran.code == 0
    assert ran.said == ["2 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert ran.complaints == [f"  row 1 (Lamp A): picture {file[:80].replace(chr(0), ' ')} is not there"]
    assert api.get("/api/products/lamp-a/").json()["data"]["images"] == []
    assert len(stored()) == 1


def test_a_missing_picture_is_named(folder: Path) -> None:
    ran = load(folder, row(images=["missing.png", "red.png"]))

    assert ran.complaints == ["  row 1 (Lamp LMP-1): picture missing.png is not there"]
    assert len(stored()) == 1


def test_a_whole_path_out_of_the_folder_is_refused(folder: Path) -> None:
    ran = load(folder, row(images=[str(folder / "secret.png")]))

    assert ran.complaints == [f"  row 1 (Lamp LMP-1): picture {str(folder / 'secret.png')[:80]} is not there"]
    assert not ProductImage.objects.exists()


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "shop" / "link.png").symlink_to(folder / "secret.png")

    ran = load(folder, row(images=["link.png"]))

    assert ran.complaints[0] == "  row 1 (Lamp LMP-1): picture link.png is not there"
    assert stored() == []


def test_a_picture_that_was_missing_joins_later(folder: Path) -> None:
    file = write(folder, [row(images=["later.png"])])
    assert run(file).said == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    (file.parent / "later.png").write_bytes(png())

    assert run(file) == (0, ["0 created, 1 changed, 0 unchanged, 0 failed"], [])
    assert run(file).said == ["0 created, 0 changed, 1 unchanged, 0 failed"]


def test_a_refused_row_leaves_no_file_of_the_others_behind(folder: Path) -> None:
    load(folder, row("A"), row("B"))
    both = {"name": "Both", "category": "Home", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    load(folder, row("C", images=["red.png"]), both)

    assert Product.objects.count() == 3
    assert len(stored()) == ProductImage.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>", b"GIF89a\x01\x00\x01\x00", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_is_refused(folder: Path, content: bytes) -> None:
    (folder / "shop" / "odd.png").write_bytes(content)

    ran = load(folder, row(images=["odd.png"]))

    assert ran.complaints[0] == "  row 1 (Lamp LMP-1): picture odd.png is no JPEG, PNG or WebP"
    assert stored() == []


def test_a_storage_that_fails_is_named_and_the_product_is_in(folder: Path) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")

    ran = load(folder, row(images=["red.png"]))

    assert ran.said == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert ran.complaints[0].startswith("  row 1 (Lamp LMP-1): picture red.png ")
    assert "could not be stored" in ran.complaints[0]
    assert (Product.objects.count(), ProductImage.objects.count()) == (1, 0)


def test_a_picture_is_called_what_it_is(api: SchemaClient, folder: Path) -> None:
    (folder / "shop" / "page.html").write_bytes(png("red") + b"<script>alert(1)</script>")

    load(folder, row(images=["page.html"]))

    assert [name.suffix for name in stored()] == [".png"]
