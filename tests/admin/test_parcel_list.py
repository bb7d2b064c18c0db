"""/admin/orders/shipment/: the list of parcels, its tabs, filters and search, and parcels that are sent together"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from core.money import format_price
from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import outcomes, packing, sending, tracking
from orders.models import Order, Shipment
from orders.tests.parcels.parcels import STAFF, make_cash_order, pack, send
from tests.admin.order_pages import ORDERS, copy_orders, list_numbers, read, run_bulk
from tests.admin.parcel_pages import PARCELS, get_states, list_labels
from tests.admin.staff_clients import make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def ship_copies(order: Order, count: int) -> list[Shipment]:
    """Return this many sent parcels of copies of an order."""
    parcels = []
    for copy in copy_orders(order, count):
        parcel = packing.pack_parcel(STAFF, copy.pk)
        assert parcel is not None
        sending.ship_parcel(STAFF, parcel.pk, carrier="Post", tracking_number=f"T{copy.number}")
        parcels.append(Shipment.objects.get(pk=parcel.pk))
    return parcels


def report(parcel: Shipment, code: str) -> None:
    """Record a word of the parcel's carrier."""
    tracking.record_events(parcel.pk, [CarrierEvent(code, code, timezone.now())])


def test_each_tab_lists_what_is_to_be_done_also_where_only_the_carrier_says_so(staff: Client) -> None:
    order = make_cash_order(2)
    packed = pack(order)
    shipped, failed, said_failed, returning, said_back, lost, said_lost, partly = ship_copies(order, 8)
    outcomes.fail_parcel(STAFF, failed.pk)
    outcomes.start_return(STAFF, returning.pk)
    outcomes.lose_parcel(STAFF, lost.pk)
    report(shipped, "out_for_delivery")
    report(said_failed, "failed")
    report(said_back, "returning")
    report(said_lost, "lost")
    outcomes.deliver_parcel(STAFF, partly.pk, refused={partly.lines.get().item_id: 1})

    tabs = {
        name: set(list_labels(staff, f"?todo={name}"))
        for name in ("to_send", "on_the_way", "failed", "coming_back", "to_count", "lost")
    }

    assert tabs == {
        "to_send": {packed.label},
        "on_the_way": {shipped.label},
        "failed": {failed.label, said_failed.label},
        "coming_back": {returning.label, said_back.label},
        "to_count": {partly.label},
        "lost": {lost.label, said_lost.label},
    }
    page = read(staff.get(f"{PARCELS}?todo=failed"))
    assert page.count("carrier says: delivery failed") == 1


def test_a_failed_delivery_that_is_tried_again_is_on_its_way_until_the_carrier_reports_another_failure(staff: Client) -> None:
    (parcel,) = ship_copies(make_cash_order(1), 1)
    outcomes.fail_parcel(STAFF, parcel.pk)
    report(parcel, "failed")  # by the carrier's clock after staff
    outcomes.try_again(STAFF, parcel.pk)
    report(parcel, "failed")  # the same event again

    tried_again = [list_labels(staff, f"?todo={tab}") for tab in ("on_the_way", "failed")]
    tracking.record_events(parcel.pk, [CarrierEvent("second", "failed", timezone.now())])
    failed_again = [list_labels(staff, f"?todo={tab}") for tab in ("on_the_way", "failed")]

    assert tried_again == [[parcel.label], []]
    assert failed_again == [[], [parcel.label]]


def test_the_word_of_a_carrier_is_shown_only_if_it_adds_something(staff: Client) -> None:
    booked, near = ship_copies(make_cash_order(1), 2)
    report(booked, "in_transit")
    report(near, "out_for_delivery")

    page = read(staff.get(PARCELS))

    assert "carrier says: in transit" not in page
    assert page.count("carrier says: out for delivery") == 1


def test_the_page_of_a_parcel_leads_to_its_order(staff: Client) -> None:
    parcel = send(make_cash_order(1))

    page = read(staff.get(f"{PARCELS}{parcel.pk}/change/"))

    assert f'<a class="text-link" href="{ORDERS}{parcel.order_id}/change/">{parcel.order.number}</a>' in page


def test_the_page_that_sends_many_says_what_is_due_of_each_order(staff: Client) -> None:
    order = make_cash_order(2)
    send(order, lamp=1)

    page = read(staff.get(f"{PARCELS}ship/?orders={order.pk}"))
    due = pack(order).cod_due_minor

    assert due
    assert f"{format_price(Decimal(due) / 100, order.currency)} due" in page


@pytest.mark.parametrize("query", ["?todo=nothing", "?created_at_in=2026-99", "?state__exact=gone"])
def test_an_unknown_filter_shows_no_error(staff: Client, query: str) -> None:
    assert staff.get(f"{PARCELS}{query}", follow=True).status_code == 200


def test_parcels_are_found_by_tracking_number_order_and_buyer(staff: Client) -> None:
    order = make_cash_order(1, name="Grace Hopper")
    parcel = send(order)
    (other,) = ship_copies(order, 1)
    Order.objects.filter(pk=other.order_id).update(name="Ada")
    Shipment.objects.filter(pk=parcel.pk).update(tracking_number="RR 55")

    found = [list_labels(staff, f"?q={text}") for text in ("rr%2055", order.number, parcel.label.lower(), "hopper", "nothing")]

    assert found == [[parcel.label]] * 4 + [[]]
    assert list_labels(staff, "?carrier=post&state__exact=shipped&created_at_in=today") == [other.label, parcel.label]
    assert list_labels(staff, "?carrier=Other") == []


