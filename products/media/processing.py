"""A picture file, checked and made ready: only what Pillow has decoded and written anew is ever stored of a stranger's file."""

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, UnidentifiedImageError

from products.exceptions import BadPicture

KINDS = ("JPEG", "PNG", "WEBP")  # what every browser shows
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
LONGEST = 2000  # pixels of the longer side; a larger picture is made smaller
SMALL = 480  # the same, of the copy for lists
HOW: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 82},
}
ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4: how the camera was held
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
METADATA = ("exif", "icc_profile", "xmp", "photoshop", "comment")
UNREADABLE = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A picture that can be stored, and its copy for lists (WebP)."""

    content: bytes
    kind: str  # jpeg, png or webp
    width: int
    height: int
    small: bytes | None  # none where the picture is small itself


def ready(content: bytes, *, trusted: bool = False) -> Ready:
    """Check a picture and write it anew, upright, in sRGB, without metadata, at most 2000 pixels on the longer side.

    A `trusted` file (from a folder of the operator) that is so already is kept as it is. Raises BadPicture.
    """
    if len(content) > MAX_BYTES:
        raise BadPicture(f"The picture is larger than {MAX_BYTES // 1024**2} MB", field="image")
    try:
        with Image.open(BytesIO(content), formats=KINDS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise BadPicture(f"The picture has more than {MAX_PIXELS // 10**6} megapixels", field="image")
            kind = "JPEG" if opened.format == "MPO" else opened.format or ""  # a JPEG with others behind it
            opened.load()
            as_it_is = (
                trusted
                and opened.format == kind
                and max(opened.size) <= LONGEST
                and not any(opened.info.get(name) for name in METADATA)
            )
            whole = _plain(opened, kind)
    except UNREADABLE:
        raise BadPicture("Must be a JPEG, PNG or WebP picture", field="image") from None
    whole.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    small = whole.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Ready(
        content=content if as_it_is else _written(whole, kind),
        kind=kind.lower(),
        width=whole.width,
        height=whole.height,
        small=_written(small, "WEBP") if max(whole.size) > SMALL else None,
    )


def _plain(opened: Image.Image, kind: str) -> Image.Image:
    """Return the first frame, upright, in sRGB, with transparency only where the kind has it."""
    profile, turn = opened.info.get("icc_profile"), TURNS.get(opened.getexif().get(ORIENTATION, 1))
    image = opened.transpose(turn) if turn is not None else opened
    if image.mode.startswith("I"):  # 16 bits of grey: the upper eight are what a screen shows
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    has_alpha = kind != "JPEG" and ("A" in image.getbands() or "transparency" in image.info)
    mode = "RGBA" if has_alpha else "RGB"
    if image.mode == "CMYK" and profile:
        image = _in_srgb(image, profile, mode)
    image = image.convert(mode)
    if profile and opened.mode != "CMYK":
        image = _in_srgb(image, profile, mode)
    image.info = {}
    return image


def _in_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """Return the picture with the colours that its profile means; a profile that does not fit means nothing."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image


def _written(image: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **HOW[kind])
    return buffer.getvalue()
