"""Convert the HTML in other shops' files to plain text."""

import html
import re

import nh3

TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
ENTITY = re.compile(r"&(?:[A-Za-z]{2,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
BLOCK_ENDS = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|ul|ol|table)\s*>", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def html_to_text(text: str) -> str:
    """Return the text without tags and with its entities resolved; scripts and styles are removed with their content."""
    if not TAG.search(text):
        return html.unescape(text) if ENTITY.search(text) else text
    with_breaks = BLOCK_ENDS.sub("\n", text)
    cleaned = html.unescape(nh3.clean(with_breaks, tags=set()))
    return BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in cleaned.splitlines())).strip()


def escape_text(text: str) -> str:
    """Return text that `html_to_text` turns back into this one; text that does not look like HTML stays as it is."""
    return text if html_to_text(text) == text else html.escape(text, quote=False)
