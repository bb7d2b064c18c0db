"""Clients for users who edit the catalog, and dumps of the catalog to compare before and after."""

import http.client
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F, Sum

from products.models import Category, Listing, MarketPrice, PriceChange, Product, SearchDocument, SearchWord, StockMovement, Variant
from products.tests.factories import make_product, make_variant
from tests.concurrent_requests import TIMEOUT, Response
from tests.people import User, make_access_token, make_user
from tests.schema_client import SchemaClient

TABLES = (Category, Product, Variant, MarketPrice, PriceChange, StockMovement, Listing, SearchDocument, SearchWord)
IN_US_MARKET = {"X-Market": "us"}


def client_for(user: User) -> SchemaClient:
    """Return a client that sends the user's token."""
    return SchemaClient().bearer(make_access_token(user))


def staff_client() -> SchemaClient:
    """Return a client for a new superuser, who may change everything."""
    return client_for(make_user("staff@example.com", is_staff=True, is_superuser=True))


def seller_client(email: str = "seller@example.com") -> SchemaClient:
    """Return a client for a new seller."""
    return client_for(make_user(email, is_seller=True))


def customer_client() -> SchemaClient:
    """Return a client for a new customer."""
    return client_for(make_user("customer@example.com"))


def make_product_of(email: str, name: str = "Lamp", **fields: Any) -> Product:
    """Make a product of the seller with this email address."""
    return make_product(name, seller_id=User.objects.get(email=email).pk, **fields)


def make_tee(**fields: Any) -> Product:
    """Make a product with two variants: TEE-S (20.00, us 2.00, 4 left) and TEE-M (25.00, 10 left)."""
    sizes = [
        make_variant("TEE-S", name="S", price="20.00", stock=4, prices={"us": "2.00"}, options={"Size": "S"}),
        make_variant("TEE-M", name="M", price="25.00", stock=10, options={"Size": "M"}),
    ]
    return make_product("Tee", variants=sizes, **fields)


def dump_catalog() -> dict[str, list[Any]]:
    """Return all rows of the catalog, for comparison."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in TABLES}


def dump_without_timestamps() -> dict[str, list[Any]]:
    """Return all rows of the catalog without `updated_at`, which a write of the same values changes."""
    return {name: [{**row, "updated_at": None} for row in rows] for name, rows in dump_catalog().items()}


def get_variant(sku: str) -> Variant:
    """Return the variant with this SKU, fresh from the database."""
    return Variant.objects.get(sku=sku)


def list_movements(sku: str) -> list[tuple[int, str, str]]:
    """Return the delta, reason and note of a variant's movements, oldest first."""
    rows = StockMovement.objects.filter(variant__sku=sku).order_by("id")
    return list(rows.values_list("delta", "reason", "note"))


def sum_movements(sku: str) -> int:
    """Return the total of a variant's movements."""
    total: int | None = StockMovement.objects.filter(variant__sku=sku).aggregate(total=Sum("delta"))["total"]
    return total or 0


def list_prices(sku: str, market: str = "in") -> list[str | None]:
    """Return a variant's price history in a market, oldest first; None for the time it was not on sale there."""
    rows = PriceChange.objects.filter(variant__sku=sku, market=market).order_by("id").values_list("price", flat=True)
    return [None if price is None else f"{price:.2f}" for price in rows]


def backdate_prices(days: float) -> None:
    """Move the start of every price back by this many days."""
    PriceChange.objects.update(created_at=F("created_at") - timedelta(days=days))


def get_detail(product: Product, market: str = "in") -> dict[str, Any]:
    """Return the public representation of a product in a market."""
    response = SchemaClient().get(f"/api/products/{product.pk}/", headers={"X-Market": market})
    assert response.status_code == 200, response.json()
    data: dict[str, Any] = response.json()["data"]
    return data


def list_products(market: str = "in", **query: str) -> list[dict[str, Any]]:
    """Return the public product list of a market."""
    response = SchemaClient().get("/api/products/", query, headers={"X-Market": market})
    assert response.status_code == 200, response.json()
    data: list[dict[str, Any]] = response.json()["data"]
    return data


def cases(*values: Any) -> tuple[Any, ...]:
    """Return the values untyped, for a table of cases."""
    return values


def assert_refused(response: Any, status: int, code: str, *fields: str) -> None:
    """Assert that the response is this error, with errors for exactly these fields."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert sorted(body.get("errors") or {}) == sorted(fields), body


class StaffConnections:
    """Concurrent requests of a staff user, each on its own connection."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        user = make_user("staff@example.com", is_staff=True, is_superuser=True)
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {make_access_token(user)}"}

    def prepare(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Callable[[], Response]:
        """Return a function that sends the request."""

        def call() -> Response:
            connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
            try:
                connection.request(method, path, json.dumps(body or {}), self.headers | headers)
                with connection.getresponse() as response:  # the response keeps the socket open too
                    return Response(response.status, json.loads(response.read()))
            finally:
                connection.close()

        return call
