"""The client's IP address, for the audit log, sessions and throttles."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def get_client_ip(request: HttpRequest) -> str | None:
    """Return the client's IP address: the one reported by the outermost trusted proxy.

    With `TRUSTED_PROXIES=0` the header is ignored, because any client can forge it.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= proxies:
            return _parse_address(hops[-proxies].strip()) or _parse_address(peer)
    return _parse_address(peer)


def _parse_address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
