"""Import the rows of a file by SKU: importing a file twice changes nothing, and a bad row does not stop the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from django.db import DatabaseError, transaction

from core import markets
from core.actors import SYSTEM
from core.exceptions import DomainError
from products.importing.images import ImageImporter
from products.importing.rows import BadRow, ProductRow, parse_row, strip_options
from products.models import Category, Product, StockMovement, Variant
from products.services import categories, listings, variants
from products.services import products as product_services
from products.services.commands import NewVariant, VariantChange

BATCH_SIZE = 200  # rows per transaction
ROW_ERRORS = (BadRow, DomainError, DatabaseError)
Problem = tuple[int, str, str]  # row number, product name, reason


@dataclass
class Summary:
    """The outcome of an import. Picture problems are counted separately because their rows are imported."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[Problem] = field(default_factory=list)
    failed_pictures: list[Problem] = field(default_factory=list)
    deactivated: int = 0

    def count(self, state: str) -> None:
        """Count an imported row by its state: created, changed or unchanged."""
        setattr(self, state, getattr(self, state) + 1)


ParsedRow = tuple[int, ProductRow]
WrittenRow = tuple[int, ProductRow, Product, str]  # and its state: created, changed or unchanged


@dataclass
class Import:
    """A single run over a file. With `is_dry`, everything is checked and counted, and nothing is written."""

    images: ImageImporter
    is_dry: bool = False
    summary: Summary = field(default_factory=Summary)
    skus: dict[str, int] = field(default_factory=dict)  # SKUs of valid rows, with the row number
    failed_skus: set[str] = field(default_factory=set)  # SKUs of invalid rows
    category_by_path: dict[tuple[str, ...], Category | None] = field(default_factory=dict)
    row_by_product: dict[int, int] = field(default_factory=dict)  # number of the row that updated a product, by its id

    def run(self, rows: Iterable[tuple[int, Any]], progress: Callable[[int], object] = lambda rows: None) -> Summary:
        """Import the numbered rows in batches."""
        rows = iter(rows)
        while chunk := list(islice(rows, BATCH_SIZE)):
            parsed = list(self._parse_rows(chunk))
            for number, row, product, state in self._write_rows(parsed):
                changed, problems = self.images.sync(product, row.images)  # no lock is held while a picture is stored
                self.summary.failed_pictures.extend((number, row.name, problem) for problem in problems)
                self.summary.count("changed" if changed and state == "unchanged" else state)
            progress(len(chunk))
        return self.summary

    def _parse_rows(self, chunk: Sequence[tuple[int, Any]]) -> Iterator[ParsedRow]:
        for number, raw in chunk:
            try:
                row = parse_row(raw)
                for sku in row.skus:
                    if sku in self.skus:
                        raise BadRow(f"SKU {sku} is already used in row {self.skus[sku]}")
            except BadRow as error:
                self._record_failure(number, raw, str(error))
                continue
            self.skus.update(dict.fromkeys(row.skus, number))
            yield number, row

    def _record_failure(self, number: int, raw: Any, reason: str) -> None:
        """Record an invalid row and its SKUs, so that `deactivate_missing` does not take its product off sale."""
        name = (raw.get("name") or raw.get("title")) if isinstance(raw, dict) else None
        self.summary.failed.append((number, name[:60] if isinstance(name, str) and name else "?", reason))
        raw_variants = raw.get("variants") if isinstance(raw, dict) else None
        for item in (raw, *(raw_variants if isinstance(raw_variants, list) else ())):
            if isinstance(item, dict) and isinstance(item.get("sku"), str | int):
                self.failed_skus.add(str(item["sku"]).strip())

    def _write_rows(self, parsed: Sequence[ParsedRow]) -> list[WrittenRow]:
        """Write the rows in one transaction; if a row fails, write each row in its own transaction."""
        try:
            with transaction.atomic():
                written = self._write_batch(parsed)
                transaction.set_rollback(self.is_dry)
        except ROW_ERRORS as error:
            self.category_by_path.clear()  # categories created in the batch are rolled back
            if len(parsed) > 1:
                return [written_row for parsed_row in parsed for written_row in self._write_rows([parsed_row])]
            number, row = parsed[0]
            self.summary.failed.append((number, row.name, str(error).strip().splitlines()[0]))
            return []
        self.row_by_product.update((product.pk, number) for number, _, product, state in written if state != "created")
        return written

    def _write_batch(self, parsed: Sequence[ParsedRow]) -> list[WrittenRow]:
        skus = [sku for _, row in parsed for sku in row.skus]
        existing = Variant.objects.filter(sku__in=skus)
        product_ids = sorted(set(existing.values_list("product", flat=True)))
        listings.lock_products(product_ids)
        listings.lock_product_variants(product_ids)
        by_sku = {variant.sku: variant for variant in existing.select_related("product").prefetch_related("market_prices")}
        to_create = [(number, row) for number, row in parsed if not any(sku in by_sku for sku in row.skus)]
        to_update = [(number, row) for number, row in parsed if any(sku in by_sku for sku in row.skus)]
        category_by_path = {} if self.is_dry else self.category_by_path
        for path in dict.fromkeys(row.category for _, row in parsed):
            if path not in category_by_path:
                category_by_path[path] = categories.get_or_create_by_path(path) if path else None
        products = product_services.create_many(
            SYSTEM,
            [row.to_new_product(category_by_path[row.category]) for _, row in to_create],
            reason=StockMovement.Reason.IMPORT,
        )
        written = [(number, row, product, "created") for (number, row), product in zip(to_create, products, strict=True)]
        row_by_product: dict[int, int] = {}  # of this batch
        for number, row in to_update:
            product = self._get_product(row, by_sku, row_by_product)
            row_by_product[product.pk] = number
            changed = _update_product(product, row, by_sku, category_by_path[row.category])
            written.append((number, row, product, "changed" if changed else "unchanged"))
        return written

    def _get_product(self, row: ProductRow, by_sku: dict[str, Variant], row_by_product: dict[int, int]) -> Product:
        """Return the product with the row's SKUs. Raises BadRow if there are several, or if another row updates it."""
        owners = {by_sku[sku].product_id: by_sku[sku].product for sku in row.skus if sku in by_sku}
        if len(owners) > 1:
            raise BadRow("its SKUs belong to different products of the shop")
        product = next(iter(owners.values()))
        if product.deleted_at is not None:
            raise BadRow("this product has been deleted, and its SKUs cannot be used again")
        other = self.row_by_product.get(product.pk, row_by_product.get(product.pk))
        if other is not None:
            raise BadRow(f"row {other} already describes this product; list all of its variants in one row")
        return product