def test_the_list_and_the_page_of_an_order_cost_the_same_statements_for_many_parcels(staff: Client) -> None:
    order = make_cash_order(9)
    parcels = ship_copies(order, 2)
    pack(order, lamp=1)
    report(parcels[0], "failed")
    pages = (PARCELS, f"{ORDERS}{order.pk}/change/", f"{PARCELS}ship/?orders={order.pk}")
    for page in pages:
        staff.get(page)  # what is cached
    few = [_count(staff, page) for page in pages]

    for _ in range(5):
        pack(order, lamp=1)
    more = copy_orders(order, 12, number_prefix="MORE-")
    for copy in more:
        packing.pack_parcel(STAFF, copy.pk)

    assert [_count(staff, page) for page in pages] == few


def _count(client: Client, page: str) -> int:
    with capture_statements() as statements:
        assert client.get(page).status_code == 200
    return len(statements)


def test_an_order_that_is_sent_in_part_is_still_to_pack(staff: Client) -> None:
    order = make_cash_order(2)
    send(order, lamp=1)
    partly = list_numbers(staff, "?todo=to_pack")
    pack(order)
    packed = list_numbers(staff, "?todo=to_pack")
    sending.ship_parcel(STAFF, order.shipments.get(number=2).pk)

    assert (partly, packed, list_numbers(staff, "?todo=to_pack")) == ([order.number], [order.number], [])


def test_returned_orders_have_a_badge_a_tab_and_a_filter(staff: Client) -> None:
    order = make_cash_order(1)
    outcomes.receive_parcel(STAFF, send(order).pk)

    assert "Returned" in read(staff.get(f"{ORDERS}?todo=returned")).partition("result_list")[2]
    assert list_numbers(staff, "?todo=returned") == list_numbers(staff, "?status__exact=returned") == [order.number]


def test_selected_orders_are_sent_each_with_its_number(staff: Client) -> None:
    order = make_cash_order(1)
    first, second, third = copy_orders(order, 3)
    parcel = packing.pack_parcel(STAFF, third.pk)
    assert parcel is not None

    opened = run_bulk(staff, "ship_with_numbers", order, first, second, third)
    url = opened.redirect_chain[0][0]
    fields = {
        "carrier": "Post",
        f"tracking_number_o{order.pk}": "A1",
        f"tracking_number_o{first.pk}": "A1",
        f"carrier_p{parcel.pk}": "Other",
        f"tracking_number_p{parcel.pk}": "A1",
    }
    page = read(staff.post(url, fields))

    assert parcel.label in read(opened)
    assert "2 sent." in page
    assert f"COPY-0: Parcel {order.number}-1 has this tracking number" in page
    assert f'name="tracking_number_o{first.pk}" value="A1"' in page
    assert f"tracking_number_o{order.pk}" not in page
    assert get_states(order) == [(1, "shipped", "Post", "A1")]
    assert get_states(third) == [(1, "shipped", "Other", "A1")]
    assert (get_states(first), get_states(second)) == ([], [])
    corrected = staff.post(url, {**fields, f"tracking_number_o{first.pk}": "A2", f"ship_o{second.pk}": "on"})
    again = read(staff.post(url, {**fields, f"tracking_number_o{first.pk}": "A2"}))
    assert corrected.status_code == 200  # the row that was sent before is refused, and kept
    assert get_states(first) == [(1, "shipped", "Post", "A2")]
    assert get_states(second) == [(1, "shipped", "Post", "")]
    assert "There is nothing left to pack" in again
    assert Shipment.objects.count() == 4


def test_a_page_on_which_nothing_was_entered_sends_nothing(staff: Client) -> None:
    order = make_cash_order(1)

    page = read(staff.post(f"{PARCELS}ship/?orders={order.pk}", {"carrier": "Post"}))

    assert "Nothing was sent: enter a tracking number or tick a row" in page
    assert get_states(order) == []


def test_what_cannot_be_sent_is_named_and_left_out(staff: Client) -> None:
    order = make_cash_order(1)
    waiting, cancelled = copy_orders(order, 2)
    Order.objects.filter(pk=waiting.pk).update(phone_confirm_until=timezone.now() + timedelta(hours=1))
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")

    page = read(staff.get(f"{PARCELS}ship/?orders={order.pk},{waiting.pk},{cancelled.pk},x,99999"))

    assert "COPY-0: The phone number is not confirmed yet" in page
    assert "COPY-1: An order that is cancelled cannot become shipped" in page
    assert f"tracking_number_o{order.pk}" in page


def test_selected_parcels_are_delivered_with_their_cash_and_others_are_named(staff: Client) -> None:
    order = make_cash_order(1)
    first, second = ship_copies(order, 2)
    outcomes.receive_parcel(STAFF, second.pk)
    data = {"action": "deliver_selected", "_selected_action": [first.pk, second.pk]}

    page = read(staff.post(PARCELS, data, follow=True))

    assert "1 parcel delivered." in page
    assert f"{second.label}: Parcel 1 is returned and cannot become delivered." in page
    assert Shipment.objects.get(pk=first.pk).cod_collected_minor == first.cod_due_minor


def test_slips_of_selected_parcels_are_one_page(staff: Client) -> None:
    order = make_cash_order(2)
    first, second = pack(order, lamp=1), pack(order)
    data = {"action": "print_slips", "_selected_action": [first.pk, second.pk]}

    page = read(staff.post(PARCELS, data, follow=True))

    assert page.count("<section>") == 2
    assert f"Parcel {first.label}" in page
    assert f"Parcel {second.label}" in page
