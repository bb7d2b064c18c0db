"""Helpers that fill and read carts through the API."""

from typing import Any

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_access_token
from carts.models import Cart, CartAuditLog, CartItem
from products.models import Product, Variant
from products.tests.factories import make_product, make_variant
from tests.schema_client import SchemaClient

COOKIES = ("sessionid", "cart_token")
HEADERS = ("X-Cart-Token", "X-Session-Key")
CART_CHANGES = ("add", "update", "update by id", "remove", "remove by id", "clear")


def signed_in_client(user: User, market: str = "") -> SchemaClient:
    """Return a client with the user's access token."""
    return SchemaClient().bearer(make_access_token(user, market))


def add_to_cart(client: SchemaClient, product: Product, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    """Add units of a product to the client's cart and return the body of the response."""
    response = client.post("/api/cart/add/", {"product_id": product.pk, "quantity": quantity, **fields})
    assert response.status_code in (200, 201), response.json()
    body: dict[str, Any] = response.json()
    return body


def add_code(client: SchemaClient, code: str) -> dict[str, Any]:
    """Add a promotion code to the client's cart and return the body of the response."""
    response = client.post("/api/cart/codes/", {"code": code})
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def make_guest_cart(product: Product, quantity: int = 1) -> str:
    """Create a guest cart that holds the product and return its key."""
    return str(add_to_cart(SchemaClient(), product, quantity)["cart_token"])


def guest_client(key: str) -> SchemaClient:
    """Return a client that sends the key in a header."""
    client = SchemaClient()
    client.credentials(HTTP_X_CART_TOKEN=key)
    return client


def read_cart_with_keys(keys: dict[str, str]) -> dict[str, Any]:
    """Read a cart by POST as a new client that sends these keys."""
    body: dict[str, Any] = post_with_keys(keys, "/api/cart/", {}).json()
    return body


def sign_in(user: User, keys: dict[str, str]) -> dict[str, Any]:
    """Sign the user in by password, with these guest keys, and return the data of the response."""
    response = post_with_keys(keys, "/api/auth/login/", {"email": user.email, "password": PASSWORD})
    assert response.status_code == 200, response.json()
    data: dict[str, Any] = response.json()["data"]
    return data


def post_with_keys(keys: dict[str, str], address: str, body: dict[str, Any]) -> Any:
    """POST as a new client that sends each key in the cookie, the header or the "body" that it is listed under."""
    client = SchemaClient()
    for name in COOKIES:
        if name in keys:
            client.cookies[name] = keys[name]
    headers = {name: keys[name] for name in HEADERS if name in keys}
    return client.post(address, body | ({"cart_token": keys["body"]} if "body" in keys else {}), headers=headers)


def change_cart(client: SchemaClient, change: str, product: Product) -> Any:
    """Apply one of CART_CHANGES to the client's cart, which holds a line of this product; return the response."""
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


def get_cart(client: SchemaClient) -> dict[str, Any]:
    """Return the client's cart from the API."""
    data: dict[str, Any] = client.get("/api/cart/").json()["data"]
    return data


def get_cart_amounts(cart: dict[str, Any]) -> tuple[str, ...]:
    """Return the sums of a cart: goods, discounts, shipping and total."""
    return tuple(cart[name] for name in ("current_subtotal", "discount_total", "shipping_estimate", "total_estimate"))


def units_by_sku(cart: dict[str, Any]) -> dict[str, int]:
    """Return the units of each SKU in a cart from the API."""
    return {line["sku"]: line["quantity"] for line in cart["items"]}


def get_audit_log() -> list[tuple[str, str, dict[str, Any]]]:
    """Return the action, product and changes of every audit log entry, oldest first."""
    return list(CartAuditLog.objects.order_by("id").values_list("action", "product_name", "changes"))


def get_cart_rows() -> list[Any]:
    """Return all cart, line and log rows, for comparison."""
    return [list(model.objects.order_by("pk").values()) for model in (Cart, CartItem, CartAuditLog)]


def make_shirt() -> Product:
    """Make a product with two variants: SHIRT-S (20.00, 4 left) and SHIRT-M (25.00, 10 left)."""
    sizes = [
        make_variant("SHIRT-S", name="S", price="20.00", stock=4, options={"size": "S"}),
        make_variant("SHIRT-M", name="M", price="25.00", stock=10, options={"size": "M"}),
    ]
    return make_product("Shirt", variants=sizes)


def get_product_refs(product: Product) -> dict[str, dict[str, Any]]:
    """Return the bodies that can identify a simple product."""
    variant = product.variants.get().pk
    return {
        "number": {"product_id": product.pk},
        "text": {"product_id": str(product.pk)},
        "uuid": {"product_id": str(product.uuid)},
        "slug": {"product_id": product.slug},
        "sku_id": {"sku_id": variant},
        "sku_id as text": {"sku_id": str(variant)},
        "with variant_id": {"product_id": product.pk, "variant_id": variant},
        "with null": {"product_id": product.pk, "variant_id": None},
    }


def get_sku_id(sku: str) -> int:
    """Return the id of the variant with this SKU."""
    return Variant.objects.get(sku=sku).pk
