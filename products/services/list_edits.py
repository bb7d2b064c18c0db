"""Changes that staff type into the list of products."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from core import markets, money
from core.actors import Actor
from products.services import products, stock, variants
from products.services.commands import VariantChange
from products.services.listings import rebuild_listings


class ChangedMeanwhile(ValueError):
    """Someone else has changed what the list showed; the message says to what."""


@dataclass(frozen=True, slots=True)
class PriceEdit:
    """The price that the list showed, and the one that was typed instead, in the default market."""

    shown: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class RowEdit:
    """The changes of a row. Price and stock are those of the product's only variant."""

    product_id: int
    variant_id: int | None = None
    is_active: bool | None = None
    price: PriceEdit | None = None
    stock_delta: int = 0  # units, the difference from the level that the list showed
    reason: str = ""  # one of MANUAL_REASONS
    page_opened_at: datetime | None = None


@transaction.atomic
def save_row(actor: Actor, edit: RowEdit) -> None:
    """Save a row, all or nothing; what was sold meanwhile is not put back.

    Raises ChangedMeanwhile, ProductNotFound, NotYours, VariantNotFound, StockConflict.
    """
    product = products.lock_product(actor, edit.product_id)
    if edit.is_active is not None:
        products.save_columns(product, {"is_active": edit.is_active})
    if edit.variant_id is not None:
        variant = variants.lock_variant(product, edit.variant_id)
        market = markets.get_default_market()
        if edit.price is not None:
            if variant.price not in (edit.price.shown, edit.price.value):
                raise ChangedMeanwhile(f"the price is now {money.format_price(variant.price, market.currency)}")
            variants.update(actor, variant, VariantChange(amounts={market.code: edit.price.value}))
        stock.adjust(actor, variant, edit.stock_delta, edit.reason, page_opened_at=edit.page_opened_at)
    rebuild_listings([product.pk])
