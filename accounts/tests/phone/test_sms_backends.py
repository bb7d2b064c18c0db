"""SMS_BACKEND, at POST /api/auth/send-code/"""

import logging
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.gateways import sms
from accounts.models import PhoneCode
from accounts.tests.phones import PHONE, extract_code, send_code, use_sms_file, verify_code

pytestmark = pytest.mark.django_db
received: list[tuple[str, str]] = []


def custom_backend(to: str, text: str) -> None:
    """A backend as a shop would write it."""
    received.append((to, text))


def failing_backend(to: str, text: str) -> None:
    """A backend whose exception quotes the complete message."""
    received.append((to, text))
    raise RuntimeError(f"could not send {text} to {to}")


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    """Start without messages."""
    received.clear()
    sms.sent_messages.clear()


def test_the_console_gets_one_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SMS_BACKEND = "console"

    response = send_code()

    assert response.status_code == 202
    output = capsys.readouterr().out
    assert output.startswith(f"SMS to {PHONE}: ")
    assert output.count("\n") == 1
    assert verify_code(extract_code(output)).status_code == 200


def test_the_memory_keeps_number_and_text(settings: Settings) -> None:
    settings.SMS_BACKEND = "locmem"

    response = send_code()

    assert response.status_code == 202
    ((to, text),) = sms.sent_messages
    assert to == PHONE
    assert verify_code(extract_code(text)).status_code == 200


def test_a_shops_own_function_is_called_with_number_and_text(settings: Settings) -> None:
    settings.SMS_BACKEND = "accounts.tests.phone.test_sms_backends.custom_backend"

    response = send_code()

    assert response.status_code == 202
    ((to, text),) = received
    assert to == PHONE
    assert verify_code(extract_code(text)).status_code == 200


@pytest.mark.usefixtures("unthrottled")
def test_the_file_gets_a_line_for_each_message(settings: Settings, tmp_path: Path) -> None:
    texts = use_sms_file(tmp_path, settings)

    for _ in range(3):
        send_code()

    assert [text["to"] for text in texts.all()] == [PHONE] * 3
    assert verify_code(texts.code()).status_code == 200


def test_without_a_backend_there_is_no_signing_in_by_phone(settings: Settings) -> None:
    settings.SMS_BACKEND = ""

    response = send_code()

    assert response.status_code == 503
    assert response.json()["code"] == "sms_not_configured"
    assert response.json()["message"] == "Signing in by phone is not available"
    assert response["Retry-After"] == "3600"
    assert not PhoneCode.objects.exists()


def test_a_bad_number_is_told_before_a_missing_backend(settings: Settings) -> None:
    settings.SMS_BACKEND = ""

    response = send_code("123")

    assert response.status_code == 400
    assert not PhoneCode.objects.exists()


def test_a_failing_gateway_is_told_without_the_code(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.SMS_BACKEND = "accounts.tests.phone.test_sms_backends.failing_backend"

    with caplog.at_level(logging.DEBUG):
        response = send_code()

    ((_, text),) = received
    assert response.status_code == 503
    assert response.json()["code"] == "sms_unavailable"
    assert response["Retry-After"] == "60"
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    assert "could not send a text message: RuntimeError" in logged
    for output in (logged, caplog.text, response.content.decode(), str(response.headers)):
        assert extract_code(text) not in output


def test_a_file_that_cannot_be_written_is_a_failing_gateway(settings: Settings, tmp_path: Path) -> None:
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(tmp_path / "absent" / "texts")

    response = send_code()

    assert response.status_code == 503
    assert response.json()["code"] == "sms_unavailable"


@pytest.mark.parametrize("path", ["accounts.tests.phone.test_sms_backends.absent", "no_such_package.gateway"])
def test_a_misspelt_gateway_is_told_as_one_that_fails(settings: Settings, path: str) -> None:
    settings.SMS_BACKEND = path

    response = send_code()

    assert response.status_code == 503
    assert not PhoneCode.objects.exists()
