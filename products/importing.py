"""A file of products to rows: by SKU, so that the same file twice changes nothing; a bad row never stops the good ones."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import DatabaseError, transaction
from PIL import Image, UnidentifiedImageError

from products import services, stock
from products.drafts import NewVariant
from products.models import Category, MarketPrice, Product, ProductImage, StockMovement, Variant
from products.rows import BadRow, Picture, ProductRow, read_row
from store.core.actors import SYSTEM
from store.core.exceptions import DomainError

BATCH = 200  # rows a transaction
REFUSED = (BadRow, DomainError, DatabaseError)


@dataclass
class Summary:
    """What became of the rows; `failed` holds (row number from 1, its name, the reason)."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[tuple[int, str, str]] = field(default_factory=list)

    def count(self, state: str) -> None:
        """Count a row that came in."""
        setattr(self, state, getattr(self, state) + 1)


Numbered = tuple[int, ProductRow]
Written = tuple[int, ProductRow, Product, str]  # and what became of it: created, changed or unchanged


def import_rows(raw: Sequence[Any], folder: Path, progress: Callable[[int], object] = lambda rows: None) -> Summary:
    """Bring the catalog to what the rows say. `folder` is where picture files are looked for."""
    summary = Summary()
    seen: dict[str, int] = {}
    for start in range(0, len(raw), BATCH):
        chunk = raw[start : start + BATCH]
        good = list(_readable(chunk, start + 1, seen, summary))
        for number, row, product, state in _written(good, summary):
            changed = _pictures(product, row.images, folder, number, summary)  # no lock is held while a picture is stored
            summary.count("changed" if changed and state == "unchanged" else state)
        progress(len(chunk))
    return summary


def _readable(chunk: Sequence[Any], first: int, seen: dict[str, int], summary: Summary) -> Iterator[Numbered]:
    for number, raw in enumerate(chunk, start=first):
        try:
            row = read_row(raw)
            for sku in row.skus:
                if sku in seen:
                    raise BadRow(f"SKU {sku} stands in row {seen[sku]} already")
        except BadRow as wrong:
            name = raw.get("name") if isinstance(raw, dict) else None
            summary.failed.append((number, str(name or "?")[:60], str(wrong)))
            continue
        seen.update(dict.fromkeys(row.skus, number))
        yield number, row


def _written(good: Sequence[Numbered], summary: Summary) -> list[Written]:
    """Write the rows in one transaction; where the database refuses one, write each in its own, and keep the others."""
    try:
        return _write_batch(good)
    except REFUSED as wrong:
        if len(good) > 1:
            return [written for one in good for written in _written([one], summary)]
        number, row = good[0]
        summary.failed.append((number, row.name, str(wrong).strip().splitlines()[0]))
        return []


@transaction.atomic
def _write_batch(good: Sequence[Numbered]) -> list[Written]:
    """Write the rows; returns what became of each."""
    skus = [sku for _, row in good for sku in row.skus]
    known = Variant.objects.filter(sku__in=skus)
    product_ids = sorted(set(known.values_list("product", flat=True)))
    services.lock(product_ids)
    stock.lock(product_ids)
    by_sku = {variant.sku: variant for variant in known.select_related("product").prefetch_related("market_prices")}
    new = [(number, row) for number, row in good if not any(sku in by_sku for sku in row.skus)]
    old = [(number, row) for number, row in good if any(sku in by_sku for sku in row.skus)]
    shelves = {path: services.category_of(path) for path in dict.fromkeys(row.category for _, row in good)}
    products = services.create_many(
        SYSTEM, [row.as_new(shelves[row.category]) for _, row in new], reason=StockMovement.Reason.IMPORT
    )
    written = [(number, row, product, "created") for (number, row), product in zip(new, products, strict=True)]
    for number, row in old:
        product, changed = _change(row, by_sku, shelves[row.category])
        written.append((number, row, product, "changed" if changed else "unchanged"))
    return written


