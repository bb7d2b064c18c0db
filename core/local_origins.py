"""Hosts and origins that every visitor has on their own machine, so that trusting them means trusting whatever runs there."""

import ipaddress
from urllib.parse import urlsplit


def is_local_host(host: str) -> bool:
    """Return whether a host name or address, without a port, is the local machine (RFC 6761 §6.3)."""
    name = host.strip("[].").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_local_origin(origin: str) -> bool:
    """Return whether a web origin is the local machine. Apps have origins like capacitor://localhost, which are not."""
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and is_local_host(parts.hostname or "")
