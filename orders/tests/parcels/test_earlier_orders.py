"""Orders that were sent before the shop had parcels, or by a process of the release before, and what becomes of them"""

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from carts.tests.factories import add_code, add_to_cart
from core import markets
from orders import integrity
from orders.fulfilment import shipping
from orders.fulfilment.parcels import outcomes
from orders.models import Order, OrderItem, Payment, Shipment, ShipmentLine
from orders.tests.factories import placed
from orders.tests.parcels.parcels import STAFF, get_item, get_status, list_problems, make_cash_order
from pricing.tests.factories import make_promotion
from products.models import Product, StockMovement, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
migration = import_module("orders.migrations.0020_parcels_of_sent_orders")


def migrate() -> None:
    """Run the migration of the data."""
    migration.create_parcels(apps, None)


def send_as_before(order: Order, *, is_delivered: bool = False) -> None:
    """Write what the release before writes when it sends and delivers an order."""
    now = timezone.now()
    sent = Order.objects.filter(pk=order.pk)
    sent.update(status="shipped", shipped_at=now, version=F("version") + 1)
    if is_delivered:
        sent.update(status="delivered", delivered_at=now, paid_at=now, version=F("version") + 1)
        Payment.objects.filter(order=order).update(state="succeeded", captured_minor=F("amount_minor"))


def order_again() -> Order:
    """Return a Cash on Delivery order of another lamp, by a guest."""
    client = SchemaClient()
    token = str(add_to_cart(client, Product.objects.get(name="Lamp"), 1)["cart_token"])
    client.credentials(HTTP_X_CART_TOKEN=token)
    return Order.objects.get(number=placed(client)["number"])


def make_card_order(order: Order) -> None:
    """Turn an order into one that was paid by card."""
    Order.objects.filter(pk=order.pk).update(payment_method="stripe", paid_at=timezone.now())
    Payment.objects.filter(order=order).update(provider="stripe", state="succeeded", captured_minor=F("amount_minor"))


def add_tax_to_prices(order: Order) -> None:
    """Turn an order, whose prices contain tax, into one to whose prices it is added."""
    total = order.total + order.tax_total
    Order.objects.filter(pk=order.pk).update(prices_include_tax=False, total=total)
    minor = Payment.objects.get(order=order).amount_minor * total / order.total
    Payment.objects.filter(order=order).update(amount=total, amount_minor=minor)


def get_parcel(order: Order) -> dict[str, Any]:
    """Return the columns of the only parcel of an order."""
    names = (
        *("number", "state", "carrier", "tracking_number"),
        *("charges_minor", "cod_due_minor", "cod_collected_minor", "settled_before"),
    )
    values: dict[str, Any] = Shipment.objects.values(*names).get(order=order)
    return values


def get_lines(order: Order) -> list[tuple[str, int, int]]:
    """Return SKU, units and amount due of each line in the parcels of an order."""
    lines = ShipmentLine.objects.filter(shipment__order=order)
    return list(lines.values_list("item__sku", "quantity", "due_minor"))


@pytest.fixture
def world(settings: Settings) -> Iterator[None]:
    """The shop sells in currencies with zero, two and three digits, and with tax."""
    settings.MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD"}
    settings.TAX_RATES = {"in": Decimal(18), "jp": Decimal(10), "kw": Decimal("7.5")}
    settings.SHIPPING = {"in": (Decimal("49.50"), None), "jp": (Decimal(500), None), "kw": (Decimal("1.125"), None)}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


def test_a_delivered_order_gets_one_parcel_whose_cash_is_settled() -> None:
    order = make_cash_order()
    send_as_before(order, is_delivered=True)

    migrate()

    row = Order.objects.get()
    assert get_parcel(order) == {
        **{"number": 1, "state": "delivered", "carrier": "", "tracking_number": "", "charges_minor": 0},
        **{"cod_due_minor": 7000, "cod_collected_minor": 7000, "settled_before": True},
    }
    assert get_lines(order) == [("LAMP", 3, 6000), ("CHAIR", 1, 1000)]
    times = Shipment.objects.values_list("packed_at", "shipped_at", "delivered_at", "created_at").get()
    assert times == (None, row.shipped_at, row.delivered_at, row.shipped_at)
    assert list_problems() == []


def test_of_a_paid_order_what_was_not_refunded_is_in_the_parcel() -> None:
    order = make_cash_order()
    make_card_order(order)
    OrderItem.objects.filter(order=order, sku="LAMP").update(refunded_quantity=2)
    OrderItem.objects.filter(order=order, sku="CHAIR").update(refunded_quantity=1)
    send_as_before(order)

    migrate()

    assert get_lines(order) == [("LAMP", 1, 0)]
    assert get_parcel(order)["cod_due_minor"] == 0
    assert not get_parcel(order)["settled_before"]
    assert list_problems() == []


