"""Reads the Authorization header (RFC 9110 §11.6.2): the name of the scheme in any letter case, then spaces or tabs."""

import re

from django.http import HttpRequest

BLANKS = re.compile(r"[ \t]+")
# Schemes that browsers send on their own, for the password of a proxy or a staging site (RFC 7617, 7616, 4559).
PROXY_SCHEMES = frozenset(("basic", "digest", "negotiate", "ntlm"))


def split_authorization(request: HttpRequest) -> tuple[str, str]:
    """Return the scheme in lowercase and the credentials; both are empty without the header."""
    scheme, *credentials = BLANKS.split(request.META.get("HTTP_AUTHORIZATION", "").strip(" \t"), maxsplit=1)
    return scheme.lower(), credentials[0] if credentials else ""


def get_bearer_token(request: HttpRequest) -> str:
    """Return the Bearer token, valid or not; an empty string without one. Only then may cookies say who calls."""
    scheme, token = split_authorization(request)
    return token if scheme == "bearer" else ""


def has_unknown_scheme(request: HttpRequest) -> bool:
    """Return whether the header is an attempt to sign in to the shop in a way that it does not know, such as `Token x`."""
    scheme, _ = split_authorization(request)
    return scheme not in ("", "bearer", *PROXY_SCHEMES)
