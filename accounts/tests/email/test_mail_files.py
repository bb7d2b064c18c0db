"""E-mails as they are sent: the files that EMAIL_BACKEND=file writes, and what remains if the server rejects e-mails"""

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
SEPARATOR = b"-" * 79 + b"\n"  # between two e-mails in a file
RESET_URL = "/api/auth/password/reset/"


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The folder that e-mails are written to, one file each."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mails"
    settings.FRONTEND_URL = "https://shop.example"
    return tmp_path / "mails"


def read_emails(folder: Path) -> list[EmailMessage]:
    """Run the pending jobs and read every e-mail in the folder."""
    assert outbox.run_due()[1] == 0
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("*.log")))
    return [email.message_from_bytes(raw, EmailMessage, policy=default) for raw in content.split(SEPARATOR) if raw.strip()]


def get_part(message: EmailMessage, kind: str) -> str:
    """Return the plain text or HTML body of an e-mail."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def get_link(message: EmailMessage) -> str:
    """Return the URL in the plain text, on a line of its own."""
    (url,) = [line for line in get_part(message, "plain").splitlines() if line.startswith("http")]
    return url


def parse_fragment(url: str) -> dict[str, str]:
    """Return the parameters in the fragment of a URL."""
    return dict(parse_qsl(urlsplit(url).fragment))


def test_a_link_survives_the_way_through_a_real_mail(folder: Path) -> None:
    make_user()
    SchemaClient().post(RESET_URL, {"email": "ada@example.com"}, headers={"Host": "testserver", "X-Forwarded-Host": "evil.example"})

    (message,) = read_emails(folder)

    url = get_link(message)
    assert url.startswith("https://shop.example/reset-password#uid=")
    assert url.replace("&", "&amp;") in get_part(message, "html")
    assert "evil.example" not in message.as_string()
    payload = {**parse_fragment(url), "new_password": "a lamp in the valley"}
    assert SchemaClient().post(f"{RESET_URL}confirm/", payload).status_code == 200


def test_its_headers_are_the_shops_own(folder: Path, settings: Settings) -> None:
    settings.SHOP_NAME = "Lamps <b>\r\nBcc: eve@example.com\r\n\r\nHello"
    make_user()
    SchemaClient().post(RESET_URL, {"email": "ada@example.com"})

    (message,) = read_emails(folder)

    assert (message["To"], message["From"], message["Bcc"]) == ("ada@example.com", "shop@localhost", None)
    assert message["Subject"] == "Set a new password for Lamps <b> Bcc: eve@example.com Hello"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert "Lamps &lt;b&gt;" in get_part(message, "html")
    assert "<b>" not in get_part(message, "html")


def test_a_name_of_other_letters_arrives(folder: Path, settings: Settings) -> None:
    settings.SHOP_NAME = "L\u00e4mpchen & \u706f"
    make_user()
    SchemaClient().post(RESET_URL, {"email": "ada@example.com"})

    (message,) = read_emails(folder)

    assert message["Subject"] == "Set a new password for L\u00e4mpchen & \u706f"
    assert "L\u00e4mpchen & \u706f" in get_part(message, "plain")
    assert "L\u00e4mpchen &amp; \u706f" in get_part(message, "html")


def test_every_kind_of_mail_has_both_forms_and_names_nobody_but_its_reader(folder: Path) -> None:
    make_user(first_name="<i>Ada</i>\r\nBcc: all@example.com", last_name="King")
    token, _ = sign_in()
    client = SchemaClient().bearer(token)
    client.post("/api/auth/email/resend/")
    client.post("/api/auth/email/change/", {"new_email": "ada@lovelace.example", "password": PASSWORD})
    SchemaClient().post(RESET_URL, {"email": "ada@example.com"})
    client.post("/api/auth/password/change/", {"old_password": PASSWORD, "new_password": "a lamp in the valley"})

    messages = read_emails(folder)

    assert sorted(message["To"] for message in messages) == ["ada@example.com"] * 4 + ["ada@lovelace.example"]
    for message in messages:
        assert [inner.get_content_type() for inner in message.iter_parts()] == ["text/plain", "text/html"]
        assert "all@example.com" not in message.as_string()
        assert "<i>" not in get_part(message, "html")


def test_a_server_that_takes_no_mail_leaves_no_token_in_a_table_or_a_log(
    folder: Path, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    user = make_user()
    folder.write_text("a file where the folder should be")
    for _ in range(2):
        SchemaClient().post(RESET_URL, {"email": "ada@example.com"})
    SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/resend/")

    with caplog.at_level(logging.DEBUG):
        assert outbox.run_due() == (0, 3)

    rows = "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)
    assert Job.objects.filter(done_at=None, failed_at=None).exclude(last_error="").count() == 3
    for text in (rows, caplog.text):
        assert "#uid=" not in text
        assert "#token=" not in text
    assert user.email is not None


def test_a_mail_that_waited_carries_a_link_of_the_moment_in_which_it_leaves(folder: Path) -> None:
    make_user()
    SchemaClient().post(RESET_URL, {"email": "ada@example.com"})
    sign_in()
    User.objects.update(last_login=timezone.now())  # invalidates every token signed before

    (message,) = read_emails(folder)

    payload = {**parse_fragment(get_link(message)), "new_password": "a lamp in the valley"}
    assert SchemaClient().post(f"{RESET_URL}confirm/", payload).status_code == 200
