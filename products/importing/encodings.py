"""Find out how the text of a file is encoded. Spreadsheet programs save in UTF-8, UTF-16 or an encoding of their country.

Text in UTF-8 and UTF-16 is recognized for certain. The Latin encodings of Windows have the same bytes for other letters, and texts
of products are too short for statistics: there, the letters decide, which must all belong to one language. The other scripts, and
what remains, are told apart by `charset-normalizer`. See docs/decisions/0028-encodings-of-import-files.md.
"""

import codecs
import re
from collections.abc import Iterable
from pathlib import Path

from charset_normalizer import CharsetMatch, CharsetMatches, from_bytes

from products.importing.raw_rows import Unreadable

CHUNK_SIZE = 1024 * 1024  # bytes
SAMPLE_SIZE = 16 * 1024  # bytes of lines that are not ASCII
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DEFAULT = "cp1252"
TITLES = {  # the encodings that are detected or can be chosen, and what the report calls them
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252 (Western European)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp874": "Windows-874 (Thai)",
    "cp932": "Shift JIS (Japanese)",
    "gb18030": "GB 18030 (simplified Chinese)",
    "big5": "Big5 (traditional Chinese)",
    "cp949": "EUC-KR (Korean)",
    "mac_roman": "Mac Roman",
}
CANDIDATES = [name for name in TITLES if name.startswith(("cp", "gb", "big"))]
# The letters besides a to z of each language, by encoding. Western European languages borrow letters from each other.
ALPHABETS = {
    "cp1252": {
        "French": "àâæçèéêëîïôœùûüÿäöñ",
        "German": "äöüßéèàêçñ",
        "Spanish": "áéíñóúüçèöä",
        "Portuguese": "áâãàçéêíóôõúèñ",
        "Italian": "àèéìíîòóùçêüöä",
        "Dutch": "éëïóöüáèêçäñà",
        "Swedish": "äöåéèüàêñ",
        "Danish and Norwegian": "æøåéèêüöäóòô",
        "Icelandic": "áðéíóúýþæö",
    },
    "cp1250": {
        "Polish": "ąćęłńóśźżéüöä",
        "Czech": "áčďéěíňóřšťúůýžöüä",
        "Slovak": "áäčďéíĺľňóôŕšťúýžöüě",
        "Hungarian": "áéíóöőúüűä",
        "Croatian and Slovenian": "čćđšžäöüé",
        "Romanian": "ăâîşţéö",
    },
    "cp1254": {"Turkish": "çğıiöşüâîû"},
    "cp1257": {
        "Lithuanian": "ąčęėįšųūžéöüä",
        "Latvian": "āčēģīķļņšūžéöüäō",
        "Estonian": "äõöüšžé",
    },
}
NO_ALPHABET = re.compile(r"[^\W\d_][\xa1-\xa9\xab\xac\xae-\xb4\xb6\xb8\xb9\xbb-\xbf\xd7\xf7][^\W\d_]")  # a sign within a word
WORD = re.compile(r"[^\W\d_]+")
WESTERN = frozenset().union(*ALPHABETS[DEFAULT].values())
MIN_LETTERS = 2  # which Western European languages lack
MIN_ASCII = 0.25  # of the letters of words that are not ASCII
MIN_STATISTICS = 1024  # bytes of text that tell one Latin encoding from another by statistics
TOLERANCE = 0.02  # of the ratios of `charset-normalizer`, between guesses that are as good


def describe_encoding(encoding: str) -> str:
    """Return what the report calls an encoding."""
    return TITLES.get(encoding, encoding)


def check_encoding(encoding: str) -> str:
    """Return the name by which Python knows an encoding that someone has chosen; empty stays empty. Raises Unreadable."""
    try:
        name = codecs.lookup(encoding).name if encoding else ""
        "".encode(name or "utf-8")  # fails for codecs that are not about text
    except (LookupError, ValueError):
        raise Unreadable(f"{encoding!r} is not the name of a text encoding, such as {', '.join(TITLES)}") from None
    return name


def detect_encoding(file: Path) -> str:
    """Return the encoding of a text file, which Python's `open` takes. Raises OSError."""
    with file.open("rb") as stream:
        start = stream.read(4096)
    for bom, encoding in BOMS:
        if start.startswith(bom):
            return encoding
    if b"\0" in start:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    if can_decode(file, "utf-8"):
        return "utf-8"
    if b"\r" in start and b"\n" not in start:
        return "mac_roman"
    return next((encoding for encoding in _rank_encodings(_read_sample(file)) if can_decode(file, encoding)), DEFAULT)


def can_decode(file: Path, encoding: str) -> bool:
    """Return whether a whole file is text in an encoding. Raises OSError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK_SIZE):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _read_sample(file: Path) -> bytes:
    """Return the first lines that are not ASCII."""
    lines, size = list[bytes](), 0
    with file.open("rb") as stream:
        while size < SAMPLE_SIZE and (line := stream.readline(SAMPLE_SIZE)):
            if not line.isascii():
                lines.append(line)
                size += len(line)
    return b"".join(lines)


def _rank_encodings(sample: bytes) -> Iterable[str]:
    """Yield the encodings that a text can have, the most likely first."""
    for encoding, alphabets in ALPHABETS.items():
        if _is_written_in(sample, encoding, alphabets.values()):
            yield encoding
    matches = from_bytes(sample, cp_isolation=CANDIDATES, preemptive_behaviour=False)
    best = matches.best()
    if best is None:
        return
    if best.encoding in ALPHABETS and (len(sample) < MIN_STATISTICS or _is_as_good(matches, best)):
        yield DEFAULT
    yield from (match.encoding for match in matches)


def _is_as_good(matches: CharsetMatches, best: CharsetMatch) -> bool:
    """Return whether the default is among the guesses that are as good as the best one."""
    guesses = [match for match in matches if DEFAULT in match.could_be_from_charset]
    return any(match.chaos <= best.chaos + TOLERANCE and match.coherence >= best.coherence - TOLERANCE for match in guesses)


def _is_written_in(sample: bytes, encoding: str, alphabets: Iterable[str]) -> bool:
    """Return whether all letters belong to one language that is written in the encoding; most letters of a word are ASCII."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    words = "".join(word for word in WORD.findall(text.lower()) if not word.isascii())
    foreign = {char for char in words if char.isalpha() and not char.isascii()} - {"ª", "º"}
    if NO_ALPHABET.search(text) or sum(map(str.isascii, words)) < MIN_ASCII * len(words):
        return False
    return (encoding == DEFAULT or len(foreign - WESTERN) >= MIN_LETTERS) and any(
        foreign <= set(alphabet) for alphabet in alphabets
    )
