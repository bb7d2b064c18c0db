"""Where a call comes from, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The caller's address and browser, and the market that he asks for."""

    ip: str | None = None
    user_agent: str = ""
    market: str = ""


NO_CLIENT = ClientInfo()
