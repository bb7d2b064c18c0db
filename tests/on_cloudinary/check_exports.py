"""`manage.py export_products --images` with images on Cloudinary"""

from collections.abc import Iterator
from pathlib import Path

import cloudinary
import pytest

from products.models import ProductImage
from products.tests.export_file import run_export
from products.tests.factories import make_product
from tests.cloudinary_stand_in import StandIn
from tests.image_files import list_stored_files, make_image, make_staff_client, upload_image


@pytest.fixture(autouse=True)
def delivered_by(host: StandIn) -> Iterator[None]:
    """Have the stand-in deliver the images too."""
    config = cloudinary.config()
    former = config.secure, config.cname
    cloudinary.config(secure=False, cname=host.url.removeprefix("http://"))
    yield
    cloudinary.config(secure=former[0], cname=former[1])


def test_the_pictures_are_fetched(host: StandIn, tmp_path: Path) -> None:
    name = str(upload_image(make_staff_client(), make_product(), make_image()).image.name)

    result = run_export(tmp_path / "out.json", images=tmp_path / "pictures")

    assert result == (0, [f"1 product(s) written to {tmp_path / 'out.json'}"], [])
    assert (tmp_path / "pictures" / name).read_bytes() == host.files[name]


@pytest.mark.parametrize("failure", [404, 500])
def test_a_picture_that_is_not_delivered_is_named_and_the_export_goes_on(host: StandIn, tmp_path: Path, failure: int) -> None:
    name = str(upload_image(make_staff_client(), make_product(), make_image()).image.name)
    host.failure = failure

    result = run_export(tmp_path / "out.json", images=tmp_path / "pictures")

    assert (result.code, result.output) == (0, [f"1 product(s) written to {tmp_path / 'out.json'}"])
    assert len(result.errors) == 1
    assert result.errors[0].startswith(f"  picture {name} could not be read: ")
    assert [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()] == []
    assert (ProductImage.objects.count(), list(host.files), list_stored_files()) == (1, [name], [])


def test_a_host_that_cannot_be_reached_is_named_too(host: StandIn, tmp_path: Path) -> None:
    upload_image(make_staff_client(), make_product(), make_image())
    cloudinary.config(cname="pictures.example")

    result = run_export(tmp_path / "out.json", images=tmp_path / "pictures")

    assert (result.code, len(result.errors)) == (0, 1)
    assert result.errors[0].endswith(" could not be read: The picture could not be stored. Try again in a moment")
