"""`manage.py import_products` with images on Cloudinary"""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from products.models import ProductImage
from products.tests.import_file import import_rows, make_row, run_import, write_file
from tests.cloudinary_stand_in import StandIn
from tests.image_files import list_stored_files, make_image
from tests.schema_client import SchemaClient

ADDRESS = "https://pictures.example/lamp.jpg?size=9&x=1"


def test_an_address_is_handed_over_and_not_fetched(host: StandIn, tmp_path: Path, contacted_hosts: list[Any]) -> None:
    port = int(host.url.rpartition(":")[2])

    result = import_rows(tmp_path, make_row(images=[ADDRESS]))

    assert (result.code, result.errors) == (0, [])
    assert [sent["file"] for sent in host.uploads] == [ADDRESS]
    image = ProductImage.objects.get()
    assert re.fullmatch(r"products/[0-9a-f]{32}", str(image.image.name))
    assert (image.image.name, image.thumbnail, image.width, image.height) == (host.uploads[0]["public_id"], "", 1200, 800)
    assert host.uploads[0]["overwrite"] == "1"
    assert {address[1] for address in contacted_hosts} == {port}


def test_an_address_is_handed_over_once(host: StandIn, tmp_path: Path) -> None:
    import_rows(tmp_path, make_row(images=[ADDRESS]))

    second_run = import_rows(tmp_path, make_row(images=[ADDRESS]))

    assert second_run.output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert len(host.uploads) == 1


def test_a_file_is_checked_and_sent(host: StandIn, tmp_path: Path, api: SchemaClient) -> None:
    folder = write_file(tmp_path, []).parent
    (folder / "red.png").write_bytes(make_image(size=(900, 600)))
    (folder / "odd.png").write_bytes(b"<svg/>")

    result = import_rows(tmp_path, make_row(images=["red.png", "odd.png"]))

    assert result.errors[0] == "  row 1 (Lamp LMP-1): picture odd.png is not a JPEG, PNG or WebP"
    assert [Image.open(BytesIO(sent["file"])).size for sent in host.uploads] == [(900, 600)]
    assert list_stored_files() == []
    order_data = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert [image["url"].rpartition("/v1/")[2] for image in order_data["images"]] == [host.uploads[0]["public_id"]]


def test_a_dry_run_sends_nothing(host: StandIn, tmp_path: Path) -> None:
    (write_file(tmp_path, []).parent / "red.png").write_bytes(make_image())
    file = write_file(tmp_path, [make_row(images=[ADDRESS, "red.png"])])

    result = run_import(file, dry_run=True)

    assert result.code == 0
    assert (host.requests, ProductImage.objects.count()) == ([], 0)
