"""Concurrent payments of many orders, over HTTP with real threads (failure table: 9, 20, 24)"""

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import add_to_cart, guest_client, make_guest_cart
from core import outbox
from orders.models import Order, Refund
from orders.tests.factories import order_body
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import alter_event, check_invariants, count_mails, get_stock, make_webhook_call, take_events
from products.tests.factories import make_product
from tests.concurrent_requests import Caller, at_once, count_statuses

CREATE, CARD = "/api/orders/create/", order_body(payment_method="stripe")
COMPLETED = "checkout.session.completed"

pytestmark = pytest.mark.usefixtures("unthrottled")


def test_orders_of_the_same_goods_paid_and_ended_at_once_never_block_each_other(
    card_payments: CardPayments, live_server: LiveServer
) -> None:
    goods = [make_product(name, sku=name, stock=20) for name in ("LAMP", "MUG", "PEN")]
    numbers, calls = [], []
    for turn in range(8):
        first, *others = goods[:: -1 if turn % 2 else 1]
        key = make_guest_cart(first)
        for product in others:
            add_to_cart(guest_client(key), product)
        order = Caller(live_server.url, {"X-Cart-Token": key}).post(CREATE, CARD).body["data"]
        numbers.append(order["number"])
        if turn < 6:
            card_payments.emulator.pay(order["session_id"])
            calls.append(make_webhook_call(live_server.url, take_events(card_payments)[COMPLETED]))
        else:
            token = Caller(live_server.url, {"X-Order-Token": order["order_token"]})
            calls.append(token.make_post(f"/api/orders/{order['number']}/cancel/", {}))
    newcomers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(goods[2])}).make_post(CREATE, CARD) for _ in range(4)]

    responses = at_once(calls + newcomers)

    assert count_statuses(responses) == {200: 8, 201: 4}
    assert [Order.objects.get(number=number).status for number in numbers] == ["processing"] * 6 + ["cancelled"] * 2
    assert (get_stock("LAMP"), get_stock("MUG"), get_stock("PEN")) == ((14, 0), (14, 0), (14, 4))
    assert set(card_payments.deliver_events()) == {200}
    check_invariants(card_payments)


def test_of_late_payments_for_the_last_unit_one_is_sent_and_the_others_go_back(
    card_payments: CardPayments, live_server: LiveServer
) -> None:
    lamp = make_product(sku="LAMP", stock=4)
    buyers = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(4)]
    card_payments.emulator.set_faults({"match": {"path": "sessions$"}, "times": -1, "do": {"status": 500, "after": True}})
    refused = at_once([caller.make_post(CREATE, CARD) for caller in buyers])
    assert count_statuses(refused) == {503: 4}
    card_payments.emulator.set_faults()
    Order.objects.update(reserved_until=timezone.now())
    for response in refused:
        details = response.body["details"]
        token = Caller(live_server.url, {"X-Order-Token": details["order_token"]})
        assert token.post(f"/api/orders/{details['order']}/pay/", {}).status == 409
    other = Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp, 3)})
    assert other.post(CREATE, order_body()).status == 201
    events = []
    for row in card_payments.emulator.ledger():
        card_payments.emulator.pay(row["session"])
        events.append(take_events(card_payments)[COMPLETED])

    responses = at_once([make_webhook_call(live_server.url, event) for event in events] * 2)

    assert count_statuses(responses) == {200: 8}
    assert sorted(Order.objects.filter(payment_method="stripe").values_list("status", flat=True)) == ["expired"] * 3 + [
        "processing"
    ]
    assert (get_stock("LAMP"), Refund.objects.count(), count_mails("paid")) == ((0, 0), 3, 1)
    while outbox.run_due()[0]:
        pass
    assert set(card_payments.deliver_events()) == {200}
    assert set(Refund.objects.values_list("state", flat=True)) == {"succeeded"}
    assert not Order.objects.exclude(attention="").exists()
    check_invariants(card_payments)


@pytest.mark.parametrize("round_", range(2))
def test_a_switch_to_cash_while_paid_and_expired_arrive_leaves_a_card_payment(
    card_payments: CardPayments, live_server: LiveServer, round_: int
) -> None:
    buyer = Caller(live_server.url, {"X-Cart-Token": make_guest_cart(make_product(sku="LAMP", stock=1))})
    order = buyer.post(CREATE, CARD).body["data"]
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)[COMPLETED]
    expired = alter_event(paid[0], "checkout.session.expired", status="expired", payment_status="unpaid", payment_intent=None)

    responses = at_once(
        [
            make_webhook_call(live_server.url, expired),
            make_webhook_call(live_server.url, paid),
            buyer.make_post(CREATE, order_body()),
        ]
    )

    assert count_statuses(responses[:2]) == {200: 2}
    outbox.run_due()
    assert set(card_payments.deliver_events()) <= {200}
    assert get_stock("LAMP") == (0, 0)
    if responses[2].status == 201:  # the cash order came between the two
        assert Order.objects.get(number=order["number"]).status in ("expired", "cancelled")
        assert Refund.objects.get().state == "succeeded"
    else:
        assert Order.objects.get().status == "processing"
        assert not Refund.objects.exists()
    check_invariants(card_payments)
