"""GET /api/orders/verify-payment/ for guests, merged carts and deleted carts"""

from urllib.parse import quote

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart
from carts.tests.factories import add_to_cart, get_cart, guest_client, make_guest_cart, sign_in, signed_in_client, units_by_sku
from orders.models import Order
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants, get_stock, get_verify_url
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("session_id", ["", "cs_test_unknown", "x" * 5000, quote("🛒"), "%ff"])
def test_a_session_that_the_shop_does_not_know_is_not_found(card_payments: CardPayments, session_id: str) -> None:
    response = customer().get(f"/api/orders/verify-payment/?session_id={session_id}")

    assert (response.status_code, response.json()["code"]) == (404, "order_not_found")
    assert card_payments.emulator.requests() == []


@pytest.mark.postgresql
def test_a_session_with_a_nul_in_it_is_not_found(card_payments: CardPayments) -> None:
    client = SchemaClient()
    client.raise_request_exception = False

    assert client.get(f"/api/orders/verify-payment/?session_id={quote(chr(0))}").status_code == 404


def test_asking_is_limited(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product())
    url = get_verify_url(card_payments.place_order(client))

    statuses = [client.get(url).status_code for _ in range(35)]

    assert (statuses[0], statuses[-1], sorted(statuses) == statuses) == (200, 429, True)


def test_a_guest_verifies_with_the_token(card_payments: CardPayments) -> None:
    client = guest_client(make_guest_cart(make_product(sku="LAMP", stock=5), 2))
    order = card_payments.place_order(client)
    card_payments.emulator.pay(order["session_id"])
    assert client.get(get_verify_url(order)).status_code == 404

    response = SchemaClient().get(get_verify_url(order), headers={"X-Order-Token": order["order_token"]})

    assert response.json()["data"]["payment_verified"] is True
    assert card_payments.deliver_events() == [200] * 4
    assert (units_by_sku(get_cart(client)), get_stock("LAMP")) == ({}, (3, 0))
    check_invariants(card_payments)


def test_the_token_of_another_order_opens_nothing(card_payments: CardPayments) -> None:
    lamp = make_product(stock=5)
    result, other = (card_payments.place_order(guest_client(make_guest_cart(lamp))) for _ in range(2))

    assert SchemaClient().get(get_verify_url(result), headers={"X-Order-Token": other["order_token"]}).status_code == 404


@pytest.mark.parametrize("is_paid", [True, False])
def test_an_order_claimed_into_an_account_leaves_that_cart(card_payments: CardPayments, is_paid: bool) -> None:
    key = make_guest_cart(make_product("Lamp", sku="LAMP", stock=5), 2)
    user = make_user("ada@example.com")
    user_client = signed_in_client(user)
    add_to_cart(user_client, make_product("Mug", sku="MUG", stock=5))
    order = card_payments.place_order(guest_client(key))
    sign_in(user, {"X-Cart-Token": key})
    assert units_by_sku(get_cart(user_client)) == {"LAMP": 2, "MUG": 1}
    check_invariants(card_payments)

    if is_paid:
        card_payments.emulator.pay(order["session_id"])
    else:
        card_payments.emulator.advance_clock(3600)
    assert set(card_payments.deliver_events()) == {200}

    assert get_statuses(order["number"])[:2] == (("processing", "committed") if is_paid else ("expired", "released"))
    assert units_by_sku(get_cart(user_client)) == ({"MUG": 1} if is_paid else {"LAMP": 2, "MUG": 1})
    assert get_stock("LAMP") == ((3, 0) if is_paid else (5, 0))
    check_invariants(card_payments)


def test_ordering_the_merged_cart_closes_the_pages_of_both_carts(card_payments: CardPayments) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=2)
    key = make_guest_cart(lamp)
    user = make_user("ada@example.com")
    user_client = signed_in_client(user)
    add_to_cart(user_client, lamp)
    card_payments.place_order(guest_client(key))
    card_payments.place_order(user_client)
    sign_in(user, {"X-Cart-Token": key})
    assert units_by_sku(get_cart(user_client)) == {"LAMP": 2}

    order = card_payments.place_order(user_client)

    assert order["items"][0]["quantity"] == 2
    assert [row["status"] for row in card_payments.emulator.ledger()] == ["expired", "expired", "open"]
    assert get_stock("LAMP") == (2, 2)
    assert card_payments.pay(order) == [200] * 6
    assert (get_stock("LAMP"), units_by_sku(get_cart(user_client))) == ((0, 0), {})
    check_invariants(card_payments)


@pytest.mark.parametrize("is_paid", [True, False])
def test_an_order_whose_cart_is_gone_comes_to_its_end(card_payments: CardPayments, is_paid: bool) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    order = card_payments.place_order(client)
    Cart.objects.all().delete()

    if is_paid:
        card_payments.emulator.pay(order["session_id"])
    else:
        card_payments.emulator.advance_clock(3600)

    assert set(card_payments.deliver_events()) == {200}
    assert Order.objects.get().status == ("processing" if is_paid else "expired")
    assert get_stock("LAMP") == ((3, 0) if is_paid else (5, 0))
    check_invariants(card_payments)
