"""A carrier's file of payments, ready to be recorded: its currency is decided, and its amounts are in minor units.

No amount is guessed. A row whose amount cannot be read is kept, without an amount and with its problem.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core import markets, money
from orders.carriers import registry
from orders.models import MAX_CARRIER, MAX_PROBLEM, MAX_REMITTANCE_REFERENCE, Remittance, Shipment
from orders.remittances import matching
from orders.remittances.files import Row, Sheet
from orders.remittances.matching import Names
from products.importing.numbers import parse_amount
from products.importing.raw_rows import Unreadable
from products.importing.report import replace_unprintable

MAX_SHOWN = 40  # characters of a cell in a problem
MAX_MINOR = 10**15  # beyond any payment, and within the column


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file."""

    row: int
    tracking_number: str
    order_number: str
    paid_minor: int | None  # None: it cannot be read
    problem: str = ""  # why its amount cannot be read

    @property
    def names(self) -> Names:
        """What the row says about its parcel."""
        return Names(self.tracking_number, self.order_number)


@dataclass(frozen=True, slots=True)
class Draft:
    """A remittance that is not recorded yet."""

    carrier: str
    reference: str
    currency: str
    charges_minor: int | None  # None: neither the file nor the user says anything
    lines: Sequence[Line]


def build_draft(sheet: Sheet, *, carrier: str, reference: str, currency: str = "", charges: str = "") -> Draft:
    """Return what is to be recorded.

    Without a currency, it is the one that the remittance has, the file names, or the parcels have. Charges are a total, and replace
    a column of charges. Raises Unreadable.
    """
    reference = _clean(reference)[:MAX_REMITTANCE_REFERENCE]
    carrier = find_carrier(carrier, reference)
    if not carrier or not reference:
        raise Unreadable("the carrier and the reference of the remittance are needed")
    currency = currency or _find_currency(sheet, carrier, reference)
    rows = list(_drop_total(sheet, currency))
    return Draft(
        carrier=carrier,
        reference=reference,
        currency=currency,
        charges_minor=_read_charges(sheet, rows, currency, charges),
        lines=[_build_line(row, sheet, currency) for row in rows],
    )


def find_carrier(name: str, reference: str) -> str:
    """Return a carrier as this remittance has it if it is recorded; or else its code, or as remittances or parcels spell it.

    Raises Unreadable.
    """
    name = _clean(name)
    if len(name) > MAX_CARRIER:
        raise Unreadable(f"the name of the carrier is longer than {MAX_CARRIER} characters")
    carrier = registry.find_carrier(name)
    if carrier is not None:
        recorded = Remittance.objects.filter(reference=reference, carrier__iexact=carrier.name).first()
        return recorded.carrier if recorded is not None else carrier.code
    for rows in (Remittance.objects, Shipment.objects):
        known = rows.filter(carrier__iexact=name).order_by("pk").values_list("carrier", flat=True).first()
        if known:
            return known
    return name


def _clean(text: str) -> str:
    return " ".join(replace_unprintable(text).split())


def _find_currency(sheet: Sheet, carrier: str, reference: str) -> str:
    """Return the currency of the file. Raises Unreadable if it cannot be told."""
    recorded = Remittance.objects.filter(carrier=carrier, reference=reference).values_list("currency", flat=True).first()
    if recorded is not None:
        return recorded
    if len(sheet.currencies) > 1:
        names = ", ".join(sorted(sheet.currencies))
        raise Unreadable(f"the file has amounts in {names}; give each currency a file and a reference of its own")
    if sheet.currencies:
        return next(iter(sheet.currencies))
    found = matching.find_parcels(carrier, (Names(row.tracking_number, row.order_number) for row in sheet.rows))
    currencies = {parcel.order.currency for parcel in found.values() if isinstance(parcel, Shipment)}
    if len(currencies) > 1:
        raise Unreadable(f"the parcels are in {', '.join(sorted(currencies))}, and the file does not say which; choose one")
    return next(iter(currencies), markets.get_default_market().currency)


def _drop_total(sheet: Sheet, currency: str) -> Iterator[Row]:
    """Yield the rows without a sum below them: a last row that names no parcel, and pays what all others pay together."""
    *rows, last = sheet.rows
    yield from rows
    if rows and last.may_be_total:
        amounts = [_read_amount(row, sheet, currency) for row in sheet.rows]
        readable = [amount for amount in amounts if isinstance(amount, int)]
        if len(readable) == len(amounts) and sum(readable[:-1]) == readable[-1]:
            return
    yield last


def _build_line(row: Row, sheet: Sheet, currency: str) -> Line:
    paid = _read_amount(row, sheet, currency)
    amount, problem = (paid, "") if isinstance(paid, int) else (None, paid)
    return Line(row.number, row.tracking_number, row.order_number, amount, problem[:MAX_PROBLEM])


def _read_amount(row: Row, sheet: Sheet, currency: str) -> int | str:
    """Return what a row pays, in minor units, or why it cannot be read."""
    if row.problem:
        return row.problem
    if not row.paid.strip():
        return "the amount is missing"
    if row.currency and row.currency != currency:
        return f"{_quote(row.paid)} is in {_quote(row.currency)}, not in {currency}"
    try:
        return parse_minor(row.paid, currency, sheet.decimal_mark)
    except ValueError as error:
        return f"the amount {_quote(row.paid)} {error}"


def parse_minor(text: str, currency: str, mark: str = "") -> int:
    """Return an amount in minor units; `mark` is the decimal mark of the file. Raises ValueError with the reason."""
    if money.exponent(currency) == 3 and not mark and type(text) is str and text.count(",") == 1 and "." not in text:
        raise ValueError("may have thousands or decimal places behind its comma; write a decimal point")
    amount = money.to_minor(parse_amount(text, currency, mark), currency)
    if abs(amount) > MAX_MINOR:
        raise ValueError("is too large")
    return amount


def _read_charges(sheet: Sheet, rows: Sequence[Row], currency: str, total: str) -> int | None:
    """Return what the carrier keeps for its services, in minor units. Raises Unreadable."""
    cells = [("the charges", total)] if total else [(f"the charges in row {row.number}", row.charges) for row in rows]
    amounts = [_read_charge(where, text, currency, "" if total else sheet.decimal_mark) for where, text in cells if text.strip()]
    return sum(amounts) if total or sheet.has_charges else None


def _read_charge(where: str, text: str, currency: str, mark: str) -> int:
    try:
        amount = parse_minor(text, currency, mark)
    except ValueError as error:
        raise Unreadable(f"{where}: {_quote(text)} {error}") from None
    if amount < 0:
        raise Unreadable(f"{where} are negative; give their total as a positive amount")
    return amount


def _quote(text: str) -> str:
    text = replace_unprintable(text)
    return f"“{text}”" if len(text) <= MAX_SHOWN else f"“{text[:MAX_SHOWN]}…”"
