"""The client of a request, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The caller's IP address and user agent, and the requested market."""

    ip: str | None = None
    user_agent: str = ""
    market: str = ""


NO_CLIENT = ClientInfo()
