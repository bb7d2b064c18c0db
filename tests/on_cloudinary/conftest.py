"""Shared fixtures of the tests that run with Cloudinary's keys."""

import socket
from collections.abc import Iterator
from typing import Any

import cloudinary
import pytest

from tests.cloudinary_stand_in import StandIn, run_stand_in


@pytest.fixture(autouse=True)
def host(db: None) -> Iterator[StandIn]:
    """Point the real package at a stand-in."""
    with run_stand_in() as stand_in:
        cloudinary.config(upload_prefix=stand_in.url)
        yield stand_in


@pytest.fixture(autouse=True)
def contacted_hosts(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record the hosts and ports that the process resolves; hosts beyond this machine do not resolve."""
    addresses: list[Any] = []
    look_up = socket.getaddrinfo

    def dial(name: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        addresses.append((name, port))
        if name != "127.0.0.1":
            raise socket.gaierror(f"{name} is beyond this machine")
        return look_up(name, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", dial)
    return addresses
