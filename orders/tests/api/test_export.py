"""GET /api/auth/me/export/"""

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart, signed_in_client
from orders.models import Address
from orders.tests.api.test_my import make_orders
from orders.tests.factories import ADDRESS, customer, placed
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product, make_products
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def test_customers_get_a_copy_of_all_their_data_and_nobody_elses() -> None:
    client, lamp = customer("ada@example.com", first_name="Ada"), make_product("Lamp")
    add_to_cart(client, lamp)
    number = placed(client)["number"]
    client.post("/api/orders/addresses/", ADDRESS)
    client.post("/api/cart/wishlist/add/", {"product_id": lamp.pk})
    client.patch("/api/auth/me/", {"accepts_marketing": True})
    other = customer("bob@example.com")
    other.patch("/api/auth/me/", {"accepts_marketing": True})
    add_to_cart(other, lamp)
    placed(other)

    response = client.get("/api/auth/me/export/")

    data = response.json()["data"]
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert set(data) == {"profile", "marketing_consents", "addresses", "orders", "redemptions", "wishlist"}
    assert data["profile"] == client.get("/api/auth/me/").json()["data"]
    assert [(row["accepts"], row["source"]) for row in data["marketing_consents"]] == [(True, "profile")]
    assert data["addresses"] == client.get("/api/orders/addresses/").json()["data"]
    assert data["orders"] == client.get("/api/orders/my/").json()["data"]
    assert [order["number"] for order in data["orders"]] == [number]
    assert data["wishlist"] == client.get("/api/cart/wishlist/").json()["data"]


def test_the_promotions_of_ones_orders_are_in_the_copy() -> None:
    make_promotion("Welcome offer", code="WELCOME")
    make_promotion("Summer", on="items")
    numbers: list[str] = []
    for email in ("bob@example.com", "ada@example.com", "ada@example.com"):
        client = signed_in_client(User.objects.filter(email=email).first() or make_user(email))
        add_to_cart(client, make_product(f"Lamp {len(numbers)}"))
        numbers.append(placed(client, codes=["welcome"])["number"])

    data = client.get("/api/auth/me/export/").json()["data"]

    assert data["redemptions"] == [
        {"label": label, "code": code, "order": number}
        for number in (numbers[2], numbers[1])
        for label, code in (("Summer", None), ("Welcome offer", "WELCOME"))
    ]
    assert [order["discount_total"] for order in data["orders"]] == ["3.80", "3.80"]


def test_a_guest_has_nothing_to_export(api: SchemaClient) -> None:
    response = api.get("/api/auth/me/export/")

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


def test_one_row_and_many_cost_the_same_number_of_statements() -> None:
    counts = []
    for email, rows, prefix in (("ada@example.com", 1, "250101"), ("bob@example.com", 20, "250102")):
        client = customer(email)
        user = User.objects.get(email=email)
        make_orders(user, rows, prefix=prefix)
        Address.objects.bulk_create(Address(user=user, **ADDRESS) for _ in range(rows))
        for product in make_products(*(f"Lamp {email} {number}" for number in range(rows))):
            client.post("/api/cart/wishlist/add/", {"product_id": product.pk})
        with capture_statements() as statements:
            response = client.get("/api/auth/me/export/")
        counts.append(len(statements))
        assert len(response.json()["data"]["orders"]) == len(response.json()["data"]["wishlist"]) == rows

    assert counts == [9, 9]


def test_the_sixth_copy_within_an_hour_is_refused() -> None:
    client = customer("ada@example.com")

    statuses = [client.get("/api/auth/me/export/").status_code for _ in range(6)]

    assert statuses == [200, 200, 200, 200, 200, 429]
