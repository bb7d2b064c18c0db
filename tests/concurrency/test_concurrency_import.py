"""An import while shoppers buy: no deadlock, no lost unit, and correct listings."""

import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Sum
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import add_to_cart, guest_client, make_guest_cart
from core.actors import SYSTEM
from orders.models import Order
from orders.tests.factories import order_body
from products.importing.images import ImageImporter
from products.importing.importer import Import
from products.importing.raw_rows import RawRow
from products.importing.summary import Summary
from products.models import Listing, StockMovement, Variant
from products.services import products
from products.services.commands import VariantChange
from products.tests.factories import make_product, make_variant
from tests.concurrent_requests import Caller, at_once, count_statuses

ROUNDS = 3


def make_rows(price: int) -> list[dict[str, Any]]:
    """Return rows in descending order of the product ids."""
    common = {"category": "Lighting", "stock": 1000}
    return [{"sku": f"L-{number}", "name": f"Lamp {number}", "price": str(price), **common} for number in reversed(range(12))]


def import_rows(rows: list[dict[str, Any]], folder: Path) -> Summary:
    """Import these rows."""
    return Import(ImageImporter(folder)).run(RawRow(number, row) for number, row in enumerate(rows, start=1))


def run_in_thread(work: Any) -> threading.Thread:
    """Start the work in a thread with a separate connection."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_orders_and_an_import_of_the_same_products_do_not_stop_each_other(live_server: LiveServer, tmp_path: Path) -> None:
    lamps = [make_product(f"Lamp {number}", sku=f"L-{number}", price="20.00", stock=1000) for number in range(12)]
    keys = [make_guest_cart(lamps[0]) for _ in range(4)]
    for key in keys:
        for lamp in lamps[1:]:
            add_to_cart(guest_client(key), lamp)
    buyers = [Caller(live_server.url, {"X-Cart-Token": key}) for key in keys]
    done: list[Summary] = []

    importer = run_in_thread(lambda: done.extend(import_rows(make_rows(20 - number), tmp_path) for number in range(ROUNDS)))
    responses = at_once([buyer.make_post("/api/orders/create/", order_body(accept_price_changes=True)) for buyer in buyers])
    importer.join()

    assert count_statuses(responses) == {201: 4}
    assert Order.objects.count() == 4
    assert [summary.failed for summary in done] == [[]] * ROUNDS
    for variant in Variant.objects.all():
        assert variant.stock == StockMovement.objects.filter(variant=variant).aggregate(Sum("delta"))["delta__sum"]
    assert set(Listing.objects.values_list("price", flat=True)) == {18}


def test_changes_of_a_products_variants_at_once_leave_the_listing_true(live_server: LiveServer) -> None:
    tee = make_product("Tee", variants=[make_variant(f"TEE-{number}", price="20.00") for number in range(6)])
    start = threading.Barrier(6)

    def change(number: int) -> None:
        variant = Variant.objects.get(sku=f"TEE-{number}")
        start.wait()
        products.update_variant(SYSTEM, tee.pk, variant.pk, VariantChange(amounts={"in": Decimal(10 + number)}))

    for thread in [run_in_thread(lambda number=number: change(number)) for number in range(6)]:
        thread.join()

    assert Listing.objects.get(product=tee, market="in").price == 10
