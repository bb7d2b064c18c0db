"""Validating and re-encoding images: of an untrusted file, only what Pillow has decoded and re-encoded is ever stored."""

import struct
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Any

from PIL import Image, ImageCms, UnidentifiedImageError

from core.limits import MAX_FILE
from products.exceptions import BadPicture
from products.media.storage import THUMBNAIL_SIZE

FORMATS = ("JPEG", "PNG", "WEBP")  # supported by every browser
MAX_PIXELS = 12_500_000  # in memory, at up to four bytes each; phones take 12.2 megapixels
MAX_JPEG_PIXELS = 25_000_000  # a large JPEG is scaled down while it is decoded
MAX_SIDE = 2000  # pixels, longer side; larger images are scaled down
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 82},
}
ORIENTATION_TAG = 0x0112  # EXIF 2.32, 4.6.4
TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
RESIZABLE_MODES = ("L", "RGB", "RGBA", "CMYK", "LA", "YCbCr")  # the others are converted first
METADATA_KEYS = ("exif", "icc_profile", "xmp", "photoshop", "comment")
DECODE_ERRORS = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)
decoding = Lock()  # one image of the process at a time, so that several uploads do not add up in memory


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image that can be stored, and its thumbnail (WebP)."""

    content: bytes
    extension: str  # jpeg, png or webp
    width: int
    height: int
    thumbnail: bytes | None  # None if the image is no larger than a thumbnail


def prepare_image(content: bytes, *, trusted: bool = False) -> PreparedImage:
    """Validate an image and re-encode it upright, in sRGB, without metadata, at most 2000 pixels on the longer side.

    A `trusted` file (from a folder of the operator) that already meets these rules is kept unchanged. Raises BadPicture.
    """
    if len(content) > MAX_FILE:
        raise BadPicture(f"The picture is larger than {MAX_FILE // 1024**2} MB", field="image")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            image_format = "JPEG" if opened.format == "MPO" else opened.format or ""  # MPO is a JPEG followed by further images
            max_pixels = MAX_JPEG_PIXELS if image_format == "JPEG" else MAX_PIXELS
            if opened.width * opened.height > max_pixels:
                raise BadPicture(f"The picture has more than {max_pixels / 10**6:g} megapixels", field="image")
            is_small = max(opened.size) <= MAX_SIDE
            with decoding:
                return _reencode(opened, image_format, original=content if trusted and is_small else None)
    except DECODE_ERRORS:
        raise BadPicture("Must be a JPEG, PNG or WebP picture", field="image") from None


def _reencode(opened: Image.Image, image_format: str, *, original: bytes | None) -> PreparedImage:
    """Decode and scale down an image; `original` is stored as it is if the file has no metadata and needs no conversion."""
    if opened.mode in RESIZABLE_MODES and "transparency" not in opened.info:  # a transparent colour would be blended
        _shrink(opened, MAX_SIDE)  # before conversions, which copy the image; a JPEG is not even decoded in full size
    opened.load()
    is_kept = opened.format == image_format and not any(opened.info.get(name) for name in METADATA_KEYS)
    image = _normalize(opened, image_format)
    _shrink(image, MAX_SIDE)
    thumbnail = image.copy()
    _shrink(thumbnail, THUMBNAIL_SIZE)
    return PreparedImage(
        content=original if original is not None and is_kept else _encode(image, image_format),
        extension=image_format.lower(),
        width=image.width,
        height=image.height,
        thumbnail=_encode(thumbnail, "WEBP") if max(image.size) > THUMBNAIL_SIZE else None,
    )


def _shrink(image: Image.Image, side: int) -> None:
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _normalize(opened: Image.Image, image_format: str) -> Image.Image:
    """Return the first frame, upright, in sRGB, with transparency only if the format supports it."""
    profile, transpose = opened.info.get("icc_profile"), TRANSPOSES.get(opened.getexif().get(ORIENTATION_TAG, 1))
    image = opened.transpose(transpose) if transpose is not None else opened
    if image.mode.startswith("I"):  # 16-bit greyscale: keep the upper eight bits
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    has_alpha = image_format != "JPEG" and ("A" in image.getbands() or "transparency" in image.info)
    mode = "RGBA" if has_alpha else "RGB"
    if image.mode == "CMYK" and profile:
        image = _convert_to_srgb(image, profile, mode)
    image = image.convert(mode)
    if profile and opened.mode != "CMYK":
        image = _convert_to_srgb(image, profile, mode)
    image.info = {}
    return image


def _convert_to_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """Return the image converted from its profile to sRGB; a profile that cannot be applied is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image


def _encode(image: Image.Image, image_format: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, image_format, **SAVE_OPTIONS[image_format])
    return buffer.getvalue()
