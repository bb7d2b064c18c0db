"""Validation of the .env file: an error in it prevents the start."""

import os
from io import StringIO
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values
from dotenv.parser import parse_stream


def check(file: Path) -> None:
    """Check that the file can be parsed; python-dotenv skips malformed lines. Raises ImproperlyConfigured."""
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{file.name} is not readable UTF-8 text. Write it again; see .env.example.") from None
    lines = parse_stream(StringIO(text))
    invalid = next((line.original.line for line in lines if line.error or (line.key and line.value is None)), None)
    if invalid is not None:
        raise ImproperlyConfigured(f"Line {invalid} of {file.name} is not NAME=value. Correct it; see .env.example.")


def export(file: Path, prefix: str) -> None:
    """Copy variables with this prefix that are not empty to the environment, for libraries that read it. Its own values win."""
    for name, value in dotenv_values(file).items():
        if name.startswith(prefix) and value:
            os.environ.setdefault(name, value)
