"""Reads the Authorization header (RFC 9110 §11.6.2): the name of the scheme in any letter case, then spaces or tabs."""

import re

from django.http import HttpRequest

BLANKS = re.compile(r"[ \t]+")


def split_authorization(request: HttpRequest) -> tuple[str, str]:
    """Return the scheme in lowercase and the credentials; both are empty without the header."""
    scheme, *credentials = BLANKS.split(request.META.get("HTTP_AUTHORIZATION", "").strip(" \t"), maxsplit=1)
    return scheme.lower(), credentials[0] if credentials else ""


def has_bearer_token(request: HttpRequest) -> bool:
    """Return whether the caller sends a Bearer token, valid or not."""
    scheme, token = split_authorization(request)
    return scheme == "bearer" and bool(token)
