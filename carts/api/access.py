"""The cart owner of a request and the guest key of a reply. No other module reads the guest headers and cookies."""

from typing import Any

from rest_framework.request import Request

from carts import estimates, guest_keys, selectors
from carts.exceptions import UnreadableCookie
from carts.identity import CartOwner, CartRef
from core.absolute_urls import get_site_url
from core.http import cookies
from core.http.envelope import Reply
from core.http.parsers import get_body
from core.markets import get_request_market

GUEST_COOKIES = (cookies.GUEST_READABLE, cookies.GUEST_HTTP_ONLY)


def get_cart_owner(request: Request) -> CartOwner:
    """Return the user or the guest of the request. Parses the body, so invalid JSON is rejected here. Raises UnreadableCookie."""
    body = get_body(request)
    market = get_request_market(request._request)
    user = request.user
    if user.is_authenticated:
        return CartOwner(market, user.pk, user.display_name)
    keys = get_guest_keys(request, body.get("cart_token"))
    if not keys and cookies.has_unreadable(request._request):
        raise UnreadableCookie
    return CartOwner(market, keys=keys)


def get_guest_keys(request: Request, in_body: object) -> tuple[str, ...]:
    """Return the well-formed guest keys of a request in order of precedence; the query string is never read."""
    raw = request._request
    candidates = (
        cookies.read(raw, cookies.GUEST_HTTP_ONLY),
        cookies.read(raw, cookies.GUEST_READABLE),
        raw.META.get("HTTP_X_CART_TOKEN"),
        raw.META.get("HTTP_X_SESSION_KEY"),
        in_body,
    )
    keys = (guest_keys.parse(value) for value in candidates)
    return tuple(dict.fromkeys(key for key in keys if key))


def get_keys_to_merge(request: Request) -> tuple[str, ...]:
    """Return the guest keys that a user wants to merge: the one in the body, else those in cookies and headers."""
    token = get_body(request).get("cart_token")
    if token is not None:
        key = guest_keys.parse(token)
        return (key,) if key else ()
    return get_guest_keys(request, None)


def find_unused_cookies(request: Request) -> tuple[str, ...]:
    """Return the guest cookies to delete after an order or a merge: those whose key holds no line and no code in any market.

    A cookie that the request does not carry is unused if all keys of the request are.
    """
    used_keys = selectors.find_keys_in_use(get_guest_keys(request, get_body(request).get("cart_token")))
    in_cookies = {cookie: guest_keys.parse(cookies.read(request._request, cookie)) for cookie in GUEST_COOKIES}
    return tuple(cookie for cookie, key in in_cookies.items() if key not in used_keys and (key or not used_keys))


def serialize_owner_fields(ref: CartRef) -> dict[str, Any]:
    """Return the extra fields of every cart response."""
    return {"owner": selectors.serialize_owner(ref), "cart_token": ref.key}


def serialize_cart(request: Request, ref: CartRef) -> tuple[dict[str, Any], list[str]]:
    """Return the cart with its lines and codes as the API shows it, and the warnings about it; two statements."""
    lines, selection = selectors.get_lines(ref), estimates.get_selection(ref)
    return selectors.serialize_cart(ref, lines, selection, get_site_url(request._request))


def build_change_reply(
    request: Request, ref: CartRef, message: str, *, status: int = 200, line_id: int | None = None, has_changed: bool = True
) -> Reply:
    """Return the reply to a write: the line, or None if it was removed, with the cart as an extra field."""
    cart, warnings = serialize_cart(request, ref)
    line = next((item for item in cart["items"] if item["id"] == line_id), None)
    reply = Reply(line, message, status=status, warnings=warnings, extra={"cart": cart, **serialize_owner_fields(ref)})
    return set_guest_key(request, reply, ref, has_changed=has_changed)


def set_guest_key(request: Request, reply: Reply, ref: CartRef, *, has_changed: bool = False) -> Reply:
    """Set a guest's key in the reply's headers and cookies; a cookie only if it differs, or to extend it after a write."""
    if ref.key is None:
        return reply
    reply["X-Session-Key"] = reply["X-Cart-Token"] = ref.key
    for cookie in GUEST_COOKIES:
        if has_changed or cookies.read(request._request, cookie) != ref.key:
            cookies.set_cookie(reply, cookie, ref.key, guest_keys.LIFETIME_SECONDS)
    return reply
