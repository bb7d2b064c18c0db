"""Law L9 for carts: the log alone is enough to rebuild a cart as it was at any moment"""

import os
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.tests.factories import PASSWORD, make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import signed_in_client
from orders.tests.factories import order_body
from products.models import Product, Variant
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient

State = dict[int, tuple[int, Decimal]]
STEPS = 60


def replay_log(log: list[CartAuditLog]) -> State:
    """Replay the log of a cart and return quantity and price at addition of each variant in it."""
    state: State = {}
    for entry in log:
        changes, variant = entry.changes, entry.variant_id or 0
        before = state.get(variant)
        if entry.action == "ADD":
            units, price = before or (0, Decimal(changes["price"]))
            state[variant] = (units + changes["quantity"], price)
        elif entry.action == "UPDATE" and before:
            state[variant] = (changes["new_quantity"], before[1])
        elif entry.action == "REMOVE":
            del state[variant]
        elif entry.action == "CLEAR" or "into" in changes:
            state.clear()
        elif entry.action == "MERGE":
            state[variant] = (changes["new_quantity"], Decimal(changes["price"]))
        elif entry.action == "ACCEPT" and before:
            state[variant] = (before[0], Decimal(changes["new_price"]))
        elif entry.action == "ORDER" and before:
            if changes["left"]:
                state[variant] = (changes["left"], before[1])
            else:
                del state[variant]
    return state


def get_contents(cart: Cart) -> State:
    """Return quantity and price at addition of each variant in the cart."""
    return {item.variant_id: (item.quantity, item.price_at_addition) for item in CartItem.objects.filter(cart=cart)}


def get_log(cart: Cart) -> list[CartAuditLog]:
    """Return the log of a cart, oldest first."""
    return list(cart.log.order_by("id"))


def make_actions(chance: random.Random, client: SchemaClient, goods: list[Product]) -> dict[str, Callable[[], Any]]:
    """Return the possible actions on a cart, each with a random product and quantity."""

    def some() -> dict[str, Any]:
        return {"product_id": chance.choice(goods).pk}

    def merge() -> None:
        guest = SchemaClient()
        for _ in range(chance.randint(1, 3)):
            guest.post("/api/cart/add/", {**some(), "quantity": chance.randint(1, 5)})
        key = guest.get("/api/cart/").json()["cart_token"]
        client.post("/api/cart/merge/", {"cart_token": key})

    def order(**fields: Any) -> None:
        client.post("/api/orders/create/", order_body(accept_price_changes=True, **fields))

    return {
        "add": lambda: client.post("/api/cart/add/", {**some(), "quantity": chance.randint(1, 9)}),
        "update": lambda: client.patch("/api/cart/update/", {**some(), "quantity": chance.randint(0, 12)}),
        "remove": lambda: client.delete("/api/cart/remove/", some()),
        "clear": lambda: client.delete("/api/cart/clear/"),
        "reprice": lambda: set_price(chance.choice(goods), f"{chance.randint(1, 90)}.50"),
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
    things = make_actions(chance, signed_in_client(user), goods)
    names = [name for name in things for _ in range(8 if name == "add" else 3 if name == "update" else 1)]
    done: list[str] = []
    states: list[tuple[int, State]] = []

    for _ in range(STEPS):
        done.append(chance.choice(names))
        things[done[-1]]()
        for cart in Cart.objects.filter(user=user):
            assert replay_log(get_log(cart)) == get_contents(cart), (seed, done)
            states.append((len(get_log(cart)), get_contents(cart)))

    cart = Cart.objects.get(user=user)
    log = get_log(cart)
    assert [replay_log(log[:length]) for length, _ in states] == [state for _, state in states]
    for merged in Cart.objects.exclude(merged_into=None):
        assert replay_log(get_log(merged)) == get_contents(merged) == {}


@pytest.mark.django_db
def test_a_refusal_is_not_in_the_history() -> None:
    client = SchemaClient()
    lamp = make_product(stock=3)
    client.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})

    client.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 5})
    client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 99})
    client.delete("/api/cart/remove/", {"product_id": 999})

    assert [entry.action for entry in get_log(Cart.objects.get())] == ["ADD"]


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
    phone.post("/api/orders/create/", order_body())

    assert phone.get("/api/cart/").json()["data"]["items"] == []
    row = Cart.objects.exclude(user=None).get()
    assert replay_log(get_log(row)) == {}
    assert get_log(row)[-1].changes["quantity"] == 0
