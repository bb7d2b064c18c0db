"""Preconditions of writes: a change is refused with 412 if the product is no longer the one that the client read.

`If-Match`, `If-None-Match` and `If-Unmodified-Since` (RFC 9110, section 13.1) are evaluated against the product's page, in the
caller's market, while the product and its variants are locked. A sale between reading and writing therefore counts as a change.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from rest_framework.request import Request

from core.http import caching
from core.http.envelope import Reply
from products.api.pages import build_product_page
from products.api.permissions import get_editor
from products.catalog import detail
from products.services import products

Method = TypeVar("Method", bound=Callable[..., Any])


def if_unchanged(method: Method) -> Method:
    """Decorate a view method that changes the product `product`: evaluate the preconditions first. Raises PreconditionFailed."""

    @wraps(method)
    def guarded(view: Any, request: Request, product: str, *args: Any, **kwargs: Any) -> Reply:
        def write() -> Reply:
            reply: Reply = method(view, request, product, *args, **kwargs)
            return reply

        def check(product_id: int) -> None:
            page = build_product_page(request, product)
            caching.refuse_if_changed(request._request, page, lambda: detail.get_modified_at(product_id))

        if not caching.has_preconditions(request._request):
            return write()
        return products.run_locked(get_editor(request, view.action), product, check, write)

    return guarded  # type: ignore[return-value]  # same signature
