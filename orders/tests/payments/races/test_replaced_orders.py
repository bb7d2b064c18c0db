"""POST /api/orders/create/ while orders of merged carts are pending: all of them are replaced"""

import pytest

from accounts.tests.factories import make_user
from carts import merging
from carts.tests.factories import add_to_cart, signed_in_client
from core.actors import SYSTEM
from orders.models import Order
from orders.tests.factories import create, customer, database_rows
from orders.tests.payments.card_payments import CardPayments
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("pending", [1, 4])
def test_all_pending_orders_of_merged_carts_are_replaced(card_payments: CardPayments, unthrottled: None, pending: int) -> None:
    user = make_user("ada@example.com")
    client = signed_in_client(user)
    for number in range(pending):
        guest = SchemaClient()
        key = add_to_cart(guest, make_product(f"Lamp {number}", sku=f"LAMP-{number}"))["cart_token"]
        card_payments.place_order(guest, name="Ada")
        merging.merge_guest_carts(SYSTEM, user.pk, key)

    response = create(client)

    assert response.status_code == 201
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled"] * pending + ["processing"]


def test_after_the_last_attempt_no_order_is_cancelled_for_nothing(
    card_payments: CardPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.placement.place.MAX_ATTEMPTS", 1)
    client = customer()
    add_to_cart(client, make_product())
    card_payments.place_order(client)
    before = database_rows()

    response = create(client)

    assert (response.status_code, response.json()["code"]) == (409, "cart_busy")
    assert (Order.objects.get().status, card_payments.emulator.ledger()[0]["status"]) == ("pending", "open")
    assert database_rows() == before
