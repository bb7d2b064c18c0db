"""Orders whose phone has to be confirmed, for tests."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from carts.tests.factories import add_to_cart
from core.models import Job
from orders.fulfilment.phone_confirmation import DEADLINE_JOB
from orders.models import Order
from orders.tests.factories import placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PHONE = "+919876543210"  # of orders/tests/factories.py


def make_waiting_order(client: SchemaClient, /, **fields: Any) -> dict[str, Any]:
    """Place an order of 200.00 that waits for its phone, and return it."""
    add_to_cart(client, make_product("Lamp", price="200.00", stock=5))
    order = placed(client, **fields)
    assert order["phone_confirm_until"] is not None
    return order


def get_token(order: dict[str, Any]) -> dict[str, str]:
    """Return the header that opens a guest's order."""
    return {"X-Order-Token": order["order_token"]}


def send_phone_code(client: SchemaClient, order: dict[str, Any]) -> Any:
    """Have a code sent to the phone of an order."""
    return client.post(f"/api/orders/{order['number']}/send-phone-code/", headers=_find_token(order))


def confirm_phone(client: SchemaClient, order: dict[str, Any], code: object) -> Any:
    """Confirm the phone of an order by a code."""
    return client.post(f"/api/orders/{order['number']}/confirm-phone/", {"verification_code": code}, headers=_find_token(order))


def _find_token(order: dict[str, Any]) -> dict[str, str]:
    return get_token(order) if "order_token" in order else {}


def end_time_of(order: dict[str, Any]) -> None:
    """Move the deadline of an order into the past, with its job."""
    earlier = timedelta(hours=25)
    Order.objects.filter(number=order["number"]).update(phone_confirm_until=F("phone_confirm_until") - earlier)
    Job.objects.filter(kind=DEADLINE_JOB, payload__order=order["id"]).update(run_at=F("run_at") - earlier)
