"""An import file: which kind it is, what of it is read, and its rows. Memory use does not grow with the file."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core import markets
from products.importing import columns, json_files, tables, workbooks
from products.importing.columns import find_other_prices, find_unread, resolve
from products.importing.evidence import Evidence
from products.importing.formats import TableFormat, shopify_json
from products.importing.formats.continued_lines import ContinuedFormat
from products.importing.formats.lines import LineFormat
from products.importing.formats.magento import MagentoFormat
from products.importing.formats.shopify_csv import HandleFormat, MedusaFormat, SpreeFormat
from products.importing.formats.shopping_feed import ShoppingFeedFormat
from products.importing.formats.woocommerce import WooCommerceFormat
from products.importing.raw_rows import RawRow
from products.importing.raw_rows import Unreadable as Unreadable

FORMATS: tuple[TableFormat, ...] = (  # the first that recognises the header reads the table
    *(WooCommerceFormat(), MagentoFormat(), MedusaFormat(), SpreeFormat(), HandleFormat(), ShoppingFeedFormat(), ContinuedFormat()),
    LineFormat(),
)
REFUSED = {  # the first bytes of files of other kinds, and what to do
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save it as .xlsx or CSV UTF-8",
    b"%PDF": "is a PDF; save the table as CSV UTF-8",
    b"<": "is XML or HTML, which is not read; export the products as CSV or JSON",
    b"\x1f\x8b": "is compressed; unpack it first",
}
MAX_KEYS = 1000  # different names of JSON keys that are remembered
TABLE_SUFFIXES, LINES_SUFFIXES = (".csv", ".tsv", ".txt", ".tab"), (".jsonl", ".ndjson")
NOTHING_TO_CHANGE = "only the SKUs are read, so nothing changes; columns with other names can be renamed, such as Bestand=stock"
NOT_FETCHED = "pictures from URLs are not fetched in a check; the import fetches them, and reports those that it cannot use"


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading the whole file once has shown."""

    total: int  # rows
    format: str  # as the report names it; empty for the shop's own
    unread: list[str]  # columns or keys
    notes: list[str]
    decimal_mark: str  # of the prices; empty if none proves it
    prices: str = ""  # in which currencies they are read, for the report
    encoding: str = ""  # of a text file
    has_urls: bool = False  # of pictures


@dataclass
class Source:
    """An import file in one of the formats that `docs/catalog.md` lists. `mapping` names their columns by ours."""

    file: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    market: str = ""  # code of the market whose prices have no currency; empty: the default market
    encoding: str = ""  # of a text file; empty: it is detected
    known_survey: Survey | None = None  # of an earlier look at the file

    def count_rows(self) -> int:
        """Read the whole file and return the number of rows. Raises Unreadable."""
        return self.survey().total

    def survey(self) -> Survey:
        """Read the whole file, so that a broken one is refused before anything is written. Raises Unreadable."""
        if self.known_survey is None:
            with _explain_errors(self.file):
                self.known_survey = self._read_all()
        return self.known_survey

    def iter_rows(self) -> Iterator[RawRow]:
        """Yield the rows. Raises Unreadable."""
        survey = self.survey()
        with _explain_errors(self.file):
            for row in self._open(survey.encoding or self.encoding).iter_rows():
                yield replace(row, decimal_mark=survey.decimal_mark, market=self.market)

    def _read_all(self) -> Survey:
        reader, evidence, total = self._open(self.encoding), Evidence(self.market), 0
        for row in reader.iter_rows():
            total += 1
            evidence.add(row.values)
        mark = evidence.get_decimal_mark()
        notes = [*reader.get_notes(), *(["prices are read with a decimal comma: 1.299 is 1299"] if mark == "," else [])]
        notes += _describe_other_prices(find_other_prices(reader.get_unread()))
        return Survey(
            total=total,
            format=reader.get_title(),
            unread=reader.get_unread(),
            notes=notes,
            decimal_mark=mark,
            prices=evidence.currencies.describe(),
            encoding=reader.get_encoding(),
            has_urls=evidence.has_urls,
        )

    def _open(self, encoding: str) -> "TableReader | JsonReader":
        kind = find_kind(self.file)
        if kind in ("json", "lines"):
            return JsonReader(self.file, self.mapping, is_lines=kind == "lines")
        if kind == "workbook":
            return TableReader(self.file, workbooks.open_workbook(self.file, _is_header, self.mapping))
        return TableReader(self.file, tables.open_csv(self.file, _is_header, self.mapping, encoding=encoding))