def _update_product(product: Product, row: ProductRow, by_sku: dict[str, Variant], category: Category | None) -> bool:
    """Update a product from its row; return whether anything changed."""
    changed = product_services.save_columns(
        product,
        {
            "name": row.name,
            "description": product.description if product.description.strip() == row.description else row.description,
            "category_id": category.pk if category else None,
            "low_stock_threshold": row.low_stock_threshold,
            "is_active": row.is_active,
        },
    )
    positions = [by_sku[sku].position if sku in by_sku else -1 for sku in row.skus]
    in_order = all(before < after for before, after in pairwise(positions)) and -1 not in positions
    for position, new_variant in enumerate(row.variants):
        variant = by_sku.get(new_variant.sku)
        if variant is None:
            variants.create_many(SYSTEM, [(product, new_variant, position)], StockMovement.Reason.IMPORT)
            changed = True
        else:
            changed = _update_variant(variant, new_variant, variant.position if in_order else position) or changed
    deactivated = Variant.objects.filter(product=product, is_active=True).exclude(sku__in=row.skus).update(is_active=False)
    changed = changed or bool(deactivated)
    if changed:
        listings.rebuild_listings([product.pk])
    return changed


def _update_variant(variant: Variant, new: NewVariant, position: int) -> bool:
    default = markets.get_default_market().code
    cleared = dict.fromkeys(row.market for row in variant.market_prices.all())  # off sale in markets without a price in the file
    change = VariantChange(
        columns={
            "name": new.name,
            "options": variant.options if strip_options(variant.options) == new.options else new.options,
            "position": position,
            "is_active": True,
            "deleted_at": None,
        },
        amounts={**cleared, default: new.price.amount, **{market: price.amount for market, price in new.prices.items()}},
        compare_ats={default: new.price.compare_at, **{market: price.compare_at for market, price in new.prices.items()}},
        available=new.stock,
    )
    return variants.update(SYSTEM, variant, change, reason=StockMovement.Reason.IMPORT)


def deactivate_missing(run: Import) -> None:
    """Deactivate the shop's own products that the file does not contain; sellers' products stay as they are."""
    active = Product.objects.filter(is_active=True, deleted_at=None, seller=None)
    last_id = 0
    while ids := list(active.filter(pk__gt=last_id).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE]):
        last_id = ids[-1]
        with transaction.atomic():
            listings.lock_products(ids)
            skus = Variant.objects.filter(product__in=ids, deleted_at=None).values_list("product", "sku")
            listed = {product for product, sku in skus if sku in run.skus or sku in run.failed_skus}
            missing = [pk for pk in ids if pk not in listed]
            if not run.is_dry:
                Product.objects.filter(pk__in=missing).update(is_active=False)
                listings.rebuild_listings(missing)
            run.summary.deactivated += len(missing)
