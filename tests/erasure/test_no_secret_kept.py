"""No key, code or link token is stored in the database or in a log, whatever a user does with account and cart"""

import json
import logging
import re
from pathlib import Path

import pytest
from django.apps import apps
from pytest_django import Settings

from accounts.tests.factories import PASSWORD
from accounts.tests.mails import get_link, send_pending_emails
from carts.tests.factories import add_to_cart
from orders.tests.factories import placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PHONE = "+13128059851"
NEW = "another lamp, on the other hill"


def use_every_secret(texts: Path) -> list[str]:
    """Run every flow that creates a secret, and return the secrets."""
    guest = SchemaClient()
    key = str(add_to_cart(guest, make_product(stock=50))["cart_token"])
    order = placed(guest, name="Ada", phone=PHONE)
    api = SchemaClient()
    api.post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD, "cart_token": key})
    api.post("/api/auth/password/reset/", {"email": "ada@example.com"})
    api.post("/api/auth/email/change/", {"new_email": "new@example.com", "password": PASSWORD})
    link_tokens = [get_link(message)[1] for message in send_pending_emails() if "http" in str(message.body)]
    reset = next(parts for parts in link_tokens if "uid" in parts)
    SchemaClient().post("/api/auth/password/reset/confirm/", {**reset, "new_password": NEW})
    for parts in link_tokens:
        SchemaClient().post("/api/auth/email/verify/", {"token": parts["token"]})
    SchemaClient().post("/api/auth/send-code/", {"phone": PHONE})
    code = re.findall(r"\d{6}", json.loads(texts.read_text())["text"])[0]
    SchemaClient().post("/api/auth/verify-code/", {"phone": PHONE, "code": "000000"})
    response = SchemaClient().post("/api/auth/verify-code/", {"phone": PHONE, "code": code}).json()["data"]
    tokens = [response["access_token"], response["refresh_token"], *(morsel.value for morsel in api.cookies.values())]
    return [key, order["order_token"], PASSWORD, NEW, code, *tokens, *(parts["token"] for parts in link_tokens)]


@pytest.mark.django_db
def test_no_secret_is_stored_or_logged(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    texts = tmp_path / "sms.jsonl"
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(texts)

    with caplog.at_level(logging.DEBUG):
        secrets = [secret for secret in use_every_secret(texts) if secret]

    stored_text = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)
    assert "ada@example.com" in stored_text
    assert len(secrets) >= 10
    assert [secret for secret in secrets if len(secret) > 6 and secret in stored_text] == []
    log = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records if record.name != "django.db.backends")
    assert [secret for secret in secrets if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", log)] == []
