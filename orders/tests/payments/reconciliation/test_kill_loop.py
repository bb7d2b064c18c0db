"""The long one: buyers order, pay, cancel and come back while the shop is killed again and again; at the end everything adds up

Short in `make test`, long in `make soak`, with fixed seeds. Failure table: 33.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Sum
from pytest_django import Settings

from carts.tests.factories import make_guest_cart
from orders.models import Order, Payment
from orders.tests.factories import order_body
from products.models import Variant
from products.tests.factories import make_products
from tests.crashes import make_environment
from tests.emulator.processes import KEY, SECRET, Emulator, run_emulator
from tests.processes import ROOT, SERVER
from tests.services import free_port

BUYERS, STOCK = 6, 400
# (seed, kills, seconds): whichever of the two is met first ends the loop.
SHORT, LONG = (20261129, 8, 60), [(seed, 50, 120) for seed in (1, 2, 3)]  # seconds are the limit, for a machine with other work
MIN_CONFIRMED = 5  # orders
Json = dict[str, Any]


class Shop:
    """A server of the shop that can be killed and started again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            [*SERVER, "--bind", f"127.0.0.1:{self.port}", "--workers", "1"],
            cwd=ROOT,
            env=make_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(1000):
            with contextlib.suppress(OSError, HTTPException):
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.02)
        raise AssertionError("the shop does not start")

    def kill(self) -> None:
        """Kill it, whatever it is doing."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def ask(self, method: str, path: str, body: Json | None = None, **headers: str) -> tuple[int, Json]:
        """Call it. Raises OSError, HTTPException where it dies meanwhile."""
        http = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            http.request(
                method, path, json.dumps(body or {}) if method != "GET" else None, {**named, "Content-Type": "application/json"}
            )
            with http.getresponse() as answer:  # which holds the socket too
                text = answer.read()
                return answer.status, json.loads(text) if text.startswith(b"{") else {}
        finally:
            http.close()


class Buyer(threading.Thread):
    """A buyer who orders again and again, whatever happens to the shop."""

    def __init__(self, shop: Shop, emulator: Emulator, key: str, products: list[int], seed: int) -> None:
        super().__init__(daemon=True)
        self.shop, self.emulator, self.key, self.products = shop, emulator, key, products
        self.dice = random.Random(seed)
        self.over = threading.Event()
        self.orders = 0

    def run(self) -> None:
        """Buy until it is over."""
        while not self.over.is_set():
            with contextlib.suppress(OSError, HTTPException, ValueError, KeyError):
                self._buy()
            time.sleep(0.005)

    def _buy(self) -> None:
        headers = {"X_Cart_Token": self.key}
        for product in self.dice.sample(self.products, 2):
            self.shop.ask("POST", "/api/cart/add/", {"product_id": product, "quantity": self.dice.randint(1, 2)}, **headers)
        method = self.dice.choice(("stripe", "stripe", "stripe", "cod"))
        named = f"k-{self.dice.getrandbits(64)}"
        for _ in range(3):
            status, body = self.shop.ask(
                "POST", "/api/orders/create/", order_body(payment_method=method), **headers, Idempotency_Key=named
            )
            if status != 503:
                break
        if status not in (200, 201):
            return
        self.orders += 1
        order = body["data"]
        if method == "stripe" and "session_id" in order:
            self._end(order)

    def _end(self, order: Json) -> None:
        what = self.dice.random()
        token = {"X_Order_Token": order["order_token"]}
        if what < 0.6:
            self.emulator.request("POST", f"/pay/{order['session_id']}", "act=pay")
        elif what < 0.7:
            self.emulator.request("POST", f"/pay/{order['session_id']}", "act=pay_later")
            self.emulator.request("POST", f"/pay/{order['session_id']}", self.dice.choice(("act=async_succeed", "act=async_fail")))
        elif what < 0.85:
            self.shop.ask("POST", f"/api/orders/{order['number']}/cancel/", **token)
        if what < 0.3:
            self.shop.ask("GET", f"/api/orders/verify-payment/?session_id={order['session_id']}", **token)


@pytest.fixture
def emulator(settings: Settings) -> Iterator[tuple[Emulator, Shop]]:
    """An emulator of its own that sends its events to a shop of its own."""
    shop = Shop(free_port())
    with run_emulator(f"http://127.0.0.1:{shop.port}/api/orders/webhook/", pace=0.05) as found:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_WEBHOOK_SECRET = KEY, found.url, SECRET
        try:
            yield found, shop
        finally:
            shop.kill()


def sync() -> int:
    """Bring everything to what the emulator says, as the minute's run does; returns the exit code."""
    try:
        call_command("sync_payments", stdout=StringIO(), stderr=StringIO())
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seed", "max_kills", "seconds"), [SHORT, *(pytest.param(*run, marks=pytest.mark.soak) for run in LONG)])
def test_nothing_is_lost_however_often_the_shop_is_killed(
    emulator: tuple[Emulator, Shop], unthrottled: None, seed: int, max_kills: int, seconds: int
) -> None:
    stand_in, shop = emulator
    dice = random.Random(seed)
    products = make_products(*(f"Product {number}" for number in range(5)))
    Variant.objects.update(stock=STOCK)
    for variant in Variant.objects.all():
        variant.movements.update(delta=STOCK)
    keys = [make_guest_cart(products[0]) for _ in range(BUYERS)]
    shop.start()
    stand_in.set_random_faults(seed=seed, p_drop=0.2, p_dup=0.2, p_delay=0.3, p_5xx=0.1, delay_ms=60)
    buyers = [Buyer(shop, stand_in, key, [one.pk for one in products], seed + n) for n, key in enumerate(keys)]
    for buyer in buyers:
        buyer.start()
    end, kills = time.monotonic() + seconds, 0
    while (kills < max_kills or count_confirmed() < MIN_CONFIRMED) and time.monotonic() < end:
        time.sleep(dice.uniform(0.05, 0.6))
        shop.kill()
        kills += 1
        shop.start()
    for buyer in buyers:
        buyer.over.set()
    for buyer in buyers:
        buyer.join(30)
    settle(stand_in, shop)

    print(f"{kills} kills, {Order.objects.count()} orders")
    assert kills >= max_kills / 2
    assert count_confirmed() >= MIN_CONFIRMED, [buyer.orders for buyer in buyers]
    adds_up(stand_in)


