"""Import the rows of a file by SKU: importing a file twice changes nothing, and a bad row does not stop the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.db import DatabaseError, transaction

from core.actors import SYSTEM
from core.exceptions import DomainError
from products.importing import updates
from products.importing.columns import to_own_names
from products.importing.images import ImageImporter
from products.importing.raw_rows import BadRow, RawRow
from products.importing.rows import ProductRow, find_skus, parse_row
from products.importing.summary import Entry
from products.importing.summary import Summary as Summary
from products.models import Category, Product, StockMovement, Variant
from products.services import categories, listings
from products.services import products as product_services

BATCH_SIZE = 200  # rows per transaction
ROW_ERRORS = (BadRow, DomainError, DatabaseError)
ParsedRow = tuple[int, ProductRow]


class WrittenRow(NamedTuple):
    """A row that is in the shop; its state is created, changed or unchanged."""

    number: int
    row: ProductRow
    product: Product
    state: str
    notes: Sequence[str] = ()
    is_partial: bool = False  # the row is about one of several variants


@dataclass
class Import:
    """A single run over a file. With `is_dry`, everything is checked and counted, and nothing is written."""

    images: ImageImporter
    is_dry: bool = False
    allow_free: bool = False  # prices may become 0
    summary: Summary = field(default_factory=Summary)
    skus: dict[str, int] = field(default_factory=dict)  # SKUs of valid rows, with the row number
    failed_skus: set[str] = field(default_factory=set)  # SKUs of invalid rows
    category_by_path: dict[tuple[str, ...], Category | None] = field(default_factory=dict)
    row_by_product: dict[int, int] = field(default_factory=dict)  # number of the row that updated a product, by its id
    partial_products: set[int] = field(default_factory=set)  # products of which rows updated single variants

    def run(self, rows: Iterable[RawRow], progress: Callable[[int], object] = lambda rows: None) -> Summary:
        """Import the rows in batches."""
        rows = iter(rows)
        while chunk := list(islice(rows, BATCH_SIZE)):
            for written in self._write_rows(list(self._parse_rows(chunk))):
                self._finish(written)
            progress(len(chunk))
        return self.summary

    def _finish(self, written: WrittenRow) -> None:
        """Import the pictures of a row, while no lock is held, and count it."""
        number, row, product, state = written[:4]
        changed, problems = self.images.sync(product, row.images, row.variant_images)
        sku, name = row.skus[0], row.columns.get("name") or product.name
        self.summary.failed_pictures.extend(Entry(number, name, problem, sku) for problem in problems)
        for note in (*row.notes, *written.notes):
            self.summary.add_note(number, name, note, sku)
        self.summary.count("changed" if changed and state == "unchanged" else state)

    def _parse_rows(self, chunk: Sequence[RawRow]) -> Iterator[ParsedRow]:
        for raw in chunk:
            try:
                row = parse_row(raw)
                for sku in row.skus:
                    if sku in self.skus:
                        raise BadRow(f"SKU {sku} is already used in row {self.skus[sku]}")
            except BadRow as error:
                self._record_failure(raw, str(error))
                continue
            self.skus.update(dict.fromkeys(row.skus, raw.number))
            yield raw.number, row

    def _record_failure(self, raw: RawRow, reason: str) -> None:
        """Record an invalid row and its SKUs, so that `deactivate_missing` does not take its product off sale."""
        name = to_own_names(raw.values)[0].get("name") if isinstance(raw.values, dict) else None
        skus = find_skus(raw.values)
        self.failed_skus.update(skus)
        sku = skus[0] if skus else ""
        self.summary.failed.append(Entry(raw.number, name[:60] if isinstance(name, str) and name else sku or "?", reason, sku))

    def _write_rows(self, parsed: Sequence[ParsedRow]) -> list[WrittenRow]:
        """Write the rows in one transaction; if a row fails, write each row in its own transaction."""
        refused: list[Entry] = []
        try:
            with transaction.atomic():
                written = self._write_batch(parsed, refused)
                transaction.set_rollback(self.is_dry)
        except ROW_ERRORS as error:
            self.category_by_path.clear()  # categories created in the batch are rolled back
            if len(parsed) > 1:
                return [written_row for parsed_row in parsed for written_row in self._write_rows([parsed_row])]
            number, row = parsed[0]
            self.summary.failed.append(Entry(number, row.name, str(error).strip().splitlines()[0], row.skus[0]))
            return []
        self.summary.failed.extend(refused)
        updated = [row for row in written if row.state != "created"]
        self.row_by_product.update((row.product.pk, row.number) for row in updated)
        self.partial_products.update(row.product.pk for row in updated if row.is_partial)
        return written

    def _write_batch(self, parsed: Sequence[ParsedRow], refused: list[Entry]) -> list[WrittenRow]:
        """Write the rows that the shop accepts, and add the others to `refused`."""
        existing = updates.lock_existing([sku for _, row in parsed for sku in row.skus])
        to_create, to_update = list[ParsedRow](), list[tuple[int, ProductRow, Product]]()
        described = dict[int, tuple[int, bool]]()  # of this batch: row number and whether it is partial, by product
        for number, row in parsed:
            product = existing.find_product(row)
            reason = existing.find_refusal(row) or ("" if self.allow_free else existing.find_free(row))
            reason = reason or self._find_conflict(number, row, existing, described)
            if reason:
                name = row.columns.get("name") or (product.name if product is not None else row.skus[0])
                refused.append(Entry(number, name, reason, row.skus[0]))
            elif product is not None:
                to_update.append((number, row, product))
            else:
                to_create.append((number, row))
        category_by_path = self._get_categories([*(row for _, row in to_create), *(row for _, row, _ in to_update)])
        products = product_services.create_many(
            SYSTEM,
            [row.to_new_product(category_by_path[row.category or ()]) for _, row in to_create],
            reason=StockMovement.Reason.IMPORT,
        )
        written = [WrittenRow(number, row, product, "created") for (number, row), product in zip(to_create, products, strict=True)]
        for number, row, product in to_update:
            update = updates.Update(existing, row, product, category_by_path[row.category or ()])
            state = "changed" if update.apply() else "unchanged"
            written.append(WrittenRow(number, row, update.product, state, update.notes, update.is_partial))
        return written

    def _get_categories(self, rows: Sequence[ProductRow]) -> dict[tuple[str, ...], Category | None]:
        """Return the categories of the rows by path; missing ones are created."""
        category_by_path = {} if self.is_dry else self.category_by_path
        for path in dict.fromkeys(row.category or () for row in rows):
            if path not in category_by_path:
                category_by_path[path] = categories.get_or_create_by_path(path) if path else None
        return category_by_path

    def _find_conflict(
        self, number: int, row: ProductRow, existing: updates.ExistingVariants, described: dict[int, tuple[int, bool]]
    ) -> str:
        """Return why a row cannot follow those before it: only rows about different variants may describe one product."""
        product = existing.find_product(row)
        if product is None:
            return ""
        is_partial = existing.is_partial(row)
        other, was_partial = described.get(product.pk, (self.row_by_product.get(product.pk), product.pk in self.partial_products))
        if other is not None and not (is_partial and was_partial):
            return f"row {other} already describes this product; list all of its variants in one row"
        described[product.pk] = number, is_partial
        return ""


def deactivate_missing(run: Import, on_batch: Callable[[], object] = lambda: None) -> None:
    """Deactivate the shop's own products that the file does not contain; sellers' products stay as they are.

    `on_batch` is called before each batch of products; what it raises ends the work.
    """
    active = Product.objects.filter(is_active=True, deleted_at=None, seller=None)
    last_id = 0
    while ids := list(active.filter(pk__gt=last_id).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE]):
        last_id = ids[-1]
        on_batch()
        with transaction.atomic():
            listings.lock_products(ids)
            skus = Variant.objects.filter(product__in=ids, deleted_at=None).values_list("product", "sku")
            listed = {product for product, sku in skus if sku in run.skus or sku in run.failed_skus}
            missing = [pk for pk in ids if pk not in listed]
            if not run.is_dry:
                Product.objects.filter(pk__in=missing).update(is_active=False)
                listings.rebuild_listings(missing)
            run.summary.deactivated += len(missing)
