"""The statistics by which PostgreSQL plans queries of the catalog."""

from django.db import connection

from products.models import (
    Category,
    Listing,
    MarketPrice,
    PriceChange,
    Product,
    ProductImage,
    SearchDocument,
    SearchWord,
    StockMovement,
    Variant,
)

BULK = 1000  # products
TABLES = (Category, Product, Variant, MarketPrice, PriceChange, StockMovement, ProductImage, Listing, SearchDocument, SearchWord)


def refresh_after_bulk(written: int) -> None:
    """Have PostgreSQL analyze the catalog if this many written products are a bulk; it reads a sample of bounded size.

    Its autovacuum does so too, but some minutes later, and until then a search may be planned for an empty table.
    """
    if written >= BULK and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in TABLES)}")
