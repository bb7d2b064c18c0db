"""Passwords and tokens are neither stored in the database nor logged"""

import logging

import pytest
from django.apps import apps

from accounts.tests.factories import PASSWORD, get_me, make_user, refresh_tokens, sign_in
from tests.schema_client import SchemaClient

WRONG_PASSWORD = "a wrong but telling password"


def use_account(api: SchemaClient) -> list[str]:
    """Use the account endpoints with right and wrong input, and return every secret that was sent."""
    make_user("eve@example.com")
    credentials = {"email": "ada@example.com", "password": PASSWORD}
    api.post("/api/auth/register/", credentials)
    cookies = [morsel.value for morsel in api.cookies.values()]
    api.post("/api/auth/register/", {**credentials, "mode": 5})
    api.post("/api/auth/login/", {**credentials, "password": WRONG_PASSWORD})
    api.post("/api/auth/login/", credentials, headers={"Origin": "http://evil.example"})
    access, first = sign_in()
    second = refresh_tokens(first).json()["data"]
    assert get_me(second["access_token"]).status_code == 200
    get_me(access + "x")
    refresh_tokens(access)
    api.bearer(access).post("/api/auth/logout/", {"all": True, "refresh_token": first})
    get_me(access)
    return [PASSWORD, WRONG_PASSWORD, access, first, second["access_token"], second["refresh_token"], *cookies]


def find_secrets(text: str, secrets: list[str]) -> list[str]:
    """Return the secrets that the text contains: complete, or only the signature of a token."""
    parts = [part for secret in secrets for part in (secret, secret.split(".")[-1]) if len(part) > 10]
    return [part for part in parts if part in text]


@pytest.mark.django_db
def test_no_log_record_holds_a_secret(api: SchemaClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        secrets = use_account(api)

    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    assert find_secrets(logged, secrets) == []
    assert find_secrets(caplog.text, secrets) == []
    assert "refused a write to /api/auth/login/" in logged


@pytest.mark.django_db
def test_no_row_of_any_table_holds_a_secret(api: SchemaClient) -> None:
    secrets = use_account(api)

    rows = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)

    assert "ada@example.com" in rows
    assert find_secrets(rows, secrets) == []
