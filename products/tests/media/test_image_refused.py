"""POST /api/products/<pk>/images/: files that are refused, and leave neither a row nor a file"""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from products.models import ProductImage
from products.tests.factories import make_product
from tests.image_files import encode_image, list_stored_files, make_image, make_staff_client, post_image, post_images

NOT_AN_IMAGE = {"image": ["Must be a JPEG, PNG or WebP picture"]}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
MAGIC = b"\x89PNG\r\n\x1a\n"
MB = 1024**2

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def upload_refused(content: bytes, name: str = "lamp.png") -> dict[str, list[str]]:
    """Upload a file that must be refused, check that nothing is stored, and return the errors."""
    response = post_image(make_staff_client(), make_product(), content, name)

    assert response.status_code == 400
    assert not ProductImage.objects.exists()
    assert list_stored_files() == []
    errors: dict[str, list[str]] = response.json()["errors"]
    return errors


def make_chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_png_with_header(width: int, height: int, *, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """Return a PNG with this header and any data."""
    header = make_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return MAGIC + header + make_chunk(b"IDAT", zlib.compress(data)) + make_chunk(b"IEND", b"")


def make_animated_gif() -> bytes:
    """Return a GIF with two frames."""
    red, blue = Image.new("P", (9, 9), 1), Image.new("P", (9, 9), 2)
    return encode_image(red, "GIF", save_all=True, append_images=[blue])


FILES = {
    "svg": SVG,
    "svg with a prologue": b'<?xml version="1.0"?>\n' + SVG,
    "gif": make_image("GIF"),
    "animated gif": make_animated_gif(),
    "bmp": make_image("BMP"),
    "tiff": make_image("TIFF"),
    "ico": make_image("ICO"),
    "ppm": make_image("PPM"),
    "jpeg 2000": make_image("JPEG2000"),
    "avif": b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1miafMA1B",
    "pdf": make_image("PDF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "html": b"<!doctype html><script>alert(1)</script>",
    "php": b"<?php system($_GET[0]);",
    "text": b"a lamp on the hill",
    "zip": b"PK\x03\x04" + bytes(100),
    "zeros": bytes(1000),
    "one byte": b"\xff",
    "a magic number and no more": MAGIC,
    "jpeg's magic number and html": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "gif's magic number and a picture": b"GIF89a" + make_image("PNG"),
    "a blank and a picture": b" " + make_image("PNG"),
    "riff that is no webp": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30),
    "a header and nothing behind it": MAGIC + make_chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)),
    "a header that lies": make_png_with_header(600, 400, data=bytes(100)),
    "a header of no size": make_png_with_header(0, 40),
    "a header of a negative size": make_png_with_header(2**32 - 1, 1),
    "a header of an unknown colour": make_png_with_header(6, 4, colour=5),
}


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("name", ["lamp.png", "lamp.jpg", "lamp.svg"])
def test_what_is_no_picture_is_refused_whatever_it_is_called(case: str, name: str) -> None:
    errors = upload_refused(FILES[case], name)

    assert errors == NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_picture_that_was_cut_off_is_refused(kind: str, part: float) -> None:
    complete = encode_image(Image.effect_noise((90, 60), 80).convert("RGB"), kind)

    assert upload_refused(complete[: int(len(complete) * part)]) == NOT_AN_IMAGE


@pytest.mark.parametrize(
    ("width", "height", "depth", "colour"),
    [(4001, 3125, 8, 2), (50_000, 50_000, 8, 2), (12_000, 12_000, 8, 6), (2**31 - 1, 2**31 - 1, 1, 0), (6000, 5000, 1, 0)],
)
def test_a_header_of_too_many_pixels_is_refused_unread(width: int, height: int, depth: int, colour: int) -> None:
    errors = upload_refused(make_png_with_header(width, height, depth=depth, colour=colour))

    assert errors in ({"image": ["The picture has more than 12.5 megapixels"]}, NOT_AN_IMAGE)


