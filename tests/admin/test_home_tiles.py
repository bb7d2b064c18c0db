"""/admin/: what is to do, each kind with its count and a link to exactly what it counts; and programs that have stopped"""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from core.actors import SYSTEM, Actor
from core.models import Job
from orders import todo
from orders.carriers.events import CarrierEvent
from orders.fulfilment import cancellation, shipping, suspension
from orders.fulfilment.parcels import outcomes, tracking
from orders.models import Order, Payment, ReconciliationTime, Refund, Shipment, StripeEvent
from orders.state import alerts
from orders.tests.factories import placed
from products.models import Product
from products.tests.factories import make_product
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


@pytest.fixture
def lamp() -> Product:
    """A product with plenty of stock."""
    return make_product("Lamp", price="20.00", stock=90)


def place_order(product: Product) -> Order:
    """Order a unit as a guest, Cash on Delivery."""
    client = SchemaClient()
    add_to_cart(client, product, 1)
    return Order.objects.get(number=placed(client, name="Ada")["number"])


def pay(order: Order) -> Payment:
    """Record the order's payment as captured, as if it had been paid by card."""
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now(), payment_method="stripe")
    order.payments.update(state="succeeded", captured_minor=2000)
    return order.payments.get()


def refund(payment: Payment, state: str, *, refunded_minor: int = 0) -> None:
    """Record a refund of the payment in this state."""
    Refund.objects.create(payment=payment, amount=20, amount_minor=2000, state=state, source="staff")
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=refunded_minor)


def get_tiles(client: Client) -> dict[str, tuple[int, str, str]]:
    """Return count, note and link of each tile by its title."""
    page = " ".join(client.get("/admin/").content.decode().split())
    tiles = re.findall(
        r'<li><a href="([^"]*)" class="shop-tile [^"]*"> <span[^>]*>\w+</span> <strong[^>]*>(\d+)</strong> '
        r'<span class="shop-tile-title">([^<]*)</span> (?:<span[^>]*>([^<]*)</span>)?',
        page,
    )
    return {title: (int(count), unescape(note), unescape(link)) for link, count, title, note in tiles}


def list_numbers(client: Client, link: str) -> set[str]:
    """Return the numbers of the orders in a list."""
    response = client.get(link)
    assert response.status_code == 200
    return {order.number for order in response.context["cl"].result_list}


def test_a_shop_without_work_shows_quiet_zeros(staff_client: Client) -> None:
    page = staff_client.get("/admin/").content.decode()

    assert {title: count for title, (count, _, _) in get_tiles(staff_client).items()} == {
        **{"To pack": 0, "On the way": 0, "Failed deliveries": 0, "Coming back": 0, "Cash to collect": 0},
        **{"To refund": 0, "Alerts": 0, "Awaiting payment": 0},
        **{"Low stock": 0, "Sold out": 0, "Failed e-mails": 0, "Other failed jobs": 0, "Failed provider events": 0},
    }
    assert page.count("shop-tile-done") == 13
    assert "shop-tile-urgent" not in page
    assert "Needs attention" not in page


def test_parcels_that_fail_or_come_back_are_counted_and_linked(staff_client: Client, lamp: Product) -> None:
    for _ in range(3):
        shipping.ship_order(SYSTEM, place_order(lamp).pk)
    failed, back, _ = Shipment.objects.order_by("pk")
    outcomes.fail_parcel(SYSTEM, failed.pk)
    tracking.record_events(back.pk, [CarrierEvent("1", "returning", timezone.now())])

    tiles = get_tiles(staff_client)

    for title, parcel in (("Failed deliveries", failed), ("Coming back", back)):
        count, _, link = tiles[title]
        assert count == 1
        assert [row.pk for row in staff_client.get(link).context["cl"].result_list] == [parcel.pk]


