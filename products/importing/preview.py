"""The preview of an import: what the first rows of its file would change in the catalog, in words.

Each row is imported in a transaction that is rolled back, so that the preview shows what the import does.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

from django.db import transaction

from core import markets, money
from products.importing.images import ImageImporter
from products.importing.importer import Import
from products.importing.raw_rows import RawRow
from products.importing.report import replace_unprintable
from products.importing.rows import parse_row
from products.importing.summary import Entry, Summary
from products.models import Category, Product, Variant

PREVIEW_ROWS = 20
MAX_CHANGES = 8  # shown per row
MAX_VALUE = 60  # characters of a value that are shown
FAILED, CREATED, CHANGED, UNCHANGED = "failed", "created", "changed", "unchanged"
FOR_SALE = "for sale"
Facts = dict[tuple[str, str], str]  # values by SKU (empty for the product itself) and name


class PreviewRow(TypedDict):
    """A row of the file, and what importing it would do."""

    row: int
    name: str
    sku: str  # of its first variant
    state: str
    changes: list[str]  # for a failed row the reason


def build_preview(
    rows: Sequence[RawRow], failures: Mapping[int, Entry], images: Path, *, allow_free: bool = False
) -> list[PreviewRow]:
    """Return the preview of these rows; `failures` are those that the check has rejected."""
    importer = Import(ImageImporter(images, is_dry=True), allow_free=allow_free)
    return [_describe_failure(failures[raw.number]) if raw.number in failures else _try_row(raw, importer) for raw in rows]


def _describe_failure(failure: Entry) -> PreviewRow:
    reason = replace_unprintable(failure.reason)
    return PreviewRow(row=failure.row, name=_shorten(failure.name), sku=_shorten(failure.sku), state=FAILED, changes=[reason])


def _try_row(raw: RawRow, importer: Import) -> PreviewRow:
    """Import a row, without its pictures, and undo it."""
    row = parse_row(raw)  # which the check has accepted
    skus = row.skus
    with transaction.atomic():
        before = _read_facts(skus)
        summary = _import(raw, importer)
        after = _read_facts(skus)
        # What is left to change when the row is imported again is what the first time did not store.
        changes_pictures = bool(summary.changed) and bool(_import(raw, importer).changed)
        transaction.set_rollback(True)
    if summary.failed:
        return _describe_failure(summary.failed[0])
    state = CREATED if summary.created else CHANGED if summary.changed else UNCHANGED
    changes: list[str] = []
    if state == CREATED:
        changes = [*_describe_new(after), *([f"pictures: {len(row.images)}"] if row.images else [])]
    elif state == CHANGED:
        changes = [*_compare(before, after), *(["pictures"] if changes_pictures else [])]
    if state == CHANGED and not changes:
        changes = ["order of its variants"]
    if len(changes) > MAX_CHANGES:
        changes[MAX_CHANGES:] = [f"and {len(changes) - MAX_CHANGES} more"]
    return PreviewRow(row=raw.number, name=_shorten(after["", "name"]), sku=skus[0], state=state, changes=changes)


def _import(raw: RawRow, importer: Import) -> Summary:
    """Import a row alone, as this importer does."""
    return Import(importer.images, allow_free=importer.allow_free).run([raw])


def _read_facts(skus: Sequence[str]) -> Facts:
    """Return what the shop knows about the product with these SKUs; nothing if there is none."""
    product = Product.objects.filter(variants__sku__in=skus).select_related("category").first()
    if product is None:
        return {}
    facts = {
        ("", "name"): product.name,
        ("", "category"): _get_path(product.category),
        ("", "description"): product.description,
        ("", "low stock threshold"): str(product.low_stock_threshold),
        ("", FOR_SALE): _format_flag(product.is_active),
    }
    variants = product.variants.filter(deleted_at=None).prefetch_related("market_prices").order_by("position", "id")
    for variant in variants:
        facts |= {(variant.sku, name): value for name, value in _read_variant(variant)}
    return facts


def _get_path(category: Category | None) -> str:
    names: list[str] = []
    while category is not None:
        names.insert(0, category.name)
        category = category.parent
    return " > ".join(names)


def _read_variant(variant: Variant) -> Iterator[tuple[str, str]]:
    yield "variant name", variant.name
    yield "options", ", ".join(f"{name} {value}" for name, value in sorted(variant.options.items()))
    default = markets.get_default_market()
    yield "price", _format_amount(variant.price, default.currency)
    yield "compare-at price", _format_amount(variant.compare_at_price, default.currency)
    prices = {price.market: price for price in variant.market_prices.all()}
    for code, market in markets.get_markets().items():
        if not market.is_default:
            price = prices.get(code)
            yield f"price in {code.upper()}", _format_amount(price.price if price else None, market.currency)
            yield f"compare-at price in {code.upper()}", _format_amount(price.compare_at_price if price else None, market.currency)
    yield "stock", str(variant.available)
    yield "weight", "" if variant.weight_grams is None else f"{variant.weight_grams} g"
    yield FOR_SALE, _format_flag(variant.is_active)


def _compare(before: Facts, after: Facts) -> Iterator[str]:
    """Yield what differs, in words."""
    known = {sku for sku, _ in before}
    is_simple = len({sku for sku, _ in after}) == 2  # the product itself and one variant
    for sku in dict.fromkeys(sku for sku, _ in after):
        label = f"{sku}: " if sku and not is_simple else ""
        if sku not in known:
            yield f"{label}new variant"
            continue
        for (owner, name), value in after.items():
            if owner == sku and before.get((sku, name)) != value:
                yield f"{label}{_describe_change(name, before.get((sku, name), ''), value)}"


def _describe_new(facts: Facts) -> Iterator[str]:
    """Yield the values of a new product; each of several variants is one line."""
    skus = list(dict.fromkeys(sku for sku, _ in facts if sku))
    for sku in ("", *skus):
        values = [_describe_value(name, value) for (owner, name), value in facts.items() if owner == sku and _is_shown(name, value)]
        if sku and len(skus) > 1:
            yield f"{sku}: {', '.join(values)}"
        else:
            yield from values


def _is_shown(name: str, value: str) -> bool:
    """Return whether the value of a new product is more than what every new product has."""
    return (
        bool(value)
        and name not in ("name", "variant name", "low stock threshold")
        and (name, value) != (FOR_SALE, _format_flag(True))
    )


def _describe_value(name: str, value: str) -> str:
    return "not for sale" if name == FOR_SALE else f"{name}: {_shorten(value)}"


def _describe_change(name: str, old: str, new: str) -> str:
    if name == "description":
        return name
    if name == FOR_SALE:
        return "goes on sale" if new == _format_flag(True) else "goes off sale"
    return f"{name}: {_shorten(old) or '–'} → {_shorten(new) or '–'}"


def _format_flag(flag: bool) -> str:
    return "yes" if flag else "no"


def _format_amount(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else money.format_price(amount, currency)


def _shorten(text: str) -> str:
    text = " ".join(replace_unprintable(text).split())
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