@pytest.mark.parametrize(
    ("kind", "size"), [("PNG", (4001, 3125)), ("PNG", (12_500_001, 1)), ("PNG", (6000, 5000)), ("WEBP", (4001, 3125))]
)
def test_a_small_file_of_too_many_pixels_is_refused(kind: str, size: tuple[int, int]) -> None:
    bomb = encode_image(Image.new("1", size), kind)
    assert len(bomb) < MB

    assert upload_refused(bomb) == {"image": ["The picture has more than 12.5 megapixels"]}


def test_a_jpeg_of_too_many_pixels_is_refused() -> None:
    bomb = encode_image(Image.new("L", (5001, 5000)), "JPEG")

    assert upload_refused(bomb) == {"image": ["The picture has more than 25 megapixels"]}


@pytest.mark.parametrize(("kind", "size"), [("PNG", (4000, 3125)), ("WEBP", (4000, 3125)), ("JPEG", (5000, 5000))])
def test_the_largest_picture_is_taken(kind: str, size: tuple[int, int]) -> None:
    response = post_image(make_staff_client(), make_product(), encode_image(Image.new("L", size), kind))

    assert response.status_code == 201
    assert (response.json()["data"]["images"][0]["width"], len(list_stored_files())) == (2000, 2)


def test_a_text_that_unpacks_to_much_is_refused() -> None:
    packed = make_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 * MB)))
    complete = make_image()

    assert upload_refused(complete[:33] + packed + complete[33:]) == NOT_AN_IMAGE


def test_an_empty_file_is_refused() -> None:
    assert upload_refused(b"") == {"image": ["The submitted file is empty."]}


REQUIRED = ["No file was submitted."]
NO_FILE = ["The submitted data was not a file. Check the encoding type on the form."]


@pytest.mark.parametrize(
    ("parts", "errors"),
    [
        ([], REQUIRED),
        ([("alt", "A lamp", None)], REQUIRED),
        ([("file", make_image(), "lamp.png")], REQUIRED),
        ([("images", make_image(), "lamp.png")], REQUIRED),
        ([("image", make_image(), "")], NO_FILE),
        ([("image", make_image(), "..")], REQUIRED),
        ([("image", make_image(), "/")], REQUIRED),
        ([("image", "lamp.png", None)], NO_FILE),
        ([("image", "http://example.com/lamp.png", None)], NO_FILE),
        ([("image", "data:image/png;base64,iVBORw0KGgo=", None)], NO_FILE),
    ],
)
def test_a_form_without_a_file_is_refused(parts: list[tuple[str, bytes | str, str | None]], errors: list[str]) -> None:
    response = post_images(make_staff_client(), make_product(), *parts)

    assert response.status_code == 400
    assert response.json()["errors"] == {"image": errors}
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])


def test_a_file_whose_name_is_longer_than_a_header_is_refused() -> None:
    response = post_image(make_staff_client(), make_product(), make_image(), "x" * 5_000)

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])


@pytest.mark.parametrize("other", ["image", "second"])
def test_two_files_are_refused(other: str) -> None:
    response = post_images(
        make_staff_client(), make_product(), ("image", make_image(), "a.png"), (other, make_image(colour="blue"), "b.png")
    )

    assert response.status_code == 400
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("alt", "x" * 201), ("alt", "a\x00lamp")),
        *(("position", text) for text in ("-1", "1001", "1.5", "first", "9" * 400, "0x1", "NaN")),
    ],
)
def test_a_field_that_cannot_be_is_told_before_the_file_is_looked_at(field: str, value: str) -> None:
    response = post_images(make_staff_client(), make_product(), ("image", b"no picture", "lamp.png"), (field, value, None))

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert (ProductImage.objects.count(), list_stored_files()) == (0, [])


def test_a_picture_decodes_where_the_refused_come_from() -> None:
    assert Image.open(BytesIO(make_image())).size == (60, 40)
    assert post_image(make_staff_client(), make_product(), make_image()).status_code == 201
