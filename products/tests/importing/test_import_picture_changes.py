"""`manage.py import_products`: the pictures of a product that already has some"""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from products.models import Product, ProductImage
from products.tests.factories import add_picture, make_png
from products.tests.import_file import CommandResult, import_rows, list_stored_files, make_row, run_import, write_file
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHANGED = CommandResult(0, ["0 created, 1 changed, 0 unchanged, 0 failed"], [])
UNCHANGED = CommandResult(0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Create the folder of an import file with pictures."""
    shop_folder = write_file(tmp_path, []).parent
    for colour in ("red", "green", "blue"):
        (shop_folder / f"{colour}.png").write_bytes(make_png(colour))
    (shop_folder / "large.png").write_bytes(make_large_png(481, 20))
    (shop_folder / "just.png").write_bytes(make_large_png(480, 480))
    (shop_folder / "huge.png").write_bytes(make_large_png(2001, 1000))
    return tmp_path


def make_large_png(width: int, height: int) -> bytes:
    """Return a PNG of this size."""
    buffer = BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


def list_image_contents() -> list[bytes]:
    """Return the contents of the pictures, in order."""
    return [Path(picture.image.path).read_bytes() for picture in ProductImage.objects.order_by("position", "id")]


def test_a_picture_of_an_earlier_import_that_is_not_named_any_more_goes(api: SchemaClient, folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png", "green.png", "blue.png"]))

    assert import_rows(folder, make_row(images=["red.png", "blue.png"])) == CHANGED
    assert import_rows(folder, make_row(images=["red.png", "blue.png"])) == UNCHANGED

    assert list_image_contents() == [make_png("red"), make_png("blue")]
    assert len(api.get("/api/products/lamp-lmp-1/").json()["data"]["images"]) == 2
    assert len(list_stored_files()) == 3  # an earlier order may show it


def test_an_empty_list_takes_all_pictures_of_earlier_imports(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png", "green.png"]))

    assert import_rows(folder, make_row(images=[])) == CHANGED

    assert not ProductImage.objects.exists()


@pytest.mark.parametrize("columns", [{}, {"images": None}])
def test_a_row_that_says_nothing_of_pictures_leaves_them(folder: Path, columns: dict[str, Any]) -> None:
    import_rows(folder, make_row(images=["red.png"]))

    assert import_rows(folder, make_row(**columns)) == UNCHANGED

    assert list_image_contents() == [make_png("red")]


def test_a_picture_that_staff_have_added_stays(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png", "green.png"]))
    add_picture(Product.objects.get(), position=7, alt="By hand")

    assert import_rows(folder, make_row(images=["green.png"])) == CHANGED
    assert import_rows(folder, make_row(images=[])) == CHANGED
    assert import_rows(folder, make_row(images=[])) == UNCHANGED

    assert list(ProductImage.objects.values_list("alt", "digest", "position")) == [("By hand", "", 7)]


def test_nothing_goes_where_a_picture_of_the_row_could_not_be_had(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png", "green.png"]))

    result = import_rows(folder, make_row(images=["gone.png", "blue.png"]))

    assert result.output == ["0 created, 1 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert sorted(list_image_contents()) == sorted([make_png("red"), make_png("green"), make_png("blue")])
    assert import_rows(folder, make_row(images=["blue.png"])) == CHANGED
    assert list_image_contents() == [make_png("blue")]


def test_a_picture_that_cannot_be_had_again_stays_as_it_was(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png"]))
    (folder / "shop" / "red.png").unlink()

    result = import_rows(folder, make_row(images=["red.png"]))

    assert result.output == ["0 created, 0 changed, 1 unchanged, 0 failed, 1 picture(s) missing"]
    assert list_image_contents() == [make_png("red")]


def test_another_picture_under_the_same_name_takes_its_place(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png"]))
    (folder / "shop" / "red.png").write_bytes(make_png("blue"))

    assert import_rows(folder, make_row(images=["red.png"])) == CHANGED

    assert list_image_contents() == [make_png("blue")]


def test_the_same_picture_under_another_name_is_no_change(folder: Path) -> None:
    import_rows(folder, make_row(images=["red.png"]))
    (folder / "shop" / "red.png").rename(folder / "shop" / "crimson.png")

    assert import_rows(folder, make_row(images=["crimson.png"])) == UNCHANGED
    assert len(list_stored_files()) == 1


def test_one_text_is_one_picture(folder: Path) -> None:
    assert import_rows(folder, make_row(images=" red.png ")).code == 0
    assert import_rows(folder, make_row(images=["red.png"])) == UNCHANGED
    assert import_rows(folder, make_row(images="")) == CHANGED

    assert not ProductImage.objects.exists()


@pytest.mark.parametrize("name", ["image", "image_url", "picture"])
def test_other_shops_call_pictures_otherwise(folder: Path, name: str) -> None:
    import_rows(folder, make_row(**{name: "red.png"}))

    assert list_image_contents() == [make_png("red")]


@pytest.mark.parametrize("name", ["file", "src", "url"])
def test_other_shops_call_the_file_of_a_picture_otherwise(folder: Path, name: str) -> None:
    import_rows(folder, make_row(images=[{name: "red.png", "alt": "A <b>red</b> lamp"}]))

    assert list(ProductImage.objects.values_list("alt", flat=True)) == ["A red lamp"]


@pytest.mark.parametrize(
    "images", [["red.png", "red.png"], ["red.png", "./red.png"], ["red.png", {"file": "red.png", "alt": "Other"}]]
)
def test_a_row_that_names_a_picture_twice_is_unchanged_at_the_second_run(folder: Path, images: list[object]) -> None:
    import_rows(folder, make_row(images=images))

    assert import_rows(folder, make_row(images=images)) == UNCHANGED
    assert len(list_stored_files()) == 1


def test_a_product_has_at_most_20_pictures(folder: Path) -> None:
    for number in range(21):
        (folder / "shop" / f"{number}.png").write_bytes(make_large_png(number + 1, 1))

    import_rows(folder, make_row(images=[f"{number}.png" for number in range(21)]))

    assert ProductImage.objects.count() == 20


def test_a_picture_longer_than_480_pixels_has_a_thumbnail(api: SchemaClient, folder: Path) -> None:
    import_rows(folder, make_row(images=["large.png", "just.png"]))

    first, second = ProductImage.objects.order_by("position")
    assert (first.width, first.height, second.width, second.height) == (481, 20, 480, 480)
    assert first.thumbnail.endswith(".webp")
    assert second.thumbnail == ""
    assert len(list_stored_files()) == 3
    with Image.open(Path(first.image.path).parent.parent / first.thumbnail) as small:
        assert (small.format, small.size) == ("WEBP", (480, 20))
    assert api.get("/api/products/").json()["data"][0]["primary_image"].endswith(first.thumbnail)


def test_a_picture_longer_than_2000_pixels_is_made_smaller_once(folder: Path) -> None:
    file = write_file(folder, [make_row(images=["huge.png"])])

    run_import(file)

    assert run_import(file) == UNCHANGED
    picture = ProductImage.objects.get()
    assert (picture.width, picture.height) == (2000, 1000)


def test_two_products_may_show_one_file(folder: Path) -> None:
    result = import_rows(folder, make_row("A", images=["red.png"]), make_row("B", images=["red.png"]))

    assert result.code == 0
    assert ProductImage.objects.count() == len(list_stored_files()) == 2


def test_a_file_of_more_than_5_mb_is_refused(folder: Path) -> None:
    (folder / "shop" / "heavy.png").write_bytes(make_png() + b"\0" * (5 * 1024 * 1024))

    result = import_rows(folder, make_row(images=["heavy.png"]))

    assert result.errors == ["  row 1 (Lamp LMP-1): picture heavy.png is larger than 5 MB"]
    assert list_stored_files() == []


def test_a_picture_of_too_many_pixels_is_refused(folder: Path) -> None:
    buffer = BytesIO()
    Image.new("1", (5001, 5000)).save(buffer, "PNG")
    (folder / "shop" / "bomb.png").write_bytes(buffer.getvalue())

    result = import_rows(folder, make_row(images=["bomb.png"]))

    assert result.errors == ["  row 1 (Lamp LMP-1): picture bomb.png has more than 12.5 megapixels"]
    assert list_stored_files() == []
