"""A file of products to rows: by SKU, so that the same file twice changes nothing; a bad row never stops the good ones."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from django.db import DatabaseError, transaction

from core import markets
from core.actors import SYSTEM
from core.exceptions import DomainError
from products.importing.images import Pictures
from products.importing.rows import BadRow, ProductRow, read_row, tidy_options
from products.models import Category, Product, StockMovement, Variant
from products.services import categories, listings, variants
from products.services import products as product_services
from products.services.commands import NewVariant, VariantChange

BATCH = 200  # rows a transaction
REFUSED = (BadRow, DomainError, DatabaseError)
Problem = tuple[int, str, str]  # the row's number, its name, the reason


@dataclass
class Summary:
    """What became of the rows. A problem with a picture stands apart, for its row is in."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[Problem] = field(default_factory=list)
    pictures: list[Problem] = field(default_factory=list)
    deactivated: int = 0

    def count(self, state: str) -> None:
        """Count a row that came in."""
        setattr(self, state, getattr(self, state) + 1)


Numbered = tuple[int, ProductRow]
Written = tuple[int, ProductRow, Product, str]  # and what became of it: created, changed or unchanged


@dataclass
class Import:
    """One run over a file. With `is_dry` everything is checked and counted, and nothing is written."""

    pictures: Pictures
    is_dry: bool = False
    summary: Summary = field(default_factory=Summary)
    skus: dict[str, int] = field(default_factory=dict)  # of the rows that could be read, with the row's number
    spoiled: set[str] = field(default_factory=set)  # SKUs of the others
    shelf: dict[tuple[str, ...], Category | None] = field(default_factory=dict)  # of the paths that were met
    described: dict[int, int] = field(default_factory=dict)  # products, with the number of the row that named them

    def run(self, rows: Iterable[tuple[int, Any]], progress: Callable[[int], object] = lambda rows: None) -> Summary:
        """Bring the catalog to what the numbered rows say, a batch at a time."""
        rows = iter(rows)
        while chunk := list(islice(rows, BATCH)):
            good = list(self._readable(chunk))
            for number, row, product, state in self._written(good):
                changed, problems = self.pictures.bring(product, row.images)  # no lock is held while a picture is stored
                self.summary.pictures.extend((number, row.name, problem) for problem in problems)
                self.summary.count("changed" if changed and state == "unchanged" else state)
            progress(len(chunk))
        return self.summary

    def _readable(self, chunk: Sequence[tuple[int, Any]]) -> Iterator[Numbered]:
        for number, raw in chunk:
            try:
                row = read_row(raw)
                for sku in row.skus:
                    if sku in self.skus:
                        raise BadRow(f"SKU {sku} stands in row {self.skus[sku]} already")
            except BadRow as wrong:
                self._fail(number, raw, str(wrong))
                continue
            self.skus.update(dict.fromkeys(row.skus, number))
            yield number, row

    def _fail(self, number: int, raw: Any, reason: str) -> None:
        """Name a bad row; its SKUs count as named all the same, so that no product goes off sale for a slip of the pen."""
        name = (raw.get("name") or raw.get("title")) if isinstance(raw, dict) else None
        self.summary.failed.append((number, name[:60] if isinstance(name, str) and name else "?", reason))
        several = raw.get("variants") if isinstance(raw, dict) else None
        for one in (raw, *(several if isinstance(several, list) else ())):
            if isinstance(one, dict) and isinstance(one.get("sku"), str | int):
                self.spoiled.add(str(one["sku"]).strip())

    def _written(self, good: Sequence[Numbered]) -> list[Written]:
        """Write the rows in one transaction; where one is refused, write each in its own, and keep the others."""
        try:
            with transaction.atomic():
                written = self._write_batch(good)
                transaction.set_rollback(self.is_dry)
        except REFUSED as wrong:
            self.shelf.clear()  # what the batch made is gone with it
            if len(good) > 1:
                return [done for one in good for done in self._written([one])]
            number, row = good[0]
            self.summary.failed.append((number, row.name, str(wrong).strip().splitlines()[0]))
            return []
        self.described.update((product.pk, number) for number, _, product, state in written if state != "created")
        return written

    def _write_batch(self, good: Sequence[Numbered]) -> list[Written]:
        """Write the rows; returns what became of each."""
        skus = [sku for _, row in good for sku in row.skus]
        known = Variant.objects.filter(sku__in=skus)
        product_ids = sorted(set(known.values_list("product", flat=True)))
        listings.lock(product_ids)
        listings.lock_variants(product_ids)
        by_sku = {variant.sku: variant for variant in known.select_related("product").prefetch_related("market_prices")}
        new = [(number, row) for number, row in good if not any(sku in by_sku for sku in row.skus)]
        old = [(number, row) for number, row in good if any(sku in by_sku for sku in row.skus)]
        shelf = {} if self.is_dry else self.shelf
        for path in dict.fromkeys(row.category for _, row in good):
            if path not in shelf:
                shelf[path] = categories.category_of(path) if path else None
        products = product_services.create_many(
            SYSTEM, [row.as_new(shelf[row.category]) for _, row in new], reason=StockMovement.Reason.IMPORT
        )
        written = [(number, row, product, "created") for (number, row), product in zip(new, products, strict=True)]
        here: dict[int, int] = {}
        for number, row in old:
            product = self._product_of(row, by_sku, here)
            here[product.pk] = number
            changed = _change(product, row, by_sku, shelf[row.category])
            written.append((number, row, product, "changed" if changed else "unchanged"))
        return written

    def _product_of(self, row: ProductRow, by_sku: dict[str, Variant], here: dict[int, int]) -> Product:
        """Return the product whose SKUs the row names. Raises BadRow where there are several, or another row describes it."""
        owners = {by_sku[sku].product_id: by_sku[sku].product for sku in row.skus if sku in by_sku}
        if len(owners) > 1:
            raise BadRow("its SKUs belong to different products of the shop")
        product = next(iter(owners.values()))
        if product.deleted_at is not None:
            raise BadRow("this product was taken out of the shop, and its SKUs with it")
        other = self.described.get(product.pk, here.get(product.pk))
        if other is not None:
            raise BadRow(f"row {other} describes this product already; its variants belong into one row")
        return product


