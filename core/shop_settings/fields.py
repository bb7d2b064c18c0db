"""Form fields for text that ends up in headers, e-mails and printed pages."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

LINE_SEPARATORS = ("Zl", "Zp")  # categories of Unicode


def _has_control_character(text: str) -> bool:
    return any(unicodedata.category(char) == "Cc" or unicodedata.category(char) in LINE_SEPARATORS for char in text)


def check_single_line(text: str) -> None:
    """Refuse line breaks and other control characters, which could start another header. Raises ValidationError."""
    if _has_control_character(text):
        raise ValidationError("Write this in one line, without control characters.")


class LineField(forms.CharField):
    """A single line of text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(check_single_line)


class LinesField(forms.CharField):
    """Text of several lines; line breaks are stored as `\\n`, and lines without spaces at their ends."""

    def __init__(self, *, max_lines: int | None = None, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea({"rows": rows}), **kwargs)
        self.max_lines = max_lines

    def to_python(self, value: Any) -> str:
        """Return the text with uniform line breaks."""
        text = super().to_python(value) or ""
        return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))

    def validate(self, value: str) -> None:
        """Refuse control characters and too many lines. Raises ValidationError."""
        super().validate(value)
        if _has_control_character(value.replace("\n", "").replace("\t", "")):
            raise ValidationError("Remove the control characters.")
        if self.max_lines is not None and value.count("\n") >= self.max_lines:
            raise ValidationError(f"Write at most {self.max_lines} lines.")