def test_orders_are_counted_by_what_is_to_do_and_linked(staff_client: Client, lamp: Product) -> None:
    packed, shipped, delivered, cancelled, paid = (place_order(lamp) for _ in range(5))
    pay(paid)
    for order in (shipped, delivered):
        shipping.ship_order(SYSTEM, order.pk)
    shipping.deliver_order(SYSTEM, delivered.pk)
    cancellation.cancel_order(Actor(kind="staff"), cancelled.pk, "out of stock")

    tiles = get_tiles(staff_client)

    for title, note, orders in (
        ("To pack", "", {packed, paid}),
        ("On the way", "", {shipped}),
        ("Cash to collect", "₹40.00", {packed, shipped}),
        ("To refund", "", set()),
    ):
        count, shown_note, link = tiles[title]
        assert (title, count, shown_note) == (title, len(orders), note)
        assert list_numbers(staff_client, link) == {order.number for order in orders}
    assert list_numbers(staff_client, "/admin/orders/order/?todo=paid") == {delivered.number, paid.number}


def test_a_suspended_order_is_not_to_be_packed(staff_client: Client, lamp: Product) -> None:
    refunded, resolved, other_alert, kept = (place_order(lamp) for _ in range(4))
    for order in (refunded, resolved, other_alert):
        refund(pay(order), "succeeded", refunded_minor=2000)
    pay(kept)
    for order in (refunded, resolved, kept):
        alerts.raise_alert(Order.objects.get(pk=order.pk), "external_refund", SYSTEM, refund="re_1")
    alerts.raise_alert(Order.objects.get(pk=other_alert.pk), "refund_failed", SYSTEM, refund="re_1")
    alerts.raise_alert(Order.objects.get(pk=resolved.pk), "refund_failed", SYSTEM, refund="re_1")
    alerts.resolve(Order.objects.get(pk=resolved.pk), "external_refund", SYSTEM)
    alerts.raise_alert(Order.objects.get(pk=refunded.pk), "refund_failed", SYSTEM, refund="re_1")

    count, _, link = get_tiles(staff_client)["To pack"]

    assert count == 3
    assert list_numbers(staff_client, link) == {order.number for order in (resolved, other_alert, kept)}
    assert set(Order.objects.values_list("attention", flat=True)) == {"refund_failed", "external_refund"}
    for order in Order.objects.all():
        assert suspension.is_suspended(order) is (order == refunded)
        open_codes = {code for code in alerts.PRIORITY if Order.objects.filter(alerts.is_open(code), pk=order.pk).exists()}
        assert open_codes == alerts.open_alerts(order)


def test_money_is_owed_back_for_closed_orders_and_for_refunds_that_do_not_arrive(staff_client: Client, lamp: Product) -> None:
    unrefunded, refunded, late, late_and_refunded, failed, waiting, kept, in_part = (place_order(lamp) for _ in range(8))
    payments = {order: pay(order) for order in (unrefunded, refunded, late, late_and_refunded, failed, waiting, kept, in_part)}
    refund(payments[refunded], "succeeded", refunded_minor=2000)
    refund(payments[late], "failed")
    refund(payments[late_and_refunded], "pending", refunded_minor=2000)
    refund(payments[failed], "failed")
    refund(payments[waiting], "requires_action", refunded_minor=2000)
    refund(payments[in_part], "succeeded", refunded_minor=500)
    Order.objects.filter(pk__in=(unrefunded.pk, refunded.pk)).update(status="cancelled")
    Order.objects.filter(pk__in=(late.pk, late_and_refunded.pk)).update(status="expired", paid_at=None)
    Order.objects.filter(pk=failed.pk).update(attention="refund_failed")

    count, _, link = get_tiles(staff_client)["To refund"]

    assert count == 4
    assert list_numbers(staff_client, link) == {order.number for order in (unrefunded, late, failed, waiting)}


def test_alerts_and_unpaid_orders_are_counted_and_linked(staff_client: Client, lamp: Product) -> None:
    disputed, unpaid = place_order(lamp), place_order(lamp)
    Order.objects.filter(pk=disputed.pk).update(attention="dispute")
    Order.objects.filter(pk=unpaid.pk).update(status="pending", stock_state="reserved")

    tiles = get_tiles(staff_client)

    assert tiles["Alerts"][:2] == (1, "orders to look at")
    assert list_numbers(staff_client, tiles["Alerts"][2]) == {disputed.number}
    assert tiles["Awaiting payment"][:2] == (1, "1 unit reserved")
    assert list_numbers(staff_client, tiles["Awaiting payment"][2]) == {unpaid.number}
    assert staff_client.get("/admin/").content.decode().count("shop-tile-urgent") == 1


