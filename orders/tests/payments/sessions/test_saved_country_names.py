"""Orders to saved addresses that had the name of their country then, and have its code now"""

from typing import Any

import pytest

from carts.tests.factories import add_to_cart
from orders import address_rules
from orders.models import Address, Order, Payment
from orders.tests.factories import ADDRESS, customer
from orders.tests.payments.card_payments import CardPayments
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
BOOK = "/api/orders/addresses/"
IN_INDIA = {**ADDRESS, "city": "Pune", "state": "Maharashtra", "postal_code": "411 001", "country": "India"}


def order_before_the_upgrade(monkeypatch: pytest.MonkeyPatch, client: SchemaClient, method: str) -> dict[str, Any]:
    """Place an order to a saved address as releases did that stored countries as written; return the request's body."""
    add_to_cart(client, make_product())
    with monkeypatch.context() as old_release:
        old_release.setattr(address_rules, "with_country_code", dict)
        address_id = client.post(BOOK, IN_INDIA).json()["data"]["id"]
        body = {"payment_method": method, "address_id": address_id}
        assert client.post("/api/orders/create/", body).status_code == 201
    assert Order.objects.get().address["country"] == "India"
    Address.objects.update(country="IN")  # by the migration
    return body


@pytest.mark.parametrize("method", ["cod", "stripe"])
def test_an_order_from_before_the_book_had_codes_is_found_again(
    monkeypatch: pytest.MonkeyPatch, card_payments: CardPayments, method: str
) -> None:
    client = customer()
    body = order_before_the_upgrade(monkeypatch, client, method)

    again = client.post("/api/orders/create/", body)

    assert (again.status_code, again.json()["data"]["number"]) == (200, Order.objects.get().number)
    assert Payment.objects.count() == 1


def test_but_not_if_the_saved_address_is_in_another_country_now(
    monkeypatch: pytest.MonkeyPatch, card_payments: CardPayments
) -> None:
    client = customer()
    body = order_before_the_upgrade(monkeypatch, client, "stripe")
    Address.objects.update(country="SG")

    again = client.post("/api/orders/create/", body)

    assert again.status_code == 201
    assert again.json()["data"]["address"]["country"] == "SG"
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled", "pending"]
