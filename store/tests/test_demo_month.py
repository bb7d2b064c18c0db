"""`manage.py fill_demo`: a month of orders that add up, at their times, and whose payments the emulator knows"""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from carts.models import CartItem, WishlistItem
from core.actors import Actor
from core.markets import Market
from core.models import Job
from orders import todo
from orders.fulfilment.phone_confirmation import CONFIRMED_EVENT
from orders.models import Address, Order, OrderEvent, Payment, Redemption, Refund, Shipment, ShipmentLine, TrackingEvent
from orders.payments import refunds
from orders.tests.payments.card_payments import CardPayments
from pricing.models import Promotion, Zone
from pricing.tests.zones import make_zone
from products.models import Product, StockMovement
from products.services import stock
from products.tests.factories import make_category, make_product, set_price
from store.demo import month
from store.demo.accounts import create_accounts
from store.demo.delivery import METRO_PREFIXES, create_zones
from store.demo.provider import EMULATOR_KEY
from tests.fixtures import *  # noqa: F403 - fixtures are found by name

pytestmark = [pytest.mark.django_db, pytest.mark.once]
Status, State = Order.Status, Shipment.State


@pytest.fixture(autouse=True)
def demo_shop(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop with forty products and the demo's users, without orders."""
    settings.DEBUG = True
    settings.STRIPE_SECRET_KEY = ""
    monkeypatch.setattr(month, "PAUSE", 0)
    create_accounts()
    for number in range(40):
        category = make_category("Stationery" if number % 4 == 0 else "Bags")
        make_product(f"Product {number}", price="250.00", prices={"us": "6.00"}, stock=60, category=category)


def fill() -> str:
    """Run the command and return what it printed."""
    output = StringIO()
    call_command("fill_demo", stdout=output)
    return output.getvalue()


def check_integrity() -> str:
    """Return what the command says."""
    output = StringIO()
    call_command("check_integrity", stdout=output)
    return output.getvalue().strip()


def test_phones_are_confirmed_where_the_shop_asks_for_it(settings: Settings) -> None:
    settings.COD_RULES = {"in": (Decimal(0), None), "us": (Decimal(0), None)}

    fill()

    assert OrderEvent.objects.filter(kind=CONFIRMED_EVENT, order__status=Status.DELIVERED).exists()
    assert not Order.objects.filter(status=Status.PROCESSING, phone_confirm_until__isnull=False).exists()
    assert check_integrity() == "No problems."


def test_a_month_with_cards_adds_up_and_leaves_no_page_empty(card_payments: CardPayments, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = EMULATOR_KEY
    now = timezone.now()

    said = fill()

    assert said == "The shop now has 64 orders of the last 30 days; their e-mails are not sent.\n"
    counts = Counter(Order.objects.values_list("status", flat=True))
    assert counts == {
        **{Status.PENDING: 1, Status.PROCESSING: 11, Status.SHIPPED: 9, Status.DELIVERED: 32, Status.RETURNED: 5},
        **{Status.CANCELLED: 4, Status.EXPIRED: 2},
    }
    assert check_integrity() == "No problems."
    assert todo.to_refund(Order.objects.all()).count() == 2  # one is cancelled, and one came back
    alerts = Counter(Order.objects.exclude(attention="").values_list("attention", flat=True))
    assert alerts == {"external_refund": 1, "parcel_returned": 1, "cod_short": 2}
    assert Counter(Refund.objects.values_list("state", "source")) == {("succeeded", "staff"): 4, ("succeeded", "external"): 1}
    assert Order.objects.filter(user__email="customer@example.com").exists()
    assert (User.objects.count(), Address.objects.count(), WishlistItem.objects.count()) == (28, 25, 21)
    assert CartItem.objects.exclude(cart__orders__status=Status.PENDING).exists()
    assert not Job.objects.filter(kind="order_mail", done_at=None).exists()
    assert_promotions_are_used(now)
    assert_orders_are_delivered_as_the_zones_say()
    assert_parcels_leave_no_list_empty()
    assert_times_lie_in_the_month(now)


def assert_parcels_leave_no_list_empty() -> None:
    """Parcels are in every state in which staff look for them, with carrier, tracking number and events once they are sent."""
    counts = Counter(Shipment.objects.values_list("state", flat=True))
    assert counts == {
        **{State.PACKED: 1, State.SHIPPED: 8, State.DELIVERED: 34},
        **{State.FAILED: 1, State.RETURNING: 1, State.RETURNED: 4, State.LOST: 1},
    }
    assert Shipment.objects.filter(number=2).count() == 2
    assert not Shipment.objects.exclude(state=State.PACKED).filter(Q(carrier="") | Q(tracking_number="") | Q(events=None)).exists()
    assert not Shipment.objects.filter(state=State.DELIVERED).exclude(carrier_status__in=["delivered", "in_transit"]).exists()
    assert Shipment.objects.filter(short_at_door_minor__gt=0).count() == 2
    partly_taken = ShipmentLine.objects.filter(undelivered_quantity=1, restocked_quantity=1, shipment__state=State.DELIVERED)
    assert partly_taken.count() == 1
    back = ShipmentLine.objects.filter(shipment__state=State.RETURNED, shipment__order__payment_method="cod")
    assert back.exists()
    assert not back.exclude(restocked_quantity=F("quantity")).exists()


def assert_promotions_are_used(now: Any) -> None:
    """Some orders used the code and some the automatic promotion, each at its time."""
    uses = Counter(Redemption.objects.values_list("promotion__name", flat=True))
    assert uses["Welcome: 10 % off"] == Promotion.objects.get(codes__code="WELCOME10").used == 11
    assert 0 < uses["Stationery: 15 % off"] < 30
    assert Order.objects.exclude(discount_total=0).filter(status=Status.DELIVERED).exists()
    assert now - timedelta(days=31) < Redemption.objects.aggregate(first=Min("created_at"))["first"] < now - timedelta(days=20)


def assert_orders_are_delivered_as_the_zones_say() -> None:
    """Orders have the method of their address, and arrive after they were placed."""
    methods = {
        (order.address["country"], order.address["postal_code"][:3] in METRO_PREFIXES, order.shipping_method)
        for order in Order.objects.all()
    }
    assert methods == {("IN", True, "metro"), ("IN", False, "india"), ("US", False, "us-ground")}
    for order in Order.objects.filter(shipping_method="metro"):
        placed_on = timezone.localdate(order.placed_at)
        assert (order.delivery_earliest, order.delivery_latest) == (placed_on + timedelta(days=2), placed_on + timedelta(days=4))
    cash = Order.objects.filter(payment_method="cod", shipping_method="india")
    assert set(cash.values_list("fee_total", flat=True)) == {40}


def assert_times_lie_in_the_month(now: Any) -> None:
    """Every order and what belongs to it lies between 31 days ago and now, and its number begins with its day."""
    for model, field in ((Order, "placed_at"), (Order, "created_at"), (OrderEvent, "at"), (Payment, "created_at")):
        times = model._default_manager.aggregate(first=Min(field), last=Max(field))
        assert now - timedelta(days=31) < times["first"] < now - timedelta(days=28)
        assert times["last"] < timezone.now()
    for times in (
        Shipment.objects.aggregate(first=Min("packed_at"), last=Max("updated_at")),
        TrackingEvent.objects.aggregate(first=Min("at"), last=Max("at")),
    ):
        assert now - timedelta(days=31) < times["first"] < now - timedelta(days=26)
        assert times["last"] < timezone.now()
    assert Refund.objects.aggregate(last=Max("created_at"))["last"] < timezone.now()
    assert not StockMovement.objects.exclude(reference="").filter(created_at__gt=now).exists()
    for order in Order.objects.all():
        assert order.number.startswith(f"{timezone.localtime(order.placed_at):%y%m%d}-")
        steps = [order.placed_at, order.paid_at if order.payment_method == "stripe" else None, order.shipped_at, order.delivered_at]
        reached = [at for at in steps if at]
        assert reached == sorted(reached)


def test_a_demo_order_can_be_refunded_at_the_emulator(card_payments: CardPayments, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = EMULATOR_KEY
    fill()
    order = Order.objects.filter(status=Status.SHIPPED, payment_method="stripe").first()
    assert order is not None

    refund = refunds.request_refund(Actor(kind="staff"), order.pk, None, "lost on the way")

    assert refund.state == Refund.State.SUCCEEDED
    payment = order.payments.get()
    assert [row.amount for row in refunds.fetch_refunds(payment)] == [payment.amount_minor]


def test_the_stock_and_prices_that_were_there_keep_their_times() -> None:
    variant = make_product("Own product", stock=0).variants.get()
    stock.adjust(Actor(kind="staff"), variant, 60, reason=StockMovement.Reason.IMPORT)
    times = list(StockMovement.objects.order_by("pk").values_list("pk", "created_at"))

    fill()

    assert list(StockMovement.objects.filter(pk__lte=times[-1][0]).order_by("pk").values_list("pk", "created_at")) == times


def test_where_no_card_can_be_charged_all_pay_on_delivery() -> None:
    fill()

    assert set(Order.objects.values_list("payment_method", flat=True)) == {"cod"}
    assert check_integrity() == "No problems."


def test_what_is_too_dear_for_cash_is_not_ordered() -> None:
    for product in Product.objects.all():
        set_price(product, "40000.00")

    fill()

    assert set(Order.objects.filter(market="in").values_list("shipping_method", flat=True)) == {"metro"}


@pytest.mark.parametrize(
    ("markets", "zones"),
    [
        ({"in": "INR", "us": "USD"}, {"in": 3, "us": 2}),
        ({"us": "USD", "de": "EUR"}, {"us": 2}),
        ({"in": "EUR", "de": "EUR"}, {}),  # the amounts are rupees
    ],
)
def test_zones_are_those_of_the_markets_in_their_currency(markets: dict[str, str], zones: dict[str, int]) -> None:
    create_zones(Market(code, currency, is_default=False) for code, currency in markets.items())

    assert Counter(Zone.objects.values_list("market", flat=True)) == zones


def test_own_zones_stay_the_only_ones() -> None:
    make_zone()

    create_zones([Market("in", "INR", is_default=True)])

    assert Zone.objects.count() == 1


def test_a_shop_with_orders_is_left_alone() -> None:
    fill()
    before = (Order.objects.count(), User.objects.count(), CartItem.objects.count())

    said = fill()

    assert said == ""
    assert (Order.objects.count(), User.objects.count(), CartItem.objects.count()) == before


def test_it_refuses_to_run_without_debug(settings: Settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="requires DEBUG=1"):
        fill()

    assert not Order.objects.exists()


def test_it_refuses_a_shop_without_the_demos_users() -> None:
    User.objects.all().delete()

    with pytest.raises(CommandError, match="This is no demo shop"):
        fill()

    assert not Order.objects.exists()