def _change(product: Product, row: ProductRow, by_sku: dict[str, Variant], category: Category | None) -> bool:
    """Bring one product to what its row says, and say whether something was different."""
    changed = product_services.write(
        product,
        {
            "name": row.name,
            "description": product.description if product.description.strip() == row.description else row.description,
            "category_id": category.pk if category else None,
            "low_stock_threshold": row.low_stock_threshold,
            "is_active": row.is_active,
        },
    )
    held = [by_sku[sku].position if sku in by_sku else -1 for sku in row.skus]
    in_order = all(before < after for before, after in pairwise(held)) and -1 not in held
    for position, wanted in enumerate(row.variants):
        variant = by_sku.get(wanted.sku)
        if variant is None:
            variants.insert(SYSTEM, [(product, wanted, position)], StockMovement.Reason.IMPORT)
            changed = True
        else:
            changed = _change_variant(variant, wanted, variant.position if in_order else position) or changed
    gone = Variant.objects.filter(product=product, is_active=True).exclude(sku__in=row.skus).update(is_active=False)
    changed = changed or bool(gone)
    if changed:
        listings.list_anew([product.pk])
    return changed


def _change_variant(variant: Variant, wanted: NewVariant, position: int) -> bool:
    default = markets.default().code
    elsewhere = dict.fromkeys(row.market for row in variant.market_prices.all())  # off sale where the file names no price
    change = VariantChange(
        columns={
            "name": wanted.name,
            "options": variant.options if tidy_options(variant.options) == wanted.options else wanted.options,
            "position": position,
            "is_active": True,
            "deleted_at": None,
        },
        amounts={**elsewhere, default: wanted.price.amount, **{market: price.amount for market, price in wanted.prices.items()}},
        compare_ats={default: wanted.price.compare_at, **{market: price.compare_at for market, price in wanted.prices.items()}},
        available=wanted.stock,
    )
    return variants.change(SYSTEM, variant, change, reason=StockMovement.Reason.IMPORT)


def deactivate_missing(run: Import) -> None:
    """Switch the shop's own products off that the file does not name; sellers' products are not the file's to judge."""
    active = Product.objects.filter(is_active=True, deleted_at=None, seller=None)
    last = 0
    while ids := list(active.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = ids[-1]
        with transaction.atomic():
            listings.lock(ids)
            skus = Variant.objects.filter(product__in=ids, deleted_at=None).values_list("product", "sku")
            named = {product for product, sku in skus if sku in run.skus or sku in run.spoiled}
            gone = [pk for pk in ids if pk not in named]
            if not run.is_dry:
                Product.objects.filter(pk__in=gone).update(is_active=False)
                listings.list_anew(gone)
            run.summary.deactivated += len(gone)
