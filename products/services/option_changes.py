"""Changes of all variants of a product by their options: new names of options, and a picture for each value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from products.exceptions import DuplicateOptions, ImageNotFound
from products.models import ProductImage, Variant
from products.services import products, variants
from products.services.listings import rebuild_listings
from products.services.options import fold_option, follow_options


@dataclass(frozen=True, slots=True)
class PictureOfValue:
    """The picture that shows the variants with a value of an option, such as all that are red."""

    name: str
    value: str
    image_id: int


@transaction.atomic
def assign_pictures(actor: Actor, ref: str | int, pictures: Sequence[PictureOfValue]) -> int:
    """Set the picture of all variants with these values; a later value wins. Return how many variants changed.

    Raises ProductNotFound, NotYours, ImageNotFound.
    """
    product = products.lock_product(actor, ref)
    undeleted = [variant for variant in variants.lock_variants(product) if variant.deleted_at is None]
    wanted = {picture.image_id for picture in pictures}
    if ProductImage.objects.filter(product=product, pk__in=wanted).count() < len(wanted):
        raise ImageNotFound
    changed = {}
    for picture in pictures:
        for variant in undeleted:
            if variant.options.get(picture.name) == picture.value and variant.image_id != picture.image_id:
                variant.image_id, variant.updated_at = picture.image_id, timezone.now()
                changed[variant.pk] = variant
    Variant.objects.bulk_update(changed.values(), ["image", "updated_at"])
    return len(changed)


@transaction.atomic
def rename(actor: Actor, ref: str | int, names: Mapping[str, str]) -> bool:
    """Give options new names, by their old ones; an empty name removes the option. Return whether anything changed.

    Raises ProductNotFound, NotYours, and DuplicateOptions if two options had the same name, or two active variants the same
    options.
    """
    product = products.lock_product(actor, ref)
    undeleted = [variant for variant in variants.lock_variants(product) if variant.deleted_at is None]
    changed = []
    for variant in undeleted:
        renamed = [(names.get(name, name), value) for name, value in variant.options.items()]
        options = {name: value for name, value in renamed if name}
        if len({fold_option(name) for name in options}) < sum(bool(name) for name, _ in renamed):
            raise DuplicateOptions("Two options would have the same name", field="options")
        if options != variant.options:
            columns = follow_options(variant, {"options": options}, names)
            variant.options, variant.name, variant.updated_at = options, columns.get("name", variant.name), timezone.now()
            changed.append(variant)
    variants.refuse_duplicate_options(variant.options for variant in undeleted if variant.is_active)
    if changed:
        Variant.objects.bulk_update(changed, ["options", "name", "updated_at"])
        rebuild_listings([product.pk])
    return bool(changed)
