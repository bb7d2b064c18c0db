"""Orders for tests, placed through the API."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from accounts.tests.factories import make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import signed_in_client
from core.models import Job
from orders.models import Order, OrderEvent, OrderItem, Payment
from products.models import StockMovement, Variant
from tests.schema_client import SchemaClient

ADDRESS = {
    "full_name": "Ada Lovelace",
    "phone": "+91 98765 43210",
    "line1": "12 St James's Square",
    "line2": "Flat 3",
    "city": "London",
    "state": "Greater London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}
BLANK = dict.fromkeys(ADDRESS, "")
TABLES = (Cart, CartItem, CartAuditLog, Variant, StockMovement, Order, OrderItem, Payment, OrderEvent, Job)


def order_body(**fields: Any) -> dict[str, Any]:
    """Return the body of a Cash on Delivery order with these fields."""
    return {"payment_method": "cod", "address": ADDRESS, "email": "ada@example.com", **fields}


def create(client: SchemaClient, key: str = "", /, **fields: Any) -> Any:
    """Order the client's cart, with an Idempotency-Key if one is given, and return the response."""
    return client.post("/api/orders/create/", order_body(**fields), headers={"Idempotency-Key": key} if key else {})


def placed(client: SchemaClient, /, **fields: Any) -> dict[str, Any]:
    """Order the client's cart and return the order."""
    response = create(client, **fields)
    assert response.status_code == 201, response.json()
    order: dict[str, Any] = response.json()["data"]
    return order


def customer(email: str = "ada@example.com", **fields: Any) -> SchemaClient:
    """Return a client signed in as a new user."""
    return signed_in_client(make_user(email, **fields))


def database_rows() -> dict[str, list[Any]]:
    """Return every row that an order could touch, to compare before and after."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


def back_date(**ago: int) -> None:
    """Move the times of every order and cart into the past by this much."""
    earlier = timedelta(**ago)
    Order.objects.update(placed_at=F("placed_at") - earlier)
    Cart.objects.update(updated_at=F("updated_at") - earlier, ordered_at=F("ordered_at") - earlier)
