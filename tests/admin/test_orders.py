"""/admin/orders/: the actions of staff on orders, all through the services"""

import csv
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart
from core.models import Job
from orders.models import Order, OrderEvent, Payment, Refund, StripeEvent
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments
from products.models import Variant
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
ORDERS = "/admin/orders/order/"


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


@pytest.fixture
def order() -> Order:
    """An order of two lamps, to be paid on delivery."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    placed(client, name="=Ada", note="Ring <b>twice</b>")
    return Order.objects.get()


@pytest.fixture
def paid(card_payments: CardPayments) -> Order:
    """An order of two lamps, paid by card."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    card_payments.pay(card_payments.place_order(client))
    return Order.objects.get()


def run_action(client: Client, order: Order, name: str, **fields: str) -> str:
    """Run an action on an order and return the HTML of the page that follows."""
    response: Any = client.post(f"{ORDERS}{order.pk}/action/{name}/", fields, follow=True)
    assert response.status_code == 200
    page: str = response.content.decode()
    return page


def list_offered_actions(client: Client, order: Order) -> list[str]:
    """Return the actions that an order's page offers."""
    page = client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    return [
        name for name in ("ship", "deliver", "cancel", "refund", "sync", "accept", "reject", "settle") if f"/action/{name}/" in page
    ]


def test_an_order_is_sent_and_delivered_and_paid_by_that(staff_client: Client, order: Order) -> None:
    assert list_offered_actions(staff_client, order) == ["ship", "cancel"]

    run_action(staff_client, order, "ship")
    assert list_offered_actions(staff_client, order) == ["deliver"]
    run_action(staff_client, order, "deliver")

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().captured_minor) == ("delivered", 4000)
    assert order.shipped_at
    assert order.delivered_at
    assert order.paid_at
    staff_user = User.objects.get(email="staff@example.com")
    events = list(OrderEvent.objects.order_by("pk").values_list("kind", "actor_kind", "user"))
    assert events[1:] == [("shipped", "staff", staff_user.pk), ("delivered", "staff", staff_user.pk)]
    assert Job.objects.filter(dedupe_key=f"{order.number}:shipped:1").exists()


def test_an_action_that_is_not_allowed_is_refused_and_changes_nothing(staff_client: Client, order: Order) -> None:
    page = run_action(staff_client, order, "deliver")

    assert "An order that is processing cannot become delivered" in page
    order.refresh_from_db()
    assert order.status == "processing"


def test_an_unpaid_order_is_cancelled_and_its_stock_comes_back(staff_client: Client, order: Order) -> None:
    run_action(staff_client, order, "cancel", reason="no lamps left")

    order.refresh_from_db()
    assert (order.status, order.cancel_reason, Variant.objects.get().stock) == ("cancelled", "no lamps left", 5)
    assert Payment.objects.get().state == "cancelled"


@pytest.mark.parametrize(("choice", "refunded"), [("yes", 4000), ("no", 0)])
def test_cancelling_a_paid_order_asks_about_the_money(staff_client: Client, paid: Order, choice: str, refunded: int) -> None:
    undecided = run_action(staff_client, paid, "cancel", reason="no lamps left", refund="")
    before = Order.objects.get().status

    run_action(staff_client, paid, "cancel", reason="no lamps left", refund=choice)

    assert "This field is required" in undecided
    assert before == "processing"
    assert (Order.objects.get().status, Payment.objects.get().refunded_minor) == ("cancelled", refunded)
    assert Variant.objects.get().stock == 5


def test_a_part_is_refunded_and_restocked(staff_client: Client, paid: Order) -> None:
    item = paid.items.get()
    form_data = {"amount": "20.00", "reason": "scratched", f"units_{item.pk}": "1", f"restock_{item.pk}": "on"}

    page = run_action(staff_client, paid, "refund", **form_data)

    assert "₹20.00: the refund is Succeeded." in page
    assert "₹20.00 Succeeded (staff)" in page
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.reason, str(refund.created_by)) == (2000, "scratched", "staff@example.com")
    item.refresh_from_db()
    assert (item.refunded_quantity, item.restocked_quantity, Variant.objects.get().stock) == (1, 1, 4)


@pytest.mark.parametrize("amount", ["41.00", "0", "0.001", "-1", "x"])
def test_an_amount_that_cannot_be_refunded_is_refused(staff_client: Client, paid: Order, amount: str) -> None:
    item = paid.items.get()

    page = run_action(staff_client, paid, "refund", amount=amount, reason="scratched", **{f"units_{item.pk}": "0"})

    assert 'class="errors ' in page or "errornote" in page
    assert not Refund.objects.exists()


