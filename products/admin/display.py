"""Thumbnails and stock badges for admin lists."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import DANGER, SUCCESS, WARNING, render_badge
from products.media import storage


def render_thumbnail(name: str | None) -> str | SafeString:
    """Return the thumbnail of a picture, or a dash if there is none."""
    if not name:
        return "–"
    return format_html(
        '<img class="shop-thumb" src="{}" alt="" width="48" height="48" loading="lazy">', storage.get_thumbnail_url(name)
    )


def render_stock_badge(units: int, low_stock_threshold: int) -> SafeString:
    """Return a badge with the units left, coloured by stock level."""
    if units <= 0:
        return render_badge("sold out", DANGER)
    return render_badge(f"{units} left", WARNING if units <= low_stock_threshold else SUCCESS)
