"""Text messages and their codes, for tests."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_django import Settings

from tests.schema_client import SchemaClient

PHONE = "+13128059851"
OTHER = "+13128059852"


@dataclass(frozen=True, slots=True)
class Texts:
    """The text messages that the shop has sent, read from the file that SMS_BACKEND=file writes."""

    path: Path

    def all(self) -> list[dict[str, Any]]:
        """Return them, the oldest first."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def code(self) -> str:
        """Return the code in the newest."""
        return code_in(self.all()[-1]["text"])


def texts_in(folder: Path, settings: Settings) -> Texts:
    """Let text messages go to a file in the folder."""
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(folder / "texts")
    return Texts(folder / "texts")


def code_in(text: str) -> str:
    """Return the one code in a text."""
    (code,) = re.findall(r"\b\d{6}\b", text)
    return str(code)


def other(code: str, by: int = 1) -> str:
    """Return a code that this one is not."""
    return f"{(int(code) + by) % 10**6:06}"


def send(phone: object = PHONE, **extra: Any) -> Any:
    """Ask for a code."""
    return SchemaClient().post("/api/auth/send-code/", {"phone": phone}, **extra)


def verify(code: object, phone: object = PHONE, **extra: Any) -> Any:
    """Sign in with a code, in token mode."""
    return SchemaClient().post("/api/auth/verify-code/", {"phone": phone, "verification_code": code}, **extra)


def asked(texts: Texts, phone: str = PHONE) -> str:
    """Ask for a code and return it."""
    assert send(phone).status_code == 202
    return texts.code()
