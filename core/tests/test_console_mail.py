"""EMAIL_BACKEND=console: e-mails as a developer reads them, and copies their links"""

import io

import pytest
from django.core.mail import EmailMessage, get_connection
from pytest_django import Settings

from core import mail
from core.mail_backends import console
from core.shop_settings.values import Values
from store.environment import parse_email_backend

URL = "http://localhost:5173/reset-password#uid=MQ&token=d9f-6c2a8bd0f5f1f8d6a0e5b2f5c6d7e8f9012345678901234567890123456789"


class NamedStream(io.StringIO):
    """A terminal with an encoding."""

    encoding = "ascii"


@pytest.fixture
def terminal(settings: Settings, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """What the terminal shows."""
    settings.EMAIL_BACKEND = parse_email_backend("", "", "")
    return capsys


@pytest.mark.django_db
def test_it_prints_who_what_and_the_text_without_encoding(terminal: pytest.CaptureFixture[str]) -> None:
    mail.send(
        "ada@example.com", mail.Message("Für Ada", ["Total: ₹4,998.00 " + "word " * 40], mail.Link("Set a new password", URL))
    )

    shown = terminal.readouterr().out
    lines = shown.splitlines()

    assert lines[:5] == ["-" * 79, "From: shop@localhost", "To: ada@example.com", "Subject: Für Ada", ""]
    assert lines[5] == "Total: ₹4,998.00 " + "word " * 40
    assert URL in lines
    assert "<p" not in shown
    assert "Content-Type" not in shown


@pytest.mark.django_db
def test_the_name_of_the_sender_is_printed_as_people_read_it(terminal: pytest.CaptureFixture[str]) -> None:
    mail.send("ada@example.com", mail.Message("Hello", ["Text"]), Values({"sender_name": "Café Ünïcode"}))

    assert "From: Café Ünïcode <shop@localhost>" in terminal.readouterr().out.splitlines()


@pytest.mark.django_db
def test_no_text_of_a_stranger_controls_the_terminal(terminal: pytest.CaptureFixture[str]) -> None:
    mail.send("ada@example.com", mail.Message("Hello\x1b[2J", ["\x1b]0;title\x07 \x9b31m red\r over"]))

    shown = terminal.readouterr().out
    assert "Subject: Hello[2J" in shown
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(shown)


@pytest.mark.django_db
def test_a_terminal_without_unicode_shows_the_rest() -> None:
    stream = NamedStream()

    console.EmailBackend(stream=stream).send_messages(
        [mail.build_email("ada@example.com", mail.Message("₹", ["Total: ₹1"]), Values({}))]
    )

    assert "Total: ?1" in stream.getvalue()


def test_it_is_the_default_and_smtp_and_files_stay_djangos() -> None:
    assert (
        parse_email_backend("", "", "")
        == parse_email_backend("console", "mail.example", "")
        == "core.mail_backends.console.EmailBackend"
    )
    assert parse_email_backend("", "mail.example", "") == "django.core.mail.backends.smtp.EmailBackend"
    assert parse_email_backend("file", "", "/var/mails") == "django.core.mail.backends.filebased.EmailBackend"
    for backend in ("core.mail_backends.console.EmailBackend", "django.core.mail.backends.smtp.EmailBackend"):
        assert type(get_connection(backend)).__module__ == backend.rpartition(".")[0]


def test_it_prints_where_replies_go(terminal: pytest.CaptureFixture[str]) -> None:
    EmailMessage(
        "Hello",
        "Text",
        to=["ada@example.com"],
        reply_to=["shop@example.com"],
        connection=get_connection(console.__name__ + ".EmailBackend"),
    ).send()

    assert terminal.readouterr().out.splitlines()[1:3] == ["From: shop@localhost", "Reply-To: shop@example.com"]
