"""What a row says in several columns together: a sale, its currency, and whether the product is for sale."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from core import markets
from core.empty_values import is_empty
from products.importing import columns, flags, numbers
from products.importing.raw_rows import BadRow, describe_value


def apply_sale(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with its sale price as the price and the regular one beside it; a sale that is not on leaves neither.

    Raises BadRow.
    """
    if "sale_price" not in row:
        return {name: value for name, value in row.items() if not name.startswith("sale_")}
    rest = {name: value for name, value in row.items() if not name.startswith("sale_")}
    if is_empty(row["sale_price"]) or not _is_on_sale(row):
        return {"compare_at_price": "", **rest}
    return {**rest, "price": row["sale_price"], "compare_at_price": row.get("price")}


def _is_zero(value: Any) -> bool:
    return str(value).strip("0., ") == ""


def _is_on_sale(row: dict[str, Any]) -> bool:
    if str(row.get("sale_is_on", 1)).strip().lower() in flags.NO or _is_zero(row["sale_price"]):
        return False  # shops leave a 0 where there is no sale
    start, _, end = str(row.get("sale_period") or "").partition("/")
    start, end = str(row.get("sale_starts") or start).strip(), str(row.get("sale_ends") or end).strip()
    now = timezone.now()
    return (not start or _parse_time(start, time.min) <= now) and (not end or now <= _parse_time(end, time.max))


def _parse_time(text: str, default: time) -> datetime:
    """Return a time written as ISO 8601; a date alone is its first or last moment. Raises BadRow."""
    try:
        day = parse_date(text)
        moment = datetime.combine(day, default) if day is not None else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise BadRow(f"the date of its sale must look like 2026-11-29: {describe_value(text)}")
    return moment if moment.tzinfo is not None else timezone.make_aware(moment)


def apply_currency(row: dict[str, Any], chosen: str) -> tuple[dict[str, Any], str]:
    """Return the row with its price in the market that has its currency, and a note if it was moved there.

    `chosen` is the code of the market of prices without a currency. Raises BadRow.
    """
    currency, default = row.pop("currency", None), markets.get_default_market()
    if is_empty(currency):
        code, found = "", [chosen or default.code]
    else:
        code = str(currency).strip().upper()
        found = [market.code for market in markets.get_markets().values() if market.currency == code]
    if not found:
        raise BadRow(f"its currency {code[:10]!r} is not the currency of any market of this shop")
    if default.code in found:
        return row, ""
    moved = {name: value for name in ("price", "compare_at_price") if not is_empty(value := row.pop(name, None))}
    for name, value in moved.items():
        prices = row.get(f"{name}s")
        for market in found:
            if f"{name}_{market}" in row or (isinstance(prices, dict) and market in prices):
                raise BadRow(f"it has two prices in {markets.get_market(market).currency}")
            row[f"{name}_{market}"] = value
    is_noted = bool(moved and code)  # what was chosen is said of the whole file
    return row, f"its price in {code} was taken as the price in the market {', '.join(found)}" if is_noted else ""


def parse_is_active(values: Iterable[tuple[str, Any]]) -> bool | None:
    """Return whether a product is for sale; every column must say so. None: no column says anything. Raises BadRow."""
    said = []
    for name, value in values:
        try:
            is_magento = name in ("product_online", "status") and str(value).strip() == flags.MAGENTO_DISABLED
            column = columns.resolve(name)
            parse = flags.parse_off_sale if column is not None and column.name == "is_off_sale" else flags.parse_flag
            said.append(False if is_magento else parse(value))
        except ValueError as error:
            raise BadRow(f"{name} {error}: {describe_value(value)}") from None
    if False in said:
        return False
    return True if True in said else None


def apply_availability(row: dict[str, Any]) -> tuple[bool | None, bool]:
    """Return whether the product is for sale, and whether it is in stock in an unknown quantity; sold out sets the stock to 0.

    Raises BadRow.
    """
    is_for_sale, in_stock = None, None
    try:
        is_for_sale, in_stock = flags.parse_availability(row.pop("availability", None))
    except ValueError as error:
        raise BadRow(f"availability {error}") from None
    stated = row.pop("in_stock", None)
    if not is_empty(stated):
        in_stock = _parse_in_stock(row, stated)
    if is_empty(row.get("stock")) and in_stock is not None:
        if in_stock:
            return is_for_sale, True
        row["stock"] = 0
    return is_for_sale, False


def _parse_in_stock(row: dict[str, Any], value: Any) -> bool | None:
    """Return whether a product is in stock; a number is its stock. Raises BadRow."""
    try:
        return bool(flags.parse_availability(value)[1]) if str(value).lower().endswith("stock") else flags.parse_flag(value)
    except ValueError:
        try:
            numbers.parse_quantity(value)
        except ValueError:
            raise BadRow(f"in_stock must be yes, no or a number: {describe_value(value)}") from None
        row.setdefault("stock", value)
        return None
