"""The file .env: what is wrong with it stops the start."""

from io import StringIO
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv.parser import parse_stream


def check(file: Path) -> None:
    """Raise ImproperlyConfigured where it cannot be read: python-dotenv would go on without a line that it does not know."""
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{file.name} is no readable text in UTF-8. Write it anew: .env.example shows how.") from None
    lines = parse_stream(StringIO(text))
    broken = next((one.original.line for one in lines if one.error or (one.key and one.value is None)), None)
    if broken is not None:
        raise ImproperlyConfigured(f"Line {broken} of {file.name} is not NAME=value. Mend it: .env.example shows how.")
