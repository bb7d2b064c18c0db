"""Text messages and their codes for tests."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_django import Settings

from tests.schema_client import SchemaClient

PHONE = "+13128059851"
OTHER_PHONE = "+13128059852"


@dataclass(frozen=True, slots=True)
class SentTexts:
    """The sent text messages, read from the file that SMS_BACKEND=file writes."""

    path: Path

    def all(self) -> list[dict[str, Any]]:
        """Return the messages, oldest first."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def code(self) -> str:
        """Return the code in the latest message."""
        return extract_code(self.all()[-1]["text"])


def use_sms_file(folder: Path, settings: Settings) -> SentTexts:
    """Write text messages to a file in the folder."""
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(folder / "texts")
    return SentTexts(folder / "texts")


def extract_code(text: str) -> str:
    """Return the only code in a text."""
    (code,) = re.findall(r"\b\d{6}\b", text)
    return str(code)


def make_wrong_code(code: str, offset: int = 1) -> str:
    """Return a different code."""
    return f"{(int(code) + offset) % 10**6:06}"


def send_code(phone: object = PHONE, **extra: Any) -> Any:
    """Request a code."""
    return SchemaClient().post("/api/auth/send-code/", {"phone": phone}, **extra)


def verify_code(code: object, phone: object = PHONE, **extra: Any) -> Any:
    """Sign in with a code in token mode."""
    return SchemaClient().post("/api/auth/verify-code/", {"phone": phone, "verification_code": code}, **extra)


def request_code(texts: SentTexts, phone: str = PHONE) -> str:
    """Request a code and return it."""
    assert send_code(phone).status_code == 202
    return texts.code()
