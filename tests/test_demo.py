"""`manage.py demo`, as far as it can be seen without starting servers; `make run` is tried on a fresh clone."""

import socket

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings


def test_it_refuses_to_run_without_debug(settings: Settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG=1 only"):
        call_command("demo")


def test_a_port_in_use_is_named(settings: Settings) -> None:
    settings.DEBUG = True

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use"):
            call_command("demo", port=port)
