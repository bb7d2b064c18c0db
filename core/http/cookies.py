"""The shop's cookies: their names and attributes, in one place, so that a deletion carries what the setting carried."""

from http.cookies import Morsel
from typing import Literal, cast

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Python learns `Partitioned` (CHIPS) in 3.14; until then the morsel is told of it.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]  # documented nowhere, stable since 2.x
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]  # as above

SameSite = Literal["Lax", "None"]
ACCESS, REFRESH, GUEST_READABLE, GUEST_HIDDEN = "access_token", "refresh_token", "cart_token", "sessionid"
HIDDEN = frozenset((ACCESS, REFRESH, GUEST_HIDDEN))  # HttpOnly, and `__Host-` where cookies are Secure


def name_of(cookie: str) -> str:
    """Return the name on the wire; `__Host-` keeps a sibling subdomain from planting one (RFC 6265bis)."""
    return f"__Host-{cookie}" if settings.AUTH_COOKIE_SECURE and cookie in HIDDEN else cookie


def read(request: HttpRequest, cookie: str) -> str:
    """Return the cookie's value, or an empty string."""
    return request.COOKIES.get(name_of(cookie), "")


def put(response: HttpResponseBase, cookie: str, value: str, max_age: int) -> None:
    """Set the cookie for `max_age` seconds; no Domain, ever."""
    name = name_of(cookie)
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=settings.AUTH_COOKIE_SECURE,
        httponly=cookie in HIDDEN,
        samesite=cast(SameSite, settings.AUTH_COOKIE_SAMESITE),
    )
    if settings.AUTH_COOKIE_SAMESITE == "None":
        response.cookies[name]["partitioned"] = True


def drop(response: HttpResponseBase, *cookies: str) -> None:
    """Delete the cookies, with the attributes they were set with."""
    for cookie in cookies:
        put(response, cookie, "", 0)
        response.cookies[name_of(cookie)]["expires"] = "Thu, 01 Jan 1970 00:00:00 GMT"
