"""Create the variants of a product for all combinations of option values, such as each size in each colour."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product as cross

from anyascii import anyascii
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from core.actors import Actor
from core.exceptions import PreconditionFailed
from products.exceptions import DuplicateOptions, SkuTaken, TooManyVariants, VariantNotFound
from products.models import MAX_SKU, MAX_VARIANTS, Product, StockMovement, Variant
from products.services import products, variants
from products.services.commands import NewVariant
from products.services.listings import rebuild_listings
from products.services.options import build_name, fold_option, fold_options, follow_options
from products.services.skus import find_free_skus

MAX_NEW_VARIANTS = 100  # created at once
MAX_SKU_PART = 12  # characters of an option value in a proposed SKU

Options = dict[str, str]
OptionsKey = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What making all combinations would do to a product."""

    new: list[tuple[Options, str]] = field(default_factory=list)  # with proposed SKUs
    existing: list[Variant] = field(default_factory=list)
    completed: list[tuple[Variant, Options]] = field(default_factory=list)  # variants that lack an option become a combination


@dataclass(frozen=True, slots=True)
class Result:
    """How many variants were created or completed, and how many combinations existed already."""

    created: int
    completed: int
    existing: int


def propose(product: Product, values: Mapping[str, Sequence[str]], sku_prefix: str) -> Proposal:
    """Return the combinations of these option values, compared with the product's variants; nothing is saved.

    A variant that lacks an option, such as the only variant of a simple product, becomes the first free combination that has the
    options that it has. Raises TooManyVariants, DuplicateOptions.
    """
    count = math.prod(len(names) for names in values.values())
    if count > MAX_VARIANTS:
        raise TooManyVariants(f"These are {count} combinations. A product has at most {MAX_VARIANTS} variants")
    undeleted = list(Variant.objects.filter(product=product, deleted_at=None).order_by("position", "id"))
    _refuse_missing_options(undeleted, values)
    by_options = {fold_options(variant.options): variant for variant in undeleted}
    free = [options for options in _combine(values) if fold_options(options) not in by_options]
    existing = [by_options[key] for key in map(fold_options, _combine(values)) if key in by_options]
    completed = []
    for variant in undeleted:
        if len(variant.options) < len(values) and (options := _find_completion(variant, free)):
            free.remove(options)
            completed.append((variant, options))
    _refuse_too_many(len(undeleted), len(free))
    return Proposal(list(zip(free, propose_skus(free, sku_prefix), strict=True)), existing, completed)


def _combine(values: Mapping[str, Sequence[str]]) -> list[Options]:
    return [dict(zip(values, combination, strict=True)) for combination in cross(*values.values())]


def _refuse_missing_options(undeleted: Sequence[Variant], values: Mapping[str, Sequence[str]]) -> None:
    """Raise DuplicateOptions if an active variant has an option that has no values here: it would differ by that alone."""
    known = {fold_option(name) for name in values}
    for variant in undeleted:
        for name in variant.options:
            if variant.is_active and fold_option(name) not in known:
                raise DuplicateOptions(f"The variants also have the option {name}: add its values", field="options")


def _find_completion(variant: Variant, free: Iterable[Options]) -> Options | None:
    own = fold_options(variant.options)
    return next((options for options in free if own <= fold_options(options)), None)


def _refuse_too_many(existing: int, new: int) -> None:
    if existing + new > MAX_VARIANTS:
        raise TooManyVariants(f"A product has at most {MAX_VARIANTS} variants: {existing} exist and {new} would be new")
    if new > MAX_NEW_VARIANTS:
        raise TooManyVariants(f"These are {new} new variants. At most {MAX_NEW_VARIANTS} can be made at once: enter fewer values")


def propose_skus(combinations: Sequence[Options], prefix: str) -> list[str]:
    """Return a free SKU for each combination: the prefix and its values, such as TEE-S-RED, with a number if that is taken."""
    return find_free_skus([_build_sku(prefix, options.values()) for options in combinations])


def _build_sku(prefix: str, values: Iterable[str]) -> str:
    parts = [slugify(anyascii(value)).upper()[:MAX_SKU_PART].strip("-") for value in values]
    end = "-".join(part for part in parts if part)
    return f"{prefix[: max(0, MAX_SKU - len(end) - 1)]}-{end}".strip("-")[:MAX_SKU]


@transaction.atomic
def create(actor: Actor, ref: str | int, new: Sequence[NewVariant], completed: Mapping[int, Options]) -> Result:
    """Create variants after the others, all or nothing; combinations that exist by now are left alone.

    `completed` holds new options by variant id. Raises ProductNotFound, NotYours, TooManyVariants, SkuTaken, VariantNotFound,
    PreconditionFailed if a variant to complete has other options by now.
    """
    product = products.lock_product(actor, ref)
    existing = [variant for variant in variants.lock_variants(product) if variant.deleted_at is None]
    by_options = {fold_options(variant.options): variant for variant in existing}
    missing = [variant for variant in new if fold_options(variant.options) not in by_options]
    _refuse_too_many(len(existing), len(missing))
    done = _complete(existing, completed, by_options)
    variants.refuse_duplicate_options([*(row.options for row in existing if row.is_active), *(row.options for row in missing)])
    _refuse_taken_skus(missing)
    start = max((variant.position for variant in existing), default=-1) + 1
    named = [dataclasses.replace(variant, name=variant.name or build_name(variant.options.values())) for variant in missing]
    rows = [(product, variant, position) for position, variant in enumerate(named, start)]
    if rows:
        variants.create_many(actor, rows, StockMovement.Reason.INITIAL)
    rebuild_listings([product.pk])
    return Result(len(rows), done, len(new) - len(missing))


def _complete(existing: Sequence[Variant], completed: Mapping[int, Options], by_options: Mapping[OptionsKey, Variant]) -> int:
    """Give variants their new options; return how many. A variant that has them already is left alone."""
    by_id, changed = {variant.pk: variant for variant in existing}, []
    for variant_id, options in completed.items():
        variant, key = by_id.get(variant_id), fold_options(options)
        if variant is None:
            raise VariantNotFound
        if by_options.get(key) is variant:
            continue
        if key in by_options or not fold_options(variant.options) <= key:
            raise PreconditionFailed
        columns = follow_options(variant, {"options": options})
        variant.options, variant.name, variant.updated_at = options, columns.get("name", variant.name), timezone.now()
        changed.append(variant)
    if changed:
        Variant.objects.bulk_update(changed, ["options", "name", "updated_at"])
    return len(changed)


def _refuse_taken_skus(new: Sequence[NewVariant]) -> None:
    """Raise SkuTaken, which names the SKUs, if another variant of the shop or two of these have the same."""
    skus = [variant.sku for variant in new if variant.sku]
    taken = {sku for sku in skus if skus.count(sku) > 1}
    taken |= set(Variant.objects.filter(sku__in=skus).values_list("sku", flat=True))
    if taken:
        raise SkuTaken(f"Another variant already has the SKU {', '.join(sorted(taken))}", field="sku")
