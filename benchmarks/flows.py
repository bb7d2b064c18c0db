"""What a shopper does in the benchmarks: each flow is a generator that yields requests and is sent the answers.

The requests follow the published API, as a guest's client sends them. The names are those of the rows in the report.
"""

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

ADDRESS = {
    **{"full_name": "Ada Byron", "phone": "+919876543210", "line1": "12 Brigade Road", "line2": "", "city": "Bengaluru"},
    **{"state": "Karnataka", "postal_code": "560001", "country": "IN"},
}
LINES = 3  # of a cart
UNITS_PER_CART = 240  # that are added before the next cart; a line holds at most 99


class Request(NamedTuple):
    """A request; the body becomes JSON."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    idempotency_key: str = ""


class Answer(NamedTuple):
    """A successful answer."""

    status: int
    content: bytes

    def parse(self) -> dict[str, Any]:
        """Return the body."""
        body: dict[str, Any] = json.loads(self.content)
        return body


Steps = Generator[Request, Answer, None]


@dataclass
class Shopper:
    """A guest with the guest key that the server gave last, and the products (`slug`, `sku_id`) to choose from."""

    products: Sequence[dict[str, Any]]
    position: int = 0
    key: str = ""
    chosen: Sequence[dict[str, Any]] = ()
    added: int = 0

    def choose(self, count: int) -> Sequence[dict[str, Any]]:
        """Return the next products; the first follow the last. Each belongs to one choice of a size, so orders cannot deadlock."""
        start = self.position * count % (len(self.products) // count * count)
        self.position += 1
        return self.products[start : start + count]


def list_products(shopper: Shopper) -> Steps:
    """Read the first page of the catalog."""
    yield Request("GET", "/api/products/")


def read_product(shopper: Shopper) -> Steps:
    """Read the next product."""
    [product] = shopper.choose(1)
    yield Request("GET", f"/api/products/{product['slug']}/")


def search(shopper: Shopper) -> Steps:
    """Search for a word that a tenth of all names have."""
    yield Request("GET", "/api/products/?search=lamp")


def fill_cart(shopper: Shopper) -> Steps:
    """Add different products to a new cart."""
    shopper.key, shopper.chosen = "", shopper.choose(LINES)
    for product in shopper.chosen:
        yield Request("POST", "/api/cart/add/", {"sku_id": product["sku_id"], "quantity": 1})


def read_cart(shopper: Shopper) -> Steps:
    """Read the cart."""
    yield Request("GET", "/api/cart/")


def add(shopper: Shopper) -> Steps:
    """Add a unit to a line of the cart."""
    if shopper.added == UNITS_PER_CART:
        shopper.key, shopper.added = "", 0
    product = shopper.chosen[shopper.added % LINES]
    shopper.added += 1
    yield Request("POST", "/api/cart/add/", {"sku_id": product["sku_id"], "quantity": 1})


def check_out(shopper: Shopper) -> Steps:
    """Fill a cart and order what is in it."""
    yield from fill_cart(shopper)
    order = {"payment_method": "cod", "address": ADDRESS, "name": "Ada Byron", "email": "ada@example.com", "phone": "+919876543210"}
    yield Request("POST", "/api/orders/create/", order, idempotency_key=str(uuid4()))


def prepare_nothing(shopper: Shopper) -> Steps:
    """Send nothing."""
    yield from ()


def summarize_list(body: dict[str, Any]) -> Any:
    """Return the products of a list with their prices."""
    return [(product["id"], product["name"], Decimal(product["price"])) for product in body["data"]]


def summarize_product(body: dict[str, Any]) -> Any:
    """Return a product with its variants."""
    return body["data"]["id"], [(variant["sku"], Decimal(variant["price"])) for variant in body["data"]["variants"]]


def summarize_cart(body: dict[str, Any]) -> Any:
    """Return the lines and the total of a cart."""
    cart = body.get("cart", body["data"])
    return [(line["sku"], line["quantity"]) for line in cart["items"]], Decimal(cart["subtotal"])


def summarize_order(body: dict[str, Any]) -> Any:
    """Return the lines and the total of an order, which has a number."""
    order = body["data"]
    lines = sorted((item["sku"], item["quantity"]) for item in order["items"])
    return lines, Decimal(order["total"]), order["status"], bool(order["number"])


class Flow(NamedTuple):
    """A flow, what has to be equal in the last answer of each application, and what each shopper does once before it."""

    label: str
    run: Callable[[Shopper], Steps]
    summarize: Callable[[dict[str, Any]], Any]
    prepare: Callable[[Shopper], Steps] = prepare_nothing


FLOWS = {
    "list": Flow("a page of 24 products", list_products, summarize_list),
    "detail": Flow("a product", read_product, summarize_product),
    "search": Flow("a search for a common word", search, summarize_list),
    "cart": Flow("a cart of 3 lines", read_cart, summarize_cart, fill_cart),
    "add": Flow("adding to it, with the whole cart in the answer", add, summarize_cart, fill_cart),
    "checkout": Flow("checkout: 3 products into a new cart, and the order", check_out, summarize_order),
}
