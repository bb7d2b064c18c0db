import re
import string
import unicodedata
from itertools import islice

from django.conf import settings
from django.db import migrations
from django.db.models import F

BATCH = 1000
ACCENTS = re.compile("[\u0300-\u036f]")
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "\x00", " "))


def fold(text):
    """Fold a text as the release of this migration did: a migration does the same however the code changes after it."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(unicodedata.normalize("NFC", ACCENTS.sub("", decomposed)).translate(PUNCTUATION).split())


def batches(rows):
    rows = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield batch


def fill(apps, schema_editor):
    """Give the products that are there what the new columns and tables hold; migration 0009 fills the words."""
    model = lambda name: apps.get_model("products", name)  # noqa: E731
    default = next(iter(settings.MARKETS))
    for products in batches(model("Product").objects.order_by("pk")):
        for product in products:
            product.search_name, product.search_text = fold(product.name), fold(product.description)
        model("Product").objects.bulk_update(products, ["search_name", "search_text"])
    for listings in batches(model("Listing").objects.select_related("product").order_by("pk")):
        stocked = {
            (product, market)
            for market in settings.MARKETS
            for product in model("Variant")
            .objects.filter(
                product__in=[listing.product_id for listing in listings],
                is_active=True,
                deleted_at=None,
                stock__gt=F("reserved"),
                **({} if market == default else {"market_prices__market": market}),
            )
            .values_list("product", flat=True)
        }
        for listing in listings:
            listing.sort_name, listing.seller_id = listing.product.search_name[:200], listing.product.seller_id
            listing.in_stock = (listing.product_id, listing.market) in stocked
        model("Listing").objects.bulk_update(listings, ["sort_name", "seller", "in_stock"])
    change = model("PriceChange")
    for variants in batches(model("Variant").objects.order_by("pk")):
        change.objects.bulk_create(change(variant=row, market=default, price=row.price, created_at=row.created_at) for row in variants)
    for prices in batches(model("MarketPrice").objects.order_by("pk")):
        change.objects.bulk_create(
            change(variant_id=row.variant_id, market=row.market, price=row.price, created_at=row.created_at) for row in prices
        )


class Migration(migrations.Migration):
    dependencies = [("products", "0002_catalog")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
