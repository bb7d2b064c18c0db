"""L9 for carts: the log alone is enough to rebuild a cart as it was at any moment"""

import os
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.tests.factories import PASSWORD, make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import signed_in
from orders.tests.factories import form
from products.models import Product, Variant
from products.tests.factories import change_price, make_product
from tests.schema_client import SchemaClient

State = dict[int, tuple[int, Decimal]]
STEPS = 60


def rebuilt(log: list[CartAuditLog]) -> State:
    """Play the log of a cart, and return units and price of addition of each variant that it then holds."""
    state: State = {}
    for entry in log:
        told, variant = entry.changes, entry.variant_id or 0
        before = state.get(variant)
        if entry.action == "ADD":
            units, price = before or (0, Decimal(told["price"]))
            state[variant] = (units + told["quantity"], price)
        elif entry.action == "UPDATE" and before:
            state[variant] = (told["new_quantity"], before[1])
        elif entry.action == "REMOVE":
            del state[variant]
        elif entry.action == "CLEAR" or "into" in told:
            state.clear()
        elif entry.action == "MERGE":
            state[variant] = (told["new_quantity"], Decimal(told["price"]))
        elif entry.action == "ACCEPT" and before:
            state[variant] = (before[0], Decimal(told["new_price"]))
        elif entry.action == "ORDER" and before:
            if told["left"]:
                state[variant] = (told["left"], before[1])
            else:
                del state[variant]
    return state


def lying_in(cart: Cart) -> State:
    """Return units and price of addition of each variant that the cart holds."""
    return {item.variant_id: (item.quantity, item.price_at_addition) for item in CartItem.objects.filter(cart=cart)}


def log_of(cart: Cart) -> list[CartAuditLog]:
    """Return the log of a cart, oldest first."""
    return list(cart.log.order_by("id"))


def acts(chance: random.Random, client: SchemaClient, goods: list[Product]) -> dict[str, Callable[[], Any]]:
    """Return what somebody may do to his cart, each with a product and numbers of chance."""

    def some() -> dict[str, Any]:
        return {"product_id": chance.choice(goods).pk}

    def merge() -> None:
        guest = SchemaClient()
        for _ in range(chance.randint(1, 3)):
            guest.post("/api/cart/add/", {**some(), "quantity": chance.randint(1, 5)})
        key = guest.get("/api/cart/").json()["cart_token"]
        client.post("/api/cart/merge/", {"cart_token": key})

    def order(**given: Any) -> None:
        client.post("/api/orders/create/", form(accept_price_changes=True, **given))

    return {
        "add": lambda: client.post("/api/cart/add/", {**some(), "quantity": chance.randint(1, 9)}),
        "update": lambda: client.patch("/api/cart/update/", {**some(), "quantity": chance.randint(0, 12)}),
        "remove": lambda: client.delete("/api/cart/remove/", some()),
        "clear": lambda: client.delete("/api/cart/clear/"),
        "reprice": lambda: change_price(chance.choice(goods), f"{chance.randint(1, 90)}.50"),
        "accept": lambda: client.post("/api/cart/accept-prices/"),
        "merge": merge,
        "order": order,
        "order some": lambda: order(items=[{**some(), "quantity": 1}]),
        "restock": lambda: Variant.objects.filter(product=chance.choice(goods)).update(stock=chance.randint(0, 40)),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("run", range(8))
def test_after_anything_at_all_the_log_leads_to_what_lies_in_the_cart(unthrottled: None, run: int) -> None:
    seed = int(os.environ.get("STORY_SEED", random.randrange(10**9)))
    print(f"STORY_SEED={seed}")
    chance = random.Random(seed)
    goods = [make_product(f"Lamp {number}", stock=40) for number in range(5)]
    user = make_user(email_verified_at=None)
    things = acts(chance, signed_in(user), goods)
    names = [name for name in things for _ in range(8 if name == "add" else 3 if name == "update" else 1)]
    done: list[str] = []
    told: list[tuple[int, State]] = []

    for _ in range(STEPS):
        done.append(chance.choice(names))
        things[done[-1]]()
        for cart in Cart.objects.filter(user=user):
            assert rebuilt(log_of(cart)) == lying_in(cart), (seed, done)
            told.append((len(log_of(cart)), lying_in(cart)))

    cart = Cart.objects.get(user=user)
    whole = log_of(cart)
    assert [rebuilt(whole[:length]) for length, _ in told] == [state for _, state in told]
    for merged in Cart.objects.exclude(merged_into=None):
        assert rebuilt(log_of(merged)) == lying_in(merged) == {}


@pytest.mark.django_db
def test_a_refusal_is_not_in_the_story() -> None:
    client = SchemaClient()
    lamp = make_product(stock=3)
    client.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})

    client.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 5})
    client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 99})
    client.delete("/api/cart/remove/", {"product_id": 999})

    assert [entry.action for entry in log_of(Cart.objects.get())] == ["ADD"]


@pytest.mark.django_db
def test_a_line_saved_for_later_lives_over_devices_and_sign_in_and_ends_at_checkout() -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    guest = SchemaClient()
    for product in (lamp, mug):
        guest.post("/api/cart/add/", {"product_id": product.pk})
    guest.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})
    guest.post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    phone = SchemaClient()
    phone.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    cart = phone.get("/api/cart/").json()["data"]
    assert [(line["name"], line["quantity"]) for line in cart["items"]] == [("Lamp", 0), ("Mug", 1)]
    assert (cart["count"], cart["total_items"], cart["subtotal"]) == (1, 1, "20.00")
    phone.post("/api/orders/create/", form())

    assert phone.get("/api/cart/").json()["data"]["items"] == []
    row = Cart.objects.exclude(user=None).get()
    assert rebuilt(log_of(row)) == {}
    assert log_of(row)[-1].changes["quantity"] == 0
