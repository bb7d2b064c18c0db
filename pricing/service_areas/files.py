"""Reads a carrier's list of the postal codes that it serves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from core import markets
from core.countries import find_country_code, get_market_country, list_countries
from core.markets import Market
from pricing.models import ServiceArea
from pricing.service_areas import cells, columns
from pricing.service_areas.cells import quote
from products.importing import lists
from products.importing.csv_records import Record
from products.importing.raw_rows import BadRow, Unreadable

NO_HEADER = "must begin with a line of column names, including postal_code, pincode, pin, zip or postcode"
NO_COUNTRY = "the market {} is not a country; name the country of the list, or add a column country"
NO_ROWS = "the file has no rows"
EMBARGO = "embargo"  # Delhivery's remark on a postal code that it does not serve for the time being


class AreaKey(NamedTuple):
    """What is unique in a market."""

    country: str
    postal_code: str
    carrier: str


class Service(NamedTuple):
    """What a carrier does at a postal code."""

    prepaid: bool = True
    cod: bool = True
    days: int | None = None


class Problem(NamedTuple):
    """A line that cannot be read."""

    number: int  # as a text editor or a spreadsheet counts
    text: str


@dataclass(frozen=True, slots=True)
class AreaDefaults:
    """What a line without these cells means."""

    country: str = ""  # ISO code; empty: the market's
    carrier: str = ""


@dataclass
class AreaList:
    """The service areas of a file; they count only if there are no problems."""

    services: dict[AreaKey, Service] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # columns
    repeated: int = 0  # lines that say the same as earlier ones


def read_file(file: Path, market: Market, defaults: AreaDefaults = AreaDefaults()) -> AreaList:
    """Return the service areas of a CSV file or an Excel workbook. Raises Unreadable, OSError."""
    try:
        table = lists.open_list(file, columns.is_header, no_header=NO_HEADER)
        return _Reader(market, defaults, table.header).read(table.iter_records())
    except UnicodeError:
        raise Unreadable(f"{file} is not text; save the sheet as CSV UTF-8") from None


class _Reader:
    """Reads the records below a header."""

    def __init__(self, market: Market, defaults: AreaDefaults, header: Sequence[str]) -> None:
        self._market = market
        self._columns = lists.find_columns(header, columns.NAMES)
        self._default_country = defaults.country or get_market_country(market)
        self._default_carrier = cells.parse_carrier(defaults.carrier)
        if not self._default_country and "country" not in self._columns:
            raise Unreadable(NO_COUNTRY.format(market.code))
        self._country_names = list_countries()
        self._carriers: dict[str, str] = _list_carriers(market)
        self._first_lines: dict[AreaKey, int] = {}
        self._list = AreaList(unread=lists.list_unread(header, self._columns))

    def read(self, records: Iterable[Record]) -> AreaList:
        """Return the areas and problems of the records. Raises Unreadable if there are none."""
        for record in records:
            try:
                if record.problem:
                    raise BadRow(record.problem)
                self._add(record)
            except BadRow as error:
                self._list.problems.append(Problem(record.number, str(error)))
        if not self._list.services and not self._list.problems:
            raise Unreadable(NO_ROWS)
        return self._list

    def _add(self, record: Record) -> None:
        key, service = self._parse(record.cells)
        earlier = self._list.services.setdefault(key, service)
        first_line = self._first_lines.setdefault(key, record.number)
        if earlier != service:
            raise BadRow(f"{key.postal_code} is already in line {first_line}, which says something else")
        self._list.repeated += first_line != record.number

    def _parse(self, row: Sequence[str]) -> tuple[AreaKey, Service]:
        """Return a line's area. Raises BadRow."""
        values = {
            name: [row[position] if position < len(row) else "" for position in positions]
            for name, positions in self._columns.items()
        }
        self._check_market(values.get("market", [""])[0])
        country = self._parse_country(values.get("country", [""])[0])
        code = cells.parse_postal_code(values["postal_code"][0], country, self._country_names.get(country, country))
        carrier = cells.parse_carrier(values.get("carrier", [""])[0]) or self._default_carrier
        flags = {name: _parse_flags(values[name], name) for name in columns.FLAGS if name in values}
        remarks = values.get("remarks", [""])[0].strip().lower()
        is_served = flags.get("served", True) and remarks != EMBARGO
        service = Service(
            prepaid=is_served and flags.get("prepaid", True),
            cod=is_served and flags.get("cod", True),
            days=cells.parse_days(values.get("days", [""])[0]),
        )
        return AreaKey(country, code, self._carriers.setdefault(carrier.casefold(), carrier)), service

    def _check_market(self, text: str) -> None:
        """Refuse a line of another market, as the download of all areas has them."""
        code = text.strip().lower()
        if code != self._market.code and code in markets.get_markets():
            raise BadRow(f"this line is for market {code}; import it with that market")

    def _parse_country(self, text: str) -> str:
        country = find_country_code(text) if text.strip() else self._default_country
        if not country:
            raise BadRow(f"{quote(text)} is not a country" if text.strip() else "the country is missing")
        return country


def _parse_flags(texts: Iterable[str], column: str) -> bool:
    """Return whether any of the cells says yes: a carrier that delivers by air or by road delivers."""
    label = "serviceable" if column == "served" else column
    flags = [cells.parse_yes_or_no(text, label) for text in texts]
    return any(flags)


def _list_carriers(market: Market) -> dict[str, str]:
    """Return the carriers of a market as they are spelled already, by their names in small letters."""
    names = ServiceArea.objects.filter(market=market.code).order_by("carrier").values_list("carrier", flat=True).distinct()
    return {name.casefold(): name for name in names}
