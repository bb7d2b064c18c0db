"""Generates N products for benchmarks in the database of DATABASE_URL: `python -m benchmarks.generate N`."""

import os
import sys
from decimal import Decimal

import django


def main(count: int) -> None:
    """Create the products in batches of a thousand."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    django.setup()
    from django.db import connection

    from core.actors import SYSTEM
    from products.services import categories as category_services
    from products.services import products
    from products.services.commands import NewProduct, NewVariant, Price

    categories = [category_services.get_or_create_by_path(("Generated", f"Category {number}")) for number in range(20)]
    for start in range(0, count, 1000):
        batch = [
            NewProduct(
                name=f"Product {number} of the generated catalog",
                description="A description of typical length. " * 6,
                category=categories[number % 20],
                variants=[
                    NewVariant(
                        sku=f"GEN-{number}",
                        price=Price(Decimal(100 + number * 7919 % 9000)),
                        prices={"us": Price(Decimal(1 + number * 7919 % 90))},
                        stock=1_000_000,
                    )
                ],
            )
            for number in range(start, min(start + 1000, count))
        ]
        products.create_many(SYSTEM, batch, reason="initial")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
