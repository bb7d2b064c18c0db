"""/admin/orders/: who sees what of an order, and what its papers say once part of it has gone back"""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from carts.tests.factories import add
from core.actors import Actor
from orders.admin.order_actions import ACTS
from orders.fulfilment import shipping
from orders.models import Order, Refund, StripeEvent
from orders.payments import refunds
from orders.payments.refund_lines import Returned
from orders.tests.factories import books, customer, placed
from orders.tests.payments.paid_orders import bought, pending, stock_of
from orders.tests.payments.till import Till
from products.tests.factories import make_product
from tests.admin.browsers import clerk, superuser
from tests.admin.test_orders import ORDERS, act, offered

pytestmark = pytest.mark.django_db
EVENTS = "/admin/orders/stripeevent/"
STAFF = Actor(kind="staff")


@pytest.fixture
def desk() -> Client:
    """The browser of a superuser."""
    return superuser()


def slip(client: Client, order: Order) -> str:
    """Return the packing slip."""
    response = client.get(f"{ORDERS}{order.pk}/slip/")
    assert response.status_code == 200
    return response.content.decode()


def on_delivery() -> Order:
    """Return an order of two lamps and a mug, to be paid on delivery."""
    client = customer()
    add(client, make_product("Lamp", sku="LAMP"), 2)
    add(client, make_product("Mug", sku="MUG"), 1)
    placed(client)
    return Order.objects.get()


def test_what_was_given_back_is_not_packed(till: Till, desk: Client) -> None:
    order = bought(till, 3)
    refunds.ask(STAFF, order.pk, Decimal("20.00"), "broken", [Returned(order.items.get().pk, 1)])

    page = slip(desk, order)

    assert "<tr><td>2</td><td>LAMP</td><td>Lamp</td></tr>" in page
    assert "<td>3</td>" not in page
    assert "ship" in offered(desk, order)


def test_where_all_was_given_back_nothing_is_packed_and_nothing_is_sent(till: Till, desk: Client) -> None:
    order = bought(till)
    refunds.ask(STAFF, order.pk, None, "late", [Returned(order.items.get().pk, 2)])

    page = slip(desk, order)

    assert "Nothing is to be sent: all of it was given back." in page
    assert "LAMP" not in page
    assert "ship" not in offered(desk, order)


@pytest.mark.parametrize("status", ["processing", "shipped"])
def test_what_is_due_on_delivery_stands_on_the_slip_until_it_is_paid(desk: Client, status: str) -> None:
    order = on_delivery()
    if status == "shipped":
        shipping.ship(STAFF, order.pk)
    before = slip(desk, order)

    if status == "shipped":
        shipping.deliver(STAFF, order.pk)
    else:
        act(desk, order, "cancel", reason="no lamps left")

    assert "To be paid on delivery: 60.00 INR" in before
    assert "To be paid on delivery" not in slip(desk, order)


@pytest.mark.parametrize("status", ["pending", "cancelled", "expired"])
def test_what_is_not_to_be_sent_is_not_packed(desk: Client, status: str) -> None:
    order = on_delivery()
    Order.objects.update(status=status, stock_state="reserved" if status == "pending" else "released")

    page = slip(desk, order)

    assert f"Nothing is to be sent: the order is {status}." in page
    assert "LAMP" not in page


def test_what_is_sent_already_is_said_to_be_sent(till: Till, desk: Client) -> None:
    order = bought(till)
    shipping.ship(STAFF, order.pk)
    refunds.ask(STAFF, order.pk, None, "late", [Returned(order.items.get().pk, 2)])

    assert "An order that is shipped cannot become shipped" in act(desk, order, "ship")


def test_a_page_from_before_all_was_given_back_sends_nothing(till: Till, desk: Client) -> None:
    order = bought(till)
    refunds.ask(STAFF, order.pk, None, "late", [Returned(order.items.get().pk, 2)])

    page = act(desk, order, "ship")

    assert "Nothing is to be sent: all of it was given back" in page
    assert Order.objects.get().status == "processing"


def test_nothing_is_due_for_what_is_paid_by_card(till: Till, desk: Client) -> None:
    _, waiting = pending(till)
    order = Order.objects.get(number=waiting["number"])

    assert "To be paid on delivery" not in slip(desk, order)
    till.pay(waiting)
    assert "To be paid on delivery" not in slip(desk, order)


