"""Whose cart a request is about, and what its answer carries: the only reader of the guest headers and cookies."""

from typing import Any

from rest_framework.request import Request

from carts import guest_keys, selectors
from carts.identity import CartOwner, CartRef
from core.absolute_urls import site_of
from core.http import cookies
from core.http.envelope import Reply
from core.http.parsers import body_of
from core.markets import market_of


def cart_owner(request: Request) -> CartOwner:
    """Return who asks: the user, else the guest keys of the request. Reads the body, so a body that is no JSON is refused here."""
    body = body_of(request)
    market = market_of(request._request)
    user = request.user
    if user.is_authenticated:
        return CartOwner(market, user.pk, user.display_name)
    return CartOwner(market, keys=guest_keys_of(request, body.get("cart_token")))


def guest_keys_of(request: Request, in_body: object) -> tuple[str, ...]:
    """Return the well-formed guest keys of a request, in the order in which they count; never from the query string."""
    raw = request._request
    given = (
        cookies.read(raw, cookies.GUEST_HIDDEN),
        cookies.read(raw, cookies.GUEST_READABLE),
        raw.META.get("HTTP_X_CART_TOKEN"),
        raw.META.get("HTTP_X_SESSION_KEY"),
        in_body,
    )
    formed = (guest_keys.formed(value) for value in given)
    return tuple(dict.fromkeys(key for key in formed if key))


def keys_to_merge(request: Request) -> tuple[str, ...]:
    """Return the guest keys that a signed-in user means: the one in the body, else those of his cookies and headers."""
    given = body_of(request).get("cart_token")
    if given is not None:
        key = guest_keys.formed(given)
        return (key,) if key else ()
    return guest_keys_of(request, None)


def without_guest(reply: Reply) -> Reply:
    """Delete the cookies of a guest whose cart is somebody's now."""
    cookies.drop(reply, cookies.GUEST_READABLE, cookies.GUEST_HIDDEN)
    return reply


def owner_fields(ref: CartRef) -> dict[str, Any]:
    """Return what stands beside the data of every cart answer."""
    return {"owner": selectors.owner(ref), "cart_token": ref.key}


def changed(
    request: Request, ref: CartRef, message: str, *, status: int = 200, line_id: int | None = None, wrote: bool = True
) -> Reply:
    """Answer a write: the line (None where it is gone), and the whole cart beside it."""
    cart, warnings = selectors.shown(ref, selectors.lines_of(ref), site_of(request._request))
    line = next((item for item in cart["items"] if item["id"] == line_id), None)
    reply = Reply(line, message, status=status, warnings=warnings, extra={"cart": cart, **owner_fields(ref)})
    return dressed(request, reply, ref, wrote=wrote)


def dressed(request: Request, reply: Reply, ref: CartRef, *, wrote: bool = False) -> Reply:
    """Give a guest's answer its key in headers and cookies; a cookie only where it differs, or to prolong it at a write."""
    if ref.key is None:
        return reply
    reply["X-Session-Key"] = reply["X-Cart-Token"] = ref.key
    for cookie in (cookies.GUEST_READABLE, cookies.GUEST_HIDDEN):
        if wrote or cookies.read(request._request, cookie) != ref.key:
            cookies.put(reply, cookie, ref.key, guest_keys.LIFETIME)
    return reply
