"""/admin/orders/shipment/: parcels of an order, from packing to what becomes of them"""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import tracking
from orders.models import Order, OrderEvent, OrderItem, Shipment
from orders.tests.factories import database_rows
from orders.tests.parcels.parcels import get_item, get_status, list_problems, make_cash_order, pack, send
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order
from products.models import Variant
from tests.admin.order_pages import ORDERS, copy_orders, read
from tests.admin.parcel_pages import PARCELS, get_states, list_labels, list_parcel_actions, run_parcel_action
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.admin.test_orders import list_offered_actions, run_action

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def get_stock(sku: str) -> int:
    """Return the stock of a variant."""
    return Variant.objects.get(sku=sku).stock


def test_units_are_packed_into_a_parcel_once_however_often_staff_click(staff: Client) -> None:
    order = make_cash_order(3)
    form = {"page": str(uuid4()), f"units_{get_item(order, 'LAMP')}": "2", f"units_{get_item(order, 'CHAIR')}": "0"}

    pages = [run_action(staff, order, "pack", **form) for _ in range(2)]

    assert "Parcel 1 is packed." in pages[0]
    assert f"{order.number}-1" in pages[0]
    assert "The parcel is packed." in pages[1]
    (parcel,) = order.shipments.all()
    assert [(line.item.sku, line.quantity) for line in parcel.lines.all()] == [("LAMP", 2)]
    assert "₹40.00 due" in pages[0]


def test_more_units_than_are_left_are_not_packed(staff: Client) -> None:
    order = make_cash_order(3)
    pack(order, lamp=2)
    before = database_rows()

    page = run_action(staff, order, "pack", **{f"units_{get_item(order, 'LAMP')}": "2"})

    assert "Only 1 unit(s) of LAMP are left to pack" in page
    assert database_rows() == before


def test_an_order_is_sent_with_carrier_and_tracking_number(staff: Client) -> None:
    order = make_cash_order(1)

    page = run_action(staff, order, "ship", carrier=" Post ", tracking_number="RR 12")

    assert "The order is marked as shipped" in page
    assert "RR 12" in page
    assert get_states(order) == [(1, "shipped", "Post", "RR 12")]
    assert '<option value="Post">' in read(staff.get(f"{PARCELS}{order.shipments.get().pk}/action/tracking/"))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("R\u00e4 1", "A tracking number has letters from A to Z"),
        ("<b>", "A tracking number has letters from A to Z"),
        ("1.23457E+12", "a spreadsheet has rounded"),
        ("1" * 101, "at most 100 characters"),
    ],
)
def test_what_is_no_tracking_number_is_refused_and_nothing_is_sent(staff: Client, number: str, reason: str) -> None:
    order = make_cash_order(1)

    page = run_action(staff, order, "ship", carrier="Post", tracking_number=number)

    assert reason in page
    assert get_states(order) == []


def test_two_parcels_of_a_carrier_do_not_have_one_number(staff: Client) -> None:
    order = make_cash_order(2)
    (other,) = copy_orders(order, 1)
    first, second = send(order, lamp=1), pack(order)
    run_parcel_action(staff, first, "tracking", carrier="Post", tracking_number="A1")

    refused = run_parcel_action(staff, second, "ship", carrier="post", tracking_number="A1")
    also_refused = run_action(staff, other, "ship", carrier="Post", tracking_number="A1")
    accepted = run_parcel_action(staff, second, "ship", carrier="Other", tracking_number="A1")

    assert f"Parcel {order.number}-1 has this tracking number" in refused
    assert f"Parcel {order.number}-1 has this tracking number" in also_refused
    assert "The parcel is sent" in accepted
    assert get_states(other) == []


def test_several_parcels_are_not_sent_with_one_number(staff: Client) -> None:
    order = make_cash_order(2)
    pack(order, lamp=1)
    before = database_rows()

    page = run_action(staff, order, "ship", tracking_number="A1")

    assert "Send each with its own tracking number" in page
    assert database_rows() == before


def test_what_is_taken_at_the_door_is_paid_and_the_rest_is_counted(staff: Client) -> None:
    order = make_cash_order(3)
    parcel, lamp = send(order), get_item(order, "LAMP")

    proposal = run_parcel_action(staff, parcel, "deliver", collected="70.00", **{f"refused_{lamp}": "1"})
    too_much = run_parcel_action(staff, parcel, "deliver", collected="90.00", **{f"refused_{lamp}": "1"})
    delivered = run_parcel_action(staff, parcel, "deliver", collected="50.00", **{f"refused_{lamp}": "1"})

    assert "₹50.00 is due for the units that were taken" in proposal
    assert "₹50.00 is due for the units that were taken" in too_much
    assert 'value="50.00"' in proposal
    assert "The parcel is delivered." in delivered
    assert get_status(order) == ("delivered", "succeeded", 5000)
    assert list_labels(staff, "?todo=to_count") == [f"{order.number}-1"]
    form = {"page": str(uuid4()), f"restock_{lamp}": "1"}
    stock = get_stock("LAMP")
    for _ in range(2):
        run_parcel_action(staff, parcel, "count", **form)
    assert get_stock("LAMP") == stock + 1
    assert list_labels(staff, "?todo=to_count") == []
    assert OrderEvent.objects.filter(kind="parcel_counted").count() == 1
    assert list_problems() == []


