"""A thousand orders at once, their lines in random order: none waits for another for ever, and nothing is sold twice"""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connections
from django.utils import timezone
from pytest_django import Settings

from carts import guest_keys
from carts.identity import CartOwner
from carts.models import Cart, CartItem
from core import markets
from core.actors import SYSTEM
from orders.exceptions import CartChanged
from orders.models import Order
from orders.placement.place import place_order
from orders.placement.request import Wish
from orders.tests.factories import ADDRESS
from products.exceptions import OutOfStock
from products.models import Variant
from products.tests.factories import make_products

ORDERS, THREADS, STOCK = 1000, 8, 300


def carts_of(keys: list[str]) -> None:
    """Fill a cart for each key with three of the eight products, put in in random order."""
    dice = random.Random(20)
    end = timezone.now() + timedelta(days=3)
    Cart.objects.bulk_create(Cart(key_hash=guest_keys.digest(key), market="in", expires_at=end) for key in keys)
    variants = list(Variant.objects.values_list("pk", flat=True))
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant_id=variant, quantity=1, price_at_addition=20)
        for cart in Cart.objects.order_by("pk")
        for variant in dice.sample(variants, 3)
    )


@pytest.mark.django_db(transaction=True)
def test_a_thousand_orders_know_no_deadlock(settings: Settings) -> None:
    settings.THROTTLE_ENABLED = False
    make_products(*(f"Product {number}" for number in range(8)))
    Variant.objects.update(stock=STOCK)
    for variant in Variant.objects.all():
        variant.movements.update(delta=STOCK)
    keys = [guest_keys.mint() for _ in range(ORDERS)]
    carts_of(keys)

    def buy(mine: list[str]) -> list[str]:
        told = []
        try:
            for key in mine:
                try:
                    place_order(SYSTEM, CartOwner(markets.default(), keys=(key,)), wish)
                    told.append("placed")
                except (CartChanged, OutOfStock):
                    told.append("sold out")
                except OperationalError as wrong:
                    told.append(str(wrong))
        finally:
            connections.close_all()
        return told

    wish = Wish("cod", ADDRESS, name="Ada", phone="+913128059851")
    with ThreadPoolExecutor(THREADS) as pool:
        told = [one for some in pool.map(buy, [keys[n::THREADS] for n in range(THREADS)]) for one in some]

    assert set(told) == {"placed", "sold out"}
    assert told.count("placed") == Order.objects.count()
    assert Variant.objects.filter(stock=0).count() >= 4
    call_command("check_integrity", stdout=StringIO())
