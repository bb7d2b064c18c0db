"""Sales for tests, and the time and the worker that start and end them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from core.actors import SYSTEM
from core.models import Job
from pricing.models import Sale, SaleLine
from pricing.sales import scheduling
from products.models import Category, Product

HOUR = timedelta(hours=1)
JOB_KINDS = ("start_sale", "reduce_sale_prices", "end_sale", "restore_sale_prices")


def plan_sale(
    percent: str = "20",
    *,
    name: str = "Winter sale",
    starts_in: timedelta = timedelta(0),
    lasts: timedelta = 2 * HOUR,
    categories: Sequence[Category] = (),
    products: Sequence[Product] = (),
    markets: Sequence[str] = (),
) -> Sale:
    """Plan a sale of 20 per cent on all products for the next two hours, unless told otherwise."""
    start = timezone.now() + starts_in
    sale = Sale(name=name, percent=Decimal(percent), starts_at=start, ends_at=start + lasts, markets=list(markets))
    sale.all_products = not categories and not products
    scheduling.plan(SYSTEM, sale)
    sale.categories.set(categories)
    sale.products.set(products)
    return sale


def run_jobs() -> str:
    """Run the worker until nothing is due, and return what it reports."""
    out = StringIO()
    call_command("run_jobs", "--once", stdout=out)
    return out.getvalue()


def pass_time(time: timedelta) -> None:
    """Let this time pass, for the sales and the jobs that are still to be done."""
    Sale.objects.update(starts_at=F("starts_at") - time, ends_at=F("ends_at") - time)
    Job.objects.filter(done_at=None).update(run_at=F("run_at") - time)


def start_sale(**given: Any) -> Sale:
    """Plan a sale and start it."""
    sale = plan_sale(**given)
    run_jobs()
    sale.refresh_from_db()
    return sale


def end_sale(sale: Sale) -> None:
    """Let the sale come to its end."""
    pass_time(sale.ends_at - timezone.now())
    run_jobs()
    sale.refresh_from_db()


def list_lines(sale: Sale) -> list[tuple[str, str, str, str]]:
    """Return SKU, market, state and reason of each line of a sale."""
    rows = SaleLine.objects.filter(sale=sale).order_by("variant__sku", "market")
    return list(rows.values_list("variant__sku", "market", "state", "reason"))


def repeat_jobs() -> None:
    """Run every job of sales a second time, as after a worker that died before it could note that it had done them."""
    Job.objects.filter(kind__in=JOB_KINDS).update(done_at=None, run_at=timezone.now(), leased_until=None)
    run_jobs()
