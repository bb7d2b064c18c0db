"""A shopper's journey over HTTP: browse, add to cart, register, order, view the order; and staff see the order."""

from django.test import Client

from accounts.models import User
from orders.models import Order
from products.tests.factories import get_only_variant, make_category, make_product
from tests.schema_client import SchemaClient

ACCOUNT = {"email": "ada@example.com", "password": "a lamp on the hill", "first_name": "Ada", "last_name": "Lovelace"}
ADDRESS = {
    **{"full_name": "Ada Lovelace", "phone": "020 7946 0958", "line1": "12 St James's Square", "city": "London"},
    **{"postal_code": "SW1Y 4JH", "country": "GB"},
}
FRONT = {"Origin": "http://localhost:5173"}


def test_a_guest_finds_a_lamp_becomes_a_customer_and_gets_it_delivered(api: SchemaClient) -> None:
    lamp = make_product("Desk Lamp", price="599.99", stock=3, category=make_category("Lighting"))
    make_product("Mug", price="5.00", category=make_category("Kitchen"))

    products = api.get("/api/products/?category=lighting&search=lamp", headers=FRONT).json()["data"]
    assert [(product["name"], product["price"], product["stock"]) for product in products] == [("Desk Lamp", "599.99", 3)]
    api.get("/api/cart/", headers=FRONT)
    added = api.post("/api/cart/add/", {"product_id": products[0]["uuid"], "quantity": 2}, headers=FRONT)
    assert (added.status_code, added.json()["owner"]["type"]) == (201, "guest")

    registered = api.post("/api/auth/register/", ACCOUNT, headers=FRONT)
    assert registered.status_code == 201
    assert registered.json()["data"]["cart_merge"] == {"merged": 1, "capped": [], "skipped": []}
    assert "cart_token" not in {name for name, cookie in api.cookies.items() if cookie.value}

    cart = api.get("/api/cart/", headers=FRONT).json()
    assert cart["owner"] == {"type": "user", "user_id": User.objects.get().pk, "session_key": None}
    assert (cart["data"]["user"], cart["data"]["total_items"], cart["data"]["subtotal"]) == ("Ada Lovelace", 2, "1199.98")
    assert api.get("/api/cart/summary/", headers=FRONT).json()["data"]["total_items"] == 2

    lines = cart["data"]["items"]
    body = {
        "payment_method": "COD",
        "address": ADDRESS,
        "cart": [{"id": line["product_id"], "quantity": line["quantity"], "price": line["price"]} for line in lines],
        "expected_total": cart["data"]["current_subtotal"],
    }
    key = {"Idempotency-Key": "5f2d3c1e-order-of-ada"}
    ordered = api.post("/api/orders/create/", body, headers=FRONT | key)
    assert ordered.status_code == 201
    order = ordered.json()["data"]
    assert (order["status"], order["payment_status"], order["total"]) == ("processing", "unpaid", "1199.98")
    assert (order["name"], order["email"]) == ("Ada Lovelace", "ada@example.com")

    assert api.post("/api/orders/create/", body, headers=FRONT | key).json()["data"] == order
    assert api.get("/api/orders/my/", headers=FRONT).json()["data"] == [order]
    assert api.get(f"/api/orders/{order['number']}/", headers=FRONT).json()["data"] == order
    assert api.get("/api/cart/", headers=FRONT).json()["data"]["items"] == []
    assert api.get(f"/api/products/{lamp.slug}/", headers=FRONT).json()["data"]["stock"] == 1
    assert (Order.objects.count(), get_only_variant(lamp).stock) == (1, 1)

    api.post("/api/auth/logout/", {}, headers=FRONT)
    assert api.get("/api/orders/my/", headers=FRONT).status_code == 401
    assert api.get(f"/api/orders/{order['number']}/", headers=FRONT).status_code == 404
    assert api.post("/api/auth/login/", ACCOUNT, headers=FRONT).status_code == 200
    assert api.get("/api/orders/my/", headers=FRONT).json()["data"] == [order]

    staff = Client()
    staff.force_login(User.objects.create_superuser("staff@example.com"))
    assert order["number"] in staff.get("/admin/orders/order/").content.decode()


def test_a_guest_orders_without_an_account_and_looks_it_up_by_its_token(api: SchemaClient) -> None:
    lamp = make_product("Desk Lamp", price="599.99", stock=3)
    token = api.post("/api/cart/", {}).json()["cart_token"]
    app = SchemaClient()
    app.post("/api/cart/add", {"cart_token": token, "product_id": lamp.pk, "variant_id": None, "qty": 2})

    order = app.post(
        "/api/order/create", {"cart_token": token, "method": "cod", "address": ADDRESS, "phone": "+91 98765 43210"}
    ).json()["data"]

    assert order["total"] == "1199.98"
    response = SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})
    assert response.json()["data"] == order
    assert api.post("/api/cart/", {"cart_token": token}).json()["data"]["count"] == 0
    assert get_only_variant(lamp).stock == 1


def test_on_another_device_the_cart_is_there(api: SchemaClient) -> None:
    lamp = make_product("Desk Lamp", sku="LAMP")
    api.post("/api/auth/register/", ACCOUNT)
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})
    phone = SchemaClient()

    tokens = phone.post("/api/auth/login/", {**ACCOUNT, "mode": "token"}).json()["data"]

    phone.bearer(tokens["access_token"])
    lines = phone.get("/api/cart/").json()["data"]["items"]
    assert [(line["sku"], line["quantity"]) for line in lines] == [("LAMP", 2)]
    assert lines == api.get("/api/cart/").json()["data"]["items"]
