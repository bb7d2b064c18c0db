"""Carts for tests, filled through the API."""

from typing import Any

from accounts.models import User
from accounts.tests.factories import PASSWORD, access_token
from carts.models import Cart, CartAuditLog, CartItem
from products.models import Product, Variant
from products.tests.factories import make_product, make_variant
from tests.schema_client import SchemaClient

COOKIES = ("sessionid", "cart_token")
HEADERS = ("X-Cart-Token", "X-Session-Key")
WRITES = ("add", "update", "update by id", "remove", "remove by id", "clear")


def signed_in(user: User, market: str = "") -> SchemaClient:
    """Return a client that sends the user's token."""
    return SchemaClient().bearer(access_token(user, market))


def add(client: SchemaClient, product: Product, quantity: int = 1, **given: Any) -> dict[str, Any]:
    """Put units of a product into the client's cart and return the answer's body."""
    response = client.post("/api/cart/add/", {"product_id": product.pk, "quantity": quantity, **given})
    assert response.status_code in (200, 201), response.json()
    body: dict[str, Any] = response.json()
    return body


def guest_with(product: Product, quantity: int = 1) -> str:
    """Return the key of a new guest whose cart holds the product."""
    return str(add(SchemaClient(), product, quantity)["cart_token"])


def guest(key: str) -> SchemaClient:
    """Return a client that sends this key by a header."""
    client = SchemaClient()
    client.credentials(HTTP_X_CART_TOKEN=key)
    return client


def read_with(carried: dict[str, str]) -> dict[str, Any]:
    """Read a cart by POST as a new client that sends these keys."""
    answer: dict[str, Any] = sending(carried, "/api/cart/", {}).json()
    return answer


def sign_in(user: User, carried: dict[str, str]) -> dict[str, Any]:
    """Sign the user in by his password, with these guest keys, and return the answer's data."""
    response = sending(carried, "/api/auth/login/", {"email": user.email, "password": PASSWORD})
    assert response.status_code == 200, response.json()
    data: dict[str, Any] = response.json()["data"]
    return data


def sending(carried: dict[str, str], address: str, body: dict[str, Any]) -> Any:
    """POST as a new client that sends these keys, each by the cookie, the header or the "body" that names it."""
    client = SchemaClient()
    for name in COOKIES:
        if name in carried:
            client.cookies[name] = carried[name]
    headers = {name: carried[name] for name in HEADERS if name in carried}
    return client.post(address, body | ({"cart_token": carried["body"]} if "body" in carried else {}), headers=headers)


def write(client: SchemaClient, change: str, product: Product) -> Any:
    """Change the client's cart, which holds a line of this product, in one of the WRITES; return the response."""
    line = CartItem.objects.get(variant__product=product).pk
    method, address, body = {
        "add": ("post", "/api/cart/add/", {"product_id": product.pk}),
        "update": ("patch", "/api/cart/update/", {"product_id": product.pk, "quantity": 2}),
        "update by id": ("patch", f"/api/cart/update/{line}/", {"quantity": 2}),
        "remove": ("delete", "/api/cart/remove/", {"product_id": product.pk}),
        "remove by id": ("delete", f"/api/cart/remove/{line}/", {}),
        "clear": ("delete", "/api/cart/clear/", {}),
    }[change]
    return getattr(client, method)(address, body)


def cart_of(client: SchemaClient) -> dict[str, Any]:
    """Return the client's cart as the API shows it."""
    data: dict[str, Any] = client.get("/api/cart/").json()["data"]
    return data


def held(cart: dict[str, Any]) -> dict[str, int]:
    """Return the units of a shown cart by SKU."""
    return {line["sku"]: line["quantity"] for line in cart["items"]}


def log() -> list[tuple[str, str, dict[str, Any]]]:
    """Return action, product and change of every entry, oldest first."""
    return list(CartAuditLog.objects.order_by("id").values_list("action", "product_name", "changes"))


def everything() -> list[Any]:
    """Return every row of every cart, to be compared with itself later."""
    return [list(model.objects.order_by("pk").values()) for model in (Cart, CartItem, CartAuditLog)]


def make_shirt() -> Product:
    """Make a product with two variants: SHIRT-S (20.00, 4 left) and SHIRT-M (25.00, 10 left)."""
    sizes = [
        make_variant("SHIRT-S", name="S", price="20.00", stock=4, options={"size": "S"}),
        make_variant("SHIRT-M", name="M", price="25.00", stock=10, options={"size": "M"}),
    ]
    return make_product("Shirt", variants=sizes)


def sku_id(sku: str) -> int:
    """Return the id of the variant with this SKU."""
    return Variant.objects.get(sku=sku).pk
