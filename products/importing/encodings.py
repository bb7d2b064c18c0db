"""Find out how the text of a file is encoded. Spreadsheet programs save in UTF-8, UTF-16 or an encoding of their country."""

import codecs
import re
from pathlib import Path

from products.importing.raw_rows import Unreadable

CHUNK_SIZE = 1024 * 1024  # bytes
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
FOREIGN = re.compile(r"[^\W\d_a-zA-Z]{5}")  # Cyrillic or Greek read as Western European is full of accented letters in a row


def detect_encoding(file: Path) -> str:
    """Return the encoding of a text file, which Python's `open` takes. Raises Unreadable, OSError."""
    with file.open("rb") as stream:
        start = stream.read(4096)
    for bom, encoding in BOMS:
        if start.startswith(bom):
            return encoding
    if b"\0" in start:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    if _find_error(file, "utf-8") is None:
        return "utf-8"
    encoding = "mac_roman" if b"\r" in start and b"\n" not in start else "cp1252"
    error = _find_error(file, encoding)
    with file.open("rb") as stream:
        sample = stream.read(CHUNK_SIZE).decode(encoding, "replace")
    if error is not None or FOREIGN.search(sample):
        raise Unreadable(f"{file} is neither UTF-8 nor Western European text; save it as CSV UTF-8")
    return encoding


def _find_error(file: Path, encoding: str) -> UnicodeDecodeError | None:
    """Return the error at which decoding a file ends, if it does."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK_SIZE):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return error
    return None
