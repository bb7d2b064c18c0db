"""POST /api/products/<pk>/images/: what is no picture that the shop takes, and leaves neither row nor file"""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from products.models import ProductImage
from products.tests.factories import make_product
from tests.pictures import encoded, picture, send, staff, stored, upload

NOT_OURS = {"image": ["Must be a JPEG, PNG or WebP picture"]}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
MAGIC = b"\x89PNG\r\n\x1a\n"
MB = 1024**2

pytestmark = pytest.mark.django_db


def refused(content: bytes, name: str = "lamp.png") -> dict[str, list[str]]:
    """Send a file that must be refused, see that nothing is kept, and return what was said."""
    response = upload(staff(), make_product(), content, name)

    assert response.status_code == 400
    assert response.json()["message"] == "Validation failed"
    assert not ProductImage.objects.exists()
    assert stored() == []
    errors: dict[str, list[str]] = response.json()["errors"]
    return errors


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a part of a PNG with its check sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_says(width: int, height: int, *, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """Return a PNG with this header, whatever follows it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return MAGIC + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def animated_gif() -> bytes:
    """Return a GIF of two frames."""
    red, blue = Image.new("P", (9, 9), 1), Image.new("P", (9, 9), 2)
    return encoded(red, "GIF", save_all=True, append_images=[blue])


FILES = {
    "svg": SVG,
    "svg with a prologue": b'<?xml version="1.0"?>\n' + SVG,
    "gif": picture("GIF"),
    "animated gif": animated_gif(),
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "ico": picture("ICO"),
    "ppm": picture("PPM"),
    "jpeg 2000": picture("JPEG2000"),
    "avif": b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1miafMA1B",
    "pdf": picture("PDF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "html": b"<!doctype html><script>alert(1)</script>",
    "php": b"<?php system($_GET[0]);",
    "text": b"a lamp on the hill",
    "zip": b"PK\x03\x04" + bytes(100),
    "zeros": bytes(1000),
    "one byte": b"\xff",
    "a magic number and no more": MAGIC,
    "jpeg's magic number and html": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "gif's magic number and a picture": b"GIF89a" + picture("PNG"),
    "a blank and a picture": b" " + picture("PNG"),
    "riff that is no webp": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30),
    "a header and nothing behind it": MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)),
    "a header that lies": png_that_says(600, 400, data=bytes(100)),
    "a header of no size": png_that_says(0, 40),
    "a header of a negative size": png_that_says(2**32 - 1, 1),
    "a header of an unknown colour": png_that_says(6, 4, colour=5),
}


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("name", ["lamp.png", "lamp.jpg", "lamp.svg"])
def test_what_is_no_picture_is_refused_whatever_it_is_called(what: str, name: str) -> None:
    errors = refused(FILES[what], name)

    assert errors == NOT_OURS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_picture_that_was_cut_off_is_refused(kind: str, part: float) -> None:
    whole = encoded(Image.effect_noise((90, 60), 80).convert("RGB"), kind)

    assert refused(whole[: int(len(whole) * part)]) == NOT_OURS


@pytest.mark.parametrize(
    ("width", "height", "depth", "colour"),
    [(5001, 5000, 8, 2), (50_000, 50_000, 8, 2), (12_000, 12_000, 8, 6), (2**31 - 1, 2**31 - 1, 1, 0), (6000, 5000, 1, 0)],
)
def test_a_header_of_more_than_25_megapixels_is_refused_unread(width: int, height: int, depth: int, colour: int) -> None:
    errors = refused(png_that_says(width, height, depth=depth, colour=colour))

    assert errors in ({"image": ["The picture has more than 25 megapixels"]}, NOT_OURS)


@pytest.mark.parametrize("size", [(5001, 5000), (25_000_001, 1), (6000, 5000)])
def test_a_small_file_of_more_than_25_megapixels_is_refused(size: tuple[int, int]) -> None:
    bomb = encoded(Image.new("1", size), "PNG")
    assert len(bomb) < MB

    assert refused(bomb) == {"image": ["The picture has more than 25 megapixels"]}


def test_a_picture_of_25_megapixels_is_taken() -> None:
    response = upload(staff(), make_product(), encoded(Image.new("1", (5000, 5000)), "PNG"))

    assert response.status_code == 201
    assert (response.json()["data"]["images"][0]["width"], len(stored())) == (2000, 2)


def test_a_text_that_unpacks_to_much_is_refused() -> None:
    packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 * MB)))
    whole = picture()

    assert refused(whole[:33] + packed + whole[33:]) == NOT_OURS


def test_an_empty_file_is_refused() -> None:
    assert refused(b"") == {"image": ["The submitted file is empty."]}


REQUIRED = ["No file was submitted."]
NO_FILE = ["The submitted data was not a file. Check the encoding type on the form."]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], REQUIRED),
        ([("alt", "A lamp", None)], REQUIRED),
        ([("file", picture(), "lamp.png")], REQUIRED),
        ([("images", picture(), "lamp.png")], REQUIRED),
        ([("image", picture(), "")], NO_FILE),
        ([("image", picture(), "..")], REQUIRED),
        ([("image", picture(), "/")], REQUIRED),
        ([("image", "lamp.png", None)], NO_FILE),
        ([("image", "http://example.com/lamp.png", None)], NO_FILE),
        ([("image", "data:image/png;base64,iVBORw0KGgo=", None)], NO_FILE),
    ],
)
def test_a_form_without_a_file_is_refused(parts: list[tuple[str, bytes | str, str | None]], said: list[str]) -> None:
    response = send(staff(), make_product(), *parts)

    assert response.status_code == 400
    assert response.json()["errors"] == {"image": said}
    assert (ProductImage.objects.count(), stored()) == (0, [])


def test_a_file_whose_name_is_longer_than_a_header_is_refused() -> None:
    response = upload(staff(), make_product(), picture(), "x" * 5_000)

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
    assert (ProductImage.objects.count(), stored()) == (0, [])


@pytest.mark.parametrize("other", ["image", "second"])
def test_two_files_are_refused(other: str) -> None:
    response = send(staff(), make_product(), ("image", picture(), "a.png"), (other, picture(colour="blue"), "b.png"))

    assert response.status_code == 400
    assert (ProductImage.objects.count(), stored()) == (0, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("alt", "x" * 201), ("alt", "a\x00lamp")),
        *(("position", text) for text in ("-1", "1001", "1.5", "first", "9" * 400, "0x1", "NaN")),
    ],
)
def test_a_field_that_cannot_be_is_told_before_the_file_is_looked_at(field: str, value: str) -> None:
    response = send(staff(), make_product(), ("image", b"no picture", "lamp.png"), (field, value, None))

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert (ProductImage.objects.count(), stored()) == (0, [])


def test_a_picture_decodes_where_the_refused_come_from() -> None:
    assert Image.open(BytesIO(picture())).size == (60, 40)
    assert upload(staff(), make_product(), picture()).status_code == 201
