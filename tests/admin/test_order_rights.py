"""/admin/orders/: who sees which parts of an order, and the packing slip of partly refunded orders"""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders.admin.order_actions import ACTIONS
from orders.fulfilment import shipping
from orders.models import Order, Refund, StripeEvent
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import customer, database_rows, placed
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order, create_pending_order, get_stock
from products.tests.factories import make_product
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.admin.test_orders import ORDERS, list_offered_actions, run_action

pytestmark = [pytest.mark.django_db, pytest.mark.once]
EVENTS = "/admin/orders/stripeevent/"
STAFF = Actor(kind="staff")


@pytest.fixture
def superuser_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def get_packing_slip(client: Client, order: Order) -> str:
    """Return the packing slip."""
    response = client.get(f"{ORDERS}{order.pk}/slip/")
    assert response.status_code == 200
    return response.content.decode()


def make_cash_order() -> Order:
    """Return an order of two lamps and a mug, to be paid on delivery."""
    client = customer()
    add_to_cart(client, make_product("Lamp", sku="LAMP"), 2)
    add_to_cart(client, make_product("Mug", sku="MUG"), 1)
    placed(client)
    return Order.objects.get()


def test_what_was_given_back_is_not_packed(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments, 3)
    refunds.request_refund(STAFF, order.pk, Decimal("20.00"), "broken", [RefundLine(order.items.get().pk, 1)])

    page = get_packing_slip(superuser_client, order)

    assert "<tr><td>2</td><td>LAMP</td><td>Lamp</td></tr>" in page
    assert "<td>3</td>" not in page
    assert "ship" in list_offered_actions(superuser_client, order)


def test_where_all_was_given_back_nothing_is_packed_and_nothing_is_sent(
    card_payments: CardPayments, superuser_client: Client
) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(STAFF, order.pk, None, "late", [RefundLine(order.items.get().pk, 2)])

    page = get_packing_slip(superuser_client, order)

    assert "There is nothing to ship: all units are refunded." in page
    assert "LAMP" not in page
    assert "ship" not in list_offered_actions(superuser_client, order)


@pytest.mark.parametrize("status", ["processing", "shipped"])
def test_what_is_due_on_delivery_stands_on_the_slip_until_it_is_paid(superuser_client: Client, status: str) -> None:
    order = make_cash_order()
    if status == "shipped":
        shipping.ship_order(STAFF, order.pk)
    before = get_packing_slip(superuser_client, order)

    if status == "shipped":
        shipping.deliver_order(STAFF, order.pk)
    else:
        run_action(superuser_client, order, "cancel", reason="no lamps left")

    assert "To be paid on delivery: ₹60.00" in before
    assert "To be paid on delivery" not in get_packing_slip(superuser_client, order)


@pytest.mark.parametrize("status", ["pending", "cancelled", "expired"])
def test_what_is_not_to_be_sent_is_not_packed(superuser_client: Client, status: str) -> None:
    order = make_cash_order()
    Order.objects.update(status=status, stock_state="reserved" if status == "pending" else "released")

    page = get_packing_slip(superuser_client, order)

    assert f"There is nothing to ship: the order is {status}." in page
    assert "LAMP" not in page


def test_an_order_that_is_sent_is_not_sent_again(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments)
    shipping.ship_order(STAFF, order.pk)

    assert "There is nothing left to pack" in run_action(superuser_client, order, "ship")


def test_a_page_from_before_all_was_given_back_sends_nothing(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments)
    refunds.request_refund(STAFF, order.pk, None, "late", [RefundLine(order.items.get().pk, 2)])

    page = run_action(superuser_client, order, "ship")

    assert "There is nothing to ship: all units are refunded" in page
    assert Order.objects.get().status == "processing"


def test_nothing_is_due_for_what_is_paid_by_card(card_payments: CardPayments, superuser_client: Client) -> None:
    _, waiting = create_pending_order(card_payments)
    order = Order.objects.get(number=waiting["number"])

    assert "To be paid on delivery" not in get_packing_slip(superuser_client, order)
    card_payments.pay(waiting)
    assert "To be paid on delivery" not in get_packing_slip(superuser_client, order)


