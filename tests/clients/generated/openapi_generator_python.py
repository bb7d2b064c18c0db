"""From a guest's cart to a paid order, and a product made by staff, with the python client of OpenAPI Generator."""

import sys
from pathlib import Path
from typing import TypeVar

import urllib3
from shop import (
    AddItemInput,
    AddressInput,
    ApiClient,
    CartApi,
    CatalogApi,
    CatalogManagementApi,
    Configuration,
    CreateOrderInput,
    CreateOrderInputAddress,
    ListedVariantInput,
    LoginInput,
    OrdersApi,
    PaymentMethod,
    ProductInput,
    Refusal,
    RegisterInput,
    SignInApi,
    StockInput,
    TokenMode,
)
from shop import AddItemInputProductId as ProductId
from shop.exceptions import ApiException

T = TypeVar("T")


def given(value: T | None) -> T:
    """Return a value that need not be in every answer, and is in this one."""
    assert value is not None
    return value


def connect(url: str, token: str | None = None) -> ApiClient:
    """Return a client, as a guest or with an access token."""
    return ApiClient(Configuration(host=url, access_token=token))


def buy(url: str) -> None:
    """Fill a cart as a guest, sign up, and order by Cash on Delivery and by card."""
    # A guest fills a cart. Without cookies, the guest key of the first answer goes into a header of the next.
    guest = connect(url)
    lamp = CatalogApi(guest).list_products(search="arc").data[0]
    added = CartApi(guest).add_to_cart(add_item_input=AddItemInput(product_id=ProductId(lamp.id), quantity=2))
    key = given(added.cart_token)
    cart = CartApi(guest).get_cart(x_cart_token=key)
    print("guest:", *(f"{line.quantity} × {line.name}" for line in cart.data.items))

    # They sign up; their cart comes along.
    account = RegisterInput(email="ada@example.com", password="a lamp on the hill", mode=TokenMode.TOKEN)
    signed_up = SignInApi(guest).register(account, x_cart_token=key).data
    print(f"signed up: {signed_up.user.email}, lines merged: {given(signed_up.cart_merge).merged}")
    customer = connect(url, signed_up.access_token)
    orders = OrdersApi(customer)

    # An outdated total is refused.
    fields = AddressInput(
        full_name="Ada Lovelace", phone="98765 43210", line1="12 Hill Road", city="Pune", postal_code="411001", country="IN"
    )
    address = CreateOrderInputAddress(fields)  # the document allows plain text too
    order = CreateOrderInput(payment_method=PaymentMethod.COD, address=address)
    try:
        orders.place_order(order.model_copy(update={"expected_total": "1.00"}))
    except ApiException as error:
        refusal = error.data
        if not isinstance(refusal, Refusal) or refusal.code.actual_instance != "cart_changed":
            raise
        print(f"refused: {refusal.status} cart_changed, subtotal now {given(refusal.details).subtotal}")

    # Cash on Delivery. A repeated request with the same key returns the same order.
    placed = orders.place_order(order, idempotency_key="first-order").data
    repeated = orders.place_order(order, idempotency_key="first-order").data
    print(f"cash on delivery: {placed.status.value} {placed.total}, repeated: {str(repeated.number == placed.number).lower()}")

    # By card: the buyer pays on the payment page, and the shop front verifies.
    CartApi(customer).add_to_cart(add_item_input=AddItemInput(product_id=ProductId(lamp.id)))
    pending = orders.place_order(CreateOrderInput(payment_method=PaymentMethod.STRIPE, address=address)).data
    urllib3.request("POST", given(pending.checkout_url), body="act=pay", redirect=False)
    verified = orders.verify_payment(given(pending.session_id)).data
    print(f"by card: {pending.status.value}, then {verified.order_status.value}, paid: {str(verified.payment_verified).lower()}")
    mine = [f"{each.payment_method.value} {each.status.value} {each.payment_status.value}" for each in orders.list_orders().data]
    print("my orders:", ", ".join(mine))


def sell(url: str, picture: Path) -> None:
    """Make a product with two variants, upload a picture and add to the stock, as staff."""
    credentials = LoginInput(email="staff@example.com", password="a lamp on the hill", mode=TokenMode.TOKEN)
    staff = CatalogManagementApi(connect(url, SignInApi(connect(url)).login(credentials).data.access_token))
    variants = [
        ListedVariantInput(sku="GLOBE-S", options={"size": "small"}, price="30.00", stock=4),
        ListedVariantInput(sku="GLOBE-L", options={"size": "large"}, price="50.00", stock=1),
    ]
    made = staff.create_product(ProductInput(name="Globe", variants=variants)).data
    product = str(made.id)
    (image,) = staff.add_image(product, (picture.name, picture.read_bytes()), alt="A globe").data.images
    received = StockInput(sku_id=made.variants[0].id, delta=3, reason="received")
    counted = staff.adjust_stock(product, received).data
    stock = ", ".join(f"{variant.sku} {variant.stock}" for variant in counted.variants)
    print(f"staff: {counted.name}, {image.alt} {image.width} × {image.height}, {stock}")


if __name__ == "__main__":
    buy(sys.argv[1])
    sell(sys.argv[1], Path(sys.argv[2]))
