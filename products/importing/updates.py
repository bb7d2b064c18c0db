"""Update products from rows of a file: what a row does not name stays as it is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from core import markets, money
from core.actors import SYSTEM
from products.importing.rows import ProductRow
from products.importing.texts import strip_options
from products.models import Category, Product, StockMovement, Variant
from products.services import listings, variants
from products.services import products as product_services
from products.services.commands import ProductColumns, VariantChange, VariantColumns

ONE_OF_SEVERAL = "its product has several variants; only what belongs to this one was read"
STAYS_OFF = "its product is switched off and stays so, because the file does not say that it is for sale"
DELETED = "this product has been deleted, and its SKUs cannot be used again"
DELETED_VARIANT = "this variant has been deleted; list all variants of its product to bring it back"

ALLOW_FREE = "if it is meant to be free, allow prices of 0 (--allow-free, or “Allow prices of 0” in the admin)"


@dataclass(frozen=True)
class ExistingVariants:
    """The variants of all products that a batch of rows is about; they are locked."""

    by_sku: dict[str, Variant]
    by_product: dict[int, list[Variant]]

    def find_product(self, row: ProductRow) -> Product | None:
        """Return the product that has the SKUs of a row."""
        return next((self.by_sku[sku].product for sku in row.skus if sku in self.by_sku), None)

    def is_partial(self, row: ProductRow) -> bool:
        """Return whether a row is about one of several variants that are for sale."""
        product = self.find_product(row)
        siblings = self.by_product[product.pk] if product is not None else ()
        return not row.lists_variants and any(variant.is_active and variant.sku not in row.skus for variant in siblings)

    def find_refusal(self, row: ProductRow) -> str:
        """Return why the shop refuses a row; empty if it does not."""
        owners = {self.by_sku[sku].product_id for sku in row.skus if sku in self.by_sku}
        product = self.find_product(row)
        if len(owners) > 1:
            return "its SKUs belong to different products of the shop"
        if product is not None and product.deleted_at is not None:
            return DELETED
        if not row.lists_variants and product is not None and self.by_sku[row.skus[0]].deleted_at is not None:
            return DELETED_VARIANT
        new = [variant for variant in row.variants if variant.columns["sku"] not in self.by_sku]
        missing = row.find_missing(new, is_new=product is None)
        return f"SKU {new[0].columns['sku']} is new to the shop, so its row needs {missing}" if missing else ""

    def find_free(self, row: ProductRow) -> str:
        """Return which price a row would change from more than 0 to 0; empty if it changes none. Such a 0 is mostly a gap."""
        for change in row.variants:
            variant = self.by_sku.get(change.columns["sku"])
            prices = _get_prices(variant) if variant is not None else {}
            for code in (code for code, amount in change.amounts.items() if amount == 0 and prices.get(code)):
                currency = markets.get_market(code).currency
                price = money.format_price(prices[code], currency)
                return f"the price of SKU {change.columns['sku']} would fall from {price} to 0; {ALLOW_FREE}"
        return ""


def _get_prices(variant: Variant) -> dict[str, Decimal]:
    """Return the prices of a variant by market."""
    return {markets.get_default_market().code: variant.price, **{row.market: row.price for row in variant.market_prices.all()}}


def lock_existing(skus: Sequence[str]) -> ExistingVariants:
    """Lock the products with these SKUs and their variants, in this order, and return the variants."""
    product_ids = sorted(set(Variant.objects.filter(sku__in=skus).values_list("product", flat=True)))
    listings.lock_products(product_ids)
    listings.lock_product_variants(product_ids)
    rows = Variant.objects.filter(product__in=product_ids).select_related("product").prefetch_related("market_prices")
    by_product = defaultdict[int, list[Variant]](list)
    for variant in rows.order_by("position", "id"):
        by_product[variant.product_id].append(variant)
    return ExistingVariants({row.sku: row for siblings in by_product.values() for row in siblings}, by_product)


@dataclass
class Update:
    """The update of one product from its row."""

    existing: ExistingVariants
    row: ProductRow
    product: Product
    category: Category | None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.is_partial = self.existing.is_partial(self.row)

    def apply(self) -> bool:
        """Write what differs; return whether anything did."""
        changed = self._update_one_of_several() if self.is_partial else self._update_whole()
        if changed:
            listings.rebuild_listings([self.product.pk])
        return changed

    def _update_one_of_several(self) -> bool:
        """Update one variant; what the row says about the product would hold for its other variants too."""
        change, columns = self.row.variants[0], self.row.columns
        if columns.keys() - {"is_active"} or self.row.category or self.row.images:
            self.notes.append(ONE_OF_SEVERAL)
        is_active: VariantColumns = {"is_active": columns["is_active"]} if "is_active" in columns else {}
        return self._update_variant(change, is_active)

    def _update_whole(self) -> bool:
        changed = product_services.save_columns(self.product, self._get_columns())
        positions = [self.existing.by_sku[sku].position if sku in self.existing.by_sku else -1 for sku in self.row.skus]
        in_order = all(before < after for before, after in pairwise(positions)) and -1 not in positions
        for position, change in enumerate(self.row.variants):
            if change.columns["sku"] not in self.existing.by_sku:
                new = [(self.product, change.to_new_variant(), position)]
                variants.create_many(SYSTEM, new, StockMovement.Reason.IMPORT)
                changed = True
                continue
            columns: VariantColumns = {}
            if self.row.lists_variants:
                columns = {"is_active": True, "deleted_at": None}
            elif self.row.columns.get("is_active"):
                columns = {"is_active": True}
            if not in_order:
                columns["position"] = position
            changed = self._update_variant(change, columns) or changed
        return self._deactivate_others() or changed

    def _get_columns(self) -> ProductColumns:
        """Return the columns of the product that the row names."""
        columns: ProductColumns = {**self.row.columns}
        if " ".join(self.product.name.splitlines()).strip() == columns.get("name"):
            del columns["name"]  # the same but for line breaks, which a file does not keep
        if self.product.description.strip() == columns.get("description"):
            del columns["description"]
        if self.row.category is not None:
            columns["category_id"] = self.category.pk if self.category else None
        if not self.product.is_active and "is_active" not in columns:
            self.notes.append(STAYS_OFF)
        return columns

    def _update_variant(self, change: VariantChange, columns: VariantColumns) -> bool:
        variant = self.existing.by_sku[change.columns["sku"]]
        named: VariantColumns = {**columns, **change.columns}
        if "options" in named and strip_options(variant.options) == named["options"]:
            del named["options"]
        return variants.update(SYSTEM, variant, replace(change, columns=named), reason=StockMovement.Reason.IMPORT)

    def _deactivate_others(self) -> bool:
        """Take variants off sale that the list of the row leaves out; return whether there were any."""
        siblings = self.existing.by_product[self.product.pk]
        left_out = [row.pk for row in siblings if row.is_active and row.sku not in self.row.skus] if self.row.lists_variants else []
        return bool(left_out) and bool(Variant.objects.filter(pk__in=left_out).update(is_active=False))
