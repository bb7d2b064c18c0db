"""Save the prices of a product's variants in all markets at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from core import markets
from core.actors import Actor
from core.exceptions import PreconditionFailed
from products.models import Variant
from products.services import prices, products, variants
from products.services.listings import rebuild_listings

PRICE, COMPARE_AT = "price", "compare_at_price"


@dataclass(frozen=True, slots=True)
class PriceCell:
    """A price or compare-at price to save; `seen` is the amount that staff changed."""

    variant_id: int
    market: str
    column: str
    amount: Decimal | None
    seen: Decimal | None


@dataclass(slots=True)
class _NewPrices:
    amounts: dict[str, Decimal | None] = field(default_factory=dict)
    compare_ats: dict[str, Decimal | None] = field(default_factory=dict)


@transaction.atomic
def save_prices(actor: Actor, ref: str | int, cells: Sequence[PriceCell]) -> None:
    """Save cells of the table, all or nothing; a price of None in another market takes the variant off sale there.

    A compare-at price of 0 is none. Variants that were deleted in the meantime are left out. Raises ProductNotFound, NotYours,
    PriceNeeded, PreconditionFailed if a price is no longer the one that was seen.
    """
    product = products.lock_product(actor, ref)
    undeleted = {variant.pk: variant for variant in variants.lock_variants(product) if variant.deleted_at is None}
    cells = [cell for cell in cells if cell.variant_id in undeleted]
    for cell in cells:
        if get_amount(undeleted[cell.variant_id], cell.market, cell.column) not in (cell.seen, cell.amount):
            raise PreconditionFailed("Some of these prices have just been changed. Check them and save again")
    new: dict[int, _NewPrices] = {}
    for cell in cells:
        row = new.setdefault(cell.variant_id, _NewPrices())
        if cell.column == PRICE:
            row.amounts[cell.market] = cell.amount
        else:
            row.compare_ats[cell.market] = cell.amount or None
    prices.update_many(actor, [prices.PriceUpdate(undeleted[pk], row.amounts, row.compare_ats) for pk, row in new.items()])
    rebuild_listings([product.pk])


def get_amount(variant: Variant, market: str, column: str) -> Decimal | None:
    """Return a price or compare-at price of a variant, whose `market_prices` are fetched."""
    if market == markets.get_default_market().code:
        amount: Decimal | None = getattr(variant, column)
        return amount
    row = next((row for row in variant.market_prices.all() if row.market == market), None)
    return getattr(row, column, None)
