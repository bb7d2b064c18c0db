"""The file .env: what is wrong with it stops the start."""

from io import StringIO
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv.parser import parse_stream


def check(file: Path) -> None:
    """Raise ImproperlyConfigured where it cannot be read: python-dotenv would go on without a line that it does not know."""
    try:
        lines = parse_stream(StringIO(file.read_text(encoding="utf-8"))) if file.exists() else ()
        broken = next((line.original.line for line in lines if line.error), None)
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{file.name} is no text in UTF-8. Write it anew: .env.example shows how.") from None
    if broken is not None:
        raise ImproperlyConfigured(f"Line {broken} of {file.name} is not NAME=value. Mend it: .env.example shows how.")
