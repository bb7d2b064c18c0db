"""docs/operations.md: upgrade and rollback, with the previous release and this one on one filled database"""

import json
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tests.crashes import make_environment
from tests.emulator.processes import KEY, Emulator
from tests.operator_commands import run_commands
from tests.processes import ROOT, serving, serving_from
from tests.remote_shop import RemoteShop
from tests.upgrade import previous_release

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
PRODUCTS = [
    {"sku": "LAMP", "name": "Lamp", "category": "Home", "price": "20.00", "stock": 50},
    {"sku": "MUG", "name": "Mug", "category": "Home", "price": "5.00", "stock": 1000},
]
STOCK = "SELECT sku, stock, reserved FROM products_variant ORDER BY sku"
# Of what was there before the upgrade; the mugs are sold meanwhile.
LAMPS = "SELECT stock, reserved FROM products_variant WHERE sku = 'LAMP'"
ORDERS = "SELECT number, status, total, currency FROM orders_order ORDER BY id LIMIT 3"
PAYMENTS = "SELECT provider, state, amount_minor, captured_minor, refunded_minor FROM orders_payment ORDER BY order_id LIMIT 3"
PARCELS = "SELECT state, count(*), sum(cod_collected_minor) FROM orders_shipment GROUP BY state ORDER BY state"
SHIP = """
import sys, django
django.setup()
from core.actors import SYSTEM
from orders.fulfilment import shipping
from orders.models import Order
for number in sys.argv[1:]:
    shipping.ship_order(SYSTEM, Order.objects.get(number=number).pk)
"""

# As the previous release does it.
DELIVER = """
import sys, django
django.setup()
from store.core.actors import SYSTEM
from orders import fulfilment
from orders.models import Order
for number in sys.argv[1:]:
    order = Order.objects.get(number=number)
    if order.status == "processing":
        fulfilment.ship(SYSTEM, order.pk)
    fulfilment.deliver(SYSTEM, order.pk)
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, of the engine of the tests."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.sqlite3'}"
        return
    address = urlsplit(make_environment()["DATABASE_URL"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE upgraded")
    yield address._replace(path="/upgraded").geturl()
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE upgraded WITH (FORCE)")


def read_rows(url: str, *statements: str) -> list[list[tuple[Any, ...]]]:
    """Return what these statements select."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return [file.execute(statement).fetchall() for statement in statements]
    with psycopg.connect(url) as database:
        return [database.execute(statement).fetchall() for statement in statements]


class Shopper(threading.Thread):
    """Orders a mug again and again; counts what came of it."""

    def __init__(self, shop: RemoteShop, product_id: int) -> None:
        super().__init__()
        self.shop, self.product_id = shop, product_id
        self.outcomes: Counter[str] = Counter()
        self.is_done = threading.Event()

    def run(self) -> None:
        """Order until the test is done."""
        while not self.is_done.wait(0.5):
            try:
                self.shop.place_order(self.product_id)
            except OSError as error:
                self.outcomes[repr(error)] += 1
            else:
                self.outcomes["ordered"] += 1


@contextmanager
def shopping(shop: RemoteShop, product_id: int) -> Iterator[Shopper]:
    """Let a shopper order until the end of the block."""
    shopper = Shopper(shop, product_id)
    shopper.start()
    try:
        yield shopper
    finally:
        shopper.is_done.set()
        shopper.join()


def run_manage(project: Path, variables: dict[str, str], *arguments: str) -> None:
    """Run a command of one of the two releases."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=variables, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def pay(shop: RemoteShop, emulator: Emulator, order: dict[str, Any]) -> None:
    """Pay an order, and come back from the payment page."""
    emulator.pay(order["session_id"])
    token = {"X-Order-Token": order["order_token"]}
    shop.call(f"/api/orders/verify-payment/?session_id={order['session_id']}", headers=token)


def test_both_releases_serve_one_database_through_upgrade_and_roll_back(tmp_path: Path, url: str, emulator: Emulator) -> None:
    shop = {"DATABASE_URL": url, "STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": emulator.url, "MEDIA_ROOT": str(tmp_path / "media")}
    variables, folder = make_environment(**shop), previous_release.extract(tmp_path / "previous")
    (tmp_path / "products.json").write_text(json.dumps(PRODUCTS))
    run_manage(folder, variables, "manage.py", "migrate", "--verbosity", "0")
    run_manage(folder, variables, "manage.py", "import_products", "--file", str(tmp_path / "products.json"))

    unprepared = {**variables, "DATABASE_PREPARED": "0"}  # as the document says
    with serving_from(folder, unprepared, "--workers", "1", "--threads", "2", "store.wsgi") as (port, _):
        old = RemoteShop(port)
        ids = {product["name"]: product["id"] for product in old.call("/api/products/")["data"]}
        lamp, mug = ids["Lamp"], ids["Mug"]
        cash, paid, unpaid = old.place_order(lamp), old.place_order(lamp, "stripe"), old.place_order(lamp, "stripe")
        sent = [old.place_order(lamp)["number"] for _ in range(2)]
        pay(old, emulator, paid)
        run_manage(folder, variables, "-c", DELIVER.replace("    fulfilment.deliver(SYSTEM, order.pk)\n", ""), *sent)
        before = read_rows(url, LAMPS, ORDERS, PAYMENTS)

        with shopping(old, mug) as shopper:
            run_commands("upgrade", tmp_path, shop)
            assert read_rows(url, LAMPS, ORDERS, PAYMENTS) == before
        with serving(variables) as new_port:
            new = RemoteShop(new_port)
            pay(new, emulator, unpaid)
            later = new.place_order(lamp, "stripe")
            during = old.place_order(lamp)
            run_manage(ROOT, variables, "-c", SHIP, cash["number"], paid["number"], during["number"])
            assert [new.get_order(order)["status"] for order in (cash, paid, unpaid)] == ["shipped", "shipped", "processing"]
            run_manage(folder, variables, "-c", DELIVER, sent[0], old.place_order(lamp)["number"])
        run_commands("upgraded", tmp_path, shop)
        assert read_rows(url, PARCELS) == [[("delivered", 2, 4000), ("shipped", 4, 0)]]

        pay(old, emulator, later)
        assert [old.get_order(order)["status"] for order in (later, during)] == ["processing", "shipped"]
        old.place_order(lamp)
        run_commands("rollback", tmp_path, shop, project=folder)
    run_commands("upgraded", tmp_path, shop)

    assert set(shopper.outcomes) == {"ordered"}
    rows = {sku: (stock, reserved) for sku, stock, reserved in read_rows(url, STOCK)[0]}
    assert rows == {"LAMP": (41, 0), "MUG": (1000 - shopper.outcomes["ordered"], 0)}
