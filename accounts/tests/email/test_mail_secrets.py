"""Passwords and the tokens of links in e-mails are neither stored in the database nor logged"""

import logging

import pytest
from django.apps import apps

from accounts.tests.factories import PASSWORD, sign_in
from accounts.tests.mails import get_link_params
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
NEW_PASSWORD, LAST_PASSWORD, WRONG_PASSWORD = "a lamp in the valley", "a lamp by the river bank", "a wrong but telling password"
AUTH = "/api/auth/"


def use_account() -> list[str]:
    """Use every endpoint for addresses and passwords, with right and wrong input; return every secret involved."""
    credentials = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}
    SchemaClient().post(f"{AUTH}register/", credentials)
    verify = get_link_params("ada@example.com")["token"]
    for token in (verify + "x", verify, verify):
        SchemaClient().post(f"{AUTH}email/verify/", {"token": token})
    client = SchemaClient().bearer(sign_in()[0])
    for password in (WRONG_PASSWORD, PASSWORD):
        client.post(f"{AUTH}email/change/", {"new_email": "ada@lovelace.example", "password": password})
    change = get_link_params("ada@lovelace.example")["token"]
    client.post(f"{AUTH}password/change/", {"old_password": PASSWORD, "new_password": NEW_PASSWORD})
    SchemaClient().post(f"{AUTH}password/reset/", {"email": "ada@example.com"})
    params = get_link_params("ada@example.com")
    confirm = f"{AUTH}password/reset/confirm/"
    SchemaClient().post(confirm, {**params, "new_password": "short"})
    SchemaClient().post(confirm, {**params, "new_password": LAST_PASSWORD}, headers={"Origin": "http://evil.example"})
    for _ in range(2):
        SchemaClient().post(confirm, {**params, "new_password": LAST_PASSWORD})
    return [PASSWORD, NEW_PASSWORD, LAST_PASSWORD, WRONG_PASSWORD, verify, change, params["token"]]


def find_secrets(text: str, secrets: list[str]) -> list[str]:
    """Return the secrets that the text contains: complete, or only the signature of a token."""
    parts = [part for secret in secrets for part in (secret, secret.rpartition(":" if ":" in secret else "-")[2])]
    return [part for part in parts if part in text]


def test_no_log_record_holds_a_secret(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        secrets = use_account()

    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    printed = capfd.readouterr()
    assert find_secrets(logged + caplog.text + printed.out + printed.err, secrets) == []
    assert "refused a write to /api/auth/password/reset/confirm/" in logged


def test_no_row_of_any_table_holds_a_secret() -> None:
    secrets = use_account()

    rows = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)

    assert "ada@lovelace.example" in rows
    assert find_secrets(rows, secrets) == []