def test_an_order_that_was_refunded_whole_on_its_way_has_a_parcel_all_the_same() -> None:
    order = make_cash_order()
    make_card_order(order)
    OrderItem.objects.filter(order=order).update(refunded_quantity=F("quantity"))
    send_as_before(order)

    migrate()

    assert get_lines(order) == [("LAMP", 3, 0), ("CHAIR", 1, 0)]
    assert list_problems() == []
    shipping.deliver_order(STAFF, order.pk)
    assert get_status(order)[0] == "delivered"
    assert list_problems() == []


def test_units_refunded_before_the_order_got_its_parcel_count_as_refunded_after_their_delivery() -> None:
    order = make_cash_order()
    make_card_order(order)
    OrderItem.objects.filter(order=order).update(refunded_quantity=F("quantity"))
    send_as_before(order)

    fixed = integrity.fix_derived_values()

    assert fixed == 1
    assert get_lines(order) == [("LAMP", 3, 0), ("CHAIR", 1, 0)]
    assert list(order.items.order_by("pk").values_list("sku", "refunded_after_delivery")) == [("LAMP", 3), ("CHAIR", 1)]
    assert list_problems() == []


def test_units_that_the_release_before_refunds_on_their_way_are_no_problem() -> None:
    order = make_cash_order()
    make_card_order(order)
    send_as_before(order)
    migrate()

    OrderItem.objects.filter(order=order, sku="LAMP").update(refunded_quantity=2)

    assert list_problems() == []
    outcomes.receive_parcel(STAFF, Shipment.objects.get().pk)
    assert get_status(order)[0] == "returned"
    assert list_problems() == []


@pytest.mark.parametrize("is_migrated", [True, False], ids=["migrated", "sent after the migration"])
@pytest.mark.parametrize(("market", "price"), [("in", "19.99"), ("jp", "1980"), ("kw", "1.235")])
def test_a_parcel_has_all_that_is_due_to_the_last_minor_unit(
    api: SchemaClient, world: None, market: str, price: str, *, is_migrated: bool
) -> None:
    make_promotion(code="SAVE", percent=7)
    prices = {} if market == "in" else {market: price}
    lamp = make_product("Lamp", sku="LAMP", price=price if market == "in" else "1.00", prices=prices, stock=100)
    api.credentials(HTTP_X_MARKET=market)
    token = str(add_to_cart(api, lamp, 3)["cart_token"])
    api.credentials(HTTP_X_MARKET=market, HTTP_X_CART_TOKEN=token)
    add_code(api, "SAVE")
    order = Order.objects.get(number=placed(api)["number"])
    add_tax_to_prices(order)
    order, payment, item = Order.objects.get(), Payment.objects.get(), OrderItem.objects.get()
    send_as_before(order)
    StockMovement.objects.all().delete()
    Variant.objects.all().delete()

    if is_migrated:
        migrate()
    else:
        integrity.fix_derived_values()

    digits = {"in": 2, "jp": 0, "kw": 3}[market]
    due = int((item.net_total + item.tax_total).scaleb(digits))
    parcel = get_parcel(order)
    assert (order.discount_total > 0, order.tax_total > item.tax_total > 0) == (True, True)
    assert get_lines(order) == [("LAMP", 3, due)]
    assert parcel["cod_due_minor"] == payment.amount_minor == due + parcel["charges_minor"]
    assert parcel["charges_minor"] == int((order.total - item.net_total - item.tax_total).scaleb(digits)) > 0
    assert list_problems() == []
    shipping.deliver_order(STAFF, order.pk)
    assert get_status(order) == ("delivered", "succeeded", payment.amount_minor)
    assert list_problems() == []


def test_cash_of_a_parcel_from_before_is_collected_at_its_delivery() -> None:
    order = make_cash_order()
    send_as_before(order)
    migrate()
    parcel = Shipment.objects.get()

    outcomes.deliver_parcel(STAFF, parcel.pk, refused={get_item(order, "LAMP"): 1}, collected=4500)

    assert get_status(order) == ("delivered", "succeeded", 4500)
    assert get_parcel(order)["cod_due_minor"] == 5000
    assert Order.objects.get().paid_at is None
    assert list_problems() == []


@pytest.mark.parametrize("end", ["returned", "lost"])
def test_a_parcel_from_before_that_does_not_arrive_takes_no_cash(end: str) -> None:
    order = make_cash_order()
    send_as_before(order)
    migrate()
    parcel = Shipment.objects.get()

    if end == "returned":
        outcomes.receive_parcel(STAFF, parcel.pk, {get_item(order, "LAMP"): 3, get_item(order, "CHAIR"): 1})
    else:
        outcomes.lose_parcel(STAFF, parcel.pk)

    assert get_status(order) == ("returned", "cancelled", 0)
    stock = 10 if end == "returned" else 7
    assert Variant.objects.get(sku="LAMP").stock == stock
    assert list_problems() == []


