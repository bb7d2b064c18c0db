"""GET /api/cart/audit-logs/"""

from datetime import datetime

import pytest

from accounts.tests.factories import PASSWORD, make_user
from carts.tests.factories import add_to_cart, make_guest_cart, sign_in, signed_in_client
from products.models import Product
from products.tests.factories import make_product, set_price
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

URL = "/api/cart/audit-logs/"


def test_each_change_is_listed_with_user_action_time_and_ip_address(db: None) -> None:
    user = make_user(first_name="Ada", last_name="Lovelace")
    phone = make_product("Smartphone XYZ", price="599.99")
    client = signed_in_client(user)
    line = add_to_cart(client, phone, 2)["data"]
    client.patch("/api/cart/update/", {"product_id": phone.pk, "quantity": 5})

    response = client.get(URL)

    assert response.status_code == 200
    assert response.json()["message"] == "Audit logs retrieved successfully"
    update, first = response.json()["data"]
    assert datetime.fromisoformat(first.pop("timestamp")) <= datetime.fromisoformat(update["timestamp"])
    first.pop("id")
    assert first == {
        "user": "Ada Lovelace",
        "action": "ADD",
        "action_display": "Item Added",
        "product_id": phone.pk,
        "sku_id": line["sku_id"],
        "product_name": "Smartphone XYZ",
        "changes": {"quantity": 2, "price": "599.99"},
        "ip_address": "127.0.0.1",
    }
    assert (update["action_display"], update["changes"]) == ("Item Updated", {"old_quantity": 2, "new_quantity": 5})


def test_every_kind_of_change_has_its_label(db: None) -> None:
    user = make_user(email_verified_at=None)
    client = signed_in_client(user)
    lamp, mug = make_product("Lamp", stock=50), make_product("Mug", stock=50)
    add_to_cart(client, lamp)
    client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 2})
    set_price(lamp, "25.00")
    client.post("/api/cart/accept-prices/")
    sign_in(user, {"X-Cart-Token": make_guest_cart(mug)})
    client.delete("/api/cart/remove/", {"product_id": mug.pk})
    client.post("/api/orders/create/", {"payment_method": "cod", "address": "12 Hill Road"})
    add_to_cart(client, mug)
    client.delete("/api/cart/clear/")

    actions = [entry["action_display"] for entry in client.get(URL, {"order": "asc"}).json()["data"]]

    assert actions == [
        *("Item Added", "Item Updated", "Prices Accepted", "Carts Merged", "Item Removed"),
        *("Order Placed", "Item Added", "Cart Cleared"),
    ]


def test_the_last_fifty_newest_first_or_oldest_first(db: None, unthrottled: None) -> None:
    client = signed_in_client(make_user())
    lamp = make_product(stock=99)
    for _ in range(52):
        add_to_cart(client, lamp)

    newest, oldest = client.get(URL).json()["data"], client.get(URL, {"order": "asc"}).json()["data"]

    assert len(newest) == 50
    assert [entry["id"] for entry in newest] == sorted((entry["id"] for entry in newest), reverse=True)
    assert oldest == newest[::-1]


@pytest.mark.parametrize("order", ["up", "ASC", "", "\0"])
def test_another_order_is_refused_by_its_name(db: None, order: str) -> None:
    response = signed_in_client(make_user()).get(URL, {"order": order})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["order"]


def test_a_product_that_is_gone_is_still_named(db: None) -> None:
    client = signed_in_client(make_user())
    add_to_cart(client, make_product("Lamp"))
    Product.objects.update(is_active=False, name="Renamed")

    assert client.get(URL).json()["data"][0]["product_name"] == "Lamp"


def test_users_see_only_their_own_log_and_guests_see_none(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(signed_in_client(make_user("eve@example.com")), lamp)

    assert signed_in_client(make_user()).get(URL).json()["data"] == []
    assert api.get(URL).status_code == 401
    api.post("/api/auth/login/", {"email": "eve@example.com", "password": PASSWORD})
    assert len(api.get(URL).json()["data"]) == 1


@pytest.mark.parametrize("entries", [1, 20])
def test_it_costs_the_same_for_one_and_for_many(db: None, entries: int) -> None:
    client = signed_in_client(make_user())
    lamp = make_product(stock=50)
    for _ in range(entries):
        add_to_cart(client, lamp)

    with capture_statements() as statements:
        assert len(client.get(URL).json()["data"]) == entries

    assert len(statements) == 3
