"""Orders for tests, placed through the API."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from accounts.tests.factories import make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import signed_in
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


def form(**given: Any) -> dict[str, Any]:
    """Return the body of a Cash on Delivery order, with what is given."""
    return {"payment_method": "cod", "address": ADDRESS, "email": "ada@example.com", **given}


def create(client: SchemaClient, key: str = "", /, **given: Any) -> Any:
    """Order what lies in the client's cart, with an Idempotency-Key where one is given; return the response."""
    return client.post("/api/orders/create/", form(**given), headers={"Idempotency-Key": key} if key else {})


def placed(client: SchemaClient, /, **given: Any) -> dict[str, Any]:
    """Order what lies in the client's cart and return the order."""
    response = create(client, **given)
    assert response.status_code == 201, response.json()
    order: dict[str, Any] = response.json()["data"]
    return order


def customer(email: str = "ada@example.com", **fields: Any) -> SchemaClient:
    """Return the client of a new user."""
    return signed_in(make_user(email, **fields))


def books() -> dict[str, list[Any]]:
    """Return every row that an order could touch, to be compared with itself later."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


def back_date(**ago: int) -> None:
    """Let every order have been placed, and every cart have been changed last, so long ago."""
    earlier = timedelta(**ago)
    Order.objects.update(placed_at=F("placed_at") - earlier)
    Cart.objects.update(updated_at=F("updated_at") - earlier, ordered_at=F("ordered_at") - earlier)
