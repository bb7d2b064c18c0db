"""No password and no token of a mail's link is kept in the database or told to a log"""

import logging

import pytest
from django.apps import apps

from accounts.tests.factories import PASSWORD, sign_in
from accounts.tests.mails import one_link
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
NEW, LAST, WRONG = "a lamp in the valley", "a lamp by the river bank", "a wrong but telling password"
AUTH = "/api/auth/"


def live_through() -> list[str]:
    """Do what a customer does with his address and his password, right and wrong; return every secret of it."""
    given = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}
    SchemaClient().post(f"{AUTH}register/", given)
    verify = one_link("ada@example.com")["token"]
    for token in (verify + "x", verify, verify):
        SchemaClient().post(f"{AUTH}email/verify/", {"token": token})
    client = SchemaClient().bearer(sign_in()[0])
    for password in (WRONG, PASSWORD):
        client.post(f"{AUTH}email/change/", {"new_email": "ada@lovelace.example", "password": password})
    change = one_link("ada@lovelace.example")["token"]
    client.post(f"{AUTH}password/change/", {"old_password": PASSWORD, "new_password": NEW})
    SchemaClient().post(f"{AUTH}password/reset/", {"email": "ada@example.com"})
    said = one_link("ada@example.com")
    confirm = f"{AUTH}password/reset/confirm/"
    SchemaClient().post(confirm, {**said, "new_password": "short"})
    SchemaClient().post(confirm, {**said, "new_password": LAST}, headers={"Origin": "http://evil.example"})
    for _ in range(2):
        SchemaClient().post(confirm, {**said, "new_password": LAST})
    return [PASSWORD, NEW, LAST, WRONG, verify, change, said["token"]]


def held(text: str, secrets: list[str]) -> list[str]:
    """Return the secrets that the text holds: whole, or the last part of a signed one."""
    parts = [part for secret in secrets for part in (secret, secret.rpartition(":" if ":" in secret else "-")[2])]
    return [part for part in parts if part in text]


def test_no_log_record_holds_a_secret(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        secrets = live_through()

    told = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    printed = capfd.readouterr()
    assert held(told + caplog.text + printed.out + printed.err, secrets) == []
    assert "refused a write to /api/auth/password/reset/confirm/" in told


def test_no_row_of_any_table_holds_a_secret() -> None:
    secrets = live_through()

    kept = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)

    assert "ada@lovelace.example" in kept
    assert held(kept, secrets) == []
