"""Many concurrent orders with lines in random order: no deadlock, and nothing is sold twice"""

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
from orders.placement.request import CheckoutRequest
from orders.tests.factories import ADDRESS
from products.exceptions import OutOfStock
from products.models import Variant
from products.tests.factories import make_products
from tests.profile import IS_SOAK

THREADS = 8


def fill_carts(keys: list[str]) -> None:
    """Fill a cart for each key with three of the eight products, in random order."""
    rng = random.Random(20)
    end = timezone.now() + timedelta(days=3)
    Cart.objects.bulk_create(Cart(key_hash=guest_keys.digest(key), market="in", expires_at=end) for key in keys)
    variants = list(Variant.objects.values_list("pk", flat=True))
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant_id=variant, quantity=1, price_at_addition=20)
        for cart in Cart.objects.order_by("pk")
        for variant in rng.sample(variants, 3)
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("orders", "stock"), [(200, 60), pytest.param(1000, 300, marks=pytest.mark.soak)])
def test_many_orders_know_no_deadlock(settings: Settings, orders: int, stock: int) -> None:
    settings.THROTTLE_ENABLED = False
    make_products(*(f"Product {number}" for number in range(8)))
    Variant.objects.update(stock=stock)
    for variant in Variant.objects.all():
        variant.movements.update(delta=stock)
    keys = [guest_keys.mint() for _ in range(orders)]
    fill_carts(keys)

    def buy(cart_keys: list[str]) -> list[str]:
        outcomes = []
        try:
            for key in cart_keys:
                try:
                    place_order(SYSTEM, CartOwner(markets.get_default_market(), keys=(key,)), request)
                    outcomes.append("placed")
                except (CartChanged, OutOfStock):
                    outcomes.append("sold out")
                except OperationalError as error:
                    outcomes.append(str(error))
        finally:
            connections.close_all()
        return outcomes

    request = CheckoutRequest("cod", ADDRESS, name="Ada", phone="+913128059851")
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = [message for messages in pool.map(buy, [keys[n::THREADS] for n in range(THREADS)]) for message in messages]

    assert set(outcomes) == {"placed", "sold out"}
    assert outcomes.count("placed") == Order.objects.count()
    assert Variant.objects.filter(stock=0).count() >= (4 if IS_SOAK else 1)  # the short form sells out fewer variants
    call_command("check_integrity", stdout=StringIO())
