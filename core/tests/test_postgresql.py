"""core.postgresql: a connection is checked without asking the server while it is in use, and replaced when the server ends it"""

from typing import Any

import psycopg
import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import Client

from core.postgresql import base
from tests.crashes import make_environment

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the server answered to the checks of the connection."""
    answers: list[bool] = []
    is_usable: Any = connection.is_usable

    def record() -> bool:
        answers.append(is_usable())
        return answers[-1]

    monkeypatch.setattr(connection, "is_usable", record)
    return answers


def ask() -> int:
    """Send a request as a server does, which opens and closes connections at its limits; return the status."""
    request_started.connect(close_old)
    request_finished.connect(close_old)
    try:
        return Client().get("/api/products/").status_code
    finally:
        request_started.disconnect(close_old)
        request_finished.disconnect(close_old)


def close_old(**_: Any) -> None:
    """What Django does at the start and the end of a request; its test client leaves that out."""
    connection.close_if_unusable_or_obsolete()


def test_a_busy_connection_is_not_asked(checks: list[bool]) -> None:
    assert [ask() for _ in range(4)] == [200] * 4

    assert len(checks) <= 1


def test_an_idle_connection_is_asked(checks: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_IDLE", -1.0)
    ask()
    checks.clear()

    assert ask() == 200
    assert checks == [True]


def test_a_connection_that_the_server_has_ended_is_replaced_at_once(checks: list[bool]) -> None:
    ask()
    checks.clear()
    with psycopg.connect(make_environment()["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    assert ask() == 200
    assert checks == [False]
