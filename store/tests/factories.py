"""The API's writes that a foreign page could trick a browser into sending, and the data that they must not change."""

from typing import NamedTuple

from accounts.models import AuthSession, User
from carts.models import Cart, CartAuditLog, CartItem
from core.models import Job
from orders.models import Order

EVIL = "http://evil.com"
SHOP_FRONT = "http://localhost:5173"


class Write(NamedTuple):
    """The method and URL of a write."""

    method: str
    url: str


WRITES = [
    Write("POST", "/api/auth/register/"),
    Write("POST", "/api/auth/login/"),
    Write("POST", "/api/auth/refresh/"),
    Write("POST", "/api/auth/logout/"),
    Write("POST", "/api/cart/"),
    Write("POST", "/api/cart/add/"),
    Write("POST", "/api/cart/items/"),
    Write("PATCH", "/api/cart/update/"),
    Write("PUT", "/api/cart/update/1/"),
    Write("POST", "/api/cart/update/1/"),
    Write("DELETE", "/api/cart/remove/"),
    Write("DELETE", "/api/cart/remove/1/"),
    Write("POST", "/api/cart/remove/1/"),
    Write("DELETE", "/api/cart/clear/"),
    Write("POST", "/api/cart/clear/"),
    Write("POST", "/api/orders/create/"),
    Write("POST", "/api/order/create/"),
]


def get_state() -> list[object]:
    """Return the shop's data, to compare it before and after a request."""
    return [
        list(User.objects.order_by("pk").values()),
        list(AuthSession.objects.order_by("pk").values()),
        list(Cart.objects.order_by("pk").values()),
        list(CartItem.objects.order_by("pk").values()),
        list(CartAuditLog.objects.order_by("pk").values()),
        list(Order.objects.order_by("pk").values()),
        list(Job.objects.order_by("pk").values()),
    ]
