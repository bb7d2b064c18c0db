"""Convert the HTML in other shops' files to plain text."""

import html
import re

import nh3

TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
ENTITY = re.compile(r"&(?:[A-Za-z]{2,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
BLOCKS = (
    "address|article|aside|blockquote|caption|center|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|legend|li|"
    "main|nav|ol|option|p|pre|section|summary|table|tbody|tfoot|thead|tr|ul"
)
INLINE = "a|abbr|b|big|code|del|em|font|i|img|ins|mark|q|s|small|span|strike|strong|sub|sup|tt|u"
ROWS = "table|tbody|tfoot|thead|tr"
BLOCK_TAG = re.compile(rf"</?(?:{BLOCKS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
ROW_TAG = re.compile(rf"</?(?:{ROWS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
LIST_ITEM = re.compile(r"<li(?:[\s/][^<>]*)?>", re.IGNORECASE)
LIST_ITEM_END = re.compile(r"</li(?:[\s/][^<>]*)?>", re.IGNORECASE)
ITEM_TAG = r"</?(?:li|tr|td|th|tbody|thead|tfoot)(?:[\s/][^<>]*)?>"
SPACES_BEFORE_ITEM = re.compile(rf"(?<!\s)\s+(?={ITEM_TAG})", re.IGNORECASE)
SPACES_AFTER_ITEM = re.compile(rf"({ITEM_TAG})\s+", re.IGNORECASE)
BREAK_TAG = re.compile(r"<br(?:[\s/][^<>]*)?>", re.IGNORECASE)
CELL_TAG = re.compile(r"</?(?:td|th)(?:[\s/][^<>]*)?>", re.IGNORECASE)
NAME_TAG = re.compile(rf"</?(?:{BLOCKS}|{INLINE}|br|td|th|script|style)(?:[\s/][^<>]*)?>", re.IGNORECASE)
SEPARATES = re.compile(rf"</?(?:{BLOCKS}|br|td|th)\b", re.IGNORECASE)
# Noncharacters, which no text contains: where a block, a cell, a row or table, or an item of a list begins or ends.
BLOCK, CELL, ROW, ITEM, ITEM_END = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3", "\ufdd4"
EDGE = f"[{BLOCK}{CELL}{ROW}{ITEM}{ITEM_END}]"
# Each pattern that begins with spaces matches at the first of them only: otherwise it would read a long run again and again.
EDGES = re.compile(rf"(?<![ \t])[ \t]*{EDGE}(?:[ \t]*{EDGE})*[ \t]*")
EMPTY_ITEM = re.compile(rf"{ITEM}[\s{BLOCK}{CELL}{ROW}]*(?={ITEM_END})")
ITEM_START = re.compile(rf"{ITEM}[\s{BLOCK}{CELL}{ROW}{ITEM}]*(?:[•·][ \t]*)?")
BULLET, CELL_SEPARATOR = "• ", " | "
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
LINE_BREAKS = re.compile(r"(?<![ \t]) *(?:[\n\r\t\x0b\x0c\x1c-\x1e\x85\u2028\u2029] *)+")


def html_to_text(text: str) -> str:
    """Return the text without tags and with its entities resolved; scripts and styles are removed with their content."""
    if not TAG.search(text):
        return html.unescape(text) if ENTITY.search(text) else text
    text = SPACES_AFTER_ITEM.sub(r"\1", SPACES_BEFORE_ITEM.sub("", text))  # a list and a table are without blank lines
    with_items = LIST_ITEM_END.sub(ITEM_END, LIST_ITEM.sub(ITEM, BREAK_TAG.sub("\n", text)))
    with_edges = CELL_TAG.sub(CELL, BLOCK_TAG.sub(BLOCK, ROW_TAG.sub(ROW, with_items)))
    cleaned = html.unescape(nh3.clean(with_edges, tags=set()))
    cleaned = ITEM_START.sub(ITEM, EMPTY_ITEM.sub("", cleaned)).strip(f" \t\r\n{BLOCK}{CELL}{ROW}{ITEM_END}")
    return BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in EDGES.sub(_replace_edges, cleaned).splitlines())).strip()


def _replace_edges(edges: re.Match[str]) -> str:
    """Return what parts the texts before and behind a run of edges; a paragraph within a cell does not end its row."""
    if ITEM in edges[0]:
        return f"\n{BULLET}"
    return CELL_SEPARATOR if CELL in edges[0] and ROW not in edges[0] else "\n"


def name_to_text(text: str) -> str:
    """Return a name on one line, with its entities resolved.

    A name is plain text: only the tags that editors write are removed, so that `Cable <USB-C>` stays as it is.
    """
    return join_lines(html.unescape(strip_name_tags(text)))


def strip_name_tags(text: str) -> str:
    """Return a name without the tags that editors write; its entities stay."""
    if not NAME_TAG.search(text):
        return text
    if "<script" in text.lower() or "<style" in text.lower():
        text = nh3.clean(text, tags=set())  # also removes what they contain
    return NAME_TAG.sub(lambda tag: " " if SEPARATES.match(tag[0]) else "", text)


def join_lines(text: str) -> str:
    """Return a text with its line breaks replaced by spaces."""
    return LINE_BREAKS.sub(" ", text)


def escape_text(text: str) -> str:
    """Return text that `html_to_text` turns back into this one; text that does not look like HTML stays as it is."""
    return text if html_to_text(text) == text else html.escape(text, quote=False)


def escape_name(text: str) -> str:
    """Return a name that `name_to_text` turns back into this one."""
    return text if name_to_text(text) == text else html.escape(text, quote=False)
