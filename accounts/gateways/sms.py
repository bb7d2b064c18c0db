"""Text messages. `SMS_BACKEND` says how they leave; a shop writes a function for its own gateway and names it there."""

import json
import logging
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from accounts.exceptions import SmsNotConfigured, SmsUnavailable

logger = logging.getLogger("shop.sms")
Backend = Callable[[str, str], None]
sent: list[tuple[str, str]] = []  # what the `locmem` backend was given
_writing = Lock()


def send(to: str, text: str) -> None:
    """Send a text to a number in E.164. Raises SmsNotConfigured, SmsUnavailable; call it outside of a transaction."""
    backend = chosen()
    try:
        backend(to, text)
    except Exception as wrong:  # noqa: BLE001 - whatever a gateway's function raises; its words may hold the text, so only their kind is logged
        logger.error("a text message was not sent: %s", type(wrong).__name__)
        raise SmsUnavailable from None


def chosen() -> Backend:
    """Return the function that sends. Raises SmsNotConfigured, SmsUnavailable."""
    name: str = settings.SMS_BACKEND
    if not name:
        raise SmsNotConfigured
    try:
        return OWN.get(name) or _imported(name)
    except ImportError as wrong:
        logger.error("SMS_BACKEND names no function: %s", wrong)
        raise SmsUnavailable from None


def check() -> None:
    """Raise ImproperlyConfigured where SMS_BACKEND names a function that is not there."""
    name: str = settings.SMS_BACKEND
    if name and name not in OWN:
        try:
            _imported(name)
        except ImportError:
            raise ImproperlyConfigured("SMS_BACKEND names a function that cannot be imported.") from None


@cache
def _imported(path: str) -> Backend:
    backend: Backend = import_string(path)
    return backend


def _console(to: str, text: str) -> None:
    sys.stdout.write(f"SMS to {to}: {text}\n")
    sys.stdout.flush()


def _file(to: str, text: str) -> None:
    """Append one JSON line."""
    with _writing, Path(settings.SMS_FILE_PATH).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"to": to, "text": text}) + "\n")


def _locmem(to: str, text: str) -> None:
    sent.append((to, text))


OWN: dict[str, Backend] = {"console": _console, "file": _file, "locmem": _locmem}