def count_confirmed() -> int:
    """Return how many orders are confirmed."""
    return Order.objects.filter(status="processing").count()


def settle(stand_in: Emulator, shop: Shop) -> None:
    """Let every session end, and everything come to rest; the shop and its runs do the rest."""
    stand_in.set_faults()
    stand_in.advance_clock(3 * 3600)
    stand_in.wait_for_deliveries(5)
    for _ in range(4):
        age()
        sync()
    call_command("run_jobs", once=True, stdout=StringIO(), stderr=StringIO())
    sync()
    shop.kill()


def age() -> None:
    """Let every order be old enough for whatever waits for its time."""
    ago = timedelta(hours=1)
    Payment.objects.update(created_at=F("created_at") - ago)
    Order.objects.exclude(reserved_until=None).update(reserved_until=F("reserved_until") - ago)


def adds_up(stand_in: Emulator) -> None:
    """Hold the books of the shop to themselves, and to those of the emulator."""
    call_command("check_integrity", stdout=StringIO())
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not Order.objects.filter(status="pending").exists()
    assert Variant.objects.aggregate(n=Sum("reserved"))["n"] == 0
    theirs: dict[str, int] = {}
    for row in stand_in.ledger():
        theirs[row["order"]] = theirs.get(row["order"], 0) + row["captured"] - row["refunded"]
    ours = {
        order.number: sum(payment.captured_minor - payment.refunded_minor for payment in order.payments.all())
        for order in Order.objects.filter(payment_method="stripe").prefetch_related("payments")
    }
    assert {number: amount for number, amount in theirs.items() if amount} == {n: amount for n, amount in ours.items() if amount}
    sold = Order.objects.filter(stock_state="committed").aggregate(n=Sum("items__quantity"))["n"] or 0
    assert sum(Variant.objects.values_list("stock", flat=True)) == 5 * STOCK - sold