def test_short_cash_is_corrected_by_those_who_handle_money(staff: Client) -> None:
    order = make_cash_order(1)
    parcel = send(order)
    run_parcel_action(staff, parcel, "deliver", collected="20")
    assert Order.objects.get(pk=order.pk).attention == "cod_short"

    too_much = run_parcel_action(staff, parcel, "cash", collected="31")
    corrected = run_parcel_action(staff, parcel, "cash", collected="30")
    again = run_parcel_action(staff, parcel, "cash", collected="30")

    assert "This is more than the parcel has to collect" in too_much
    assert "The cash is corrected." in corrected
    assert "This amount is recorded already" in again
    assert get_status(order) == ("delivered", "succeeded", 3000)
    assert Order.objects.get(pk=order.pk).attention == ""
    packer = make_staff_client("view_order", "ship_order")
    assert packer.post(f"{PARCELS}{parcel.pk}/action/cash/", {"collected": "1"}).status_code == 403


def test_a_refused_parcel_comes_back_and_is_counted(staff: Client) -> None:
    order = make_cash_order(2)
    parcel, lamp, chair = send(order), get_item(order, "LAMP"), get_item(order, "CHAIR")
    stock = get_stock("LAMP")

    failed = run_parcel_action(staff, parcel, "fail", reason="nobody home")
    again = run_parcel_action(staff, parcel, "retry")
    run_parcel_action(staff, parcel, "fail")
    returning = run_parcel_action(staff, parcel, "returning")
    uncounted = run_parcel_action(staff, parcel, "back")
    back = run_parcel_action(staff, parcel, "back", **{f"restock_{lamp}": "1", f"restock_{chair}": "1"})

    assert "The failed delivery is recorded." in failed
    assert "The parcel is on its way again." in again
    assert "The parcel is coming back." in returning
    assert "This field is required." in uncounted
    assert "The parcel is back in the shop." in back
    assert get_status(order) == ("returned", "cancelled", 0)
    assert get_stock("LAMP") == stock + 1
    assert list_problems() == []


