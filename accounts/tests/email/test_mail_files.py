"""Mails as they really leave: what a file of EMAIL_BACKEND=file holds, and what a server that takes none leaves behind"""

import email
import logging
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.apps import apps
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user, sign_in
from core import outbox
from core.models import Job
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
RULE = b"-" * 79 + b"\n"  # between two mails of a file
ASK = "/api/auth/password/reset/"


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where mails go, one file each."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mails"
    settings.FRONTEND_URL = "https://shop.example"
    return tmp_path / "mails"


def written(folder: Path) -> list[EmailMessage]:
    """Do the owed jobs, and read every mail that lies there."""
    assert outbox.run_due()[1] == 0
    whole = b"".join(path.read_bytes() for path in sorted(folder.glob("*.log")))
    return [email.message_from_bytes(raw, EmailMessage, policy=default) for raw in whole.split(RULE) if raw.strip()]


def part(message: EmailMessage, kind: str) -> str:
    """Return what the mail says as plain text or as HTML."""
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def link_of(message: EmailMessage) -> str:
    """Return the address in the plain text, alone on its line."""
    (url,) = [line for line in part(message, "plain").splitlines() if line.startswith("http")]
    return url


def said(url: str) -> dict[str, str]:
    """Return what stands in the fragment."""
    return dict(parse_qsl(urlsplit(url).fragment))


def test_a_link_survives_the_way_through_a_real_mail(folder: Path) -> None:
    make_user()
    SchemaClient().post(ASK, {"email": "ada@example.com"}, headers={"Host": "testserver", "X-Forwarded-Host": "evil.example"})

    (message,) = written(folder)

    url = link_of(message)
    assert url.startswith("https://shop.example/reset-password#uid=")
    assert url.replace("&", "&amp;") in part(message, "html")
    assert "evil.example" not in message.as_string()
    body = {**said(url), "new_password": "a lamp in the valley"}
    assert SchemaClient().post(f"{ASK}confirm/", body).status_code == 200


def test_its_headers_are_the_shops_own(folder: Path, settings: Settings) -> None:
    settings.SHOP_NAME = "Lamps <b>\r\nBcc: eve@example.com\r\n\r\nHello"
    make_user()
    SchemaClient().post(ASK, {"email": "ada@example.com"})

    (message,) = written(folder)

    assert (message["To"], message["From"], message["Bcc"]) == ("ada@example.com", "shop@localhost", None)
    assert message["Subject"] == "Set a new password for Lamps <b> Bcc: eve@example.com Hello"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert "Lamps &lt;b&gt;" in part(message, "html")
    assert "<b>" not in part(message, "html")


def test_a_name_of_other_letters_arrives(folder: Path, settings: Settings) -> None:
    settings.SHOP_NAME = "L\u00e4mpchen & \u706f"
    make_user()
    SchemaClient().post(ASK, {"email": "ada@example.com"})

    (message,) = written(folder)

    assert message["Subject"] == "Set a new password for L\u00e4mpchen & \u706f"
    assert "L\u00e4mpchen & \u706f" in part(message, "plain")
    assert "L\u00e4mpchen &amp; \u706f" in part(message, "html")


def test_every_kind_of_mail_has_both_forms_and_names_nobody_but_its_reader(folder: Path) -> None:
    make_user(first_name="<i>Ada</i>\r\nBcc: all@example.com", last_name="King")
    token, _ = sign_in()
    client = SchemaClient().bearer(token)
    client.post("/api/auth/email/resend/")
    client.post("/api/auth/email/change/", {"new_email": "ada@lovelace.example", "password": PASSWORD})
    SchemaClient().post(ASK, {"email": "ada@example.com"})
    client.post("/api/auth/password/change/", {"old_password": PASSWORD, "new_password": "a lamp in the valley"})

    messages = written(folder)

    assert sorted(message["To"] for message in messages) == ["ada@example.com"] * 4 + ["ada@lovelace.example"]
    for message in messages:
        assert [inner.get_content_type() for inner in message.iter_parts()] == ["text/plain", "text/html"]
        assert "all@example.com" not in message.as_string()
        assert "<i>" not in part(message, "html")


def test_a_server_that_takes_no_mail_leaves_no_token_in_a_table_or_a_log(
    folder: Path, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    user = make_user()
    folder.write_text("a file where the folder should be")
    for _ in range(2):
        SchemaClient().post(ASK, {"email": "ada@example.com"})
    SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/resend/")

    with caplog.at_level(logging.DEBUG):
        assert outbox.run_due() == (0, 3)

    kept = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)
    assert Job.objects.filter(done_at=None, failed_at=None).exclude(last_error="").count() == 3
    for text in (kept, caplog.text):
        assert "#uid=" not in text
        assert "#token=" not in text
    assert user.email is not None


def test_a_mail_that_waited_carries_a_link_of_the_moment_in_which_it_leaves(folder: Path) -> None:
    make_user()
    SchemaClient().post(ASK, {"email": "ada@example.com"})
    sign_in()
    User.objects.update(last_login=timezone.now())  # whatever was signed before is worthless now

    (message,) = written(folder)

    body = {**said(link_of(message)), "new_password": "a lamp in the valley"}
    assert SchemaClient().post(f"{ASK}confirm/", body).status_code == 200
