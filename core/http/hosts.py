"""Requests for hosts that are not served here."""

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from core.http.envelope import refuse

# Orchestrators call these at the address of the process, not at its host name.
PROBES = frozenset(f"/{name}{slash}" for name in ("healthz", "readyz", "metrics") for slash in ("", "/"))


class HostMiddleware:
    """Refuses unknown hosts, under every path but the probes.

    It comes before SecurityMiddleware, which needs the host to redirect to HTTPS: Django would log a traceback for each scanner
    that calls the server by its address. Only the access log has a line for such a request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in PROBES and get_host(request) is None:
            return refuse(400, "bad_host", "This host is not served here")
        return self.get_response(request)


def get_host(request: HttpRequest) -> str | None:
    """Return the host that the client asked for, or None if it is not served here; only probes are answered then."""
    try:
        return request.get_host()
    except DisallowedHost:
        return None
