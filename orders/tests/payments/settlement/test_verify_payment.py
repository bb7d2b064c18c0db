"""GET /api/orders/verify-payment/ and carts that change hands: guests, merged carts, carts that are gone"""

from urllib.parse import quote

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart
from carts.tests.factories import add, cart_of, guest, guest_with, held, sign_in, signed_in
from orders.models import Order
from orders.tests.factories import customer
from orders.tests.payments.invariants import check_books, stock_of, verify_url
from orders.tests.payments.till import Till, status_of
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("given", ["", "cs_test_unknown", "x" * 5000, quote("🛒"), "%ff"])
def test_a_session_that_the_shop_does_not_know_is_not_found(till: Till, given: str) -> None:
    response = customer().get(f"/api/orders/verify-payment/?session_id={given}")

    assert (response.status_code, response.json()["code"]) == (404, "order_not_found")
    assert till.emulator.requests() == []


@pytest.mark.postgresql
def test_a_session_with_a_nul_in_it_is_not_found(till: Till) -> None:
    client = SchemaClient()
    client.raise_request_exception = False

    assert client.get(f"/api/orders/verify-payment/?session_id={quote(chr(0))}").status_code == 404


def test_asking_is_limited(till: Till) -> None:
    client = customer()
    add(client, make_product())
    url = verify_url(till.placed(client))

    found = [client.get(url).status_code for _ in range(35)]

    assert (found[0], found[-1], sorted(found) == found) == (200, 429, True)


def test_a_guest_asks_by_his_token(till: Till) -> None:
    client = guest(guest_with(make_product(sku="LAMP", stock=5), 2))
    order = till.placed(client)
    till.emulator.pay(order["session_id"])
    assert client.get(verify_url(order)).status_code == 404

    answer = SchemaClient().get(verify_url(order), headers={"X-Order-Token": order["order_token"]})

    assert answer.json()["data"]["payment_verified"] is True
    assert till.deliver() == [200] * 4
    assert (held(cart_of(client)), stock_of("LAMP")) == ({}, (3, 0))
    check_books(till)


def test_the_token_of_another_order_opens_nothing(till: Till) -> None:
    lamp = make_product(stock=5)
    one, other = (till.placed(guest(guest_with(lamp))) for _ in range(2))

    assert SchemaClient().get(verify_url(one), headers={"X-Order-Token": other["order_token"]}).status_code == 404


@pytest.mark.parametrize("is_paid", [True, False])
def test_what_a_guest_ordered_and_took_into_his_account_leaves_that_cart(till: Till, is_paid: bool) -> None:
    key = guest_with(make_product("Lamp", sku="LAMP", stock=5), 2)
    user = make_user("ada@example.com")
    mine = signed_in(user)
    add(mine, make_product("Mug", sku="MUG", stock=5))
    order = till.placed(guest(key))
    sign_in(user, {"X-Cart-Token": key})
    assert held(cart_of(mine)) == {"LAMP": 2, "MUG": 1}
    check_books(till)

    if is_paid:
        till.emulator.pay(order["session_id"])
    else:
        till.emulator.clock(3600)
    assert set(till.deliver()) == {200}

    assert status_of(order["number"])[:2] == (("processing", "committed") if is_paid else ("expired", "released"))
    assert held(cart_of(mine)) == ({"MUG": 1} if is_paid else {"LAMP": 2, "MUG": 1})
    assert stock_of("LAMP") == ((3, 0) if is_paid else (5, 0))
    check_books(till)


def test_ordering_the_merged_cart_closes_the_pages_of_both_carts(till: Till) -> None:
    lamp = make_product("Lamp", sku="LAMP", stock=2)
    key = guest_with(lamp)
    user = make_user("ada@example.com")
    mine = signed_in(user)
    add(mine, lamp)
    till.placed(guest(key))
    till.placed(mine)
    sign_in(user, {"X-Cart-Token": key})
    assert held(cart_of(mine)) == {"LAMP": 2}

    order = till.placed(mine)

    assert order["items"][0]["quantity"] == 2
    assert [row["status"] for row in till.emulator.ledger()] == ["expired", "expired", "open"]
    assert stock_of("LAMP") == (2, 2)
    assert till.pay(order) == [200] * 6
    assert (stock_of("LAMP"), held(cart_of(mine))) == ((0, 0), {})
    check_books(till)


@pytest.mark.parametrize("is_paid", [True, False])
def test_an_order_whose_cart_is_gone_comes_to_its_end(till: Till, is_paid: bool) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    order = till.placed(client)
    Cart.objects.all().delete()

    if is_paid:
        till.emulator.pay(order["session_id"])
    else:
        till.emulator.clock(3600)

    assert set(till.deliver()) == {200}
    assert Order.objects.get().status == ("processing" if is_paid else "expired")
    assert stock_of("LAMP") == ((3, 0) if is_paid else (5, 0))
    check_books(till)
