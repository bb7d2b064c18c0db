"""`manage.py fill_demo`: a month of customers and orders for the demo shop."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from core.shutdown import ShutdownFlag
from orders.models import Order
from store.demo.accounts import ADMIN, CUSTOMER
from store.demo.month import Month


class Command(BaseCommand):
    """Fills a shop that has no orders yet; `manage.py demo` runs it in the background."""

    help = "Fill the demo shop with a month of customers, orders and carts (DEBUG only). Does nothing if there are orders."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo data is for a demo shop, so it requires DEBUG=1.")
        staff, customer = (User.objects.filter(email=email).first() for email in (ADMIN, CUSTOMER))
        if staff is None or customer is None:
            raise CommandError("This is no demo shop: its users are missing. Run manage.py demo.")
        if Order.objects.exists():
            return
        shutdown = ShutdownFlag(signal.SIGTERM, signal.SIGINT)
        count = Month(staff, customer).fill(lambda: shutdown.is_set)
        self.stdout.write(f"The shop now has {count} orders of the last 30 days; their e-mails are not sent.")
