"""POST /api/orders/create/ once more: which order is the answer, and that no other one of the cart is touched by it"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import PASSWORD, make_user
from carts import merging
from carts.models import Cart
from carts.tests.factories import add, cart_of, guest, guest_with, held, signed_in
from core import outbox
from core.actors import SYSTEM
from orders.models import Order, OrderItem, Payment
from orders.payments import reconciliation, stripe_gateway
from orders.tests.factories import ADDRESS, books, create, customer
from orders.tests.payments.invariants import check_books
from orders.tests.payments.paid_orders import DOWN, do_owed_jobs, lamps, pending, stock_of
from orders.tests.payments.till import Till, status_of
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
ASKING = {"match": {"path": "sessions"}, "times": -1, "do": DOWN}


def pages(till: Till) -> list[str]:
    """Return how the payment pages stand, oldest first."""
    return [row["status"] for row in till.emulator.ledger()]


def sold_and_waiting(till: Till) -> tuple[SchemaClient, str, str]:
    """Return a customer, his order on delivery under the key k-1, and his next one, which waits for a card."""
    client = customer()
    lamps(client)
    first = create(client, "k-1")
    assert first.status_code == 201
    add(client, make_product("Mug", sku="MUG"))
    return client, first.json()["data"]["number"], till.placed(client)["number"]


def test_a_late_retry_answers_the_first_order_and_leaves_the_one_that_waits_alone(till: Till) -> None:
    client, first, second = sold_and_waiting(till)

    again = create(client, "k-1")

    assert (again.status_code, again["Idempotency-Replayed"], again.json()["data"]["number"]) == (200, "true", first)
    assert status_of(second) == ("pending", "reserved", "open")
    assert pages(till) == ["open"]
    check_books()


def test_an_old_key_with_another_body_is_refused_and_leaves_the_one_that_waits_alone(till: Till) -> None:
    client, _, second = sold_and_waiting(till)
    before = books()

    again = create(client, "k-1", note="other")

    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
    assert status_of(second) == ("pending", "reserved", "open")
    assert (pages(till), books()) == (["open"], before)


@pytest.mark.parametrize("who", ["a user", "a guest"])
def test_a_retry_after_the_cart_was_changed_answers_the_order_that_waits_and_its_page(till: Till, who: str) -> None:
    client = customer() if who == "a user" else SchemaClient()
    lamps(client)
    first = till.order(client, "k-1", name="Ada").json()["data"]
    add(client, make_product("Mug", sku="MUG"))

    again = till.order(client, "k-1", name="Ada")

    assert (again.status_code, again.json()["data"]) == (200, first)
    assert status_of(first["number"]) == ("pending", "reserved", "open")
    assert (Order.objects.count(), pages(till)) == (1, ["open"])
    check_books()


def test_the_key_of_the_order_that_waits_with_another_body_is_refused_and_closes_nothing(till: Till) -> None:
    client = customer()
    lamps(client)
    till.order(client, "k-1")
    before = books()

    again = till.order(client, "k-1", email="other@example.com")

    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
    assert (pages(till), books()) == (["open"], before)


def test_a_retry_of_an_order_that_was_replaced_answers_it_and_leaves_the_next(till: Till) -> None:
    client = customer()
    lamps(client)
    first = till.order(client, "k-1").json()["data"]["number"]
    second = till.order(client, "k-2", email="other@example.com").json()["data"]["number"]

    again = till.order(client, "k-1")

    shown = again.json()["data"]
    assert (again.status_code, shown["number"], shown["status"], "checkout_url" in shown) == (200, first, "cancelled", False)
    assert status_of(second) == ("pending", "reserved", "open")
    assert pages(till) == ["expired", "open"]


@pytest.mark.parametrize("key", ["", "k-1"])
def test_what_was_paid_though_nobody_told_is_answered_as_paid(till: Till, key: str) -> None:
    client = customer()
    lamps(client)
    first = till.order(client, key).json()["data"]
    till.emulator.pay(first["session_id"])
    if key:
        add(client, make_product("Mug", sku="MUG"))

    again = till.order(client, key)

    shown = again.json()["data"]
    assert (again.status_code, shown["number"], shown["status"]) == (200, first["number"], "processing")
    assert (shown["payment_status"], "checkout_url" in shown) == ("paid", False)
    assert held(cart_of(client)) == ({"MUG": 1} if key else {})
    assert set(till.deliver()) == {200}
    check_books(till)


@pytest.mark.parametrize("key", ["", "k-1"])
def test_while_the_provider_is_down_the_page_that_is_open_is_given_again(till: Till, key: str) -> None:
    client = customer()
    lamps(client)
    first = till.order(client, key).json()["data"]
    if key:
        add(client, make_product("Mug", sku="MUG"))
    till.emulator.faults(ASKING)

    again = till.order(client, key)

    assert (again.status_code, again.json()["data"]) == (200, first)
    assert status_of(first["number"]) == ("pending", "reserved", "open")


def test_while_the_provider_is_down_a_page_whose_time_is_over_is_not_given_again(till: Till) -> None:
    client = customer()
    lamps(client)
    first = till.order(client, "k-1").json()["data"]
    Payment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    before = books()
    till.emulator.faults(ASKING)

    again = till.order(client, "k-1")

    body = again.json()
    assert (again.status_code, body["code"]) == (503, "payment_provider_unavailable")
    assert (body["details"], books()) == ({"order": first["number"]}, before)


def test_a_guests_retry_does_not_answer_an_order_that_somebody_has_claimed(api: SchemaClient) -> None:
    key = guest_with(make_product())
    order = create(guest(key), "k-1", name="Ada").json()["data"]
    bob = customer("bob@example.com")
    bob.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    before = books()

    by_key, by_chance = create(guest(key), "k-1", name="Ada"), create(guest(key), name="Ada")

    assert (by_key.status_code, by_key.json()["code"]) == (422, "idempotency_key_reused")
    assert (by_chance.status_code, by_chance.json()["code"]) == (400, "empty_cart")
    assert books() == before


@pytest.mark.parametrize("given", [{}, {"address": "elsewhere"}])
def test_an_order_that_was_claimed_and_waits_is_neither_shown_nor_closed_for_its_cart(till: Till, given: dict[str, Any]) -> None:
    key = guest_with(make_product(sku="LAMP"))
    order = till.placed(guest(key), name="Ada")
    bob = customer("bob@example.com")
    bob.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    before = books()

    again = till.order(guest(key), name="Ada", **given)

    assert (again.status_code, again.json()["code"]) == (409, "order_waits")
    assert (pages(till), books()) == (["open"], before)
    assert set(till.pay(order)) == {200}
    assert bob.get(f"/api/orders/{order['number']}/").json()["data"]["payment_status"] == "paid"


def test_an_order_whose_account_was_closed_is_nobodys_answer(api: SchemaClient) -> None:
    key = guest_with(make_product())
    order = create(guest(key), "k-1", name="Ada").json()["data"]
    bob = customer("bob@example.com")
    bob.post(f"/api/orders/{order['number']}/claim/", headers={"X-Order-Token": order["order_token"]})
    assert bob.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 200
    before = books()

    for again in (create(guest(key), name="Ada"), create(guest(key), "k-1", name="Ada")):
        assert (again.status_code, again.json()["code"]) == (400, "empty_cart")

    assert books() == before


@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_a_retry_by_the_address_book_is_the_same_whatever_has_become_of_the_address(change: str) -> None:
    client = customer()
    add(client, make_product())
    book = "/api/orders/addresses/"
    saved = client.post(book, ADDRESS).json()["data"]["id"]
    body, headers = {"payment_method": "cod", "address_id": saved}, {"Idempotency-Key": "k-1"}
    first = client.post("/api/orders/create/", body, headers=headers).json()["data"]
    if change == "changed":
        client.patch(f"{book}{saved}/", {"line2": "new"})
    else:
        client.delete(f"{book}{saved}/")

    again = client.post("/api/orders/create/", body, headers=headers)

    assert (again.status_code, again.json()["data"]) == (200, first)
    assert first["address"] == ADDRESS
    other = client.post("/api/orders/create/", {**body, "note": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_an_order_whose_time_was_over_before_its_page_was_made_has_ended(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    client = customer()
    lamps(client)
    real = stripe_gateway.open_session

    def slow(order: Order, items: list[OrderItem], payment: Payment) -> Any:
        # The page is made, and before the answer is here the time of the order is over: no fault of the emulator lasts so long.
        facts = real(order, items, payment)
        Order.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
        reconciliation.Run(timedelta(hours=72)).all()
        return facts

    monkeypatch.setattr(stripe_gateway, "open_session", slow)
    response = till.order(client)
    monkeypatch.undo()

    order = Order.objects.get()
    assert (response.status_code, response.json()["code"]) == (409, "order_ended")
    assert response.json()["details"] == {"order": order.number}
    assert (status_of(order.number)[:2], stock_of()) == (("expired", "released"), (10, 0))
    assert pages(till) == ["open"]
    outbox.run_due()
    assert pages(till) == ["expired"]
    assert till.placed(client)["number"] != order.number
    check_books()


def test_what_was_put_in_while_the_order_was_paid_is_a_wish_of_its_own(till: Till) -> None:
    client, first = pending(till, 2)
    lamp = OrderItem.objects.get().product
    assert lamp is not None
    snapshot = [{"product_id": lamp.pk, "quantity": 2}]
    add(client, lamp, 2)
    assert set(till.pay(first)) == {200}

    again = till.order(client, items=snapshot)

    assert again.status_code == 201
    assert again.json()["data"]["number"] != first["number"]
    assert (stock_of(), held(cart_of(client))) == ((8, 2), {"LAMP": 2})
    check_books(till)


def test_the_double_click_on_what_was_paid_meanwhile_is_its_echo(till: Till) -> None:
    client, first = pending(till)
    assert set(till.pay(first)) == {200}

    again = till.order(client)

    assert (again.status_code, again.json()["data"]["number"]) == (200, first["number"])
    assert Order.objects.count() == 1


def test_of_two_that_wait_in_a_merged_cart_the_end_of_one_does_not_hide_the_other(till: Till) -> None:
    user = make_user("ada@example.com")
    mine, stranger = signed_in(user), SchemaClient()
    lamp, mug = make_product(sku="LAMP"), make_product("Mug", sku="MUG")
    add(mine, mug)
    his = till.placed(mine)
    key = add(stranger, lamp)["cart_token"]
    guests = till.placed(stranger, name="Ada")
    merging.merge(SYSTEM, user.pk, key)
    mine.delete("/api/cart/clear/")
    add(mine, lamp)

    token = {"X-Order-Token": guests["order_token"]}
    assert SchemaClient().post(f"/api/orders/{guests['number']}/cancel/", {}, headers=token).status_code == 200

    assert Cart.objects.get(user=user).held_at is not None
    assert create(mine).status_code == 201
    assert status_of(his["number"])[:2] == ("cancelled", "released")
    do_owed_jobs()
    assert pages(till) == ["expired", "expired"]
    check_books()
