"""Batches of a sale: each is a job with a transaction of its own, which may fail, be repeated, or run twice at once"""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from accounts.tests.concurrency import run_concurrently
from core import outbox
from core.actors import SYSTEM
from core.models import Job
from pricing.models import Sale, SaleLine
from pricing.sales import ending, planning, starting
from pricing.tests.sales.failures import fail_once
from pricing.tests.sales.planned_sales import HOUR, end_sale, pass_time, plan_sale, repeat_jobs, run_jobs, start_sale
from products.models import PriceChange, Product, StockMovement, Variant
from products.services.commands import NewProduct
from products.services.products import create_many
from products.tests.editors import dump_catalog, dump_without_timestamps, list_prices
from products.tests.factories import make_product, make_products, make_variant
from tests.query_capture import capture_statements

STATEMENTS = 15  # of a batch on PostgreSQL; on SQLite, Django splits those with more than 999 parameters


def make_shop(products: int, variants: int) -> list[Product]:
    """Make this number of products, each with this number of variants, in the default market."""
    skus = [[f"L-{variants}-{number}-{index}" for index in range(variants)] for number in range(products)]
    new_products = [
        NewProduct(name=f"Lamp {number}", variants=[make_variant(sku, name=sku) for sku in of_product])
        for number, of_product in enumerate(skus)
    ]
    return create_many(SYSTEM, new_products, reason=StockMovement.Reason.INITIAL)


def list_batches(kind: str) -> list[int]:
    """Return the number of products in each job of a kind."""
    return [len(payload["products"]) for payload in Job.objects.filter(kind=kind).order_by("pk").values_list("payload", flat=True)]


def test_a_batch_has_200_products() -> None:
    batches = planning.split_products((product_id, 2) for product_id in range(401))

    assert [len(batch) for batch in batches] == [200, 200, 1]


@pytest.mark.django_db
def test_each_batch_is_a_job_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH_SIZE", 2)
    make_products(*(f"Lamp {number}" for number in range(5)))

    sale = start_sale(percent="10")
    end_sale(sale)

    assert list_batches("reduce_sale_prices") == list_batches("restore_sale_prices") == [2, 2, 1]
    assert (sale.state, SaleLine.objects.filter(state="restored").count()) == ("ended", 10)
    assert not Variant.objects.exclude(price=20, compare_at_price=None).exists()


@pytest.mark.django_db
def test_products_with_many_prices_make_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAX_BATCH_PRICES", 5)
    make_shop(products=4, variants=2)
    make_shop(products=1, variants=6)

    start_sale(percent="10", markets=["in"])

    assert list_batches("reduce_sale_prices") == [2, 2, 1]
    assert set(Variant.objects.values_list("price", flat=True)) == {18}


@pytest.mark.django_db
def test_jobs_that_run_twice_change_nothing() -> None:
    make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"})
    sale = start_sale(percent="10")
    started = (dump_catalog(), list(SaleLine.objects.values()), Sale.objects.values().get())
    Job.objects.filter(kind__in=("start_sale", "reduce_sale_prices")).update(done_at=None, leased_until=None)
    run_jobs()
    assert (dump_catalog(), list(SaleLine.objects.values()), Sale.objects.values().get()) == started

    end_sale(sale)
    ended = (dump_catalog(), list(SaleLine.objects.values()), Sale.objects.values().get())
    repeat_jobs()

    assert (dump_catalog(), list(SaleLine.objects.values()), Sale.objects.values().get()) == ended
    assert list_prices("LAMP") == ["20.00", "18.00", "20.00"]


WRITES = ('INSERT INTO "products_pricechange"', 'UPDATE "pricing_saleline"', 'INSERT INTO "products_listing"')


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", WRITES)
def test_a_batch_that_fails_in_the_middle_is_undone_and_its_retry_completes_it(statement: str) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = plan_sale(percent="10", markets=["in"])
    outbox.run_due(limit=1)
    before = (dump_catalog(), list(SaleLine.objects.values()))

    with fail_once(statement) as failures:
        run_jobs()
    assert len(failures) == 1
    assert (dump_catalog(), list(SaleLine.objects.values())) == before
    Job.objects.filter(done_at=None, attempts=1).update(run_at=F("run_at") - timedelta(minutes=1))
    run_jobs()

    sale.refresh_from_db()
    assert (list_prices("LAMP"), sale.state) == (["20.00", "18.00"], "running")
    assert sale.applied_at is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", WRITES)
def test_a_restoring_batch_that_fails_is_undone_and_its_retry_completes_it(statement: str) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = start_sale(percent="10", markets=["in"])
    pass_time(3 * HOUR)
    outbox.run_due(limit=1)
    before = (dump_catalog(), list(SaleLine.objects.values()))

    with fail_once(statement) as failures:
        run_jobs()
    assert len(failures) == 1
    assert (dump_catalog(), list(SaleLine.objects.values())) == before
    Job.objects.filter(done_at=None, attempts=1).update(run_at=F("run_at") - timedelta(minutes=1))
    run_jobs()

    sale.refresh_from_db()
    assert (list_prices("LAMP"), sale.state) == (["20.00", "18.00", "20.00"], "ended")


