"""Receive deliveries: units of many variants come in at once, all or none."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Upper

from core.actors import Actor
from products.models import Delivery, Variant
from products.services import stock

BATCH_SIZE = 500  # SKUs per statement


@transaction.atomic
def receive(actor: Actor, delivery_id: UUID, units: Mapping[int, int], *, reference: str) -> bool:
    """Add the units of a delivery to the stock, by variant; return False and add nothing if it was received before.

    Raises StockConflict.
    """
    delivery = Delivery(id=delivery_id, reference=reference, skus=len(units), units=sum(units.values()), user_id=actor.user_id)
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
    except IntegrityError:
        return False
    stock.receive(actor, units, reference=reference)
    return True


def find_variants(skus: Collection[str]) -> dict[str, Variant]:
    """Return the variants with these SKUs, with their products, by SKU as it was asked for.

    An SKU that none has exactly finds the only one that has it in another letter case. Removed variants are not found.
    """
    undeleted = Variant.objects.filter(deleted_at=None, product__deleted_at=None).select_related("product")
    variants = {variant.sku: variant for batch in _split(skus) for variant in undeleted.filter(sku__in=batch)}
    missing = [sku for sku in skus if sku not in variants]
    for batch in _split(missing):
        matches: dict[str, list[Variant]] = {}
        for variant in undeleted.annotate(folded_sku=Upper("sku")).filter(folded_sku__in={sku.upper() for sku in batch}):
            matches.setdefault(variant.sku.upper(), []).append(variant)
        variants |= {sku: found[0] for sku in batch if len(found := matches.get(sku.upper(), [])) == 1}
    return variants


def _split(skus: Collection[str]) -> list[list[str]]:
    ordered = sorted(skus)
    return [ordered[start : start + BATCH_SIZE] for start in range(0, len(ordered), BATCH_SIZE)]
