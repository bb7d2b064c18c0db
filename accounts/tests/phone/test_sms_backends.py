"""SMS_BACKEND, at POST /api/auth/send-code/"""

import logging
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.gateways import sms
from accounts.models import PhoneCode
from accounts.tests.phones import PHONE, code_in, send, texts_in, verify

pytestmark = pytest.mark.django_db
given: list[tuple[str, str]] = []


def own_gateway(to: str, text: str) -> None:
    """A gateway as a shop may write it."""
    given.append((to, text))


def broken_gateway(to: str, text: str) -> None:
    """A gateway that fails with the whole message in its words."""
    given.append((to, text))
    raise RuntimeError(f"could not send {text} to {to}")


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    """Begin without messages."""
    given.clear()
    sms.sent.clear()


def test_the_console_gets_one_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SMS_BACKEND = "console"

    response = send()

    assert response.status_code == 202
    written = capsys.readouterr().out
    assert written.startswith(f"SMS to {PHONE}: ")
    assert written.count("\n") == 1
    assert verify(code_in(written)).status_code == 200


def test_the_memory_keeps_number_and_text(settings: Settings) -> None:
    settings.SMS_BACKEND = "locmem"

    response = send()

    assert response.status_code == 202
    ((to, text),) = sms.sent
    assert to == PHONE
    assert verify(code_in(text)).status_code == 200


def test_a_shops_own_function_is_called_with_number_and_text(settings: Settings) -> None:
    settings.SMS_BACKEND = "accounts.tests.phone.test_sms_backends.own_gateway"

    response = send()

    assert response.status_code == 202
    ((to, text),) = given
    assert to == PHONE
    assert verify(code_in(text)).status_code == 200


@pytest.mark.usefixtures("unthrottled")
def test_the_file_gets_a_line_for_each_message(settings: Settings, tmp_path: Path) -> None:
    texts = texts_in(tmp_path, settings)

    for _ in range(3):
        send()

    assert [text["to"] for text in texts.all()] == [PHONE] * 3
    assert verify(texts.code()).status_code == 200


def test_without_a_backend_there_is_no_signing_in_by_phone(settings: Settings) -> None:
    settings.SMS_BACKEND = ""

    response = send()

    assert response.status_code == 503
    assert response.json()["code"] == "sms_not_configured"
    assert response.json()["message"] == "Signing in by phone is not available"
    assert response["Retry-After"] == "3600"
    assert not PhoneCode.objects.exists()


def test_a_bad_number_is_told_before_a_missing_backend(settings: Settings) -> None:
    settings.SMS_BACKEND = ""

    response = send("123")

    assert response.status_code == 400
    assert not PhoneCode.objects.exists()


def test_a_failing_gateway_is_told_without_the_code(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.SMS_BACKEND = "accounts.tests.phone.test_sms_backends.broken_gateway"

    with caplog.at_level(logging.DEBUG):
        response = send()

    ((_, text),) = given
    assert response.status_code == 503
    assert response.json()["code"] == "sms_unavailable"
    assert response["Retry-After"] == "60"
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    assert "a text message was not sent: RuntimeError" in logged
    for told in (logged, caplog.text, response.content.decode(), str(response.headers)):
        assert code_in(text) not in told


def test_a_file_that_cannot_be_written_is_a_failing_gateway(settings: Settings, tmp_path: Path) -> None:
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(tmp_path / "absent" / "texts")

    response = send()

    assert response.status_code == 503
    assert response.json()["code"] == "sms_unavailable"


@pytest.mark.parametrize("path", ["accounts.tests.phone.test_sms_backends.absent", "no_such_package.gateway"])
def test_a_misspelt_gateway_is_told_as_one_that_fails(settings: Settings, path: str) -> None:
    settings.SMS_BACKEND = path

    response = send()

    assert response.status_code == 503
    assert not PhoneCode.objects.exists()
