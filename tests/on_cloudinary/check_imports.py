"""`manage.py import_products` where pictures are on Cloudinary"""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from products.models import ProductImage
from products.tests.import_file import load, row, run, write
from tests.cloudinary_stand_in import StandIn
from tests.pictures import picture, stored
from tests.schema_client import SchemaClient

ADDRESS = "https://pictures.example/lamp.jpg?size=9&x=1"


def test_an_address_is_handed_over_and_not_fetched(host: StandIn, tmp_path: Path, dialled: list[Any]) -> None:
    port = int(host.url.rpartition(":")[2])

    ran = load(tmp_path, row(images=[ADDRESS]))

    assert (ran.code, ran.complaints) == (0, [])
    assert [sent["file"] for sent in host.uploads] == [ADDRESS]
    image = ProductImage.objects.get()
    assert re.fullmatch(r"products/[0-9a-f]{32}", str(image.image.name))
    assert (image.image.name, image.thumbnail, image.width, image.height) == (host.uploads[0]["public_id"], "", 1200, 800)
    assert host.uploads[0]["overwrite"] == "1"
    assert {address[1] for address in dialled} == {port}


def test_an_address_is_handed_over_once(host: StandIn, tmp_path: Path) -> None:
    load(tmp_path, row(images=[ADDRESS]))

    again = load(tmp_path, row(images=[ADDRESS]))

    assert again.said == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert len(host.uploads) == 1


def test_a_file_is_checked_and_sent(host: StandIn, tmp_path: Path, api: SchemaClient) -> None:
    folder = write(tmp_path, []).parent
    (folder / "red.png").write_bytes(picture(size=(900, 600)))
    (folder / "odd.png").write_bytes(b"<svg/>")

    ran = load(tmp_path, row(images=["red.png", "odd.png"]))

    assert ran.complaints[0] == "  row 1 (Lamp LMP-1): picture odd.png is no JPEG, PNG or WebP"
    assert [Image.open(BytesIO(sent["file"])).size for sent in host.uploads] == [(900, 600)]
    assert stored() == []
    shown = api.get("/api/products/lamp-lmp-1/").json()["data"]
    assert [image["url"].rpartition("/v1/")[2] for image in shown["images"]] == [host.uploads[0]["public_id"]]


def test_a_dry_run_sends_nothing(host: StandIn, tmp_path: Path) -> None:
    (write(tmp_path, []).parent / "red.png").write_bytes(picture())
    file = write(tmp_path, [row(images=[ADDRESS, "red.png"])])

    ran = run(file, dry_run=True)

    assert ran.code == 0
    assert (host.asked, ProductImage.objects.count()) == ([], 0)
