"""`manage.py import_products`: pictures"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from products.models import Product, ProductImage
from products.tests.factories import make_png
from products.tests.import_file import import_rows, list_stored_files, make_row, run_import, write_file
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Create the folder of an import file with three pictures, and a picture outside of it."""
    shop = write_file(tmp_path, []).parent
    for colour in ("red", "green", "blue"):
        (shop / f"{colour}.png").write_bytes(make_png(colour))
    (tmp_path / "secret.png").write_bytes(make_png("black"))
    return tmp_path


def test_pictures_are_stored_in_the_order_of_the_row(api: SchemaClient, folder: Path) -> None:
    result = import_rows(folder, make_row(images=["red.png", {"file": "blue.png", "alt": "A blue lamp"}]))

    assert result.code == 0
    data = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert [(image["alt"], image["width"], image["height"]) for image in data["images"]] == [
        ("Lamp LMP-1", 2, 1),
        ("A blue lamp", 2, 1),
    ]
    assert data["primary_image"] == data["images"][0]["url"]
    pictures = [Path(image.image.path).read_bytes() for image in ProductImage.objects.order_by("position")]
    assert pictures == [make_png("red"), make_png("blue")]
    assert len(list_stored_files()) == 2


def test_the_stored_name_says_nothing_of_the_file(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png"]))

    assert re.fullmatch(r"products/[0-9a-f]{32}\.png", str(ProductImage.objects.get().image.name))


def test_a_picture_more_is_a_change(api: SchemaClient, folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png"]))
    red = ProductImage.objects.get()

    result = import_rows(folder, make_row(images=["green.png", "red.png"]))

    assert result.output == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    data = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert [image["id"] == red.pk for image in data["images"]] == [False, True]
    assert data["primary_image"] == data["images"][0]["url"]
    assert len(list_stored_files()) == 2


def test_pictures_in_another_order_or_with_other_words_are_a_change_without_a_new_file(api: SchemaClient, folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png", "green.png"]))
    red, green = ProductImage.objects.order_by("position")

    result = import_rows(folder, make_row(images=["green.png", {"file": "red.png", "alt": "A red lamp"}]))

    assert result.output == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    data = api.get("/api/products/lamp-lmp-1/").json()["data"]["images"]
    assert [(image["id"], image["alt"]) for image in data] == [(green.pk, "Lamp LMP-1"), (red.pk, "A red lamp")]
    assert len(list_stored_files()) == 2


@pytest.mark.parametrize(
    "file", ["missing.png", "", ".", "../secret.png", "../shop/../secret.png", "no/../../secret.png", "a\x00.png", "x" * 5_000]
)
def test_a_picture_that_is_not_in_the_folder_is_missing_and_the_product_is_in(api: SchemaClient, folder: Path, file: str) -> None:
    result = import_rows(folder, make_row("A", images=[file]), make_row("B", images=["red.png"]))

    assert result.code == 0
    assert result.output == ["2 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert result.errors == [f"  row 1 (Lamp A): picture {file[:80].replace(chr(0), ' ')} was not found"]
    assert api.get("/api/products/lamp-a/").json()["data"]["images"] == []
    assert len(list_stored_files()) == 1


def test_a_missing_picture_is_named(folder: Path) -> None:
    result = import_rows(folder, make_row(images=["missing.png", "red.png"]))

    assert result.errors == ["  row 1 (Lamp LMP-1): picture missing.png was not found"]
    assert len(list_stored_files()) == 1


def test_a_whole_path_out_of_the_folder_is_refused(folder: Path) -> None:
    result = import_rows(folder, make_row(images=[str(folder / "secret.png")]))

    assert result.errors == [f"  row 1 (Lamp LMP-1): picture {str(folder / 'secret.png')[:80]} was not found"]
    assert not ProductImage.objects.exists()


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "shop" / "link.png").symlink_to(folder / "secret.png")

    result = import_rows(folder, make_row(images=["link.png"]))

    assert result.errors[0] == "  row 1 (Lamp LMP-1): picture link.png was not found"
    assert list_stored_files() == []


def test_a_picture_that_was_missing_joins_later(folder: Path) -> None:
    file = write_file(folder, [make_row(images=["later.png"])])
    assert run_import(file).output == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    (file.parent / "later.png").write_bytes(make_png())

    assert run_import(file) == (0, ["0 created, 1 changed, 0 unchanged, 0 failed"], [])
    assert run_import(file).output == ["0 created, 0 changed, 1 unchanged, 0 failed"]


def test_a_refused_row_leaves_no_file_of_the_others_behind(folder: Path) -> None:
    import_rows(folder, make_row("A"), make_row("B"))
    row = {"name": "Both", "category": "Home", "variants": [{"sku": "A", "price": 1}, {"sku": "B", "price": 1}]}

    import_rows(folder, make_row("C", images=["red.png"]), row)

    assert Product.objects.count() == 3
    assert len(list_stored_files()) == ProductImage.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>", b"GIF89a\x01\x00\x01\x00", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_is_refused(folder: Path, content: bytes) -> None:
    (folder / "shop" / "odd.png").write_bytes(content)

    result = import_rows(folder, make_row(images=["odd.png"]))

    assert result.errors[0] == "  row 1 (Lamp LMP-1): picture odd.png is not a JPEG, PNG or WebP"
    assert list_stored_files() == []


def test_a_storage_that_fails_is_named_and_the_product_is_in(folder: Path) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")

    result = import_rows(folder, make_row(images=["red.png"]))

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert result.errors[0].startswith("  row 1 (Lamp LMP-1): picture red.png ")
    assert "could not be stored" in result.errors[0]
    assert (Product.objects.count(), ProductImage.objects.count()) == (1, 0)


def test_a_picture_is_called_what_it_is(api: SchemaClient, folder: Path) -> None:
    (folder / "shop" / "page.html").write_bytes(make_png("red") + b"<script>alert(1)</script>")

    import_rows(folder, make_row(images=["page.html"]))

    assert [name.suffix for name in list_stored_files()] == [".png"]