def test_the_refund_page_asks_for_no_more_units_than_are_left(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments, 3)
    item = order.items.get()
    refunds.request_refund(STAFF, order.pk, Decimal("20.00"), "broken", [RefundLine(item.pk, 1)])
    form_data = {"amount": "10.00", "reason": "late", f"units_{item.pk}": "3"}

    page = superuser_client.get(f"{ORDERS}{order.pk}/action/refund/").content.decode()
    refused = run_action(superuser_client, order, "refund", **form_data)

    assert "Units of Lamp" in page
    assert "Of 2 not yet refunded" in page
    assert "More units than were bought and not refunded yet" in refused
    assert (Refund.objects.count(), order.items.get().refunded_quantity) == (1, 1)
    run_action(superuser_client, order, "refund", **{**form_data, f"units_{item.pk}": "2"})
    assert f"units_{item.pk}" not in superuser_client.get(f"{ORDERS}{order.pk}/action/refund/").content.decode()


def test_the_refund_page_names_the_amount_that_is_left(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments, 3)

    before = superuser_client.get(f"{ORDERS}{order.pk}/action/refund/").content.decode()
    refunds.request_refund(STAFF, order.pk, Decimal("20.00"), "broken")
    after = superuser_client.get(f"{ORDERS}{order.pk}/action/refund/").content.decode()

    assert "Leave empty to refund all that is left: ₹60.00." in before
    assert "Leave empty to refund all that is left: ₹40.00." in after


def test_of_a_cancelled_order_the_refund_page_asks_for_no_units(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments)
    run_action(superuser_client, order, "cancel", reason="no lamps left", refund="no")

    page = superuser_client.get(f"{ORDERS}{order.pk}/action/refund/").content.decode()

    assert (f"units_{order.items.get().pk}" in page, 'name="amount"' in page) == (False, True)
    assert "the refund is Succeeded." in run_action(superuser_client, order, "refund", reason="after all")
    assert (get_stock(), Refund.objects.get().amount_minor) == ((10, 0), 4000)


@pytest.mark.parametrize("right", ["view_order", "change_order"])
def test_who_may_see_an_order_sees_its_lines_payments_history_and_slip(card_payments: CardPayments, right: str) -> None:
    order = create_paid_order(card_payments)
    client = make_staff_client(right)

    page = client.get(f"{ORDERS}{order.pk}/change/").content.decode()

    intent = order.payments.get().payment_intent
    assert intent
    assert all(part in page for part in ("LAMP", intent, "placed", "paid"))
    assert "LAMP" in get_packing_slip(client, order)


def test_who_may_only_look_is_offered_nothing_and_who_may_change_is(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    client = make_staff_client("view_order")
    before = database_rows()

    for name in ACTIONS:
        assert client.post(f"{ORDERS}{order.pk}/action/{name}/", {"reason": "x"}).status_code == 403

    assert (list_offered_actions(client, order), database_rows()) == ([], before)
    User.objects.get(email="clerk@example.com").user_permissions.set(Permission.objects.filter(codename="change_order"))
    assert list_offered_actions(client, order) == ["ship", "cancel", "refund", "sync"]


def test_who_has_no_right_to_orders_sees_no_slip(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)

    client = make_staff_client("view_stripeevent")

    assert client.get(f"{ORDERS}{order.pk}/slip/").status_code == 403
    assert client.get(f"{ORDERS}{order.pk}/change/").status_code == 403


@pytest.mark.parametrize(("rights", "is_offered"), [(["view_stripeevent"], False), (["view_stripeevent", "change_order"], True)])
def test_events_are_processed_by_those_who_may_change_orders(
    card_payments: CardPayments, rights: list[str], is_offered: bool
) -> None:
    create_paid_order(card_payments)
    StripeEvent.objects.update(status="failed")
    client = make_staff_client(*rights)

    page = client.get(EVENTS).content.decode()
    form_data = {"action": "replay", "_selected_action": list(StripeEvent.objects.values_list("pk", flat=True))}
    page_html = client.post(EVENTS, form_data, follow=True).content.decode()

    assert ("Process again" in page) is is_offered
    assert ("4 done, 0 failed" in page_html) is is_offered
    assert StripeEvent.objects.filter(status="failed").count() == (0 if is_offered else 4)


def test_every_action_page_can_be_opened_and_changes_nothing(card_payments: CardPayments, superuser_client: Client) -> None:
    order = create_paid_order(card_payments)
    before = database_rows()

    for name in ACTIONS:
        is_allowed = name not in {"phone", "deliver", "accept", "reject", "resolve"}
        assert superuser_client.get(f"{ORDERS}{order.pk}/action/{name}/").status_code == (200 if is_allowed else 302)

    assert database_rows() == before
