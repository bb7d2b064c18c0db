"""A sale of 10,000 variants, with the worker polling as it does in a shop"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import Min
from django.utils import timezone

from core import outbox
from core.actors import SYSTEM
from pricing.models import Sale, SaleLine
from pricing.sales import scheduling
from pricing.tests.sales.planned_sales import HOUR, plan_sale
from products.models import Listing, PriceChange, StockMovement, Variant
from products.services import products
from products.services.commands import NewProduct
from products.tests.editors import backdate_prices, get_detail, list_products, staff_client
from products.tests.factories import make_variant

BEGUN_WITHIN, DONE_WITHIN = timedelta(seconds=60), timedelta(minutes=3)
PAUSE = 2.0  # seconds between polls, as in `manage.py run_jobs`
SIZES = [(30, 2), pytest.param(10_000, 1, marks=pytest.mark.soak), pytest.param(500, 20, marks=pytest.mark.soak)]


def fill_shop(product_count: int, variant_count: int) -> None:
    """Make this number of products, each with this number of variants, all at a price of 20.00."""
    for start in range(0, product_count, 500):
        new_products = [
            NewProduct(
                name=f"Lamp {number}",
                variants=[make_variant(f"L-{number}-{index}", name=f"No. {index}") for index in range(variant_count)],
            )
            for number in range(start, min(start + 500, product_count))
        ]
        products.create_many(SYSTEM, new_products, reason=StockMovement.Reason.INITIAL)


def work_until(is_done: Callable[[], bool]) -> None:
    """Run the jobs that are due and poll for others, until it is done."""
    deadline = time.monotonic() + DONE_WITHIN.total_seconds() + 60
    while not is_done():
        assert time.monotonic() < deadline
        if outbox.run_due() == (0, 0):
            time.sleep(PAUSE)


def find_first_change(since: datetime) -> datetime:
    """Return when the first price was changed after this time."""
    first: datetime | None = PriceChange.objects.filter(created_at__gte=since).aggregate(at=Min("created_at"))["at"]
    assert first is not None
    return first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("product_count", "variant_count"), SIZES)
def test_a_large_sale_starts_and_ends_at_its_minute(product_count: int, variant_count: int) -> None:
    fill_shop(product_count, variant_count)
    backdate_prices(days=60)
    changed = Variant.objects.get(sku="L-7-0")
    sale = plan_sale("25", starts_in=timedelta(seconds=3), lasts=HOUR, markets=["in"])

    work_until(lambda: Sale.objects.filter(applied_at__isnull=False).exists())
    sale.refresh_from_db()
    assert sale.applied_at is not None
    begun, applied = find_first_change(sale.starts_at) - sale.starts_at, sale.applied_at - sale.starts_at
    assert (begun < BEGUN_WITHIN, applied < DONE_WITHIN) == (True, True), (begun, applied)
    assert Variant.objects.filter(price=15, compare_at_price=20).count() == product_count * variant_count
    assert Listing.objects.filter(market="in", price=15, compare_at_price=20).count() == product_count
    detail = get_detail(changed.product)
    assert (detail["price"], detail["lowest_price_30_days"], list_products()[0]["price"]) == ("15.00", "20.00", "15.00")

    staff_client().patch(f"/api/products/{changed.product_id}/variants/{changed.pk}/", {"price": "17.00"})
    sale.ends_at = timezone.now() + timedelta(seconds=3)
    scheduling.change(SYSTEM, sale, {"ends_at"})
    work_until(lambda: Sale.objects.filter(state="ended").exists())
    sale.refresh_from_db()
    assert sale.ended_at is not None
    restoring, restored = find_first_change(sale.ends_at) - sale.ends_at, sale.ended_at - sale.ends_at

    assert (restoring < BEGUN_WITHIN, restored < DONE_WITHIN) == (True, True), (restoring, restored)
    assert list(Variant.objects.exclude(price=20, compare_at_price=None).values_list("sku", flat=True)) == ["L-7-0"]
    assert SaleLine.objects.filter(state="restored").count() == product_count * variant_count - 1
    assert get_detail(changed.product)["price"] == "17.00"
    print(f"{product_count} x {variant_count}: begun {begun}, done {applied}; restoring {restoring}, done {restored}")
