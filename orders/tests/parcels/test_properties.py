"""What holds of parcels whatever is packed, sent, lost, found, refused, short or refunded: the shop does what the model does"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from core import markets
from orders.fulfilment.parcels import outcomes, packing
from orders.models import Shipment
from orders.tests.parcels.parcels import STAFF, list_problems
from orders.tests.parcels.random_orders import MARKETS, make_goods, place
from orders.tests.parcels.walks import Walk
from products.models import Product
from tests.profile import IS_SOAK

pytestmark = [pytest.mark.django_db, pytest.mark.scaled, pytest.mark.sampled, pytest.mark.usefixtures("unthrottled")]
WALKS, STEPS = (100, 25) if IS_SOAK else (4, 16)


@pytest.fixture
def goods(db: None, settings: Any) -> Iterator[list[Product]]:
    """Products that are sold in India, Japan and Kuwait."""
    settings.MARKETS = MARKETS
    markets.get_markets.cache_clear()
    yield make_goods()
    markets.get_markets.cache_clear()


@pytest.mark.parametrize("is_cash", [True, False], ids=["cash", "paid before"])
@pytest.mark.parametrize("market", MARKETS)
def test_an_order_in_parcels_is_where_its_model_is(goods: list[Product], market: str, *, is_cash: bool) -> None:
    for number in range(WALKS):
        draw = Random(f"{market} {is_cash} {number}")
        walk = Walk(draw, place(draw, goods, market, number), is_cash=is_cash)
        for _ in range(STEPS):
            walk.step()

        assert list_problems() == [], walk.log


@pytest.mark.parametrize("market", MARKETS)
def test_however_an_order_is_parted_its_parcels_collect_its_total(goods: list[Product], market: str) -> None:
    for number in range(WALKS):
        draw = Random(f"{market} {number}")
        walk = Walk(draw, place(draw, goods, market, number))
        while walk.model.unsent:
            walk.step(draw.choice(["pack", "pack", "cancel_parcel", "ship"]))

        assert sum(map(walk.model.due, walk.model.parcels)) == walk.model.total
        for shipment in Shipment.objects.filter(order=walk.pk).exclude(state__in=["delivered", "cancelled"]):
            outcomes.deliver_parcel(STAFF, shipment.pk)
        status = walk.describe_shop()["status"]
        assert status == ("delivered", "succeeded", walk.model.total, 0)
    assert list_problems() == []


@pytest.mark.parametrize("market", MARKETS)
def test_a_line_given_out_unit_by_unit_costs_what_is_paid_for_it(goods: list[Product], market: str) -> None:
    for number in range(WALKS):
        draw = Random(f"{market} unit {number}")
        walk = Walk(draw, place(draw, goods, market, number))
        for line, quantity in enumerate(walk.model.quantities):
            for _ in range(quantity):
                packing.pack_parcel(STAFF, walk.pk, {walk.items[line]: 1})
            parcels = Shipment.objects.filter(order=walk.pk, lines__item=walk.items[line])
            dues = list(parcels.values_list("lines__due_minor", flat=True))
            paid, step = walk.model.paid[line], walk.model.step

            assert (len(dues), sum(dues)) == (quantity, paid)
            assert all(abs(due * quantity - paid) < 2 * step * quantity for due in dues)
            assert not any(due % step for due in dues)