@pytest.mark.django_db(transaction=True)
def test_a_start_that_fails_in_the_middle_is_undone_and_its_retry_completes_it() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sale = plan_sale(percent="10", markets=["in"])

    with fail_once('UPDATE "pricing_sale"'):
        run_jobs()
    assert (Sale.objects.get().state, SaleLine.objects.count()) == ("planned", 0)
    assert not Job.objects.filter(kind="reduce_sale_prices").exists()
    Job.objects.filter(done_at=None, attempts=1).update(run_at=F("run_at") - timedelta(minutes=1))
    run_jobs()

    sale.refresh_from_db()
    assert (list_prices("LAMP"), sale.state) == (["20.00", "18.00"], "running")


def count_statements(products: Sequence[Product]) -> tuple[int, int]:
    """Return the number of statements that reduce, and that restore, the prices of these products as one batch."""
    product_ids = [product.pk for product in products]
    sale = plan_sale(percent="10", products=products, markets=["in"])
    starting.start(sale.pk)
    with capture_statements() as reducing:
        starting.reduce_prices(sale.pk, product_ids)
    Sale.objects.filter(pk=sale.pk).update(state="ending")
    with capture_statements() as restoring:
        ending.restore_prices(sale.pk, product_ids)
    assert not SaleLine.objects.filter(sale=sale).exclude(state="restored").exists()
    return len(reducing), len(restoring)


@pytest.mark.django_db
@pytest.mark.parametrize("product_count", [10, pytest.param(200, marks=pytest.mark.soak)])
def test_a_batch_costs_the_same_statements_for_1_variant_and_for_20(product_count: int) -> None:
    small, large = make_shop(products=product_count, variants=1), make_shop(products=product_count, variants=20)

    costs = [count_statements(products) for products in (small, large)]

    if connection.vendor == "postgresql":
        assert costs == [(STATEMENTS, STATEMENTS)] * 2
    else:
        assert max(costs[1]) < 100


@pytest.mark.django_db(transaction=True)
def test_a_job_that_two_workers_run_at_once_writes_each_price_once() -> None:
    products = make_products(*(f"Lamp {number}" for number in range(20)))
    ids = [product.pk for product in products]
    sale = plan_sale(percent="10")

    run_concurrently(4, lambda number: starting.start(sale.pk))
    run_concurrently(4, lambda number: starting.reduce_prices(sale.pk, ids))
    assert PriceChange.objects.filter(variant__product__in=ids).count() == 80
    pass_time(3 * HOUR)
    run_concurrently(4, lambda number: ending.end(sale.pk))
    run_concurrently(4, lambda number: ending.restore_prices(sale.pk, ids))

    assert PriceChange.objects.filter(variant__product__in=ids).count() == 120
    assert Sale.objects.get().state == "ended"
    assert Job.objects.filter(kind="reduce_sale_prices").count() == Job.objects.filter(kind="restore_sale_prices").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_sales_that_start_at_once_one_takes_a_price() -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    sales = [plan_sale(percent="10", name=f"Sale {number}", markets=["in"]) for number in range(2)]

    run_concurrently(2, lambda number: starting.start(sales[number].pk))
    run_jobs()

    assert sorted(SaleLine.objects.values_list("state", flat=True)) == ["left_out", "reduced"]
    assert list_prices("LAMP") == ["20.00", "18.00"]


@pytest.mark.django_db(transaction=True)
def test_the_last_two_batches_at_once_complete_the_sale() -> None:
    products = make_products(*(f"Lamp {number}" for number in range(8)))
    sale = plan_sale(percent="10")
    starting.start(sale.pk)
    batches = [[product.pk for product in products[number::4]] for number in range(4)]

    run_concurrently(4, lambda number: starting.reduce_prices(sale.pk, batches[number]))
    assert Sale.objects.get().applied_at is not None
    Sale.objects.update(state="ending")
    run_concurrently(4, lambda number: ending.restore_prices(sale.pk, batches[number]))

    assert Sale.objects.get().state == "ended"


@pytest.mark.django_db(transaction=True)
def test_a_sale_that_ends_while_it_starts_leaves_no_reduced_price() -> None:
    products = make_products(*(f"Lamp {number}" for number in range(12)))
    before = dump_without_timestamps()["Listing"]
    sale = plan_sale(percent="10")
    starting.start(sale.pk)
    Sale.objects.update(ends_at=F("starts_at") + timedelta(microseconds=1))
    batches = [[product.pk for product in products[number::3]] for number in range(3)]

    def run(number: int) -> None:
        if number == 3:
            ending.end(sale.pk)
        else:
            starting.reduce_prices(sale.pk, batches[number])

    run_concurrently(4, run)
    run_jobs()

    assert Sale.objects.get().state == "ended"
    assert dump_without_timestamps()["Listing"] == before
