"""`manage.py clean_up`: deletes what is over. Run it daily; it is safe at any time, and twice at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

import accounts.retention
import carts.retention
import orders.retention
import products.media.retention
from core import outbox
from orders import line_images

CLEANERS: tuple[Callable[[], dict[str, int]], ...] = (
    accounts.retention.clean_up,
    carts.retention.clean_up,
    orders.retention.clean_up,
    partial(products.media.retention.clean_up, line_images.pictures_shown),
    outbox.clean_up,
)


class Command(BaseCommand):
    """Asks each app to delete what it keeps for a while only."""

    help = (
        "Delete expired sessions, phone codes, guest carts, old idempotency keys, account events of a year ago and jobs done a "
        "week ago, and picture files that nothing shows. Safe to run at any time."
    )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        for cleaner in CLEANERS:
            for what, count in cleaner().items():
                if verbosity and count:
                    self.stdout.write(f"{count} {what}")
        if verbosity:
            self.stdout.write("Clean.")
