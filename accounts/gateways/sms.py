"""Text messages. `SMS_BACKEND` is the name of a built-in backend, or the dotted path of a shop's own function."""

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
sent_messages: list[tuple[str, str]] = []  # sent with the `locmem` backend
_file_lock = Lock()


def send_sms(to: str, text: str) -> None:
    """Send a text message to a number (E.164); call this outside of a transaction. Raises SmsNotConfigured, SmsUnavailable."""
    backend = get_backend()
    try:
        backend(to, text)
    except Exception as error:  # noqa: BLE001 - a custom backend may raise anything
        # The exception may quote the text message, so only its type is logged.
        logger.error("could not send a text message: %s", type(error).__name__)
        raise SmsUnavailable from None


def get_backend() -> Backend:
    """Return the configured backend. Raises SmsNotConfigured, SmsUnavailable."""
    name: str = settings.SMS_BACKEND
    if not name:
        raise SmsNotConfigured
    try:
        return BUILT_IN_BACKENDS.get(name) or _import_backend(name)
    except ImportError as error:
        logger.error("SMS_BACKEND cannot be imported: %s", error)
        raise SmsUnavailable from None


def check_backend() -> None:
    """Raise ImproperlyConfigured if SMS_BACKEND cannot be imported."""
    name: str = settings.SMS_BACKEND
    if name and name not in BUILT_IN_BACKENDS:
        try:
            _import_backend(name)
        except ImportError:
            raise ImproperlyConfigured("SMS_BACKEND names a function that cannot be imported.") from None


@cache
def _import_backend(path: str) -> Backend:
    backend: Backend = import_string(path)
    return backend


def _send_to_console(to: str, text: str) -> None:
    sys.stdout.write(f"SMS to {to}: {text}\n")
    sys.stdout.flush()


def _send_to_file(to: str, text: str) -> None:
    """Append one JSON line."""
    with _file_lock, Path(settings.SMS_FILE_PATH).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"to": to, "text": text}) + "\n")


def _send_to_memory(to: str, text: str) -> None:
    sent_messages.append((to, text))


BUILT_IN_BACKENDS: dict[str, Backend] = {"console": _send_to_console, "file": _send_to_file, "locmem": _send_to_memory}
