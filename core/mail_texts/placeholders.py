"""Placeholders such as {number} in the texts of e-mails; `{{` and `}}` are braces themselves."""

import re
from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError

TOKEN = re.compile(r"\{\{|\}\}|\{([^{}\n]{0,100})\}|[{}]")


def check(text: str, names: Collection[str]) -> None:
    """Refuse placeholders with other names, and braces without a partner. Raises ValidationError."""
    for token in TOKEN.finditer(text):
        if token[0] in ("{", "}"):
            place = text[max(0, token.start() - 10) : token.start() + 10].strip()
            raise ValidationError(f"A brace has no partner near “{place}”. For a brace itself, write {{{{ or }}}}.")
        if token[1] is not None and token[1] not in names:
            known = ", ".join(f"{{{name}}}" for name in names)
            raise ValidationError(f"{token[0]} is not a placeholder of this e-mail. Use {known}.")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the values instead of the placeholders; a value is never searched for placeholders. Raises KeyError."""
    return TOKEN.sub(lambda token: values[token[1]] if token[1] is not None else token[0][0], text)
