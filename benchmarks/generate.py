"""Generates N products for benchmarks in the database of DATABASE_URL: `python -m benchmarks.generate N`.

Each has a picture, which has no file, and one in four comes in three sizes. One name in ten has the word that the benchmarks
search for, `lamp`.
"""

import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import django

from benchmarks.bulk import KINDS, MATERIALS

BATCH = 1000
STOCK = 1_000_000
SIZES = ("S", "M", "L")
DESCRIPTION = "Made to last, and easy to repair: every part can be ordered. Delivered with a manual and two years of warranty. " * 3


def generate(count: int) -> None:
    """Create the products through the services of the shop, in batches."""
    from django.db import connection

    from core.actors import SYSTEM
    from products.models import ProductImage
    from products.services import categories as category_services
    from products.services import products
    from products.services.commands import NewProduct

    categories = [category_services.get_or_create_by_path(("Generated", f"Category {number}")) for number in range(20)]
    for start in range(0, count, BATCH):
        batch = [
            NewProduct(
                name=f"{MATERIALS[number % 12].capitalize()} {KINDS[number % 10]} {number}",
                description=DESCRIPTION,
                category=categories[number % 20],
                variants=_build_variants(number),
            )
            for number in range(start, min(start + BATCH, count))
        ]
        created = products.create_many(SYSTEM, batch, reason="initial")
        pictures = ((product, f"products/{product.pk}") for product in created)
        ProductImage.objects.bulk_create(
            ProductImage(product=product, image=f"{name}.webp", thumbnail=f"{name}-small.webp", width=1200, height=1200)
            for product, name in pictures
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _build_variants(number: int) -> Sequence[Any]:
    """Return the only variant of a product, or its sizes."""
    from products.services.commands import NewVariant, Price

    price, prices = Price(Decimal(100 + number * 7919 % 9000)), {"us": Price(Decimal(1 + number * 7919 % 90))}
    if number % 4:
        return [NewVariant(f"GEN-{number}", price, stock=STOCK, prices=prices)]
    return [
        NewVariant(f"GEN-{number}-{size}", price, name=size, options={"Size": size}, stock=STOCK, prices=prices) for size in SIZES
    ]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    django.setup()
    generate(int(sys.argv[1]))
