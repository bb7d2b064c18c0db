"""POST /api/products/<pk>/images/: which parts of a file are stored"""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from products.models import ProductImage
from products.tests.factories import make_product
from products.tests.import_file import import_rows, make_row, write_file
from products.tests.profiles import make_printer_profile, make_wide_gamut_profile
from tests.image_files import (
    GPS,
    ORIENTATION,
    encode_image,
    is_similar_colour,
    list_stored_files,
    make_image,
    make_staff_client,
    open_stored_image,
    post_image,
    read_stored_file,
    upload_image,
)

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>12 Hill Road</rdf:RDF></x:xmpmeta>'
TAILS = [b"<script>alert('12 Hill Road')</script>", b"<?php /* 12 Hill Road */ system($_GET[0]);", b"PK\x03\x04 12 Hill Road"]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def upload_and_open(content: bytes) -> tuple[ProductImage, Image.Image]:
    """Upload an image, and return its row and the decoded stored image."""
    row = upload_image(make_staff_client(), make_product(), content)
    return row, open_stored_image(row.image.name)


def make_quarters(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Return an image with red, green, blue and white quarters, row by row."""
    image = Image.new("RGB", (2, 2))
    for at, colour in zip([(0, 0), (1, 0), (0, 1), (1, 1)], (RED, GREEN, BLUE, WHITE), strict=True):
        image.putpixel(at, colour)
    return image.resize(size, Image.Resampling.NEAREST)


def get_quarters(image: Image.Image) -> list[tuple[int, int, int]]:
    """Return the colours of an image's quarters, row by row."""
    wide, high = image.size
    spots = [(wide // 4, high // 4), (wide * 3 // 4, high // 4), (wide // 4, high * 3 // 4), (wide * 3 // 4, high * 3 // 4)]
    pixels = [image.convert("RGB").getpixel(spot) for spot in spots]
    return [next(colour for colour in (RED, GREEN, BLUE, WHITE) if is_similar_colour(pixel, colour)) for pixel in pixels]


def make_camera_exif(orientation: int = 1) -> Image.Exif:
    """Return the EXIF data of a phone camera: GPS position, maker and orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "12 Hill Road"
    exif.get_ifd(GPS).update({1: "N", 2: (28.0, 36.0, 50.0), 3: "E", 4: (77.0, 12.0, 32.0)})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(60, 40), (900, 600)])
def test_where_a_picture_was_taken_is_not_stored(kind: str, size: tuple[int, int]) -> None:
    how: dict[str, Any] = {"exif": make_camera_exif(), "icc_profile": make_wide_gamut_profile(), "xmp": XMP}
    content = encode_image(make_quarters(size), kind, **{} if kind == "PNG" else how)
    if kind == "PNG":
        content = encode_image(
            make_quarters(size), "PNG", exif=how["exif"], icc_profile=how["icc_profile"], pnginfo=make_png_text()
        )
    assert b"Hill Road" in content
    assert Image.open(BytesIO(content)).getexif().get_ifd(GPS)

    row, image = upload_and_open(content)

    for name in filter(None, (row.image.name, row.thumbnail)):
        assert dict(open_stored_image(name).getexif()) == {}
        assert {"exif", "icc_profile", "xmp", "XML:com.adobe.xmp", "comment", "photoshop", "Comment"} & set(
            open_stored_image(name).info
        ) == set()
        assert not any(
            mark in read_stored_file(name) for mark in (b"Exif", b"EXIF", b"eXIf", b"xmp", b"XMP", b"ICC", b"iCCP", b"Hill")
        )
    assert image.format == kind


def make_png_text() -> Any:
    """Return the text chunks that programs write to a PNG."""
    info = PngInfo()
    info.add_text("Comment", "12 Hill Road")
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_a_picture_stands_upright(kind: str, orientation: int, upright: list[tuple[int, int, int]]) -> None:
    row, image = upload_and_open(encode_image(make_quarters((600, 400)), kind, exif=make_camera_exif(orientation)))

    size = (600, 400) if orientation < 5 else (400, 600)
    assert (image.size, (row.width, row.height)) == (size, size)
    assert get_quarters(image) == get_quarters(open_stored_image(row.thumbnail)) == upright


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_of_a_wide_gamut_become_those_of_the_web(kind: str) -> None:
    row, image = upload_and_open(make_image(kind, (600, 400), (100, 150, 100), icc_profile=make_wide_gamut_profile()))

    assert (image.mode, "icc_profile" in image.info) == ("RGB", False)
    assert is_similar_colour(image.getpixel((9, 9)), (66, 151, 97))
    assert is_similar_colour(open_stored_image(row.thumbnail).getpixel((9, 9)), (66, 151, 97))


def test_colours_of_a_palette_of_a_wide_gamut_become_those_of_the_web() -> None:
    palette = Image.new("RGB", (60, 40), (100, 150, 100)).quantize(4)

    _, image = upload_and_open(encode_image(palette, "PNG", icc_profile=make_wide_gamut_profile()))

    assert is_similar_colour(image.convert("RGB").getpixel((9, 9)), (66, 151, 97))


def test_transparency_stays_beside_a_profile() -> None:
    _, image = upload_and_open(make_image("PNG", colour=(100, 150, 100, 77), mode="RGBA", icc_profile=make_wide_gamut_profile()))

    assert image.mode == "RGBA"
    assert is_similar_colour(image.getpixel((9, 9)), (66, 151, 97, 77))


@pytest.mark.parametrize(("profile", "colour"), [(None, (0, 255, 255)), (make_printer_profile(), (98, 111, 223))])
def test_a_picture_for_a_printer_becomes_one_for_a_screen(profile: bytes | None, colour: tuple[int, ...]) -> None:
    _, image = upload_and_open(make_image("JPEG", colour=(255, 0, 0, 0), mode="CMYK", icc_profile=profile))

    assert image.mode == "RGB"
    assert is_similar_colour(image.getpixel((9, 9)), colour)


@pytest.mark.parametrize(
    "profile", [b"no profile at all", make_wide_gamut_profile()[:150], make_wide_gamut_profile()[:-9], make_printer_profile()]
)
def test_a_profile_that_cannot_be_used_is_left_out(profile: bytes) -> None:
    _, image = upload_and_open(make_image("JPEG", colour=(100, 150, 100), icc_profile=profile))

    assert (image.mode, is_similar_colour(image.getpixel((9, 9)), (100, 150, 100))) == ("RGB", True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("tail", TAILS)
def test_what_hangs_behind_a_picture_is_not_stored(kind: str, tail: bytes) -> None:
    row, image = upload_and_open(make_image(kind) + tail * 50)

    assert b"Hill Road" not in read_stored_file(row.image.name)
    assert is_similar_colour(image.convert("RGB").getpixel((9, 9)), RED)


def test_what_hides_inside_of_a_picture_is_not_stored() -> None:
    png, secret = make_image("PNG"), b"<script>12 Hill Road</script>"
    hidden = b"".join(
        struct.pack(">I", len(secret)) + kind + secret + struct.pack(">I", zlib.crc32(kind + secret)) for kind in (b"teSt", b"tEXt")
    )
    lamp, client = make_product(), make_staff_client()

    rows = [upload_image(client, lamp, content) for content in (png[:33] + hidden + png[33:], make_image("JPEG", comment=secret))]

    assert [b"Hill Road" in read_stored_file(row.image.name) for row in rows] == [False, False]


TRANSPARENT: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "png": (make_image("PNG", (600, 400), (10, 200, 30, 77), "RGBA"), (10, 200, 30, 77)),
    "webp": (make_image("WEBP", (600, 400), (10, 200, 30, 77), "RGBA"), (10, 200, 30, 77)),
    "grey png": (make_image("PNG", (600, 400), (90, 0), "LA"), (90, 90, 90, 0)),
    "png with one colour that is none": (make_image("PNG", (600, 400), (1, 2, 3), transparency=(1, 2, 3)), (1, 2, 3, 0)),
    "png with a palette": (make_image("PNG", (600, 400), 0, "P", transparency=0), (0, 0, 0, 0)),
}


@pytest.mark.parametrize("case", TRANSPARENT)
def test_transparency_stays(case: str) -> None:
    content, colour = TRANSPARENT[case]

    row, image = upload_and_open(content)

    small = open_stored_image(row.thumbnail)
    assert (image.mode, small.mode) == ("RGBA", "RGBA")
    assert is_similar_colour(image.getpixel((9, 9)), colour)
    assert is_similar_colour(small.getpixel((9, 9))[3:], colour[3:])  # type: ignore[index]  # pixels of an RGBA image are tuples


def test_one_transparent_colour_stays_beside_a_profile() -> None:
    _, image = upload_and_open(make_image("PNG", colour=(1, 2, 3), transparency=(1, 2, 3), icc_profile=make_wide_gamut_profile()))

    assert image.getpixel((9, 9))[3] == 0  # type: ignore[index]  # pixels of an RGBA image are tuples


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_shown(kind: str) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]

    row, image = upload_and_open(encode_image(frames[0], kind, save_all=True, append_images=frames[1:], duration=40))

    assert getattr(image, "n_frames", 1) == 1
    assert is_similar_colour(image.convert("RGB").getpixel((9, 9)), RED)
    assert not any(mark in read_stored_file(row.image.name) for mark in (b"acTL", b"ANIM", b"fcTL"))


def test_a_picture_with_others_behind_it_as_some_cameras_write_is_a_jpeg() -> None:
    eyes = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]

    row, image = upload_and_open(encode_image(eyes[0], "MPO", save_all=True, append_images=eyes[1:]))

    assert (str(row.image.name)[-5:], image.format) == (".jpeg", "JPEG")
    assert is_similar_colour(image.getpixel((9, 9)), RED)


def test_a_grey_picture_of_16_bits_keeps_its_shades() -> None:
    _, image = upload_and_open(make_image("PNG", colour=0x8080, mode="I;16"))

    assert is_similar_colour(image.convert("RGB").getpixel((9, 9)), (128, 128, 128))


@pytest.mark.parametrize(("mode", "colour"), [("1", 1), ("L", 255), ("P", 0), ("LA", (255, 255))])
def test_every_kind_of_pixels_is_taken(mode: str, colour: Any) -> None:
    response = post_image(make_staff_client(), make_product(), make_image("PNG", colour=colour, mode=mode))

    assert response.status_code == 201


def make_odd_exif() -> bytes:
    """Return EXIF data with an orientation, and the GPS version as text instead of bytes."""
    first = struct.pack("<HHHIHHHHII", 2, ORIENTATION, 3, 1, 6, 0, GPS, 4, 1, 38) + bytes(4)
    second = struct.pack("<HHHI4s", 1, 0, 2, 2, b"2") + bytes(4)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + second


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_data_that_cannot_be_rewritten_do_no_harm(kind: str) -> None:
    response = post_image(make_staff_client(), make_product(), encode_image(make_quarters(), kind, exif=make_odd_exif()))

    assert response.status_code == 201
    assert get_quarters(open_stored_image(ProductImage.objects.get().image.name)) == [BLUE, RED, WHITE, GREEN]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # Pillow warns and continues
@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(60)])
def test_broken_exif_data_are_no_crash(exif: bytes) -> None:
    response = post_image(make_staff_client(), make_product(), encode_image(make_quarters(), "JPEG", exif=exif))

    assert response.status_code in (201, 400)


ODD = {
    "mpo": encode_image(make_quarters((2400, 1600)), "MPO", save_all=True, append_images=[make_quarters()]),
    "exif": encode_image(make_quarters(), "JPEG", exif=make_odd_exif()),
}


@pytest.mark.parametrize("case", ODD)
def test_such_a_picture_does_not_end_an_import(tmp_path: Path, case: str) -> None:
    (write_file(tmp_path, []).parent / "odd.jpg").write_bytes(ODD[case])

    result = import_rows(tmp_path, make_row("A", images=["odd.jpg"]), make_row("B"))

    assert result.output[0].startswith("2 created")


def test_a_small_one_with_others_behind_it_is_called_a_jpeg(tmp_path: Path) -> None:
    (write_file(tmp_path, []).parent / "odd.jpg").write_bytes(
        encode_image(make_quarters(), "MPO", save_all=True, append_images=[make_quarters()])
    )

    import_rows(tmp_path, make_row("A", images=["odd.jpg"]))

    assert [name[-5:] for name in list_stored_files()] == [".jpeg"]
