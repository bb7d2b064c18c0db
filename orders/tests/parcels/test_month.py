"""A month of Cash on Delivery orders: whatever becomes of them, the sums of the shop are those of an independent account"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db.models import Count, Sum

from core import markets
from orders.models import Payment, Redemption, Remittance, RemittanceLine, Shipment
from orders.remittances import balance
from orders.state import redemptions
from orders.tests.parcels.parcels import list_problems
from orders.tests.parcels.payouts import Carriers
from orders.tests.parcels.random_orders import MARKETS, ROOM, make_goods, place
from orders.tests.parcels.walks import Walk
from pricing.models import Promotion
from pricing.tests.factories import make_promotion
from products.models import Product, Variant
from tests.profile import IS_SOAK

pytestmark = [pytest.mark.django_db, pytest.mark.scaled, pytest.mark.usefixtures("unthrottled")]
ORDERS = 1_000 if IS_SOAK else 60
LIMIT = ORDERS // 10
MOVES = ("deliver", "deliver", "deliver", "deliver", "receive", "fail", "lose", "report")
AFTERWARDS = ("correct", "shelve", "refund", "deliver", "receive", "")
FREE_STATUSES = ("cancelled", "returned")


@pytest.fixture
def goods(db: None, settings: Any) -> Iterator[list[Product]]:
    """Products that are sold in India, Japan and Kuwait, and a code that counts for few orders at a time."""
    settings.MARKETS = MARKETS
    markets.get_markets.cache_clear()
    yield make_goods()
    markets.get_markets.cache_clear()


class Month:
    """Orders that are placed, sent, taken, refused, lost and found, all at the same time."""

    def __init__(self, draw: Random, goods: list[Product], folder: Path) -> None:
        self.draw, self.goods, self.carriers = draw, goods, Carriers(draw, folder)
        self.walks: list[Walk] = []
        self.with_code: set[int] = set()

    def run(self, orders: int) -> None:
        """Place so many orders, and let all of them end."""
        for number in range(orders):
            self.place(number)
            for walk in self.draw.choices(self.walks, k=4):
                self.step(walk)
            if number % 6 == 5:
                self.carriers.pay(self.draw.sample(self.walks, 6))
        for walk in self.walks:
            self.finish(walk)
            for _ in range(self.draw.randint(0, 4)):
                self.step(walk, self.draw.choice(AFTERWARDS))
            self.finish(walk)
            walk.compare()
        for first in range(0, orders, 6):
            self.carriers.pay(self.walks[first : first + 6])
        for payout in list(self.carriers.payouts):
            self.carriers.import_file(payout)

    def place(self, number: int) -> None:
        """Place an order; some have the code, while it is free."""
        is_free = self.count_uses() < LIMIT
        codes = ["MONTH"] if self.draw.random() < 0.5 and is_free else []
        order = place(self.draw, self.goods, "in", number, codes=codes)
        walk = Walk(self.draw, order, is_alone=False)
        self.walks.append(walk)
        is_used = Redemption.objects.filter(order=walk.pk, promotion__name="Month").exists()
        assert is_used == bool(codes) or order.subtotal < 1  # of a few paise, it takes off nothing
        if is_used:
            self.with_code.add(walk.pk)

    def count_uses(self) -> int:
        """Return how many orders use the code."""
        return sum(walk.pk in self.with_code and walk.model.status not in FREE_STATUSES for walk in self.walks)

    def step(self, walk: Walk, name: str = "") -> None:
        """Take a step with an order."""
        walk.step(name, is_compared=False)

    def finish(self, walk: Walk) -> None:
        """Let an order end."""
        while walk.model.status != "cancelled" and (walk.model.unsent or walk.model.under_way):
            names = ("pack", "ship", "ship", "ship_all") if walk.model.unsent else MOVES
            self.step(walk, self.draw.choice(names))


def test_a_month_of_cash_adds_up(goods: list[Product], tmp_path: Path) -> None:
    make_promotion("Month", code="MONTH", percent=5, combines=True, usage_limit=LIMIT)
    month = Month(Random("a month"), goods, tmp_path)

    month.run(ORDERS)

    orders = [walk.model for walk in month.walks]
    parcels = [(order, parcel) for order in orders for parcel in order.parcels]
    sums = Shipment.objects.aggregate(
        due=Sum("cod_due_minor"), collected=Sum("cod_collected_minor"), short=Sum("short_at_door_minor")
    )
    due, short = sum(order.due(parcel) for order, parcel in parcels), sum(order.short(parcel) for order, parcel in parcels)
    collected = sum(parcel.collected for _, parcel in parcels)
    assert sums == {"due": due, "collected": collected, "short": short}
    assert due == collected + short
    payments = Payment.objects.aggregate(captured=Sum("captured_minor"), refunded=Sum("refunded_minor"))
    assert payments == {"captured": collected, "refunded": sum(sum(order.money_back) for order in orders)}
    assert not Payment.objects.filter(state="created").exists()
    check_remittances(month)
    check_stock(month)
    assert Promotion.objects.get(name="Month").used == month.count_uses()
    assert {order.status for order in orders} == {"delivered", "returned", "cancelled"}
    assert list_problems() == []


def check_remittances(month: Month) -> None:
    """Assert that what was collected is what carriers have paid, what they owe, and what is still open; and that rows add up."""
    parcels = [parcel for walk in month.walks for parcel in walk.model.parcels]
    expected = {
        "collected": sum(parcel.collected for parcel in parcels),
        "remitted": sum(parcel.remitted for parcel in parcels),
        "short_by_carrier": sum(parcel.short_by_carrier for parcel in parcels),
        "short_at_door": sum(walk.model.short(parcel) for walk in month.walks for parcel in walk.model.parcels),
        "on_the_way": 0,
    }
    expected["open"] = expected["collected"] - expected["remitted"] - expected["short_by_carrier"]
    balances = balance.list_balances(Shipment.objects.all(), Remittance.objects.all())
    assert {kind: sum(row.cash[kind][1] for row in balances) for kind in expected} == expected
    matched = RemittanceLine.objects.exclude(shipment=None).aggregate(rows=Count("pk"), paid=Sum("paid_minor"))
    assert (matched["rows"], matched["paid"]) == month.carriers.count_matched()
    assert matched["paid"] == expected["remitted"]
    assert min(expected["remitted"], expected["short_by_carrier"], expected["open"]) > 0


def check_stock(month: Month) -> None:
    """Assert that what is on hand is what was there, without what was sold, and with what is back on the shelf."""
    gone: dict[int, int] = {}
    for walk in month.walks:
        for line, variant in enumerate(walk.variants):
            back = walk.model.quantities[line] if walk.model.status == "cancelled" else walk.model.restocked[line]
            gone[variant] = gone.get(variant, 0) + walk.model.quantities[line] - back
    on_hand = dict(Variant.objects.filter(pk__in=gone).values_list("pk", "stock"))
    assert on_hand == {variant: ROOM - units for variant, units in gone.items()}


def test_codes_of_orders_that_came_back_are_free_again(goods: list[Product]) -> None:
    make_promotion("Month", code="MONTH", percent=5, combines=True, usage_limit=3)
    draw = Random("codes")
    walks = [Walk(draw, place(draw, goods, "in", number, codes=["MONTH"]), is_alone=False) for number in range(3)]
    assert "MONTH" not in redemptions.list_codes(place(draw, goods, "in", 3, codes=["MONTH"]))

    for name in ("ship_all", "lose"):
        walks[0].step(name)
    walks[1].step("cancel")

    assert Promotion.objects.get(name="Month").used == 1
    for number in (4, 5):
        assert "MONTH" in redemptions.list_codes(place(draw, goods, "in", number, codes=["MONTH"]))
    assert Promotion.objects.get(name="Month").used == 3
    assert Redemption.objects.filter(promotion__name="Month", state="released").count() == 2
    assert list_problems() == []
