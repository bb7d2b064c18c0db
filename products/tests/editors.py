"""Those who change the catalog, and what they must find unchanged after a refusal."""

import http.client
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F, Sum

from products.models import Category, Listing, MarketPrice, PriceChange, Product, SearchWord, StockMovement, Variant
from products.tests.factories import make_product, make_variant
from tests.crowd import PATIENCE, Answer
from tests.people import User, access_token, make_user
from tests.schema_client import SchemaClient

TABLES = (Category, Product, Variant, MarketPrice, PriceChange, StockMovement, Listing, SearchWord)
US = {"X-Market": "us"}


def of(user: User) -> SchemaClient:
    """Return a client that sends the user's token."""
    return SchemaClient().bearer(access_token(user))


def staff() -> SchemaClient:
    """Return the client of a new member of staff."""
    return of(make_user("staff@example.com", is_staff=True))


def seller(email: str = "seller@example.com") -> SchemaClient:
    """Return the client of a new seller."""
    return of(make_user(email, is_seller=True))


def customer() -> SchemaClient:
    """Return the client of a new customer."""
    return of(make_user("customer@example.com"))


def sold_by(email: str, name: str = "Lamp", **given: Any) -> Product:
    """Make a product of the seller with this e-mail."""
    return make_product(name, seller_id=User.objects.get(email=email).pk, **given)


def make_tee(**given: Any) -> Product:
    """Make a product with two variants: TEE-S (20.00, us 2.00, 4 left) and TEE-M (25.00, 10 left)."""
    sizes = [
        make_variant("TEE-S", name="S", price="20.00", stock=4, prices={"us": "2.00"}, options={"Size": "S"}),
        make_variant("TEE-M", name="M", price="25.00", stock=10, options={"Size": "M"}),
    ]
    return make_product("Tee", variants=sizes, **given)


def catalog() -> dict[str, list[Any]]:
    """Return every row of the catalog, to be compared with itself later."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in TABLES}


def facts() -> dict[str, list[Any]]:
    """Return every row of the catalog without the times of the last change: a write of the same values is none."""
    return {name: [{**row, "updated_at": None} for row in rows] for name, rows in catalog().items()}


def variant(sku: str) -> Variant:
    """Return the variant with this SKU, fresh from the database."""
    return Variant.objects.get(sku=sku)


def movements(sku: str) -> list[tuple[int, str, str]]:
    """Return delta, reason and note of the movements of a variant, oldest first."""
    rows = StockMovement.objects.filter(variant__sku=sku).order_by("id")
    return list(rows.values_list("delta", "reason", "note"))


def on_record(sku: str) -> int:
    """Return the sum of a variant's movements."""
    total: int | None = StockMovement.objects.filter(variant__sku=sku).aggregate(total=Sum("delta"))["total"]
    return total or 0


def history(sku: str, market: str = "in") -> list[str | None]:
    """Return the prices that a variant has had in a market, oldest first; None while it was not for sale there."""
    rows = PriceChange.objects.filter(variant__sku=sku, market=market).order_by("id").values_list("price", flat=True)
    return [None if price is None else f"{price:.2f}" for price in rows]


def days_pass(days: float) -> None:
    """Let every price have come into force so many days earlier."""
    PriceChange.objects.update(created_at=F("created_at") - timedelta(days=days))


def detail(product: Product, market: str = "in") -> dict[str, Any]:
    """Return what the public sees of a product in a market."""
    response = SchemaClient().get(f"/api/products/{product.pk}/", headers={"X-Market": market})
    assert response.status_code == 200, response.json()
    data: dict[str, Any] = response.json()["data"]
    return data


def listed(market: str = "in", **query: str) -> list[dict[str, Any]]:
    """Return the list of products that the public sees in a market."""
    response = SchemaClient().get("/api/products/", query, headers={"X-Market": market})
    assert response.status_code == 200, response.json()
    data: list[dict[str, Any]] = response.json()["data"]
    return data


def each(*values: Any) -> tuple[Any, ...]:
    """Return values of any kinds, for a table of cases."""
    return values


def assert_refused(response: Any, status: int, code: str, *fields: str) -> None:
    """Hold that the answer is this refusal and names exactly these fields."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert sorted(body.get("errors") or {}) == sorted(fields), body


class Editors:
    """Members of staff, each with a connection of his own."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        user = make_user("staff@example.com", is_staff=True)
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {access_token(user)}"}

    def calling(self, method: str, path: str, body: dict[str, Any] | None = None) -> Callable[[], Answer]:
        """Return the call that will send this."""

        def call() -> Answer:
            line = http.client.HTTPConnection(self.host, timeout=PATIENCE)
            try:
                line.request(method, path, json.dumps(body or {}), self.headers)
                with line.getresponse() as response:  # which holds the socket too
                    return Answer(response.status, json.loads(response.read()))
            finally:
                line.close()

        return call
