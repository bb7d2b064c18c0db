"""The parcels of an order, as its buyer sees them"""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from carts.tests.factories import add_to_cart, guest_client, signed_in_client
from orders.carriers.events import CarrierEvent
from orders.fulfilment import cancellation
from orders.fulfilment.parcels import outcomes, packing, tracking
from orders.models import Order, Payment, Shipment
from orders.tests.factories import create, customer, database_rows, placed
from orders.tests.parcels.parcels import STAFF, get_item, make_cash_order, pack, send
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order, create_pending_order
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
NOON, ONE = datetime(2026, 11, 29, 12, tzinfo=UTC), datetime(2026, 11, 29, 13, tzinfo=UTC)


def get_client() -> SchemaClient:
    """Return a client of the buyer."""
    return signed_in_client(User.objects.get(email="ada@example.com"))


def read(order: Order) -> dict[str, Any]:
    """Return the order as its buyer reads it."""
    response = get_client().get(f"/api/orders/{order.number}/")
    assert response.status_code == 200
    data: dict[str, Any] = response.json()["data"]
    return data


def get_statuses(order: Order) -> tuple[str, str, str, list[str]]:
    """Return status, payment status and fulfilment status of an order, and the states of its parcels."""
    data = read(order)
    states = [shipment["state"] for shipment in data["shipments"]]
    return data["status"], data["payment_status"], data["fulfilment_status"], states


