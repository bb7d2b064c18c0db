"""The product page, as customers and as its editors see it."""

from contextlib import suppress
from typing import Any, cast

from rest_framework.request import Request

from core.absolute_urls import get_site_url
from core.exceptions import DomainError
from core.http.envelope import Reply
from core.http.parsers import get_body
from core.markets import get_request_market
from products.api.inputs import ProductInput
from products.api.permissions import get_viewer
from products.api.responses import ProductResponse
from products.catalog import detail, list_item
from products.exceptions import ProductNotFound
from products.models import Product

READ_ONLY = ProductResponse._declared_fields.keys() - ProductInput._declared_fields.keys()


def build_product_page(request: Request, ref: str) -> Reply:
    """Return a product that is for sale, or that the caller may edit. Raises ProductNotFound."""
    raw = request._request
    market, site = get_request_market(raw), get_site_url(raw)
    try:
        return Reply(detail.get_product(ref, market, site))
    except ProductNotFound:
        return Reply(detail.get_for_editor(list_item.get_editable_product_id(get_viewer(request), ref), market, site))


def get_copied_page(request: Request, ref: str) -> dict[str, Any]:
    """Return the page of a product whose read-only keys the client sends back, to compare them; empty if it sends none."""
    if not READ_ONLY & get_body(request).keys():
        return {}
    with suppress(DomainError):  # the change itself is refused for a reason of its own
        return cast(dict[str, Any], build_product_page(request, ref).data)
    return {}


def build_change_reply(request: Request, product: Product, message: str, *, status: int = 200) -> Reply:
    """Return the reply to a change of a product: the product as its editors see it."""
    raw = request._request
    return Reply(detail.get_for_editor(product.pk, get_request_market(raw), get_site_url(raw)), message, status=status)
