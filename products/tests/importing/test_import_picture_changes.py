"""`manage.py import_products`: the pictures of a product that has some already"""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from products.models import Product, ProductImage
from products.tests.factories import add_picture, png
from products.tests.import_file import Ran, load, row, run, stored, write
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CHANGED = Ran(0, ["0 created, 1 changed, 0 unchanged, 0 failed"], [])
UNCHANGED = Ran(0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of an import file with pictures in it."""
    shop_folder = write(tmp_path, []).parent
    for colour in ("red", "green", "blue"):
        (shop_folder / f"{colour}.png").write_bytes(png(colour))
    (shop_folder / "large.png").write_bytes(large(481, 20))
    (shop_folder / "just.png").write_bytes(large(480, 480))
    (shop_folder / "huge.png").write_bytes(large(2001, 1000))
    return tmp_path


def large(width: int, height: int) -> bytes:
    """Return a picture file of this size."""
    buffer = BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


def shown() -> list[bytes]:
    """Return the contents of the pictures, in order."""
    return [Path(picture.image.path).read_bytes() for picture in ProductImage.objects.order_by("position", "id")]


def test_a_picture_of_an_earlier_import_that_is_not_named_any_more_goes(api: SchemaClient, folder: Path) -> None:
    load(folder, row(images=["red.png", "green.png", "blue.png"]))

    assert load(folder, row(images=["red.png", "blue.png"])) == CHANGED
    assert load(folder, row(images=["red.png", "blue.png"])) == UNCHANGED

    assert shown() == [png("red"), png("blue")]
    assert len(api.get("/api/products/lamp-lmp-1/").json()["data"]["images"]) == 2
    assert len(stored()) == 3  # an order of the past may show it


def test_an_empty_list_takes_all_pictures_of_earlier_imports(folder: Path) -> None:
    load(folder, row(images=["red.png", "green.png"]))

    assert load(folder, row(images=[])) == CHANGED

    assert not ProductImage.objects.exists()


@pytest.mark.parametrize("said", [{}, {"images": None}])
def test_a_row_that_says_nothing_of_pictures_leaves_them(folder: Path, said: dict[str, Any]) -> None:
    load(folder, row(images=["red.png"]))

    assert load(folder, row(**said)) == UNCHANGED

    assert shown() == [png("red")]


def test_a_picture_that_staff_have_added_stays(folder: Path) -> None:
    load(folder, row(images=["red.png", "green.png"]))
    add_picture(Product.objects.get(), position=7, alt="By hand")

    assert load(folder, row(images=["green.png"])) == CHANGED
    assert load(folder, row(images=[])) == CHANGED
    assert load(folder, row(images=[])) == UNCHANGED

    assert list(ProductImage.objects.values_list("alt", "digest", "position")) == [("By hand", "", 7)]


def test_nothing_goes_where_a_picture_of_the_row_could_not_be_had(folder: Path) -> None:
    load(folder, row(images=["red.png", "green.png"]))

    ran = load(folder, row(images=["gone.png", "blue.png"]))

    assert ran.said == ["0 created, 1 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert sorted(shown()) == sorted([png("red"), png("green"), png("blue")])
    assert load(folder, row(images=["blue.png"])) == CHANGED
    assert shown() == [png("blue")]


def test_a_picture_that_cannot_be_had_again_stays_as_it_was(folder: Path) -> None:
    load(folder, row(images=["red.png"]))
    (folder / "shop" / "red.png").unlink()

    ran = load(folder, row(images=["red.png"]))

    assert ran.said == ["0 created, 0 changed, 1 unchanged, 0 failed, 1 picture(s) missing"]
    assert shown() == [png("red")]


def test_another_picture_under_the_same_name_takes_its_place(folder: Path) -> None:
    load(folder, row(images=["red.png"]))
    (folder / "shop" / "red.png").write_bytes(png("blue"))

    assert load(folder, row(images=["red.png"])) == CHANGED

    assert shown() == [png("blue")]


def test_the_same_picture_under_another_name_is_no_change(folder: Path) -> None:
    load(folder, row(images=["red.png"]))
    (folder / "shop" / "red.png").rename(folder / "shop" / "crimson.png")

    assert load(folder, row(images=["crimson.png"])) == UNCHANGED
    assert len(stored()) == 1


def test_one_text_is_one_picture(folder: Path) -> None:
    assert load(folder, row(images=" red.png ")).code == 0
    assert load(folder, row(images=["red.png"])) == UNCHANGED
    assert load(folder, row(images="")) == CHANGED

    assert not ProductImage.objects.exists()


@pytest.mark.parametrize("name", ["image", "image_url", "picture"])
def test_other_shops_call_pictures_otherwise(folder: Path, name: str) -> None:
    load(folder, row(**{name: "red.png"}))

    assert shown() == [png("red")]


@pytest.mark.parametrize("name", ["file", "src", "url"])
def test_other_shops_call_the_file_of_a_picture_otherwise(folder: Path, name: str) -> None:
    load(folder, row(images=[{name: "red.png", "alt": "A <b>red</b> lamp"}]))

    assert list(ProductImage.objects.values_list("alt", flat=True)) == ["A red lamp"]


@pytest.mark.parametrize(
    "twice", [["red.png", "red.png"], ["red.png", "./red.png"], ["red.png", {"file": "red.png", "alt": "Other"}]]
)
def test_a_row_that_names_a_picture_twice_is_unchanged_at_the_second_run(folder: Path, twice: list[object]) -> None:
    load(folder, row(images=twice))

    assert load(folder, row(images=twice)) == UNCHANGED
    assert len(stored()) == 1


def test_a_product_has_at_most_20_pictures(folder: Path) -> None:
    for number in range(21):
        (folder / "shop" / f"{number}.png").write_bytes(large(number + 1, 1))

    load(folder, row(images=[f"{number}.png" for number in range(21)]))

    assert ProductImage.objects.count() == 20


def test_a_picture_longer_than_480_pixels_has_a_thumbnail(api: SchemaClient, folder: Path) -> None:
    load(folder, row(images=["large.png", "just.png"]))

    first, second = ProductImage.objects.order_by("position")
    assert (first.width, first.height, second.width, second.height) == (481, 20, 480, 480)
    assert first.thumbnail.endswith(".webp")
    assert second.thumbnail == ""
    assert len(stored()) == 3
    with Image.open(Path(first.image.path).parent.parent / first.thumbnail) as small:
        assert (small.format, small.size) == ("WEBP", (480, 20))
    assert api.get("/api/products/").json()["data"][0]["primary_image"].endswith(first.thumbnail)


def test_a_picture_longer_than_2000_pixels_is_made_smaller_once(folder: Path) -> None:
    file = write(folder, [row(images=["huge.png"])])

    run(file)

    assert run(file) == UNCHANGED
    picture = ProductImage.objects.get()
    assert (picture.width, picture.height) == (2000, 1000)


def test_two_products_may_show_one_file(folder: Path) -> None:
    ran = load(folder, row("A", images=["red.png"]), row("B", images=["red.png"]))

    assert ran.code == 0
    assert ProductImage.objects.count() == len(stored()) == 2


def test_a_file_of_more_than_5_mb_is_refused(folder: Path) -> None:
    (folder / "shop" / "heavy.png").write_bytes(png() + b"\0" * (5 * 1024 * 1024))

    ran = load(folder, row(images=["heavy.png"]))

    assert ran.complaints == ["  row 1 (Lamp LMP-1): picture heavy.png is larger than 5 MB"]
    assert stored() == []


def test_a_picture_of_too_many_pixels_is_refused(folder: Path) -> None:
    buffer = BytesIO()
    Image.new("1", (5001, 5000)).save(buffer, "PNG")
    (folder / "shop" / "bomb.png").write_bytes(buffer.getvalue())

    ran = load(folder, row(images=["bomb.png"]))

    assert ran.complaints == ["  row 1 (Lamp LMP-1): picture bomb.png has more than 25 megapixels"]
    assert stored() == []
