"""POST /api/orders/<number>/cancel/ for orders that are paid on delivery"""

from typing import Any

import pytest

from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, get_cart, units_by_sku
from core.actors import Actor
from orders.exceptions import InvalidTransition, RefundChoiceNeeded
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, Payment, Refund
from orders.tests.factories import customer, database_rows, placed
from products.models import StockMovement
from products.tests.factories import get_only_variant, make_product
from tests.schema_client import SchemaClient

STAFF = Actor(kind="staff")


def cancel(client: SchemaClient, number: str, token: str = "", **fields: Any) -> Any:
    """Cancel an order."""
    return client.post(f"/api/orders/{number}/cancel/", fields, headers={"X-Order-Token": token} if token else {})


def order_lamps(units: int = 2) -> tuple[SchemaClient, dict[str, Any], Any]:
    """Return a customer, their order of lamps, and the lamp, which had ten units."""
    client = customer()
    lamp = make_product("Lamp", sku="LAMP", stock=10)
    add_to_cart(client, lamp, units)
    return client, placed(client), lamp


def mark_collected(number: str) -> None:
    """Mark the payment of an order as collected on delivery."""
    payment = Payment.objects.get(order__number=number)
    Payment.objects.filter(pk=payment.pk).update(state="succeeded", captured_minor=payment.amount_minor)


def test_a_buyer_cancels_and_the_goods_are_for_sale_again(db: None) -> None:
    client, order, lamp = order_lamps()

    response = cancel(client, order["number"], reason="changed my mind")

    data = response.json()["data"]
    assert (response.status_code, data["status"], data["payment_status"]) == (200, "cancelled", "unpaid")
    assert (get_only_variant(lamp).stock, get_only_variant(lamp).reserved) == (10, 0)
    cancelled_order = Order.objects.get()
    assert (cancelled_order.stock_state, cancelled_order.cancel_reason, cancelled_order.payments.get().state) == (
        "released",
        "changed my mind",
        "cancelled",
    )
    assert cancelled_order.cancelled_at is not None
    assert list(StockMovement.objects.values_list("reason", "delta", "reference").order_by("pk"))[1:] == [
        ("sale", -2, order["number"]),
        ("return", 2, order["number"]),
    ]
    event = OrderEvent.objects.latest("pk")
    assert (event.kind, event.from_status, event.to_status) == ("cancelled", "processing", "cancelled")


def test_a_cancelled_order_does_not_refill_the_cart(db: None) -> None:
    client, order, _ = order_lamps()

    cancel(client, order["number"])

    assert units_by_sku(get_cart(client)) == {}


def test_it_is_put_back_once(db: None) -> None:
    client, order, lamp = order_lamps()
    cancel(client, order["number"])
    before = database_rows()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (database_rows(), get_only_variant(lamp).stock) == (before, 10)


def test_a_guest_cancels_with_the_token_and_a_stranger_does_not(api: SchemaClient) -> None:
    lamp = make_product(stock=10)
    add_to_cart(api, lamp, 2)
    order = placed(api)
    before = database_rows()

    for stranger, token in ((SchemaClient(), ""), (SchemaClient(), "wrong"), (customer("eve@example.com"), "")):
        assert cancel(stranger, order["number"], token).status_code == 404
    assert {name: rows for name, rows in database_rows().items() if rows != before[name] and name != "Job"} == {}

    assert cancel(SchemaClient(), order["number"], order["order_token"]).status_code == 200
    assert get_only_variant(lamp).stock == 10


@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled", "expired"])
def test_what_is_sent_or_over_is_not_cancelled(db: None, status: str) -> None:
    client, order, _ = order_lamps()
    Order.objects.update(status=status)
    before = database_rows()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert database_rows() == before
    with pytest.raises(InvalidTransition):
        cancellation.cancel_order(STAFF, Order.objects.get().pk, "")


def test_a_buyer_does_not_cancel_what_is_paid(db: None) -> None:
    client, order, _ = order_lamps()
    mark_collected(order["number"])
    before = database_rows()

    assert cancel(client, order["number"]).status_code == 409

    assert database_rows() == before


def test_staff_cancel_what_they_have_bought_themselves_as_buyers_do(db: None) -> None:
    client = customer("staff@example.com", is_staff=True)
    lamp = make_product(stock=10)
    add_to_cart(client, lamp, 2)
    paid = placed(client)
    mark_collected(paid["number"])
    add_to_cart(client, lamp, 3)
    unpaid = placed(client)
    before = database_rows()

    refused = cancel(client, paid["number"])

    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    assert database_rows() == before
    assert cancel(client, unpaid["number"]).status_code == 200
    assert OrderEvent.objects.get(kind="cancelled").actor_kind == "customer"
    assert get_only_variant(lamp).stock == 8


@pytest.mark.parametrize("refund", [None, True, False])
def test_staff_cancel_what_is_not_paid_whatever_they_say_of_money(db: None, refund: bool | None) -> None:
    _, _, lamp = order_lamps()

    cancellation.cancel_order(STAFF, Order.objects.get().pk, "sold out", refund=refund)

    assert (Order.objects.get().status, get_only_variant(lamp).stock, Refund.objects.count()) == ("cancelled", 10, 0)


def test_staff_say_what_becomes_of_money_that_was_collected(db: None) -> None:
    _, order, _ = order_lamps()
    mark_collected(order["number"])
    pk = Order.objects.get().pk

    with pytest.raises(RefundChoiceNeeded):
        cancellation.cancel_order(STAFF, pk, "")
    assert Order.objects.get().status == "processing"
    cancellation.cancel_order(STAFF, pk, "", refund=True)

    assert (Refund.objects.get().state, Payment.objects.get().refunded_minor) == ("succeeded", 4000)


def test_a_variant_that_is_gone_is_not_put_back(db: None) -> None:
    client, order, lamp = order_lamps()
    Order.objects.get().items.update(variant=None)

    assert cancel(client, order["number"]).status_code == 200

    assert get_only_variant(lamp).stock == 8


@pytest.mark.parametrize("fields", [{"reason": "x" * 201}, {"reason": ["x"]}])
def test_a_reason_that_is_none_is_refused(db: None, fields: dict[str, Any]) -> None:
    client, order, _ = order_lamps()

    response = cancel(client, order["number"], **fields)

    assert (response.status_code, Order.objects.get().status) == (400, "processing")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_put_it_back_once() -> None:
    lamp = make_product(stock=10)
    user = make_user()
    client = SchemaClient().bearer(make_access_token(user))
    add_to_cart(client, lamp, 2)
    order = placed(client)
    token = make_access_token(user)

    def act(_: int) -> int:
        status: int = cancel(SchemaClient().bearer(token), order["number"]).status_code
        return status

    assert sorted(run_concurrently(4, act)) == [200, 409, 409, 409]
    assert (get_only_variant(lamp).stock, StockMovement.objects.filter(reason="return").count()) == (10, 1)
