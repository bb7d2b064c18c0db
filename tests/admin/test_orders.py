"""/admin/orders/: what staff do to orders, each through the services"""

import csv
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from carts.tests.factories import add
from core.models import Job
from orders.models import Order, OrderEvent, Payment, Refund, StripeEvent
from orders.tests.factories import customer, placed
from orders.tests.payments.till import Till
from products.models import Variant
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
ORDERS = "/admin/orders/order/"


@pytest.fixture
def staff() -> Client:
    """The browser of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


@pytest.fixture
def order() -> Order:
    """An order of two lamps, on delivery."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    placed(client, name="=Ada", note="Ring <b>twice</b>")
    return Order.objects.get()


@pytest.fixture
def paid(till: Till) -> Order:
    """An order of two lamps, paid by card."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    till.pay(till.placed(client))
    return Order.objects.get()


def act(client: Client, order: Order, name: str, **given: str) -> str:
    """Do this to an order, and return the page that follows."""
    response: Any = client.post(f"{ORDERS}{order.pk}/desk/{name}/", given, follow=True)
    assert response.status_code == 200
    page: str = response.content.decode()
    return page


def offered(client: Client, order: Order) -> list[str]:
    """Return what the page of an order offers to do."""
    page = client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    return [
        name for name in ("ship", "deliver", "cancel", "refund", "sync", "accept", "reject", "settle") if f"/desk/{name}/" in page
    ]


def test_an_order_is_sent_and_delivered_and_paid_by_that(staff: Client, order: Order) -> None:
    assert offered(staff, order) == ["ship", "cancel"]

    act(staff, order, "ship")
    assert offered(staff, order) == ["deliver"]
    act(staff, order, "deliver")

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().captured_minor) == ("delivered", 4000)
    assert order.shipped_at
    assert order.delivered_at
    assert order.paid_at
    who = User.objects.get(email="staff@example.com")
    told = list(OrderEvent.objects.order_by("pk").values_list("kind", "actor_kind", "user"))
    assert told[1:] == [("shipped", "staff", who.pk), ("delivered", "staff", who.pk)]
    assert Job.objects.filter(dedupe_key=f"{order.number}:shipped").exists()


def test_what_does_not_fit_is_told_and_changes_nothing(staff: Client, order: Order) -> None:
    page = act(staff, order, "deliver")

    assert "An order that is processing cannot become delivered" in page
    order.refresh_from_db()
    assert order.status == "processing"


def test_an_unpaid_order_is_cancelled_and_its_stock_comes_back(staff: Client, order: Order) -> None:
    act(staff, order, "cancel", reason="no lamps left")

    order.refresh_from_db()
    assert (order.status, order.cancel_reason, Variant.objects.get().stock) == ("cancelled", "no lamps left", 5)
    assert Payment.objects.get().state == "cancelled"


@pytest.mark.parametrize(("choice", "refunded"), [("yes", 4000), ("no", 0)])
def test_of_a_paid_order_it_is_said_what_becomes_of_the_money(staff: Client, paid: Order, choice: str, refunded: int) -> None:
    undecided = act(staff, paid, "cancel", reason="no lamps left", refund="")
    before = Order.objects.get().status

    act(staff, paid, "cancel", reason="no lamps left", refund=choice)

    assert "This field is required" in undecided
    assert before == "processing"
    assert (Order.objects.get().status, Payment.objects.get().refunded_minor) == ("cancelled", refunded)
    assert Variant.objects.get().stock == 5


def test_a_part_is_refunded_and_put_on_the_shelf_again(staff: Client, paid: Order) -> None:
    item = paid.items.get()
    given = {"amount": "20.00", "reason": "scratched", f"units_{item.pk}": "1", f"restock_{item.pk}": "on"}

    page = act(staff, paid, "refund", **given)

    assert "20.00 INR: the refund is Succeeded." in page
    assert "20.00 INR Succeeded (staff)" in page
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.reason, str(refund.created_by)) == (2000, "scratched", "staff@example.com")
    item.refresh_from_db()
    assert (item.refunded_quantity, item.restocked_quantity, Variant.objects.get().stock) == (1, 1, 4)


@pytest.mark.parametrize("amount", ["41.00", "0", "0.001", "-1", "x"])
def test_an_amount_that_cannot_be_refunded_is_told(staff: Client, paid: Order, amount: str) -> None:
    item = paid.items.get()

    page = act(staff, paid, "refund", amount=amount, reason="scratched", **{f"units_{item.pk}": "0"})

    assert 'class="errors ' in page or "errornote" in page
    assert not Refund.objects.exists()


def test_the_provider_is_asked_about_one_order(staff: Client, till: Till) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=5))
    given = till.placed(client)
    till.emulator.pay(given["session_id"])

    page = act(staff, Order.objects.get(), "sync")

    assert f"order {given['number']} is processing now" in page
    assert "The provider says nothing else" in act(staff, Order.objects.get(), "sync")


@pytest.mark.parametrize(("decision", "status", "refunded"), [("accept", "processing", 0), ("reject", "cancelled", 3900)])
def test_a_payment_of_another_amount_is_decided_by_staff(
    staff: Client, till: Till, decision: str, status: str, refunded: int
) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    given = till.placed(client)
    till.emulator.pay(given["session_id"])
    Payment.objects.update(amount_minor=3900)
    till.emulator.faults({"match": {"path": "refunds"}, "times": -1, "do": {"delay_ms": 1}})
    assert till.deliver()[-1] == 200
    order = Order.objects.get()
    assert (order.status, order.attention) == ("pending", "amount_mismatch")
    assert {"accept", "reject"} <= set(offered(staff, order))
    assert "settle" not in offered(staff, order)

    act(staff, order, decision)

    order.refresh_from_db()
    payment = Payment.objects.get()
    assert (order.status, order.attention, payment.captured_minor) == (status, "", 4000)
    assert Refund.objects.count() == (1 if refunded else 0)
    assert Variant.objects.get().stock == (3 if decision == "accept" else 5)


def test_a_flag_is_taken_away(staff: Client, order: Order) -> None:
    Order.objects.update(attention="dispute")

    act(staff, order, "settle", code="dispute")

    assert Order.objects.get().attention == ""
    assert OrderEvent.objects.latest("id").data == {"code": "dispute"}


def test_the_packing_slip_can_be_printed(staff: Client, order: Order) -> None:
    page = staff.get(f"{ORDERS}{order.pk}/slip/").content.decode()

    for part in (
        order.number,
        "LAMP",
        "12 St James&#x27;s Square",
        "Ring &lt;b&gt;twice&lt;/b&gt;",
        "To be paid on delivery: 40.00 INR",
        "<address>=Ada<br>Ada Lovelace<br>",
    ):
        assert part in page


def test_who_is_named_in_the_address_is_named_once(staff: Client, paid: Order) -> None:
    page = staff.get(f"{ORDERS}{paid.pk}/slip/").content.decode()

    assert "<address>Ada Lovelace<br>12 St" in page


def test_orders_are_downloaded_for_a_spreadsheet(staff: Client, order: Order) -> None:
    response: Any = staff.post(ORDERS, {"action": "as_csv", "_selected_action": [order.pk]})

    rows = list(csv.DictReader(b"".join(response.streaming_content).decode().splitlines()))
    assert [(row["number"], row["total"], row["units"], row["name"]) for row in rows] == [(order.number, "40.00", "2", "'=Ada")]


def test_staff_who_may_only_look_do_nothing(order: Order) -> None:
    clerk = make_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client = Client()
    client.force_login(clerk)

    assert offered(client, order) == []
    assert client.post(f"{ORDERS}{order.pk}/desk/ship/").status_code == 403
    assert client.get(f"{ORDERS}{order.pk}/slip/").status_code == 200
    assert Order.objects.get().status == "processing"


def test_nobody_else_sees_anything(order: Order) -> None:
    client = Client()

    for part in ("desk/ship/", "slip/", "change/"):
        assert client.get(f"{ORDERS}{order.pk}/{part}").status_code == 302


@pytest.mark.parametrize("path", ["0/desk/ship/", "{}/desk/fly/", "0/slip/"])
def test_what_is_not_there_is_not_found(staff: Client, order: Order, path: str) -> None:
    assert staff.get(ORDERS + path.format(order.pk)).status_code == 404


def test_the_records_are_listed(staff: Client, paid: Order) -> None:
    act(staff, paid, "refund", amount="1.00", reason="late", **{f"units_{paid.items.get().pk}": "0"})

    for name in ("refund", "stripeevent", "address", "order"):
        assert staff.get(f"/admin/orders/{name}/").status_code == 200
    event = StripeEvent.objects.latest("id")
    assert staff.get(f"/admin/orders/stripeevent/{event.pk}/change/").status_code == 200
    chosen = {"action": "work_through", "_selected_action": [event.pk]}
    assert "1 done, 0 failed" in staff.post("/admin/orders/stripeevent/", chosen, follow=True).content.decode()