class TableReader:
    """Reads a table in the format that recognises its header."""

    def __init__(self, file: Path, table: tables.Table) -> None:
        columns.check_header(file, table.header)
        self._table = table
        self._format = next(entry for entry in FORMATS if entry.recognise(table.header))

    def iter_rows(self) -> Iterator[RawRow]:
        """Yield the rows."""
        return self._format.iter_rows(self._table)

    def get_title(self) -> str:
        """Return how the report names the format."""
        return self._format.title

    def get_unread(self) -> list[str]:
        """Return the columns that are not read."""
        return self._format.find_unread(self._table.header)

    def get_encoding(self) -> str:
        """Return the encoding of a text file."""
        return self._table.encoding

    def get_notes(self) -> list[str]:
        """Return what the report says about the file."""
        is_net = any(columns.squash(name) == "pricetaxexcluded" for name in self._table.header)
        net = ["prices are read as they are, without tax; the prices of this shop include tax"] if is_net else []
        meanings = {column.name for name in self._table.header if (column := resolve(name))}
        idle = [NOTHING_TO_CHANGE] if meanings <= {"sku", "stand_in"} else []
        return [*self._table.notes, *net, *idle]


class JsonReader:
    """Reads a JSON file, and remembers the keys of its rows."""

    def __init__(self, file: Path, mapping: Mapping[str, str], *, is_lines: bool) -> None:
        self._file, self._mapping, self._is_lines = file, mapping, is_lines
        self._is_shopify = False
        self._keys: dict[str, None] = {}  # in the order in which they came

    def iter_rows(self) -> Iterator[RawRow]:
        """Yield the rows."""
        rows = json_files.iter_json_lines(self._file) if self._is_lines else json_files.iter_json_rows(self._file)
        for row in rows:
            self._is_shopify = self._is_shopify or shopify_json.recognise(row.values)
            self._remember(row.values)
            yield shopify_json.convert(replace(row, values=self._rename(row.values)) if self._mapping else row)
        columns.check_mapping(self._file, self._keys, self._mapping)

    def _remember(self, values: Any) -> None:
        if not isinstance(values, dict) or len(self._keys) > MAX_KEYS:
            return
        variants = values.get("variants")
        self._keys.update(dict.fromkeys(values))
        for variant in variants if isinstance(variants, list) else ():
            if isinstance(variant, dict):
                self._keys.update(dict.fromkeys(f"variants.{key}" for key in variant))

    def _rename(self, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        variants = values.get("variants")
        renamed = dict(zip(columns.rename(values, self._mapping), values.values(), strict=True))
        return {**renamed, **({"variants": [self._rename(entry) for entry in variants]} if isinstance(variants, list) else {})}

    def get_title(self) -> str:
        """Return how the report names the format."""
        return shopify_json.TITLE if self._is_shopify else ""

    def get_unread(self) -> list[str]:
        """Return the keys that are not read."""
        if self._is_shopify:
            return [key for key in self._keys if key not in shopify_json.READ]
        return [key for key in self._keys if find_unread(columns.rename([key.removeprefix("variants.")], self._mapping))]

    def get_encoding(self) -> str:
        """Return an empty text, because JSON is always UTF-8."""
        return ""

    def get_notes(self) -> list[str]:
        """Return what the report says about the file."""
        return []


@contextmanager
def _explain_errors(file: Path) -> Iterator[None]:
    """Raise Unreadable for errors of the file system and of the text."""
    try:
        yield
    except UnicodeDecodeError:
        raise Unreadable(f"{file} contains bytes that are not text; save it as CSV UTF-8") from None
    except OSError as error:
        raise Unreadable(f"{file} cannot be opened: {error.strerror}") from None


def find_kind(file: Path) -> str:
    """Return "table", "workbook", "json" or "lines", by content and name. Raises Unreadable, OSError."""
    with file.open("rb") as stream:
        start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    for prefix, reason in REFUSED.items():
        if start.startswith(prefix):
            raise Unreadable(f"{file} {reason}")
    if start.startswith(b"PK\x03\x04"):
        return _find_archive_kind(file)
    suffix = file.suffix.lower()
    if suffix in LINES_SUFFIXES:
        return "lines"
    if suffix in TABLE_SUFFIXES:
        return "table"
    return "json" if suffix == ".json" or start.startswith((b"[", b"{")) else "table"


def _find_archive_kind(file: Path) -> str:
    """Return "workbook" for a ZIP archive that is one. Raises Unreadable."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        names = []
    if "xl/workbook.xml" not in names:
        raise Unreadable(f"{file} is an archive or another kind of document; save the table as .xlsx or CSV UTF-8")
    return "workbook"


def _is_header(names: Sequence[str]) -> bool:
    return any(entry.recognise(names) for entry in FORMATS)


def _describe_other_prices(names: Sequence[str]) -> list[str]:
    """Return the note about prices of other markets that are not read, if there are any."""
    if not names:
        return []
    market = next((market.code for market in markets.get_markets().values() if not market.is_default), "")
    hint = f"; to read one, rename its column, such as {names[0]}=price_{market}" if market else ""
    return [f"prices of other markets are not read: {', '.join(names)}{hint}"]
