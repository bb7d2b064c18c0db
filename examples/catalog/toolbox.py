"""Drawing functions for the catalog images: outlines, gradient fills, strokes, shadows and the final composition.

Run `python examples/catalog/draw.py` to regenerate the images.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as File
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = 800
SCALE = 3
INK = "#2b2a3d"

Point = tuple[float, float]
Path = list[Point]
Rgb = tuple[int, int, int]
Mode = Literal["floor", "flat", "air"]
Matrix = tuple[float, float, float, float, float, float]


def rgb(color: str) -> Rgb:
    """Return the channels of "#rrggbb"."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    """Return a mix of two colors; `share` is the share of the second."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def light(color: str, share: float = 0.25) -> str:
    return mix(color, "#ffffff", share)


def dark(color: str, share: float = 0.2) -> str:
    return mix(color, INK, share)


def ellipse(cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360) -> Path:
    """Return the points of an ellipse or an arc of it; angles in degrees, clockwise from the right."""
    steps = max(12, round(abs(end - start) / 3))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def circle(cx: float, cy: float, radius: float) -> Path:
    return ellipse(cx, cy, radius, radius)


def _bend(before: Point, corner: Point, after: Point, radius: float) -> Path:
    """Return the points of a rounded corner."""
    ends: Path = []
    for other in (before, after):
        length = math.dist(corner, other) or 1.0
        share = min(radius, length / 2) / length
        ends.append((corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share))
    bend: Path = []
    for step in range(11):
        t = step / 10
        weights = ((1 - t) ** 2, 2 * t * (1 - t), t * t)
        points = (ends[0], corner, ends[1])
        x = sum(w * p[0] for w, p in zip(weights, points, strict=True))
        y = sum(w * p[1] for w, p in zip(weights, points, strict=True))
        bend.append((x, y))
    return bend


def rounded(points: Sequence[Point], radius: float) -> Path:
    """Return a closed polygon with rounded corners."""
    count = len(points)
    path: Path = []
    for i in range(count):
        path += _bend(points[i - 1], points[i], points[(i + 1) % count], radius)
    return path


def rect(x0: float, y0: float, x1: float, y1: float, radius: float = 0) -> Path:
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    if radius <= 0:
        return corners
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    path: Path = []
    for cx, cy, start in ((x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180)):
        path += ellipse(cx, cy, r, r, start, start + 90)
    return path


def smooth(points: Sequence[Point], closed: bool = True) -> Path:
    """Return a smooth curve through all points."""
    count = len(points)
    path: Path = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        for step in range(14):
            t = step / 14
            a, b, c, d = -t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2
            x = (a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0]) / 2
            y = (a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]) / 2
            path.append((x, y))
    if not closed:
        path.append(points[-1])
    return path


def lathe(cx: float, profile: Sequence[Point]) -> Path:
    """Return the outline of a rotationally symmetric body; the profile lists (half width, y) from top to bottom."""
    right = smooth([(cx + half, y) for half, y in profile], closed=False)
    return right + [(2 * cx - x, y) for x, y in reversed(right)]


def drum(cx: float, top: float, bottom: float, rx: float, ry: float, foot: float | None = None) -> Path:
    """Return the outline of an upright cylinder, or of a cone with another radius at its foot."""
    base = rx if foot is None else foot
    return ellipse(cx, top, rx, ry, 180, 360) + ellipse(cx, bottom, base, ry * base / rx, 0, 180)


