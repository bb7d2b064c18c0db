"""From a guest's cart to a paid order, and a product made by staff, with the client of openapi-python-client."""

import sys
from pathlib import Path
from typing import TypeVar

import httpx
from shop import AuthenticatedClient
from shop.api.cart import add_to_cart, get_cart
from shop.api.catalog import list_products
from shop.api.catalog_management import add_image, adjust_stock, create_product
from shop.api.orders import list_orders, place_order, verify_payment
from shop.api.sign_in import login, register
from shop.models import (
    AddItemInput,
    AddressInput,
    CreateOrderInput,
    ListedVariantInput,
    ListedVariantInputOptions,
    LoginInput,
    NewImageInput,
    PaymentMethod,
    ProductInput,
    Refusal,
    RegisterInput,
    StockInput,
    TokenMode,
)
from shop.types import File, Unset

T = TypeVar("T")


class Refused(Exception):
    """The shop refused a request."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def ask(reply: T | Refusal | None) -> T:
    """Return the body of a success: each call returns a union. Raises Refused."""
    if isinstance(reply, Refusal):
        raise Refused(reply)
    assert reply is not None, "a status that the document does not name"
    return reply


def given(value: T | Unset | None) -> T:
    """Return a value that need not be in every answer, and is in this one."""
    assert value is not None
    assert not isinstance(value, Unset)
    return value


def connect(url: str, token: str = "") -> AuthenticatedClient:
    """Return a client, as a guest or with an access token; routes that guests may call expect an AuthenticatedClient as well."""
    prefix = "Bearer" if token else ""
    return AuthenticatedClient(base_url=url, token=token, prefix=prefix, raise_on_unexpected_status=True)


def buy(url: str) -> None:
    """Fill a cart as a guest, sign up, and order by Cash on Delivery and by card."""
    # A guest fills a cart. Without cookies, the guest key of the first answer goes into a header of the next.
    guest = connect(url)
    lamp = ask(list_products.sync(client=guest, search="arc")).data[0]
    added = ask(add_to_cart.sync(client=guest, body=AddItemInput(product_id=lamp.id, quantity=2)))
    key = given(added.cart_token)
    cart = ask(get_cart.sync(client=guest, x_cart_token=key))
    print("guest:", *(f"{line.quantity} × {line.name}" for line in cart.data.items))

    # They sign up; their cart comes along.
    account = RegisterInput(email="ada@example.com", password="a lamp on the hill", mode=TokenMode.TOKEN)
    signed_up = ask(register.sync(client=guest, x_cart_token=key, body=account)).data
    print(f"signed up: {signed_up.user.email}, lines merged: {given(signed_up.cart_merge).merged}")
    customer = connect(url, given(signed_up.access_token))

    # An outdated total is refused.
    address = AddressInput(
        full_name="Ada Lovelace", phone="98765 43210", line1="12 Hill Road", city="Pune", postal_code="411001", country="IN"
    )
    order = CreateOrderInput(payment_method=PaymentMethod.COD, address=address)
    outdated = CreateOrderInput(payment_method=PaymentMethod.COD, address=address, expected_total="1.00")
    try:
        ask(place_order.sync(client=customer, body=outdated))
    except Refused as error:
        if error.refusal.code != "cart_changed":
            raise
        print(f"refused: {error.refusal.status} cart_changed, subtotal now {given(error.refusal.details).subtotal}")

    # Cash on Delivery. A repeated request with the same key returns the same order.
    placed = ask(place_order.sync(client=customer, idempotency_key="first-order", body=order)).data
    repeated = ask(place_order.sync(client=customer, idempotency_key="first-order", body=order)).data
    print(f"cash on delivery: {placed.status} {placed.total}, repeated: {str(repeated.number == placed.number).lower()}")

    # By card: the buyer pays on the payment page, and the shop front verifies.
    ask(add_to_cart.sync(client=customer, body=AddItemInput(product_id=lamp.id)))
    by_card = CreateOrderInput(payment_method=PaymentMethod.STRIPE, address=address)
    pending = ask(place_order.sync(client=customer, body=by_card)).data
    httpx.post(given(pending.checkout_url), data={"act": "pay"})
    verified = ask(verify_payment.sync(client=customer, session_id=given(pending.session_id))).data
    print(f"by card: {pending.status}, then {verified.order_status}, paid: {str(verified.payment_verified).lower()}")
    orders = ask(list_orders.sync(client=customer)).data
    print("my orders:", ", ".join(f"{mine.payment_method} {mine.status} {mine.payment_status}" for mine in orders))


def sell(url: str, picture: Path) -> None:
    """Make a product with two variants, upload a picture and add to the stock, as staff."""
    credentials = LoginInput(email="staff@example.com", password="a lamp on the hill", mode=TokenMode.TOKEN)
    staff = connect(url, given(ask(login.sync(client=connect(url), body=credentials)).data.access_token))
    variants = [
        ListedVariantInput(sku="GLOBE-S", options=ListedVariantInputOptions.from_dict({"size": "small"}), price="30.00", stock=4),
        ListedVariantInput(sku="GLOBE-L", options=ListedVariantInputOptions.from_dict({"size": "large"}), price="50.00", stock=1),
    ]
    made = ask(create_product.sync(client=staff, body=ProductInput(name="Globe", variants=variants))).data
    product = str(made.id)
    with picture.open("rb") as file:
        upload = NewImageInput(image=File(payload=file, file_name=picture.name, mime_type="image/png"), alt="A globe")
        (image,) = ask(add_image.sync(product, client=staff, body=upload)).data.images
    received = StockInput(sku_id=made.variants[0].id, delta=3, reason="received")
    counted = ask(adjust_stock.sync(product, client=staff, body=received)).data
    stock = ", ".join(f"{variant.sku} {variant.stock}" for variant in counted.variants)
    print(f"staff: {counted.name}, {image.alt} {image.width} × {image.height}, {stock}")


if __name__ == "__main__":
    buy(sys.argv[1])
    sell(sys.argv[1], Path(sys.argv[2]))
