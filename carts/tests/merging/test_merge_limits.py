"""What a merge caps, what it leaves out, and that it never stops a sign-in."""

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add, cart_of, everything, guest, guest_with, held, sign_in, signed_in, sku_id
from carts.tests.faults import failing
from products.tests.factories import change, change_variant, make_product, make_products
from tests.counting import statements


@pytest.mark.parametrize(
    ("users", "guests", "stock", "joined"),
    [(60, 60, 1000, 99), (98, 1, 1000, 99), (99, 99, 1000, 99), (3, 4, 5, 5), (5, 5, 5, 5), (0, 4, 10, 4), (0, 0, 10, 0)],
)
def test_the_joined_line_is_capped_at_99_and_at_the_stock(db: None, users: int, guests: int, stock: int, joined: int) -> None:
    lamp, user = make_product(sku="LAMP", stock=1000), make_user()
    for client, units in ((signed_in(user), users), (guest(key := guest_with(lamp)), guests)):
        add(client, lamp)
        client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": units})
    change_variant("LAMP", stock=stock)

    sign_in(user, {"X-Cart-Token": key})

    assert held(cart_of(signed_in(user))) == {"LAMP": joined}


def test_the_user_never_has_fewer_than_before_though_less_is_left(db: None) -> None:
    lamp, user = make_product(sku="LAMP", stock=50), make_user()
    add(signed_in(user), lamp, 8)
    key = guest_with(lamp, 4)
    change_variant("LAMP", stock=5)

    sign_in(user, {"X-Cart-Token": key})

    assert held(cart_of(signed_in(user))) == {"LAMP": 8}


def test_what_was_capped_is_named_with_its_reason(db: None) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP", stock=1000), make_product("Mug", sku="MUG", stock=10)
    user = make_user()
    add(signed_in(user), lamp, 60)
    key = guest_with(lamp, 60)
    add(guest(key), mug, 4)
    change_variant("MUG", stock=3)

    data = sign_in(user, {"X-Cart-Token": key})

    lamp_named = {"product_id": lamp.pk, "sku_id": lamp.variants.get().pk, "name": "Lamp"}
    mug_named = {"product_id": mug.pk, "sku_id": sku_id("MUG"), "name": "Mug"}
    assert data["cart_merge"] == {
        "merged": 2,
        "capped": [
            {**lamp_named, "wanted": 120, "quantity": 99, "reason": "quantity_limit"},
            {**mug_named, "wanted": 4, "quantity": 3, "reason": "out_of_stock"},
        ],
        "skipped": [],
    }


def test_what_cannot_be_taken_along_is_named_with_its_reason(db: None) -> None:
    user = make_user()
    gone, own, lamp = make_product("Gone", sku="GONE"), make_product("Own", sku="OWN"), make_product("Lamp", sku="LAMP")
    key = guest_with(gone, 2)
    add(guest(key), own, 3)
    add(guest(key), lamp)
    change(gone, is_active=False)
    change(own, seller_id=user.pk)

    data = sign_in(user, {"X-Cart-Token": key})

    assert data["cart_merge"] == {
        "merged": 1,
        "capped": [],
        "skipped": [
            {"product_id": gone.pk, "sku_id": sku_id("GONE"), "name": "Gone", "quantity": 2, "reason": "unavailable"},
            {"product_id": own.pk, "sku_id": sku_id("OWN"), "name": "Own", "quantity": 3, "reason": "own_product"},
        ],
    }
    assert held(cart_of(signed_in(user))) == {"LAMP": 1}


def test_a_full_cart_takes_no_new_line_and_names_what_it_left_out(db: None) -> None:
    user, products = make_user(), make_products(*(f"Product {number}" for number in range(101)))
    first, *rest, last = products
    cart = add(signed_in(user), first)["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=1, price_at_addition=20) for product in rest
    )
    key = guest_with(first, 2)
    add(guest(key), last)

    data = sign_in(user, {"X-Cart-Token": key})

    assert data["cart_merge"]["merged"] == 1
    assert [(entry["name"], entry["reason"]) for entry in data["cart_merge"]["skipped"]] == [("Product 100", "cart_full")]
    assert CartItem.objects.get(cart=cart, variant__product=first).quantity == 3
    assert CartItem.objects.filter(cart=cart).count() == 100


def test_a_merge_that_fails_does_not_stop_the_sign_in_and_leaves_the_guests_cart(db: None) -> None:
    user, lamp = make_user(), make_product("Lamp", sku="LAMP")
    add(signed_in(user), lamp, 3)
    key = guest_with(lamp, 2)
    before = everything()

    with failing(table="carts_cartauditlog"):
        data = sign_in(user, {"X-Cart-Token": key})

    assert data["user"]["email"] == "ada@example.com"
    assert "cart_merge" not in data
    assert everything() == before
    assert held(cart_of(guest(key))) == {"LAMP": 2}
    sign_in(user, {"X-Cart-Token": key})
    assert held(cart_of(signed_in(user))) == {"LAMP": 5}


def test_fifty_lines_are_merged_at_the_price_of_one(db: None) -> None:
    costs = []
    products = make_products(*(f"Product {number}" for number in range(51)))
    for email, wanted in (("one@example.com", products[:1]), ("fifty@example.com", products[1:])):
        user, key = make_user(email), guest_with(wanted[0])
        CartItem.objects.bulk_create(
            CartItem(cart=Cart.objects.get(user=None, merged_into=None), variant=p.variants.get(), quantity=1, price_at_addition=20)
            for p in wanted[1:]
        )
        with statements() as run:
            sign_in(user, {"X-Cart-Token": key})
        costs.append(len(run))

    assert costs[0] == costs[1]


def test_a_cart_of_which_nothing_can_be_taken_is_merged_all_the_same(db: None) -> None:
    lamp = make_product()
    key = guest_with(lamp)
    change(lamp, is_active=False)

    merge = sign_in(make_user(), {"X-Cart-Token": key})["cart_merge"]

    assert (merge["merged"], [line["reason"] for line in merge["skipped"]]) == (0, ["unavailable"])
    entry = CartAuditLog.objects.get(action="MERGE")
    left_out = {"product_id": lamp.pk, "sku_id": lamp.variants.get().pk, "name": "Lamp", "quantity": 1, "reason": "unavailable"}
    assert (entry.changes["items_moved"], entry.changes["items_left_out"]) == (0, [left_out])
