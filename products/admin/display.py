"""Pictures and stock as staff see them in lists."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import BAD, GOOD, WARNING, badge
from products.media import storage


def picture(name: str | None) -> str | SafeString:
    """Return a small picture for a list."""
    if not name:
        return "–"
    return format_html(
        '<img class="shop-thumb" src="{}" alt="" width="48" height="48" loading="lazy">', storage.small_path_of(name)
    )


def stock_badge(units: int, low_at: int) -> SafeString:
    """Return how many units are left, and whether that is few."""
    if units <= 0:
        return badge("sold out", BAD)
    return badge(f"{units} left", WARNING if units <= low_at else GOOD)