def get_time(moment: datetime | None) -> str | None:
    """Return a time in the form of the API."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def test_an_order_that_nobody_has_packed_has_no_parcels() -> None:
    order = make_cash_order()

    data = read(order)

    assert (data["status"], data["payment_status"], data["fulfilment_status"]) == ("processing", "unpaid", "unfulfilled")
    assert data["shipments"] == []
    assert [item["id"] for item in data["items"]] == [get_item(order, "LAMP"), get_item(order, "CHAIR")]


def test_a_parcel_is_shown_whole_with_its_events_oldest_first() -> None:
    order = make_cash_order()
    shipment = send(order, lamp=2)
    events = [
        CarrierEvent("b", "out_for_delivery", ONE, "With the driver"),
        CarrierEvent("a", "in_transit", NOON, "Sorted in Mumbai"),
    ]
    tracking.record_events(shipment.pk, events)

    data = read(order)

    shipment.refresh_from_db()
    assert (data["status"], data["fulfilment_status"]) == ("processing", "partial")
    assert data["shipments"] == [
        {
            "number": 1,
            "state": "shipped",
            "carrier": "Post",
            "tracking_number": f"{order.number}-1",
            "tracking_url": None,
            "shipped_at": get_time(shipment.shipped_at),
            "delivered_at": None,
            "lines": [{"item_id": get_item(order, "LAMP"), "quantity": 2}],
            "events": [
                {"code": "in_transit", "text": "Sorted in Mumbai", "at": "2026-11-29T12:00:00Z"},
                {"code": "out_for_delivery", "text": "With the driver", "at": "2026-11-29T13:00:00Z"},
            ],
        }
    ]


def test_an_order_is_sent_in_parts_and_paid_with_them() -> None:
    order = make_cash_order()

    pack(order, lamp=2)
    packed = get_statuses(order)
    first = Shipment.objects.get()
    packing.cancel_parcel(STAFF, first.pk)
    cancelled = get_statuses(order)
    second = send(order, lamp=2)
    sent = get_statuses(order)
    outcomes.deliver_parcel(STAFF, second.pk)
    partly = get_statuses(order)
    third = send(order)
    rest_sent = get_statuses(order)
    outcomes.deliver_parcel(STAFF, third.pk)

    assert packed == ("processing", "unpaid", "unfulfilled", ["packed"])
    assert cancelled == ("processing", "unpaid", "unfulfilled", [])
    assert sent == ("processing", "unpaid", "partial", ["shipped"])
    assert partly == ("processing", "processing", "partial", ["delivered"])
    assert rest_sent == ("shipped", "processing", "shipped", ["delivered", "shipped"])
    assert get_statuses(order) == ("delivered", "paid", "delivered", ["delivered", "delivered"])
    assert [shipment["number"] for shipment in read(order)["shipments"]] == [2, 3]


def test_what_was_collected_is_paid_when_it_is_all_that_is_due() -> None:
    order = make_cash_order()
    shipment = send(order)

    outcomes.deliver_parcel(STAFF, shipment.pk, refused={get_item(order, "LAMP"): 1}, collected=4000)
    short = get_statuses(order)
    outcomes.correct_cash(STAFF, shipment.pk, 5000)

    assert short == ("delivered", "processing", "delivered", ["delivered"])
    assert get_statuses(order) == ("delivered", "paid", "delivered", ["delivered"])
    assert Payment.objects.get().captured_minor == 5000


def test_a_refused_order_comes_back_and_nothing_is_paid() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.fail_parcel(STAFF, shipment.pk, "nobody at home")
    failed = get_statuses(order)
    outcomes.start_return(STAFF, shipment.pk)
    returning = get_statuses(order)

    outcomes.receive_parcel(STAFF, shipment.pk)

    assert failed == ("shipped", "unpaid", "shipped", ["failed"])
    assert returning == ("shipped", "unpaid", "shipped", ["returning"])
    assert get_statuses(order) == ("returned", "unpaid", "returned", ["returned"])
    assert "nobody" not in str(read(order))


@pytest.mark.parametrize(("ending", "state"), [(outcomes.receive_parcel, "returned"), (outcomes.lose_parcel, "lost")])
def test_a_paid_order_whose_parcel_comes_back_or_is_lost_stays_paid(card_payments: CardPayments, ending: Any, state: str) -> None:
    order = create_paid_order(card_payments)

    ending(STAFF, send(order).pk)
    ended = get_statuses(order)
    again = send(order)
    sent_again = get_statuses(order)
    outcomes.deliver_parcel(STAFF, again.pk)

    assert ended == ("returned", "paid", "returned", [state])
    assert sent_again == ("shipped", "paid", "shipped", [state, "shipped"])
    assert get_statuses(order) == ("delivered", "paid", "delivered", [state, "delivered"])


def test_a_parcel_that_the_carrier_reports_as_delivered_is_so_since_then() -> None:
    order = make_cash_order()
    shipment = send(order)

    tracking.record_events(shipment.pk, [CarrierEvent("a", "delivered", NOON, "Left with a neighbour")])

    (parcel,) = read(order)["shipments"]
    assert (parcel["state"], parcel["delivered_at"]) == ("delivered", "2026-11-29T12:00:00Z")


def test_a_guest_sees_the_parcels_with_the_token_and_another_buyer_does_not(api: SchemaClient) -> None:
    add_to_cart(api, make_product(), 2)
    placed_order = placed(api)
    send(Order.objects.get())
    url = f"/api/orders/{placed_order['number']}/"

    shown = SchemaClient().get(url, headers={"X-Order-Token": placed_order["order_token"]}).json()["data"]
    strangers = [SchemaClient().get(url), customer("bob@example.com").get(url)]

    assert [(parcel["number"], parcel["state"]) for parcel in shown["shipments"]] == [(1, "shipped")]
    assert [(response.status_code, response.json()["code"]) for response in strangers] == [(404, "order_not_found")] * 2


def test_every_answer_about_an_order_carries_its_parcels(api: SchemaClient) -> None:
    key = add_to_cart(api, make_product(), 3)["cart_token"]
    first = create(api, "k-1").json()["data"]
    order = Order.objects.get()
    packing.pack_parcel(STAFF, order.pk, {order.items.get().pk: 2})
    token = {"X-Order-Token": first["order_token"]}

    replayed = create(guest_client(key), "k-1").json()["data"]
    claimed = customer().post(f"/api/orders/{first['number']}/claim/", headers=token).json()["data"]
    client = get_client()
    exported = client.get("/api/auth/me/export/").json()["data"]["orders"][0]
    listed = client.get("/api/orders/my/").json()["data"][0]
    cancelled = client.post(f"/api/orders/{first['number']}/cancel/", {}).json()["data"]

    parcel = {"number": 1, "state": "packed", "lines": [{"item_id": order.items.get().pk, "quantity": 2}]}
    for answer in (replayed, claimed, listed, exported):
        assert [parcel | shipment for shipment in answer["shipments"]] == answer["shipments"] != []
    assert (cancelled["status"], cancelled["fulfilment_status"], cancelled["shipments"]) == ("cancelled", "unfulfilled", [])


def test_the_answer_about_a_payment_carries_the_parcels(card_payments: CardPayments) -> None:
    client, order = create_pending_order(card_payments)
    card_payments.pay(order)
    send(Order.objects.get(), lamp=1)

    data = client.get(f"/api/orders/verify-payment/?session_id={order['session_id']}").json()["data"]

    assert (data["order"]["payment_status"], data["order"]["fulfilment_status"]) == ("paid", "partial")
    assert [parcel["state"] for parcel in data["order"]["shipments"]] == ["shipped"]


@pytest.mark.parametrize("is_rest_packed", [True, False])
def test_a_buyer_does_not_cancel_what_is_sent_in_part(is_rest_packed: bool) -> None:
    order = make_cash_order()
    send(order, lamp=1)
    if is_rest_packed:
        pack(order)
    before = database_rows()

    response = get_client().post(f"/api/orders/{order.number}/cancel/")

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "invalid_transition")
    assert body["message"] == "A part of this order is sent. Ask the shop to cancel the rest"
    assert database_rows() == before


def test_an_order_that_is_sent_as_a_whole_is_refused_as_it_always_was() -> None:
    order = make_cash_order()
    send(order)

    body = get_client().post(f"/api/orders/{order.number}/cancel/").json()

    assert (body["code"], body["message"]) == ("invalid_transition", "An order that is shipped cannot become cancelled")


def test_the_rest_is_cancelled_by_the_shop_and_what_was_sent_is_shown() -> None:
    order = make_cash_order()
    shipment = send(order, lamp=1)

    cancellation.cancel_order(STAFF, order.pk, "none left")
    sent = get_statuses(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)

    assert sent == ("shipped", "unpaid", "shipped", ["shipped"])
    assert get_statuses(order) == ("delivered", "paid", "delivered", ["delivered"])


@pytest.mark.usefixtures("unthrottled")
def test_a_page_of_orders_costs_the_same_however_many_parcels_are_on_it() -> None:
    order = make_cash_order()
    send(order, lamp=1)
    client, costs = get_client(), []
    with capture_statements() as run:
        client.get("/api/orders/my/")
    costs.append(len(run))
    lamp = make_product("Table", sku="TABLE", stock=100)
    for _ in range(19):
        add_to_cart(client, lamp, 2)
        other = Order.objects.get(number=placed(client)["number"])
        for _ in range(2):
            shipment = send(other, table=1)
            tracking.record_events(shipment.pk, [CarrierEvent("a", "in_transit", NOON), CarrierEvent("b", "other", ONE)])

    with capture_statements() as run:
        response = client.get("/api/orders/my/")

    costs.append(len(run))
    assert [len(row["shipments"]) for row in response.json()["data"]] == [2] * 19 + [1]
    assert costs == [1 + 3 + 3, 1 + 3 + 3]
    with capture_statements() as run:
        client.get(f"/api/orders/{order.number}/")
    assert len(run) == 1 + 3 + 3