class Scene:
    """A transparent layer of 800 x 800 units on which a motif is drawn."""

    def __init__(self) -> None:
        self.layer = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE))
        self.mode: Mode = "floor"
        self._matrix: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        self._clip: Image.Image | None = None

    @contextmanager
    def at(self, x: float = 0, y: float = 0, angle: float = 0, scale: float = 1) -> Iterator[None]:
        """Draw around another origin, rotated (degrees, clockwise) and scaled."""
        saved = self._matrix
        a, b, c, d, e, f = saved
        cos, sin = math.cos(math.radians(angle)) * scale, math.sin(math.radians(angle)) * scale
        self._matrix = (
            a * cos + b * sin, b * cos - a * sin, a * x + b * y + c,
            d * cos + e * sin, e * cos - d * sin, d * x + e * y + f,
        )  # fmt: skip
        yield
        self._matrix = saved

    @contextmanager
    def clip(self, points: Sequence[Point]) -> Iterator[None]:
        """Clip everything drawn to an outline."""
        saved = self._clip
        self._clip = self._mask(points)
        yield
        self._clip = saved

    def _place(self, points: Sequence[Point]) -> Path:
        a, b, c, d, e, f = self._matrix
        return [((a * x + b * y + c) * SCALE, (d * x + e * y + f) * SCALE) for x, y in points]

    def _mask(self, points: Sequence[Point]) -> Image.Image:
        mask = Image.new("L", self.layer.size)
        ImageDraw.Draw(mask).polygon(self._place(points), fill=255)
        return mask if self._clip is None else ImageChops.multiply(mask, self._clip)

    def _paint(self, mask: Image.Image, colors: Sequence[str], alpha: float, across: bool) -> None:
        box = mask.getbbox()
        if box is None:
            return
        tile = gradient((box[2] - box[0], box[3] - box[1]), colors, across)
        cover = mask.crop(box)
        tile.putalpha(cover if alpha >= 1 else cover.point(lambda value: value * alpha))
        self.layer.alpha_composite(tile, (box[0], box[1]))

    def fill(self, points: Sequence[Point], *colors: str, alpha: float = 1, across: bool = False) -> None:
        """Fill an outline with one color or a gradient (downwards, or from left to right)."""
        self._paint(self._mask(points), colors, alpha, across)

    def solid(self, points: Sequence[Point], color: str, depth: float = 0.16) -> None:
        """Fill an outline like a rounded body lit from the left."""
        self.fill(points, light(color, depth * 1.2), color, color, dark(color, depth), across=True)

    def shine(self, points: Sequence[Point], alpha: float = 0.3) -> None:
        self.fill(points, "#ffffff", alpha=alpha)

    def shade(self, points: Sequence[Point], alpha: float = 0.15) -> None:
        self.fill(points, INK, alpha=alpha)

    def stroke(self, points: Sequence[Point], width: float, *colors: str, alpha: float = 1) -> None:
        """Draw a line with round ends."""
        placed = self._place(points)
        broad = width * SCALE * math.hypot(self._matrix[0], self._matrix[3])
        mask = Image.new("L", self.layer.size)
        pen = ImageDraw.Draw(mask)
        pen.line(placed, fill=255, width=round(broad), joint="curve")
        for x, y in placed:
            pen.ellipse((x - broad / 2, y - broad / 2, x + broad / 2, y + broad / 2), fill=255)
        mask = mask if self._clip is None else ImageChops.multiply(mask, self._clip)
        self._paint(mask, colors, alpha, False)

    def finish(self, top: str, bottom: str) -> Image.Image:
        """Return the image: backdrop, shadow and motif."""
        layer = self.layer.reduce(SCALE)
        picture = backdrop(top, bottom, self.mode == "floor")
        tint = Image.new("RGB", picture.size, rgb(dark(bottom, 0.75)))
        picture.paste(tint, (0, 0), shadow(layer.getchannel("A"), self.mode))
        picture.paste(layer, (0, 0), layer)
        return picture


def gradient(size: tuple[int, int], colors: Sequence[str], across: bool = False) -> Image.Image:
    steps = 96
    strip = Image.new("RGB", (steps, 1))
    for i in range(steps):
        place = i / (steps - 1) * (len(colors) - 1)
        first = min(int(place), max(len(colors) - 2, 0))
        second = min(first + 1, len(colors) - 1)
        strip.putpixel((i, 0), rgb(mix(colors[first], colors[second], place - first)))
    if not across:
        strip = strip.transpose(Image.Transpose.ROTATE_270)
    return strip.resize(size, Image.Resampling.BILINEAR)


def backdrop(top: str, bottom: str, floor: bool) -> Image.Image:
    """Return a soft wall with a brighter spot behind the motif, and optionally a floor."""
    picture = gradient((SIZE, SIZE), (top, mix(top, bottom, 0.7), bottom))
    if floor:
        ground = gradient((SIZE, 220), (mix(bottom, INK, 0.05), mix(bottom, "#ffffff", 0.3)))
        edge = Image.new("L", (1, 220), 255)
        for row in range(40):
            edge.putpixel((0, row), round(255 * row / 40))
        picture.paste(ground, (0, SIZE - 220), edge.resize((SIZE, 220)))
    spot = Image.new("L", (SIZE, SIZE))
    ImageDraw.Draw(spot).ellipse((130, 90, 670, 630), fill=110)
    spot = spot.reduce(4).filter(ImageFilter.GaussianBlur(24)).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    picture.paste(Image.new("RGB", (SIZE, SIZE), (255, 255, 255)), (0, 0), spot)
    return picture


def shadow(alpha: Image.Image, mode: Mode) -> Image.Image:
    """Return the mask of the motif's shadow."""
    mask = Image.new("L", alpha.size)
    box = alpha.point(lambda value: 255 if value > 200 else 0).getbbox()
    if box is None:
        return mask
    if mode != "floor":
        shift, blur, strength = (16, 14, 0.3) if mode == "flat" else (46, 30, 0.2)
        mask.paste(alpha.point(lambda value: value * strength), (shift // 4, shift))
        return mask.filter(ImageFilter.GaussianBlur(blur))
    strip = alpha.crop((0, box[3] - 34, SIZE, box[3])).point(lambda value: 255 if value > 200 else 0).getbbox()
    left, right = (strip[0], strip[2]) if strip else (box[0], box[2])
    for grow, tall, blur, strength in ((46, 30, 22, 90), (6, 13, 7, 120)):
        part = Image.new("L", alpha.size)
        spread = (left - grow, box[3] - 6 - tall, right + grow, box[3] - 6 + tall)
        ImageDraw.Draw(part).ellipse(spread, fill=strength)
        mask = ImageChops.add(mask, part.filter(ImageFilter.GaussianBlur(blur)))
    return mask


def write_webp(picture: Image.Image, target: File, limit: int) -> None:
    """Save as WebP; reduce the quality only if the file would exceed `limit` bytes."""
    for quality in range(84, 40, -6):
        picture.save(target, quality=quality, method=6)
        if target.stat().st_size <= limit:
            break
