"""No password and no token is kept in the database or told to a log"""

import logging

import pytest
from django.apps import apps

from accounts.tests.factories import PASSWORD, make_user, me, refresh, sign_in
from tests.schema_client import SchemaClient

WRONG = "a wrong but telling password"


def live_through(api: SchemaClient) -> list[str]:
    """Do what a customer does with his account, right and wrong, and return every secret that went over the wire."""
    make_user("eve@example.com")
    given = {"email": "ada@example.com", "password": PASSWORD}
    api.post("/api/auth/register/", given)
    cookies = [morsel.value for morsel in api.cookies.values()]
    api.post("/api/auth/register/", {**given, "mode": 5})
    api.post("/api/auth/login/", {**given, "password": WRONG})
    api.post("/api/auth/login/", given, headers={"Origin": "http://evil.example"})
    access, first = sign_in()
    second = refresh(first).json()["data"]
    assert me(second["access_token"]).status_code == 200
    me(access + "x")
    refresh(access)
    api.bearer(access).post("/api/auth/logout/", {"all": True, "refresh_token": first})
    me(access)
    return [PASSWORD, WRONG, access, first, second["access_token"], second["refresh_token"], *cookies]


def secrets_in(text: str, secrets: list[str]) -> list[str]:
    """Return the secrets that the text holds: whole, or a token's signature alone."""
    parts = [part for secret in secrets for part in (secret, secret.split(".")[-1]) if len(part) > 10]
    return [part for part in parts if part in text]


@pytest.mark.django_db
def test_no_log_record_holds_a_secret(api: SchemaClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        secrets = live_through(api)

    told = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    assert secrets_in(told, secrets) == []
    assert secrets_in(caplog.text, secrets) == []
    assert "refused a write to /api/auth/login/" in told


@pytest.mark.django_db
def test_no_row_of_any_table_holds_a_secret(api: SchemaClient) -> None:
    secrets = live_through(api)

    kept = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)

    assert "ada@example.com" in kept
    assert secrets_in(kept, secrets) == []
