"""Copy a product."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from products.models import MAX_NAME, MAX_SKU, Product, ProductImage, StockMovement, Variant
from products.services import products
from products.services.commands import NewProduct, NewVariant, Price
from products.services.skus import find_free_skus

NAME_SUFFIX, SKU_SUFFIX = " (copy)", "-COPY"


@transaction.atomic
def duplicate(actor: Actor, ref: str | int, *, copy_uuid: UUID) -> Product:
    """Copy a product with its variants, prices, weights and pictures, and return the copy, which is off sale and has no stock.

    Pictures share their files: those are deleted only when neither a product nor an order uses them (`media/retention.py`). A
    second call with the same uuid returns the first copy. Raises ProductNotFound, NotYours.
    """
    original = products.lock_product(actor, ref)
    earlier = Product.objects.filter(uuid=copy_uuid).first()
    if earlier is not None:
        return earlier
    originals = list(Variant.objects.filter(product=original, deleted_at=None).prefetch_related("market_prices"))
    skus = find_free_skus([variant.sku[: MAX_SKU - len(SKU_SUFFIX)] + SKU_SUFFIX for variant in originals])
    new = NewProduct(
        name=original.name[: MAX_NAME - len(NAME_SUFFIX)] + NAME_SUFFIX,
        variants=[_copy_variant(variant, sku) for variant, sku in zip(originals, skus, strict=True)],
        description=original.description,
        category=original.category,
        seller_id=original.seller_id,
        low_stock_threshold=original.low_stock_threshold,
        is_active=False,
    )
    [copy] = products.create_many(actor, [new], reason=StockMovement.Reason.INITIAL)
    copy.uuid = copy_uuid
    copy.save(update_fields=["uuid"])
    _copy_images(original, copy, zip(originals, skus, strict=True))
    return copy


def _copy_variant(variant: Variant, sku: str) -> NewVariant:
    return NewVariant(
        sku=sku,
        name=variant.name,
        options=variant.options,
        price=Price(variant.price, variant.compare_at_price),
        prices={row.market: Price(row.price, row.compare_at_price) for row in variant.market_prices.all()},
        weight_grams=variant.weight_grams,
        is_active=variant.is_active,
    )


def _copy_images(original: Product, copy: Product, copied: Iterable[tuple[Variant, str]]) -> None:
    """Give the copy rows of its own for the same files, and its variants the pictures that show them."""
    images = list(original.images.all())
    columns = ("width", "height", "thumbnail", "alt", "position", "digest")
    rows = [
        ProductImage(product=copy, image=image.image.name, **{name: getattr(image, name) for name in columns}) for image in images
    ]
    ProductImage.objects.bulk_create(rows)
    copy_ids = {image.pk: row.pk for image, row in zip(images, rows, strict=True)}
    image_ids = {sku: copy_ids[variant.image_id] for variant, sku in copied if variant.image_id is not None}
    pictured = list(Variant.objects.filter(product=copy, sku__in=image_ids))
    for variant in pictured:
        variant.image_id = image_ids[variant.sku]
    Variant.objects.bulk_update(pictured, ["image"])