def test_stock_that_runs_out_is_counted_and_linked(staff_client: Client, lamp: Product) -> None:
    for left in (0, 0, 3):
        make_product(f"Mug {Product.objects.count()}", stock=left)

    tiles = get_tiles(staff_client)

    for title, count in (("Low stock", 3), ("Sold out", 2)):
        assert tiles[title][0] == count
        assert staff_client.get(tiles[title][2]).context["cl"].result_count == count


def test_failed_jobs_and_events_are_counted_and_linked_e_mails_apart(staff_client: Client) -> None:
    now = timezone.now()
    for kind in ("order_mail", "merchant_mail", "account_mail", "refund"):
        Job.objects.create(kind=kind, failed_at=now)
        Job.objects.create(kind=kind, done_at=now)
    StripeEvent.objects.create(event_id="e", type="x", created=now, payload="{}", status="failed")

    tiles = get_tiles(staff_client)

    for title, count in (("Failed e-mails", 3), ("Other failed jobs", 1), ("Failed provider events", 1)):
        assert tiles[title][0] == count
        assert staff_client.get(tiles[title][2]).context["cl"].result_count == count


def test_jobs_that_nobody_runs_are_reported_after_five_minutes(staff_client: Client) -> None:
    now = timezone.now()
    Job.objects.create(kind="order_mail", run_at=now - timedelta(minutes=4))
    waiting = Job.objects.create(kind="order_mail", run_at=now - timedelta(minutes=6))

    page = staff_client.get("/admin/").content.decode()

    since = f"{timezone.localtime(waiting.run_at):%d %b %Y, %H:%M}"
    assert f"Background work has stopped: 1 job is waiting since {since}. Start manage.py run_jobs." in page


@pytest.mark.parametrize("fields", [{"leased_until": 1}, {"done_at": -1}, {"failed_at": -1}, {"run_at": 1}])
def test_a_worker_at_work_has_not_stopped(staff_client: Client, fields: dict[str, int]) -> None:
    now = timezone.now()
    times = {name: now + timedelta(minutes=minutes) for name, minutes in fields.items()}
    if "leased_until" in fields:  # another job waits meanwhile
        Job.objects.create(kind="order_mail", run_at=now - timedelta(minutes=6))
    Job.objects.create(**{"kind": "order_mail", "run_at": now - timedelta(minutes=6), **times})

    page = staff_client.get("/admin/").content.decode()

    assert "Background work has stopped" not in page


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(None, "Payments have never been checked"), (16, "Payments have not been checked since"), (14, "")],
)
def test_payments_that_are_not_reconciled_are_reported(
    staff_client: Client, settings: Settings, minutes: int | None, words: str
) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_key"
    if minutes is not None:
        ReconciliationTime.objects.create(finished_at=timezone.now() - timedelta(minutes=minutes))

    page = staff_client.get("/admin/").content.decode()

    assert ("Start manage.py sync_payments --loop 60." in page) is bool(words)
    assert words in page


def test_a_shop_without_card_payments_has_nothing_to_reconcile(staff_client: Client, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""

    page = staff_client.get("/admin/").content.decode()

    assert "sync_payments" not in page


def test_tiles_are_shown_to_staff_who_may_open_their_lists() -> None:
    assert set(get_tiles(make_staff_client("view_stockofvariant"))) == {"Low stock", "Sold out"}


def test_the_states_of_the_work_agree_with_the_properties_of_an_order(lamp: Product) -> None:
    for number, status in enumerate(("pending", "processing", "shipped", "delivered", "cancelled", "expired")):
        for method, paid_at in (("cod", None), ("cod", timezone.now()), ("stripe", timezone.now()), ("stripe", None)):
            order = Order(number=f"{number}-{method}-{bool(paid_at)}", currency="INR", market="in", subtotal=1, total=1)
            order.status, order.payment_method, order.paid_at = status, method, paid_at
            order.save()

    orders = Order.objects.all()

    assert set(todo.cod_to_collect(orders)) == {order for order in orders if order.is_cash_due}
    assert set(todo.paid(orders)) == {order for order in orders if order.is_payment_verified}
