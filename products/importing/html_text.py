"""Plain text of what other shops' files hold: HTML."""

import html
import re

import nh3

TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
ENTITY = re.compile(r"&(?:[A-Za-z]{2,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
LINE_ENDS = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|ul|ol|table)\s*>", re.IGNORECASE)
MANY = re.compile(r"\n[ \t]*\n\s*")


def plain(text: str) -> str:
    """Return the text without tags (scripts and styles go with what is in them) and with its entities resolved."""
    if not TAG.search(text):
        return html.unescape(text) if ENTITY.search(text) else text
    broken = LINE_ENDS.sub("\n", text)
    bare = html.unescape(nh3.clean(broken, tags=set()))
    return MANY.sub("\n\n", "\n".join(line.strip() for line in bare.splitlines())).strip()


def escaped(text: str) -> str:
    """Return what `plain` makes this text of: the text itself, unless it looks like HTML."""
    return text if plain(text) == text else html.escape(text, quote=False)