def test_a_paid_parcel_that_comes_back_asks_for_no_units(staff: Client, card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    parcel = send(order)

    form = read(staff.get(f"{PARCELS}{parcel.pk}/action/back/"))
    page = run_parcel_action(staff, parcel, "back")

    assert "The order is paid, so its units stay with it." in form
    assert "restock_" not in form
    assert "The parcel is back in the shop." in page
    order.refresh_from_db()
    assert (order.status, order.attention) == ("returned", "parcel_returned")
    assert "pack" in read(staff.get(f"{ORDERS}{order.pk}/change/"))


def test_a_lost_parcel_is_found_and_delivered_with_all_of_its_cash(staff: Client) -> None:
    order = make_cash_order(1)
    parcel = send(order)

    run_parcel_action(staff, parcel, "lost")
    lost = list_labels(staff, "?todo=lost")
    form = read(staff.get(f"{PARCELS}{parcel.pk}/action/deliver/"))
    run_parcel_action(staff, parcel, "deliver", collected="30.00")

    assert lost == [f"{order.number}-1"]
    assert "₹30.00 is due" in form
    assert get_status(order) == ("delivered", "succeeded", 3000)
    assert list_problems() == []


def test_a_packed_parcel_is_cancelled_and_its_units_are_to_be_packed(staff: Client) -> None:
    order = make_cash_order(1)
    parcel = pack(order)

    page = run_parcel_action(staff, parcel, "cancel")
    again = run_parcel_action(staff, parcel, "cancel")

    assert "The parcel is cancelled: its units are to be packed again." in page
    assert "Parcel 1 is cancelled and cannot become cancelled" in again
    assert "/action/pack/" in read(staff.get(f"{ORDERS}{order.pk}/change/"))
    assert list_parcel_actions(staff, parcel) == []


def test_a_parcel_that_is_not_sent_is_not_delivered_by_staff(staff: Client) -> None:
    order = make_cash_order(2)
    parcel = pack(order, lamp=1)
    before = database_rows()

    bulk = read(staff.post(PARCELS, {"action": "deliver_selected", "_selected_action": [parcel.pk]}, follow=True))
    single = run_parcel_action(staff, parcel, "deliver", collected="20.00")

    assert all("Parcel 1 is not sent yet" in page for page in (bulk, single))
    assert database_rows() == before


def test_the_page_of_an_order_leads_to_its_parcels_and_back(staff: Client) -> None:
    order = make_cash_order(2)
    first, second = send(order, lamp=1), pack(order)
    at = timezone.now()
    tracking.record_events(first.pk, [CarrierEvent("1", "out_for_delivery", at, "With the courier in Leeds")])

    page = read(staff.get(f"{ORDERS}{order.pk}/change/"))
    after = staff.post(f"{PARCELS}{first.pk}/action/fail/?order=1", {})

    assert f"{PARCELS}{first.pk}/change/" in page
    assert f"{PARCELS}{second.pk}/slip/" in page
    assert "With the courier in Leeds" in page
    assert "Out for delivery" not in page
    assert after["Location"] == f"{ORDERS}{order.pk}/change/"


def test_of_an_order_that_is_sent_in_part_the_rest_is_cancelled(staff: Client, card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments, 3)
    send(order, lamp=1)

    form = read(staff.get(f"{ORDERS}{order.pk}/action/cancel/"))
    page = run_action(staff, order, "cancel", reason="sold out")

    assert "The rest, 2 unit(s), is cancelled and returned to stock. What was paid for it is refunded." in form
    assert 'name="refund"' not in form
    assert "The rest of the order is cancelled." in page
    order.refresh_from_db()
    assert (order.status, order.items.get().refunded_quantity) == ("shipped", 2)
    assert "cancel" not in list_offered_actions(staff, order)


def test_lost_units_are_refunded_with_the_rest_and_not_restocked(staff: Client, card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments, 3)
    run_parcel_action(staff, send(order, lamp=1), "lost")
    stock = get_stock("LAMP")

    run_action(staff, order, "cancel", reason="sold out")

    item = order.items.get()
    assert (item.refunded_quantity, item.restocked_quantity, get_stock("LAMP")) == (3, 2, stock + 2)
    assert list_problems() == []


def test_only_units_that_are_in_no_parcel_are_offered_for_a_refund(staff: Client, card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments, 3)
    send(order, lamp=2)
    item = order.items.get().pk

    form = read(staff.get(f"{ORDERS}{order.pk}/action/refund/"))
    refused = run_action(staff, order, "refund", amount="40", reason="late", **{f"units_{item}": "2"})
    proposal = run_action(staff, order, "refund", reason="late", **{f"units_{item}": "1"})

    assert "Of 1 not yet refunded; 2 more in a parcel" in form
    assert "Units in a parcel that is packed or on its way are refunded once" in form
    assert "2 unit(s) of LAMP are in a parcel" in refused
    assert "₹20.00 was paid for these units" in proposal
    assert OrderItem.objects.get().refunded_quantity == 0


def test_the_slip_of_a_parcel_has_its_units_its_cash_and_its_number(staff: Client) -> None:
    order = make_cash_order(3)
    parcel = pack(order, lamp=2)

    of_parcel = read(staff.get(f"{PARCELS}{parcel.pk}/slip/"))
    of_order = read(staff.get(f"{ORDERS}{order.pk}/slip/"))

    assert f"Parcel {order.number}-1" in of_parcel
    assert "<td>2</td><td>LAMP</td>" in of_parcel
    assert "CHAIR" not in of_parcel
    assert "To be paid on delivery: ₹40.00" in of_parcel
    assert "<td>1</td><td>LAMP</td>" in of_order
    assert "<td>1</td><td>CHAIR</td>" in of_order
    assert "₹" not in of_order


def test_who_may_only_look_is_offered_nothing_and_can_do_nothing() -> None:
    parcel = send(make_cash_order(1))
    client = make_staff_client("view_order")
    before = database_rows()

    for name in ("deliver", "fail", "returning", "back", "lost", "tracking", "cash", "cancel", "ship"):
        assert client.post(f"{PARCELS}{parcel.pk}/action/{name}/", {"collected": "30"}).status_code == 403
    assert client.post(f"{PARCELS}ship/?parcels={parcel.pk}", {}).status_code == 403
    assert client.post(f"{PARCELS}upload/", {}).status_code == 403

    assert list_parcel_actions(client, parcel) == []
    assert "Upload tracking numbers" not in read(client.get(PARCELS))
    assert database_rows() == before


def test_who_has_no_right_to_orders_sees_no_parcels() -> None:
    parcel = send(make_cash_order(1))
    client = make_staff_client("view_product", "ship_order")

    pages = (
        "",
        f"{parcel.pk}/change/",
        f"{parcel.pk}/slip/",
        "slips/",
        "template/",
        "upload/",
        "ship/",
        f"{parcel.pk}/action/deliver/",
    )

    assert {client.get(f"{PARCELS}{page}").status_code for page in pages} == {403}


def test_the_page_of_an_unknown_parcel_or_action_is_not_found(staff: Client) -> None:
    parcel = send(make_cash_order(1))

    assert staff.get(f"{PARCELS}{parcel.pk}/action/explode/").status_code == 404
    assert staff.get(f"{PARCELS}999999/action/deliver/").status_code == 404
    assert staff.get(f"{PARCELS}999999/slip/").status_code == 404
    assert staff.get(f"{PARCELS}{'9' * 30}/slip/").status_code == 404
    assert Shipment.objects.count() == 1
