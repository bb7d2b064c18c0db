"""Options and their values as staff write them: a line for each option, such as Size: S, M, L."""

import re

from products.models import MAX_OPTION, MAX_OPTIONS
from products.services.options import fold_option

NAME_END = re.compile("[:：]")
COMMAS, SEMICOLONS = re.compile("[,，、]"), re.compile("[;；]")
MAX_QUOTED = 60  # characters of a line in a message


def parse_lines(text: str) -> dict[str, list[str]]:
    """Return the values by option name, each once; values are separated by semicolons if there are any, else by commas.

    Raises ValueError with a message for the user.
    """
    values: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, names_of_values = _parse_line(line)
        if fold_option(name) in map(fold_option, values):
            raise ValueError(f"{name} is there twice. Write all its values in one line")
        values[name] = names_of_values
    if len(values) > MAX_OPTIONS:
        raise ValueError(f"A variant has at most {MAX_OPTIONS} options")
    return values


def _parse_line(line: str) -> tuple[str, list[str]]:
    quoted = f"“{line[:MAX_QUOTED]}”"
    name, *rest = NAME_END.split(line, maxsplit=1)
    separator = SEMICOLONS if SEMICOLONS.search(line) else COMMAS
    unique: dict[str, str] = {}
    for text in separator.split("".join(rest)):
        unique.setdefault(fold_option(text), text.strip())
    unique.pop("", None)
    if not fold_option(name) or not unique:
        raise ValueError(f"{quoted} has no values. Write it like Size: S, M, L")
    if max(map(len, (name, *unique.values()))) > MAX_OPTION:
        raise ValueError(f"A name or value in {quoted} has more than {MAX_OPTION} characters")
    return name.strip(), list(unique.values())


def format_lines(values: dict[str, list[str]]) -> str:
    """Return the text that `parse_lines` reads as these values."""
    lines = []
    for name, texts in values.items():
        separator = "; " if any(COMMAS.search(text) for text in texts) else ", "
        lines.append(f"{name}: {separator.join(texts)}")
    return "\n".join(lines)
