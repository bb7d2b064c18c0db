"""`manage.py clean_up`: deletes expired data. Run it daily; it is safe at any time, even concurrently."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

import accounts.retention
import carts.retention
import orders.retention
import pricing.sales.scheduling
import products.importing.runs
import products.media.retention
import products.services.bulk_prices
from core import outbox
from orders import line_images

CLEANERS: tuple[Callable[[], dict[str, int]], ...] = (
    accounts.retention.clean_up,
    carts.retention.clean_up,
    orders.retention.clean_up,
    partial(products.media.retention.clean_up, line_images.names_in_use),
    products.importing.runs.clean_up,
    products.services.bulk_prices.clean_up,
    pricing.sales.scheduling.clean_up,
    outbox.clean_up,
)


class Command(BaseCommand):
    """Runs the retention rules of each app."""

    help = (
        "Delete expired sessions, phone codes, guest carts, old idempotency keys, account events older than a year, jobs done over "
        "a week ago, unconfirmed import files and price changes, old reports of them and of sales, and unused image files. "
        "Safe to run at any time."
    )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        for cleaner in CLEANERS:
            for name, count in cleaner().items():
                if verbosity and count:
                    self.stdout.write(f"{count} {name}")
        if verbosity:
            self.stdout.write("Clean.")
