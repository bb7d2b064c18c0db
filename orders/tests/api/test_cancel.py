"""POST /api/orders/<number>/cancel/ for orders that are paid on delivery"""

from typing import Any

import pytest

from accounts.tests.crowd import at_once
from accounts.tests.factories import access_token, make_user
from carts.tests.factories import add, cart_of, held
from core.actors import Actor
from orders.exceptions import InvalidTransition, RefundChoiceNeeded
from orders.fulfilment import cancellation
from orders.models import Order, OrderEvent, Payment, Refund
from orders.tests.factories import books, customer, placed
from products.models import StockMovement
from products.tests.factories import make_product, variant_of
from tests.schema_client import SchemaClient

STAFF = Actor(kind="staff")


def cancel(client: SchemaClient, number: str, token: str = "", **given: Any) -> Any:
    """Cancel an order."""
    return client.post(f"/api/orders/{number}/cancel/", given, headers={"X-Order-Token": token} if token else {})


def ordered(units: int = 2) -> tuple[SchemaClient, dict[str, Any], Any]:
    """Return a customer, his order of lamps, and the lamp, of which there were ten."""
    client = customer()
    lamp = make_product("Lamp", sku="LAMP", stock=10)
    add(client, lamp, units)
    return client, placed(client), lamp


def collect(number: str) -> None:
    """Let the money of an order be there, as it is on delivery."""
    payment = Payment.objects.get(order__number=number)
    Payment.objects.filter(pk=payment.pk).update(state="succeeded", captured_minor=payment.amount_minor)


def test_a_buyer_cancels_and_the_goods_are_for_sale_again(db: None) -> None:
    client, order, lamp = ordered()

    response = cancel(client, order["number"], reason="changed my mind")

    shown = response.json()["data"]
    assert (response.status_code, shown["status"], shown["payment_status"]) == (200, "cancelled", "unpaid")
    assert (variant_of(lamp).stock, variant_of(lamp).reserved) == (10, 0)
    found = Order.objects.get()
    assert (found.stock_state, found.cancel_reason, found.payments.get().state) == ("released", "changed my mind", "cancelled")
    assert found.cancelled_at is not None
    assert list(StockMovement.objects.values_list("reason", "delta", "reference").order_by("pk"))[1:] == [
        ("sale", -2, order["number"]),
        ("return", 2, order["number"]),
    ]
    event = OrderEvent.objects.latest("pk")
    assert (event.kind, event.from_status, event.to_status) == ("cancelled", "processing", "cancelled")


def test_what_he_had_in_the_cart_is_not_brought_back(db: None) -> None:
    client, order, _ = ordered()

    cancel(client, order["number"])

    assert held(cart_of(client)) == {}


def test_it_is_put_back_once(db: None) -> None:
    client, order, lamp = ordered()
    cancel(client, order["number"])
    before = books()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert (books(), variant_of(lamp).stock) == (before, 10)


def test_a_guest_cancels_with_the_token_and_a_stranger_does_not(api: SchemaClient) -> None:
    lamp = make_product(stock=10)
    add(api, lamp, 2)
    order = placed(api)
    before = books()

    for stranger, token in ((SchemaClient(), ""), (SchemaClient(), "wrong"), (customer("eve@example.com"), "")):
        assert cancel(stranger, order["number"], token).status_code == 404
    assert {name: rows for name, rows in books().items() if rows != before[name] and name != "Job"} == {}

    assert cancel(SchemaClient(), order["number"], order["order_token"]).status_code == 200
    assert variant_of(lamp).stock == 10


@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled", "expired"])
def test_what_is_sent_or_over_is_not_cancelled(db: None, status: str) -> None:
    client, order, _ = ordered()
    Order.objects.update(status=status)
    before = books()

    response = cancel(client, order["number"])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert books() == before
    with pytest.raises(InvalidTransition):
        cancellation.cancel(STAFF, Order.objects.get().pk, "")


def test_a_buyer_does_not_cancel_what_is_paid(db: None) -> None:
    client, order, _ = ordered()
    collect(order["number"])
    before = books()

    assert cancel(client, order["number"]).status_code == 409

    assert books() == before


def test_staff_cancel_what_they_have_bought_themselves_as_buyers_do(db: None) -> None:
    client = customer("staff@example.com", is_staff=True)
    lamp = make_product(stock=10)
    add(client, lamp, 2)
    paid = placed(client)
    collect(paid["number"])
    add(client, lamp, 3)
    unpaid = placed(client)
    before = books()

    refused = cancel(client, paid["number"])

    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    assert books() == before
    assert cancel(client, unpaid["number"]).status_code == 200
    assert OrderEvent.objects.get(kind="cancelled").actor_kind == "customer"
    assert variant_of(lamp).stock == 8


@pytest.mark.parametrize("refund", [None, True, False])
def test_staff_cancel_what_is_not_paid_whatever_they_say_of_money(db: None, refund: bool | None) -> None:
    _, _, lamp = ordered()

    cancellation.cancel(STAFF, Order.objects.get().pk, "sold out", refund=refund)

    assert (Order.objects.get().status, variant_of(lamp).stock, Refund.objects.count()) == ("cancelled", 10, 0)


def test_staff_say_what_becomes_of_money_that_was_collected(db: None) -> None:
    _, order, _ = ordered()
    collect(order["number"])
    pk = Order.objects.get().pk

    with pytest.raises(RefundChoiceNeeded):
        cancellation.cancel(STAFF, pk, "")
    assert Order.objects.get().status == "processing"
    cancellation.cancel(STAFF, pk, "", refund=True)

    assert (Refund.objects.get().state, Payment.objects.get().refunded_minor) == ("succeeded", 4000)


def test_a_variant_that_is_gone_is_not_put_back(db: None) -> None:
    client, order, lamp = ordered()
    Order.objects.get().items.update(variant=None)

    assert cancel(client, order["number"]).status_code == 200

    assert variant_of(lamp).stock == 8


@pytest.mark.parametrize("given", [{"reason": "x" * 201}, {"reason": ["x"]}])
def test_a_reason_that_is_none_is_refused(db: None, given: dict[str, Any]) -> None:
    client, order, _ = ordered()

    response = cancel(client, order["number"], **given)

    assert (response.status_code, Order.objects.get().status) == (400, "processing")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_put_it_back_once() -> None:
    lamp = make_product(stock=10)
    user = make_user()
    client = SchemaClient().bearer(access_token(user))
    add(client, lamp, 2)
    order = placed(client)
    token = access_token(user)

    def act(_: int) -> int:
        status: int = cancel(SchemaClient().bearer(token), order["number"]).status_code
        return status

    assert sorted(at_once(4, act)) == [200, 409, 409, 409]
    assert (variant_of(lamp).stock, StockMovement.objects.filter(reason="return").count()) == (10, 1)
