"""Thumbnails, stock badges and links to the shop for admin lists."""

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import DANGER, SUCCESS, WARNING, render_badge
from products.media import storage
from products.models import Product


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


def get_shop_url(product: Product) -> str:
    """Return the address of a product's page at the shop front."""
    return f"{settings.FRONTEND_URL}/product/{product.slug}"
