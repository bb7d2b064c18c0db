"""Hosts and origins that every visitor has on their own machine, so that trusting them means trusting whatever runs there."""

import ipaddress
import re

# The origin of a page, exactly as browsers send it (RFC 6454 §6.2).
WEB_ORIGIN = re.compile(r"https?://(?P<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")


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
    """Return whether a page of this origin is on the local machine. Apps have origins like capacitor://localhost, which are not."""
    match = WEB_ORIGIN.fullmatch(origin)
    return match is not None and is_local_host(match["host"])
