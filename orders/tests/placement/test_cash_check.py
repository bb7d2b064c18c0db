"""Cash on Delivery is not offered to buyers who have refused as many orders as COD_RULES allows"""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart, signed_in_client
from orders.models import Order
from orders.tests.factories import create, customer, database_rows, placed
from orders.tests.parcels.parcels import bring_back
from pricing.tests.zones import make_zone
from products.models import Product
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
PHONE = "+919876543210"


@pytest.fixture
def lamp(settings: Settings) -> Product:
    """A lamp of which a guest has refused one, which is too many in India."""
    lamp = make_product(price="100.00")
    client = SchemaClient()
    add_to_cart(client, lamp)
    placed(client, phone=PHONE)
    bring_back(Order.objects.get())
    settings.COD_RULES = {"in": (None, 1)}
    return lamp


@pytest.mark.parametrize("fields", [{}, {"accept_price_changes": True}, {"expected_total": "100.00"}])
@pytest.mark.parametrize("phone", [PHONE, "98765 43210", "+91 98765-43210"])
def test_the_order_is_refused_like_one_that_cannot_be_paid_on_delivery(
    api: SchemaClient, lamp: Product, phone: str, fields: dict[str, Any]
) -> None:
    add_to_cart(api, lamp)
    before = database_rows()

    response = create(api, phone=phone, **fields)

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert response.json()["details"]["changes"] == [
        {"item": None, "code": "cod_unavailable", "old": "cod", "new": None, "available": None}
    ]
    assert database_rows() == before


def test_the_phone_of_the_account_counts_too(lamp: Product) -> None:
    client = signed_in_client(make_user(phone=PHONE))
    add_to_cart(client, lamp)

    response = create(client, phone="+44 20 7946 0958")

    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")


def test_another_phone_pays_on_delivery(api: SchemaClient, lamp: Product) -> None:
    add_to_cart(api, lamp)

    assert placed(api, phone="+44 20 7946 0958")["total"] == "100.00"


def get_cash(client: SchemaClient) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the cart's page offers Cash on Delivery, and what it says of it for each method."""
    data = client.get("/api/cart/delivery/").json()["data"]
    payments = [payment for method in data["methods"] for payment in method["payments"]]
    return data["cod"], [payment for payment in payments if payment["payment_method"] == "cod"]


@pytest.mark.parametrize("limit", [None, "500.00"])
def test_the_page_of_the_cart_does_not_offer_it_to_that_account(lamp: Product, limit: str | None) -> None:
    client = signed_in_client(make_user(phone=PHONE))
    add_to_cart(client, lamp)
    make_zone(methods={"post": {"price": "0", "cod_max": limit}})

    is_offered, (cash,) = get_cash(client)

    assert is_offered is False
    assert (cash["available"], cash["total"]) == (False, None)
    assert cash["reason"] == {"code": "cod_unavailable", "text": "Cash on Delivery is not available for this delivery"}


def test_it_offers_it_to_others(api: SchemaClient, lamp: Product) -> None:
    clients = [api, customer("grace@example.com", phone="+442079460958")]
    for client in clients:
        add_to_cart(client, lamp)

    assert [get_cash(client)[0] for client in clients] == [True, True]


@pytest.mark.parametrize("who", ["guest", "user"])
def test_a_limit_costs_an_order_one_statement(lamp: Product, settings: Settings, who: str) -> None:
    costs: list[int] = []
    for rules in ({"us": (None, 1)}, settings.COD_RULES):
        settings.COD_RULES = rules
        client = customer(f"{len(costs)}@example.com") if who == "user" else SchemaClient()
        add_to_cart(client, lamp)
        with capture_statements() as run:
            assert create(client, phone="+44 20 7946 0958").status_code == 201
        costs.append(len(run))

    assert costs == [costs[0], costs[0] + 1]
