"""/admin/orders/order/: shipping, delivering and printing many orders at once"""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core.admin import format_date
from core.models import Job
from orders.admin import bulk_actions
from orders.models import Order, OrderEvent, Payment
from orders.tests.payments.paid_orders import simulate_lock_timeout
from tests.admin.order_pages import ORDERS, copy_orders, make_cash_order, read, run_bulk
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db
STATEMENTS = 6  # of a page of slips: session, user, orders, lines, payments, parcels


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def list_statuses() -> dict[str, str]:
    """Return the status of every order by number."""
    return dict(Order.objects.values_list("number", "status"))


def test_many_orders_are_shipped_and_what_cannot_be_is_named(staff_client: Client) -> None:
    order = make_cash_order()
    first, cancelled, refunded = copy_orders(order, 3)
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
    refunded.items.update(refunded_quantity=2)

    response = run_bulk(staff_client, "ship_selected", order, first, cancelled, refunded, query="?todo=to_pack")
    everywhere = read(run_bulk(staff_client, "ship_selected", cancelled, refunded))

    assert "2 orders shipped." in read(response)
    assert "COPY-2: There is nothing to ship: all units are refunded." in everywhere
    assert "COPY-1: the order is cancelled." in everywhere
    assert response.redirect_chain == [(f"{ORDERS}?todo=to_pack", 302)]
    statuses = {order.number: "shipped", "COPY-0": "shipped", "COPY-1": "cancelled", "COPY-2": "processing"}
    assert list_statuses() == statuses
    assert Job.objects.filter(dedupe_key__endswith=":shipped:1").count() == 2
    assert OrderEvent.objects.filter(kind="shipped", user__email="staff@example.com").count() == 2


def test_many_orders_are_delivered_and_paid_by_that(staff_client: Client) -> None:
    order = make_cash_order()
    (other,) = copy_orders(order, 1)
    Order.objects.update(status="shipped")

    response = run_bulk(staff_client, "deliver_selected", order, other)

    assert "2 orders delivered." in read(response)
    assert set(list_statuses().values()) == {"delivered"}
    assert sorted(Payment.objects.values_list("captured_minor", flat=True)) == [6000, 6000]


def test_an_order_that_cannot_be_locked_does_not_stop_the_others(staff_client: Client) -> None:
    order = make_cash_order()
    (other,) = copy_orders(order, 1)

    with simulate_lock_timeout('UPDATE "orders_order"') as failures:
        page = read(run_bulk(staff_client, "ship_selected", order, other))

    assert len(failures) == 1
    assert "1 order shipped." in page
    assert f"{order.number}: the order could not be changed at the moment, try again." in page
    assert list_statuses() == {order.number: "processing", "COPY-0": "shipped"}
    assert OrderEvent.objects.filter(kind="shipped").count() == 1


def test_many_orders_that_are_refused_for_one_reason_are_counted(staff_client: Client) -> None:
    copies = copy_orders(make_cash_order(), 12, status="expired")

    page = read(run_bulk(staff_client, "ship_selected", *copies))

    assert "COPY-9 and 2 more: the order is expired." in page
    assert "shipped." not in page


def test_more_orders_than_one_request_can_take_are_refused(staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_actions, "MAX_ORDERS", 1)
    order = make_cash_order()
    copies = copy_orders(order, 1)

    pages = [
        read(run_bulk(staff_client, action, order, *copies)) for action in ("ship_selected", "deliver_selected", "print_slips")
    ]

    assert all("Nothing was done: select at most 1 orders." in page for page in pages)
    assert set(list_statuses().values()) == {"processing"}


def test_the_slips_of_many_orders_are_one_page_to_print(staff_client: Client) -> None:
    order = make_cash_order()
    first, cancelled = copy_orders(order, 2)
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")

    response = run_bulk(staff_client, "print_slips", first, order, cancelled)

    page = read(response)
    assert response.redirect_chain == [(f"{ORDERS}slips/?ids={order.pk}%2C{first.pk}%2C{cancelled.pk}", 302)]
    assert page.count("<section>") == 3
    assert "break-before: page" in page
    assert f"Order {order.number} of {format_date(order.placed_at)}</p>" in page
    assert page.index(f"Order {order.number} of") < page.index("Order COPY-0 of") < page.index("Order COPY-1 of")
    assert "There is nothing to ship: the order is cancelled." in page
    assert page.count("<td>2</td><td>LAMP</td><td>Lamp</td>") == 2


@pytest.mark.parametrize(("alert", "statements"), [("", STATEMENTS), ("external_refund", STATEMENTS + 1)])
def test_slips_cost_the_same_statements_for_2_orders_and_for_30(
    staff_client: Client, django_assert_num_queries: DjangoAssertNumQueries, alert: str, statements: int
) -> None:
    copies = copy_orders(make_cash_order(), 30, attention=alert)

    for orders in (copies[:2], copies):
        ids = ",".join(str(order.pk) for order in orders)
        with django_assert_num_queries(statements):
            staff_client.get(f"{ORDERS}slips/?ids={ids}")


@pytest.mark.parametrize("ids", ["", "x", "-1", "99999999999999999999999", "0", "1e3", "²"])
def test_slips_of_no_order_are_not_found(staff_client: Client, ids: str) -> None:
    assert staff_client.get(f"{ORDERS}slips/", {"ids": ids}).status_code == 404


def test_staff_who_may_only_look_are_offered_slips_and_downloads_only() -> None:
    order = make_cash_order()
    client = make_staff_client("view_order")

    page = read(client.get(ORDERS))
    run_bulk(client, "ship_selected", order)
    run_bulk(client, "deliver_selected", order)

    assert "ship_selected" not in page
    assert "deliver_selected" not in page
    assert "print_slips" in page
    assert Order.objects.get().status == "processing"
    assert client.get(f"{ORDERS}slips/?ids={order.pk}").status_code == 200


def test_staff_without_orders_see_no_slips() -> None:
    order = make_cash_order()

    assert make_staff_client("view_product").get(f"{ORDERS}slips/?ids={order.pk}").status_code == 403
