"""Payments of many orders at one moment: over HTTP, with real threads (failure table: 9, 20, 24)"""

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import add, guest, guest_with
from core import outbox
from orders.models import Order, Refund
from orders.tests.factories import form
from orders.tests.payments.invariants import altered, came, check_books, mails, posting, stock_of
from orders.tests.payments.till import Till
from products.tests.factories import make_product
from tests.crowd import Caller, at_once, statuses

CREATE, CARD = "/api/orders/create/", form(payment_method="stripe")
COMPLETED = "checkout.session.completed"

pytestmark = pytest.mark.usefixtures("unthrottled")


def test_orders_of_the_same_goods_paid_and_ended_at_once_never_block_each_other(till: Till, live_server: LiveServer) -> None:
    goods = [make_product(name, sku=name, stock=20) for name in ("LAMP", "MUG", "PEN")]
    numbers, calls = [], []
    for turn in range(8):
        first, *others = goods[:: -1 if turn % 2 else 1]
        key = guest_with(first)
        for product in others:
            add(guest(key), product)
        order = Caller(live_server.url, {"X-Cart-Token": key}).post(CREATE, CARD).body["data"]
        numbers.append(order["number"])
        if turn < 6:
            till.emulator.pay(order["session_id"])
            calls.append(posting(live_server.url, came(till)[COMPLETED]))
        else:
            token = Caller(live_server.url, {"X-Order-Token": order["order_token"]})
            calls.append(token.posting(f"/api/orders/{order['number']}/cancel/", {}))
    newcomers = [Caller(live_server.url, {"X-Cart-Token": guest_with(goods[2])}).posting(CREATE, CARD) for _ in range(4)]

    answers = at_once(calls + newcomers)

    assert statuses(answers) == {200: 8, 201: 4}
    assert [Order.objects.get(number=number).status for number in numbers] == ["processing"] * 6 + ["cancelled"] * 2
    assert (stock_of("LAMP"), stock_of("MUG"), stock_of("PEN")) == ((14, 0), (14, 0), (14, 4))
    assert set(till.deliver()) == {200}
    check_books(till)


def test_of_late_payments_for_the_last_unit_one_is_sent_and_the_others_go_back(till: Till, live_server: LiveServer) -> None:
    lamp = make_product(sku="LAMP", stock=4)
    buyers = [Caller(live_server.url, {"X-Cart-Token": guest_with(lamp)}) for _ in range(4)]
    till.emulator.faults({"match": {"path": "sessions$"}, "times": -1, "do": {"status": 500, "after": True}})
    refused = at_once([caller.posting(CREATE, CARD) for caller in buyers])
    assert statuses(refused) == {503: 4}
    till.emulator.faults()
    Order.objects.update(reserved_until=timezone.now())
    for answer in refused:
        details = answer.body["details"]
        token = Caller(live_server.url, {"X-Order-Token": details["order_token"]})
        assert token.post(f"/api/orders/{details['order']}/pay/", {}).status == 409
    other = Caller(live_server.url, {"X-Cart-Token": guest_with(lamp, 3)})
    assert other.post(CREATE, form()).status == 201
    events = []
    for row in till.emulator.ledger():
        till.emulator.pay(row["session"])
        events.append(came(till)[COMPLETED])

    answers = at_once([posting(live_server.url, event) for event in events] * 2)

    assert statuses(answers) == {200: 8}
    assert sorted(Order.objects.filter(payment_method="stripe").values_list("status", flat=True)) == ["expired"] * 3 + [
        "processing"
    ]
    assert (stock_of("LAMP"), Refund.objects.count(), mails("paid")) == ((0, 0), 3, 1)
    while outbox.run_due()[0]:
        pass
    assert set(till.deliver()) == {200}
    assert set(Refund.objects.values_list("state", flat=True)) == {"succeeded"}
    assert not Order.objects.exclude(attention="").exists()
    check_books(till)


@pytest.mark.parametrize("round_", range(2))
def test_a_buyer_who_turns_to_cash_while_paid_and_expired_arrive_has_paid_by_card(
    till: Till, live_server: LiveServer, round_: int
) -> None:
    buyer = Caller(live_server.url, {"X-Cart-Token": guest_with(make_product(sku="LAMP", stock=1))})
    order = buyer.post(CREATE, CARD).body["data"]
    till.emulator.pay(order["session_id"])
    paid = came(till)[COMPLETED]
    expired = altered(paid[0], "checkout.session.expired", status="expired", payment_status="unpaid", payment_intent=None)

    answers = at_once([posting(live_server.url, expired), posting(live_server.url, paid), buyer.posting(CREATE, form())])

    assert statuses(answers[:2]) == {200: 2}
    outbox.run_due()
    assert set(till.deliver()) <= {200}
    assert stock_of("LAMP") == (0, 0)
    if answers[2].status == 201:  # cash came between the two
        assert Order.objects.get(number=order["number"]).status in ("expired", "cancelled")
        assert Refund.objects.get().state == "succeeded"
    else:
        assert Order.objects.get().status == "processing"
        assert not Refund.objects.exists()
    check_books(till)
