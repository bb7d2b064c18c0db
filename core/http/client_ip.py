"""The caller's address, for the audit log, sessions and throttles."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """Return the address of the caller: the one that the n-th trusted proxy from the right has seen.

    With `TRUSTED_PROXIES=0` the header is not read, for then anyone may have written it.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= proxies:
            return _address(hops[-proxies].strip()) or _address(peer)
    return _address(peer)


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
