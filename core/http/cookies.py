"""The names and attributes of the shop's cookies, in one place, so that deletions use the same attributes."""

import re
from http.cookies import Morsel
from typing import Literal, cast

from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.response import HttpResponseBase

# Python supports `Partitioned` (CHIPS) from 3.14 on; until then, add it to `Morsel`.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]  # undocumented, but stable since 2.x
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]  # as above

SameSite = Literal["Lax", "None"]
ACCESS, REFRESH, GUEST_READABLE, GUEST_HTTP_ONLY = "access_token", "refresh_token", "cart_token", "sessionid"
HTTP_ONLY = frozenset((ACCESS, REFRESH, GUEST_HTTP_ONLY))  # HttpOnly, and prefixed with `__Host-` if cookies are Secure


def get_wire_name(cookie: str) -> str:
    """Return the name in the HTTP header; `__Host-` keeps sibling subdomains from setting the cookie (RFC 6265bis)."""
    return f"__Host-{cookie}" if settings.AUTH_COOKIE_SECURE and cookie in HTTP_ONLY else cookie


def read(request: HttpRequest, cookie: str) -> str:
    """Return the cookie's value, or an empty string.

    A browser sends two cookies of one name if their paths or domains differ. The last one counts, unless it is empty.
    """
    name = get_wire_name(cookie)
    value = request.COOKIES.get(name, "")
    return value or (_read_last_with_value(request, name) if name in request.COOKIES else "")


def _read_last_with_value(request: HttpRequest, name: str) -> str:
    header = get_str_from_wsgi(request.META, "HTTP_COOKIE", "")
    values = (parse_cookie(pair).get(name) for pair in reversed(header.split(";")) if name in pair)
    return next(filter(None, values), "")


def has_unreadable(request: HttpRequest) -> bool:
    """Return whether one of the shop's cookies is damaged: not UTF-8, or two headers joined by a comma."""
    header = request.META.get("HTTP_COOKIE", "")
    if not header:
        return False
    cookies = (*HTTP_ONLY, GUEST_READABLE)
    names = map(get_wire_name, cookies)
    values = (read(request, cookie) for cookie in cookies)
    is_damaged = any("\ufffd" in value or "," in value for value in values)
    return is_damaged or re.search(rf",\s*({'|'.join(names)})=", header) is not None


def set_cookie(response: HttpResponseBase, cookie: str, value: str, max_age: int) -> None:
    """Set the cookie for `max_age` seconds, always without a Domain attribute."""
    name = get_wire_name(cookie)
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=settings.AUTH_COOKIE_SECURE,
        httponly=cookie in HTTP_ONLY,
        samesite=cast(SameSite, settings.AUTH_COOKIE_SAMESITE),
    )
    if settings.AUTH_COOKIE_SAMESITE == "None":
        response.cookies[name]["partitioned"] = True


def delete_cookies(response: HttpResponseBase, *cookies: str) -> None:
    """Delete the cookies, with the attributes they were set with."""
    for cookie in cookies:
        set_cookie(response, cookie, "", 0)
        response.cookies[get_wire_name(cookie)]["expires"] = "Thu, 01 Jan 1970 00:00:00 GMT"