def _change(row: ProductRow, by_sku: dict[str, Variant], category: Category) -> tuple[Product, bool]:
    """Bring one product to what its row says; returns it, and whether something was different."""
    owners = {by_sku[sku].product_id: by_sku[sku].product for sku in row.skus if sku in by_sku}
    if len(owners) > 1:
        raise BadRow("its SKUs belong to different products of the shop")
    product = next(iter(owners.values()))
    new = row.as_new(category)
    changed = _set(
        product,
        {
            "name": new.name,
            "description": new.description,
            "category_id": category.pk,
            "low_stock_threshold": new.low_stock_threshold,
            "is_active": new.is_active,
        },
    )
    for position, wanted in enumerate(new.variants):
        variant = by_sku.get(wanted.sku)
        if variant is None:
            services.add_variant(SYSTEM, product, wanted, position, reason=StockMovement.Reason.IMPORT)
            changed = True
            continue
        changed = _change_variant(variant, wanted, position) or changed
    gone = Variant.objects.filter(product=product, is_active=True).exclude(sku__in=row.skus).update(is_active=False)
    changed = changed or bool(gone)
    if changed:
        services.list_anew([product.pk])
    return product, changed


def _change_variant(variant: Variant, wanted: NewVariant, position: int) -> bool:
    changed = _set(
        variant,
        {
            "name": wanted.name,
            "options": wanted.options,
            "price": wanted.price.amount,
            "compare_at_price": wanted.price.compare_at,
            "position": position,
            "is_active": True,
            "deleted_at": None,
        },
    )
    prices = {row.market: row for row in variant.market_prices.all()}
    for market, price in wanted.prices.items():
        row = prices.pop(market, None) or MarketPrice(variant=variant, market=market)
        changed = _set(row, {"price": price.amount, "compare_at_price": price.compare_at}) or changed
    for row in prices.values():
        row.delete()
        changed = True
    if wanted.stock != variant.available:  # read under the lock
        changed = stock.set_available(SYSTEM, variant, wanted.stock, StockMovement.Reason.IMPORT)
    return changed


def _set(row: Any, wanted: dict[str, Any]) -> bool:
    """Write the columns that differ, and say whether there were any."""
    different = [name for name, value in wanted.items() if getattr(row, name) != value]
    is_new = row.pk is None
    for name in different:
        setattr(row, name, wanted[name])
    if is_new or different:
        row.save(update_fields=None if is_new else [*different, "updated_at"])
    return is_new or bool(different)


def _pictures(product: Product, wanted: Sequence[Picture], folder: Path, number: int, summary: Summary) -> bool:
    """Store the pictures that the product does not have yet; one that fails is named, and the row stays."""
    changed = False
    held = {image.digest: image for image in product.images.all()} if wanted else {}
    for position, picture in enumerate(wanted):
        content = _file(folder, picture.file)
        measured = _measured(content) if content is not None else None
        if content is None or measured is None:
            problem = "is not there" if content is None else "is no JPEG, PNG or WebP"
            summary.failed.append((number, product.name, f"picture {picture.file[:80]} {problem}"))
            continue
        digest = hashlib.sha256(content).hexdigest()
        if digest in held:
            changed = _set(held[digest], {"alt": picture.alt, "position": position}) or changed
            continue
        kind, (width, height) = measured
        row = ProductImage(product=product, alt=picture.alt, position=position, digest=digest)
        try:  # the extension says what it is, whatever the file is called
            row.image.save(f"picture.{kind}", File(BytesIO(content)), save=False)
        except Exception as wrong:  # noqa: BLE001 - each storage has errors of its own
            summary.failed.append((number, product.name, f"picture {picture.file[:80]} could not be stored: {wrong}"))
            continue
        row.width, row.height = width, height  # known already: no storage is asked for what it has just been given
        row.save()
        changed = True
    return changed


def _measured(content: bytes) -> tuple[str, tuple[int, int]] | None:
    """Return what Pillow reads it as, of the kinds that every browser shows, and its size; None for anything else."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
            opened.verify()
            return (opened.format or "").lower(), opened.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _file(folder: Path, name: str) -> bytes | None:
    """Return what is in the file, which must lie inside of the folder; None where there is no such file."""
    try:
        path = (folder / name).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None
