"""What every test with Cloudinary's keys can use."""

import socket
from collections.abc import Iterator
from typing import Any

import cloudinary
import pytest

from tests.cloudinary_stand_in import StandIn, delivering


@pytest.fixture(autouse=True)
def host(db: None) -> Iterator[StandIn]:
    """Let the real package speak to a stand-in."""
    with delivering() as stand_in:
        cloudinary.config(upload_prefix=stand_in.url)
        yield stand_in


@pytest.fixture(autouse=True)
def dialled(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list of all hosts and ports that the process turns to from now on; beyond this machine it finds none."""
    addresses: list[Any] = []
    look_up = socket.getaddrinfo

    def dial(name: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        addresses.append((name, port))
        if name != "127.0.0.1":
            raise socket.gaierror(f"{name} is beyond this machine")
        return look_up(name, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", dial)
    return addresses
