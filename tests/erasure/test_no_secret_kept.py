"""No key, code or link's token lies in the database or in a log, whatever somebody does with his account and cart"""

import json
import logging
import re
from pathlib import Path

import pytest
from django.apps import apps
from pytest_django import Settings

from accounts.tests.factories import PASSWORD
from accounts.tests.mails import link, sent
from carts.tests.factories import add
from orders.tests.factories import placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PHONE = "+13128059851"
NEW = "another lamp, on the other hill"


def live_through(texts: Path) -> list[str]:
    """Do all that brings a secret about, and return those secrets."""
    guest = SchemaClient()
    key = str(add(guest, make_product(stock=50))["cart_token"])
    order = placed(guest, name="Ada", phone=PHONE)
    api = SchemaClient()
    api.post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD, "cart_token": key})
    api.post("/api/auth/password/reset/", {"email": "ada@example.com"})
    api.post("/api/auth/email/change/", {"new_email": "new@example.com", "password": PASSWORD})
    said = [link(message)[1] for message in sent() if "http" in str(message.body)]
    reset = next(parts for parts in said if "uid" in parts)
    SchemaClient().post("/api/auth/password/reset/confirm/", {**reset, "new_password": NEW})
    for parts in said:
        SchemaClient().post("/api/auth/email/verify/", {"token": parts["token"]})
    SchemaClient().post("/api/auth/send-code/", {"phone": PHONE})
    code = re.findall(r"\d{6}", json.loads(texts.read_text())["text"])[0]
    SchemaClient().post("/api/auth/verify-code/", {"phone": PHONE, "code": "000000"})
    answer = SchemaClient().post("/api/auth/verify-code/", {"phone": PHONE, "code": code}).json()["data"]
    tokens = [answer["access_token"], answer["refresh_token"], *(morsel.value for morsel in api.cookies.values())]
    return [key, order["order_token"], PASSWORD, NEW, code, *tokens, *(parts["token"] for parts in said)]


@pytest.mark.django_db
def test_nothing_of_it_is_kept_or_told(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    texts = tmp_path / "sms.jsonl"
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(texts)

    with caplog.at_level(logging.DEBUG):
        secrets = [secret for secret in live_through(texts) if secret]

    kept = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)
    assert "ada@example.com" in kept
    assert len(secrets) >= 10
    assert [secret for secret in secrets if len(secret) > 6 and secret in kept] == []
    told = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records if record.name != "django.db.backends")
    assert [secret for secret in secrets if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", told)] == []
