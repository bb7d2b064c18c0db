"""/admin/orders/order/: what the list shows, filters and finds, what it costs, and the way back to it"""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from orders.models import Order, Payment
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order
from tests.admin.order_pages import ORDERS, copy_orders, list_numbers, make_cash_order, read, run_action
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db
TO_PACK = "?_changelist_filters=todo%3Dto_pack"
LIST_STATEMENTS = 8  # session, user; count, orders, lines, payments; oldest order; order of a day; shipping methods


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def test_the_list_tells_what_to_pack_for_whom_and_where(staff_client: Client) -> None:
    order = make_cash_order(name="Ada")
    Order.objects.update(attention="late_payment")

    page = read(staff_client.get(ORDERS))

    for text in (order.number, "Ada", "London", "+91 98765 43210", "2 × Lamp", "+1 more", "₹60.00", "Cash on Delivery", "unpaid"):
        assert text in page
    assert "late payment" in page
    assert "Market: in" in page


@pytest.mark.parametrize(
    ("todo", "numbers"),
    [
        ("to_pack", ["COPY-0", "COPY-4"]),
        ("on_the_way", ["COPY-1"]),
        ("cod_to_collect", ["COPY-0", "COPY-1"]),
        ("to_refund", ["COPY-3"]),
        ("paid", ["COPY-2", "COPY-4"]),
    ],
)
def test_the_list_is_filtered_by_what_is_to_be_done(staff_client: Client, todo: str, numbers: list[str]) -> None:
    copies = copy_orders(make_cash_order(), 5)
    Order.objects.exclude(pk__in=[copy.pk for copy in copies]).update(status="expired")
    paid_at = copies[0].placed_at
    Order.objects.filter(number="COPY-1").update(status="shipped")
    Order.objects.filter(number="COPY-2").update(status="delivered", paid_at=paid_at)
    Order.objects.filter(number="COPY-3").update(status="cancelled", paid_at=paid_at)
    Order.objects.filter(number="COPY-4").update(paid_at=paid_at)
    Payment.objects.filter(order__number="COPY-3").update(captured_minor=6000)

    assert list_numbers(staff_client, f"?todo={todo}") == numbers


def test_an_unknown_filter_shows_the_whole_list(staff_client: Client) -> None:
    response = staff_client.get(f"{ORDERS}?todo=sleep")

    assert response.status_code == 302
    assert response["Location"] == f"{ORDERS}?e=1"


@pytest.mark.parametrize("text", ["Grace", "grace@example.com", "098765-43210", "LAMP"])
def test_orders_are_found_by_what_the_buyer_says(staff_client: Client, text: str) -> None:
    order = make_cash_order(name="Grace", email="grace@example.com")
    copy_orders(order, 1, name="Linus", email="linus@example.com", phone="1", phone_e164="")
    Order.objects.get(number="COPY-0").items.update(sku="VASE")

    assert list_numbers(staff_client, f"?q={text}") == [order.number]


def test_each_word_of_a_search_may_be_another_thing_of_the_order(staff_client: Client) -> None:
    order = make_cash_order(name="Grace")
    copy_orders(order, 1, name="Linus")

    assert list_numbers(staff_client, "?q=grace+lamp+mug") == [order.number]
    assert list_numbers(staff_client, "?q=grace+teapot") == []


@pytest.mark.sampled
@pytest.mark.parametrize("count", [20, 2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_the_list_costs_the_same_statements_for_20_orders_and_for_thousands(
    staff_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    copy_orders(make_cash_order(), count)
    staff_client.get(ORDERS)

    with django_assert_num_queries(LIST_STATEMENTS):
        staff_client.get(f"{ORDERS}?todo=to_pack")


def test_after_an_act_staff_are_back_at_the_list_they_came_from(staff_client: Client) -> None:
    order = make_cash_order()

    response = run_action(staff_client, order, "ship", TO_PACK)

    assert response.redirect_chain == [(f"{ORDERS}?todo=to_pack", 302)]
    assert f"{order.number}: The order is marked as shipped" in read(response)
    assert Order.objects.get().status == "shipped"


def test_an_act_leads_to_the_next_order_of_the_list(staff_client: Client) -> None:
    order = make_cash_order()
    following, shipped, last = copy_orders(order, 3)
    Order.objects.filter(pk=shipped.pk).update(status="shipped")

    page = read(staff_client.get(f"{ORDERS}{order.pk}/change/{TO_PACK}"))
    response = run_action(staff_client, order, "ship", TO_PACK, _next="1")

    assert f'href="{ORDERS}{following.pk}/change/{TO_PACK}"' in page
    assert response.redirect_chain == [(f"{ORDERS}{following.pk}/change/{TO_PACK}", 302)]
    assert f'href="{ORDERS}{last.pk}/change/{TO_PACK}"' in read(response)
    assert "Next order" not in read(staff_client.get(f"{ORDERS}{last.pk}/change/{TO_PACK}"))


def test_an_act_that_is_refused_stays_on_its_form(staff_client: Client) -> None:
    order = make_cash_order()

    response = run_action(staff_client, order, "deliver", TO_PACK)

    assert response.redirect_chain == []
    assert "An order that is processing cannot become delivered" in read(response)
    assert Order.objects.get().status == "processing"


@pytest.mark.parametrize("filters", ["todo%3Dsleep", "p%3D99", "p%3Dx", "q%3Dnobody", "created_at__year%3D0"])
def test_a_mistyped_list_has_no_next_order(staff_client: Client, filters: str) -> None:
    order = make_cash_order()

    page = read(staff_client.get(f"{ORDERS}{order.pk}/change/?_changelist_filters={filters}"))

    assert "Next order" not in page


def test_an_order_page_costs_the_same_statements_with_many_events_and_mails(
    staff_client: Client, card_payments: CardPayments, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    order = create_paid_order(card_payments)
    for _ in range(5):
        run_action(staff_client, order, "note", text="Called the buyer")
        run_action(staff_client, order, "message", text="Are you at home?")

    with django_assert_max_num_queries(28):
        staff_client.get(f"{ORDERS}{order.pk}/change/")
