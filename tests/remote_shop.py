"""The shop in a process of its own, called over HTTP as its clients do."""

import json
import urllib.request
from typing import Any

from orders.tests.factories import order_body


class RemoteShop:
    """A client of the shop on a port of this machine."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def call(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Get, or post JSON, and return what is in the answer. Raises HTTPError for a refusal."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - http
            return json.load(response)

    def place_order(self, product_id: int, payment_method: str = "cod", **headers: str) -> dict[str, Any]:
        """Let a guest order a product."""
        token = self.call("/api/cart/add/", {"product_id": product_id})["cart_token"]
        body = order_body(payment_method=payment_method)
        order: dict[str, Any] = self.call("/api/orders/create/", body, {"X-Cart-Token": token, **headers})["data"]
        return order

    def get_order(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return an order as its guest sees it now."""
        answer: dict[str, Any] = self.call(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})
        return dict(answer["data"])