def test_the_provider_is_asked_about_one_order(staff_client: Client, card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5))
    order_data = card_payments.place_order(client)
    card_payments.emulator.pay(order_data["session_id"])

    page = run_action(staff_client, Order.objects.get(), "sync")

    assert f"order {order_data['number']} is processing now" in page
    assert "The shop and the payment provider agree" in run_action(staff_client, Order.objects.get(), "sync")


@pytest.mark.parametrize(("decision", "status", "refunded"), [("accept", "processing", 0), ("reject", "cancelled", 3900)])
def test_a_payment_of_another_amount_is_decided_by_staff(
    staff_client: Client, card_payments: CardPayments, decision: str, status: str, refunded: int
) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    order_data = card_payments.place_order(client)
    card_payments.emulator.pay(order_data["session_id"])
    Payment.objects.update(amount_minor=3900)
    card_payments.emulator.set_faults({"match": {"path": "refunds"}, "times": -1, "do": {"delay_ms": 1}})
    assert card_payments.deliver_events()[-1] == 200
    order = Order.objects.get()
    assert (order.status, order.attention) == ("pending", "amount_mismatch")
    assert {"accept", "reject"} <= set(list_offered_actions(staff_client, order))
    assert "settle" not in list_offered_actions(staff_client, order)

    run_action(staff_client, order, decision)

    order.refresh_from_db()
    payment = Payment.objects.get()
    assert (order.status, order.attention, payment.captured_minor) == (status, "", 4000)
    assert Refund.objects.count() == (1 if refunded else 0)
    assert Variant.objects.get().stock == (3 if decision == "accept" else 5)


def test_an_alert_is_resolved(staff_client: Client, order: Order) -> None:
    Order.objects.update(attention="dispute")

    run_action(staff_client, order, "resolve", code="dispute")

    assert Order.objects.get().attention == ""
    assert OrderEvent.objects.latest("id").data == {"code": "dispute"}


def test_the_packing_slip_can_be_printed(staff_client: Client, order: Order) -> None:
    page = staff_client.get(f"{ORDERS}{order.pk}/slip/").content.decode()

    for part in (
        order.number,
        "LAMP",
        "12 St James&#x27;s Square",
        "Ring &lt;b&gt;twice&lt;/b&gt;",
        "To be paid on delivery: ₹40.00",
        "<address>=Ada<br>Ada Lovelace<br>",
    ):
        assert part in page


def test_who_is_named_in_the_address_is_named_once(staff_client: Client, paid: Order) -> None:
    page = staff_client.get(f"{ORDERS}{paid.pk}/slip/").content.decode()

    assert "<address>Ada Lovelace<br>12 St" in page


def test_orders_are_downloaded_for_a_spreadsheet(staff_client: Client, order: Order) -> None:
    response: Any = staff_client.post(ORDERS, {"action": "as_csv", "_selected_action": [order.pk]})

    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert [(row["number"], row["total"], row["units"], row["name"]) for row in rows] == [(order.number, "40.00", "2", "'=Ada")]


def test_staff_who_may_only_look_do_nothing(order: Order) -> None:
    clerk = make_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client = Client()
    client.force_login(clerk)

    assert list_offered_actions(client, order) == []
    assert client.post(f"{ORDERS}{order.pk}/action/ship/").status_code == 403
    assert client.get(f"{ORDERS}{order.pk}/slip/").status_code == 200
    assert Order.objects.get().status == "processing"


def test_no_one_else_sees_anything(order: Order) -> None:
    client = Client()

    for part in ("action/ship/", "slip/", "change/"):
        assert client.get(f"{ORDERS}{order.pk}/{part}").status_code == 302


@pytest.mark.parametrize("path", ["0/action/ship/", "{}/action/fly/", "0/slip/"])
def test_what_is_not_there_is_not_found(staff_client: Client, order: Order, path: str) -> None:
    assert staff_client.get(ORDERS + path.format(order.pk)).status_code == 404


def test_the_records_are_listed(staff_client: Client, paid: Order) -> None:
    run_action(staff_client, paid, "refund", amount="1.00", reason="late", **{f"units_{paid.items.get().pk}": "0"})

    for name in ("refund", "stripeevent", "address", "order"):
        assert staff_client.get(f"/admin/orders/{name}/").status_code == 200
    event = StripeEvent.objects.latest("id")
    assert staff_client.get(f"/admin/orders/stripeevent/{event.pk}/change/").status_code == 200
    form_data = {"action": "replay", "_selected_action": [event.pk]}
    assert "1 done, 0 failed" in staff_client.post("/admin/orders/stripeevent/", form_data, follow=True).content.decode()
