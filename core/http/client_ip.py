"""The client's IP address, for the audit log, sessions and throttles."""

import ipaddress
import re
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

MAX_LENGTH = 60  # characters of the longest form, [IPv6]:port
WITH_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?", re.ASCII)


def get_client_ip(request: HttpRequest) -> str | None:
    """Return the client's IP address: the one reported by the outermost trusted proxy.

    With `TRUSTED_PROXIES=0` the header is ignored, because any client can forge it. Some proxies (Azure's, IIS) append the port:
    `203.0.113.7:4711`, `[2001:db8::1]:4711`. Any other form counts as no address, so the proxy's own address is returned.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", maxsplit=proxies)
        if len(hops) >= proxies:
            return _parse_address(hops[-proxies].strip()) or _parse_address(peer)
    return _parse_address(peer)


@lru_cache(maxsize=1024)
def _parse_address(text: str) -> str | None:
    if len(text) > MAX_LENGTH or "%" in text:  # PostgreSQL's inet holds no zone, as in fe80::1%eth0
        return None
    match = WITH_PORT.fullmatch(text)
    try:
        return str(ipaddress.ip_address(text if match is None else match["v6"] or match["v4"]))
    except ValueError:
        return None
