"""The steps that a demo order has taken, each at its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from orders.models import Order
from store.demo import backdating


@dataclass
class OrderScript:
    """Runs the steps of an order and keeps the time of the last one; no step is later than `now`."""

    order: Order
    at: datetime
    now: datetime

    def step(self, after: timedelta, act: Callable[[], object]) -> None:
        """Do something to the order, this long after the step before."""
        since = timezone.now()
        act()
        self.at = min(self.at + after, self.now)
        backdating.backdate_order(self.order, since, self.at)