def test_the_refund_page_asks_for_no_more_units_than_are_left(till: Till, desk: Client) -> None:
    order = bought(till, 3)
    item = order.items.get()
    refunds.ask(STAFF, order.pk, Decimal("20.00"), "broken", [Returned(item.pk, 1)])
    given = {"amount": "10.00", "reason": "late", f"units_{item.pk}": "3"}

    page = desk.get(f"{ORDERS}{order.pk}/desk/refund/").content.decode()
    refused = act(desk, order, "refund", **given)

    assert "Units of Lamp" in page
    assert "of 2 not refunded yet" in page
    assert "More units than were bought and not refunded yet" in refused
    assert (Refund.objects.count(), order.items.get().refunded_quantity) == (1, 1)
    act(desk, order, "refund", **{**given, f"units_{item.pk}": "2"})
    assert f"units_{item.pk}" not in desk.get(f"{ORDERS}{order.pk}/desk/refund/").content.decode()


def test_of_a_cancelled_order_the_refund_page_asks_for_no_units(till: Till, desk: Client) -> None:
    order = bought(till)
    act(desk, order, "cancel", reason="no lamps left", refund="no")

    page = desk.get(f"{ORDERS}{order.pk}/desk/refund/").content.decode()

    assert (f"units_{order.items.get().pk}" in page, 'name="amount"' in page) == (False, True)
    assert "the refund is Succeeded." in act(desk, order, "refund", reason="after all")
    assert (stock_of(), Refund.objects.get().amount_minor) == ((10, 0), 4000)


@pytest.mark.parametrize("right", ["view_order", "change_order"])
def test_who_may_see_an_order_sees_its_lines_payments_history_and_slip(till: Till, right: str) -> None:
    order = bought(till)
    client = clerk(right)

    page = client.get(f"{ORDERS}{order.pk}/change/").content.decode()

    intent = order.payments.get().payment_intent
    assert intent
    assert all(part in page for part in ("LAMP", intent, "placed", "paid"))
    assert "LAMP" in slip(client, order)


def test_who_may_only_look_is_offered_nothing_and_who_may_change_is(till: Till) -> None:
    order = bought(till)
    client = clerk("view_order")
    before = books()

    for name in ("ship", "cancel", "refund", "sync", "settle", "accept", "reject"):
        assert client.post(f"{ORDERS}{order.pk}/desk/{name}/", {"reason": "x"}).status_code == 403

    assert (offered(client, order), books()) == ([], before)
    User.objects.get(email="clerk@example.com").user_permissions.set(Permission.objects.filter(codename="change_order"))
    assert offered(client, order) == ["ship", "cancel", "refund", "sync"]


def test_who_has_no_right_to_orders_sees_no_slip(till: Till) -> None:
    order = bought(till)

    client = clerk("view_stripeevent")

    assert client.get(f"{ORDERS}{order.pk}/slip/").status_code == 403
    assert client.get(f"{ORDERS}{order.pk}/change/").status_code == 403


@pytest.mark.parametrize(("rights", "is_offered"), [(["view_stripeevent"], False), (["view_stripeevent", "change_order"], True)])
def test_events_are_worked_through_by_those_who_may_change_orders(till: Till, rights: list[str], is_offered: bool) -> None:
    bought(till)
    StripeEvent.objects.update(status="failed")
    client = clerk(*rights)

    page = client.get(EVENTS).content.decode()
    chosen = {"action": "work_through", "_selected_action": list(StripeEvent.objects.values_list("pk", flat=True))}
    said = client.post(EVENTS, chosen, follow=True).content.decode()

    assert ("Work through again" in page) is is_offered
    assert ("4 done, 0 failed" in said) is is_offered
    assert StripeEvent.objects.filter(status="failed").count() == (0 if is_offered else 4)


def test_every_page_of_the_desk_can_be_opened_and_changes_nothing(till: Till, desk: Client) -> None:
    order = bought(till)
    before = books()

    for name in ACTS:
        assert desk.get(f"{ORDERS}{order.pk}/desk/{name}/").status_code == 200

    assert books() == before
