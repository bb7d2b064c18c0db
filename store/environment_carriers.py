"""Parsers of the variables that name carriers, for `settings.py`."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from environs import EnvError

CARRIERS_EXAMPLE = "post|India Post|https://post.example/track?id={number}; fast|Fast Couriers|https://fast.example/{number}"
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
DOTTED_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
MAX_NAME = 60  # characters
NUMBER = "{number}"


def parse_carriers(text: str) -> dict[str, tuple[str, str, str]]:
    """Return each carrier's name, tracking link and gateway by its code: `post|India Post|https://post.example/{number}`.

    Carriers are separated by semicolons; link and gateway may be empty. Raises EnvError.
    """
    carriers: dict[str, tuple[str, str, str]] = {}
    taken: set[str] = set()
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        code, *parts = (part.strip() for part in entry.split("|"))
        if not 1 <= len(parts) <= 3:
            raise EnvError(f"CARRIERS must look like {CARRIERS_EXAMPLE}.")
        name, link, gateway = (*parts, "", "")[:3]
        _check_names(code, name)
        spellings = {code, name.casefold()}
        if spellings & taken:
            raise EnvError(f"CARRIERS contains the code or name of {code} twice.")
        taken |= spellings
        _check_link(code, link)
        _check_gateway(code, gateway)
        carriers[code] = (name, link, gateway)
    return carriers


def parse_carrier_tokens(text: str, carriers: Collection[str]) -> dict[str, str]:
    """Return the token for each carrier's gateway: `fast=token; dhl=token`. Raises EnvError, which never shows a token."""
    tokens: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        code, _, token = (part.strip() for part in entry.partition("="))
        if not re.fullmatch(r"[!-~]+", token):
            raise EnvError("CARRIER_TOKENS must look like fast=token; dhl=token, with visible ASCII characters.")
        if code not in carriers:
            raise EnvError("CARRIER_TOKENS names a carrier that CARRIERS does not have.")
        if code in tokens:
            raise EnvError(f"CARRIER_TOKENS contains the carrier {code} twice.")
        tokens[code] = token
    return tokens


def _check_names(code: str, name: str) -> None:
    if not CODE.fullmatch(code):
        raise EnvError("CARRIERS has a code that is not 1 to 30 lowercase letters, digits, hyphens and underscores.")
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME:
        raise EnvError(f"CARRIERS must give {code} a name of 1 to {MAX_NAME} characters.")


def _check_link(code: str, link: str) -> None:
    """Check a tracking link: the number may stand anywhere behind the host."""
    if not link:
        return
    url = _split(link.replace(NUMBER, "0"))
    host = link.partition("://")[2].replace("?", "/").replace("#", "/").partition("/")[0]
    if url is None or NUMBER not in link or NUMBER in host or re.search(r"[{}]", link.replace(NUMBER, "")):
        raise EnvError(f"CARRIERS must give {code} a tracking link like https://fast.example/{NUMBER}, or none.")


def _check_gateway(code: str, gateway: str) -> None:
    """Check a gateway: the dotted path of a class, or a URL; a token travels to another machine by HTTPS only."""
    if not gateway or DOTTED_PATH.fullmatch(gateway):
        return
    url = _split(gateway)
    if url is None or NUMBER in gateway or (url[0] != "https" and url[1] not in LOOPBACK_HOSTS):
        raise EnvError(f"CARRIERS must give {code} a gateway: an https:// URL, the dotted path of a class, or none.")


def _split(text: str) -> tuple[str, str] | None:
    """Return the scheme and the host of a web address; None if it is none, or names a user."""
    try:
        url = urlsplit(text)
        is_valid = url.scheme in ("http", "https") and url.hostname and url.port != 0 and "@" not in url.netloc
    except ValueError:
        return None
    return (url.scheme, url.hostname or "") if is_valid and re.fullmatch(r"[!-~]+", text) else None