def test_what_the_release_before_sends_and_delivers_after_the_migration_is_found_and_repaired() -> None:
    delivered, sent, behind = make_cash_order(1), order_again(), order_again()
    send_as_before(behind)
    migrate()
    send_as_before(delivered, is_delivered=True)
    send_as_before(sent)
    send_as_before(behind, is_delivered=True)

    found = list_problems()
    fixed = integrity.fix_derived_values()

    assert len([problem for problem in found if "its parcel is missing or not up to date" in problem]) == 3
    assert fixed == 3
    assert list_problems() == []
    assert [get_parcel(order)["state"] for order in (delivered, sent, behind)] == ["delivered", "shipped", "delivered"]
    assert [get_parcel(order)["cod_collected_minor"] for order in (delivered, sent, behind)] == [3000, 0, 2000]


def test_the_next_change_of_an_order_gives_it_its_parcel() -> None:
    order = make_cash_order()
    send_as_before(order)

    shipping.deliver_order(STAFF, order.pk)

    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert get_parcel(order)["cod_collected_minor"] == 7000
    assert list_problems() == []


def test_only_sent_orders_get_a_parcel() -> None:
    statuses = ("pending", "processing", "cancelled", "expired")
    for order, status in zip((make_cash_order(), *(order_again() for _ in statuses[1:])), statuses, strict=True):
        Order.objects.filter(pk=order.pk).update(status=status)

    migrate()

    assert not Shipment.objects.exists()


def copy_sent_orders(count: int) -> None:
    """Copy a sent order with its lines and its payment."""
    order = make_cash_order()
    send_as_before(order)
    order.refresh_from_db()
    items, payment = list(order.items.all()), order.payments.get()
    copies = [Order.objects.get(pk=order.pk) for _ in range(count)]
    for number, copy in enumerate(copies):
        copy.pk, copy.number, copy.idempotency_key = None, f"261130-{number:06}", ""
    Order.objects.bulk_create(copies)
    for copy in copies:
        for item in items:
            item.pk, item.order_id = None, copy.pk
        OrderItem.objects.bulk_create(items)
        payment.pk, payment.order_id = None, copy.pk
        payment.save(force_insert=True)


def test_an_interrupted_migration_goes_on_and_takes_as_many_statements_for_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    copy_sent_orders(9)
    monkeypatch.setattr(migration, "BATCH", 4)
    create, calls = migration._create_parcels_of, []

    def break_down(orders: Any, models: Any) -> None:
        calls.append(len(orders))
        create(orders, models)
        if len(calls) == 2:
            raise RuntimeError

    monkeypatch.setattr(migration, "_create_parcels_of", break_down)
    with pytest.raises(RuntimeError), CaptureQueriesContext(connection):
        migrate()
    assert Shipment.objects.count() == 4
    monkeypatch.setattr(migration, "_create_parcels_of", create)
    with CaptureQueriesContext(connection) as queries:
        migrate()

    assert Shipment.objects.count() == 10
    assert len([query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]) == 2 * 6 + 1
    assert [problem for problem in list_problems() if "parcel" in problem] == []


def test_an_order_that_got_its_parcel_while_the_migration_waited_for_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_cash_order()
    send_as_before(order)
    create = migration._create_parcels_of

    def create_late(orders: Any, models: Any) -> None:
        integrity.fix_derived_values()
        create(orders, models)

    monkeypatch.setattr(migration, "_create_parcels_of", create_late)

    migrate()

    assert get_parcel(order)["number"] == 1
    assert list_problems() == []


def test_a_card_order_that_the_release_before_sends_gets_a_parcel_without_cash() -> None:
    order = make_cash_order()
    make_card_order(order)
    send_as_before(order)

    shipping.deliver_order(STAFF, order.pk)

    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert get_parcel(order) == {
        **{"number": 1, "state": "delivered", "carrier": "", "tracking_number": "", "charges_minor": 0},
        **{"cod_due_minor": 0, "cod_collected_minor": 0, "settled_before": False},
    }
    assert get_lines(order) == [("LAMP", 3, 0), ("CHAIR", 1, 0)]
    assert list_problems() == []


def test_the_parcel_of_a_card_order_that_the_release_before_delivers_is_delivered_without_cash() -> None:
    order = make_cash_order()
    make_card_order(order)
    send_as_before(order)
    migrate()
    send_as_before(order, is_delivered=True)

    fixed = integrity.fix_derived_values()

    assert fixed == 1
    assert (get_parcel(order)["state"], get_parcel(order)["cod_collected_minor"]) == ("delivered", 0)
    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert list_problems() == []
