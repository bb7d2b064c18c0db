"""Lines that a merge caps or skips; a merge never stops a sign-in."""

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import (
    add_to_cart,
    get_cart,
    get_cart_rows,
    get_sku_id,
    guest_client,
    make_guest_cart,
    sign_in,
    signed_in_client,
    units_by_sku,
)
from carts.tests.faults import failing
from products.tests.factories import make_product, make_products, update_product, update_variant
from tests.query_capture import capture_statements


@pytest.mark.parametrize(
    ("users", "guests", "stock", "joined"),
    [(60, 60, 1000, 99), (98, 1, 1000, 99), (99, 99, 1000, 99), (3, 4, 5, 5), (5, 5, 5, 5), (0, 4, 10, 4), (0, 0, 10, 0)],
)
def test_the_joined_line_is_capped_at_99_and_at_the_stock(db: None, users: int, guests: int, stock: int, joined: int) -> None:
    lamp, user = make_product(sku="LAMP", stock=1000), make_user()
    for client, units in ((signed_in_client(user), users), (guest_client(key := make_guest_cart(lamp)), guests)):
        add_to_cart(client, lamp)
        client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": units})
    update_variant("LAMP", stock=stock)

    sign_in(user, {"X-Cart-Token": key})

    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": joined}


def test_the_user_never_has_fewer_than_before_though_less_is_left(db: None) -> None:
    lamp, user = make_product(sku="LAMP", stock=50), make_user()
    add_to_cart(signed_in_client(user), lamp, 8)
    key = make_guest_cart(lamp, 4)
    update_variant("LAMP", stock=5)

    sign_in(user, {"X-Cart-Token": key})

    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 8}


def test_what_was_capped_is_named_with_its_reason(db: None) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP", stock=1000), make_product("Mug", sku="MUG", stock=10)
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 60)
    key = make_guest_cart(lamp, 60)
    add_to_cart(guest_client(key), mug, 4)
    update_variant("MUG", stock=3)

    data = sign_in(user, {"X-Cart-Token": key})

    lamp_named = {"product_id": lamp.pk, "sku_id": lamp.variants.get().pk, "name": "Lamp"}
    mug_named = {"product_id": mug.pk, "sku_id": get_sku_id("MUG"), "name": "Mug"}
    assert data["cart_merge"] == {
        "merged": 2,
        "capped": [
            {**lamp_named, "wanted": 120, "quantity": 99, "reason": "quantity_limit"},
            {**mug_named, "wanted": 4, "quantity": 3, "reason": "out_of_stock"},
        ],
        "skipped": [],
    }


def test_lines_that_cannot_be_merged_are_listed_with_a_reason(db: None) -> None:
    user = make_user()
    gone, own, lamp = make_product("Gone", sku="GONE"), make_product("Own", sku="OWN"), make_product("Lamp", sku="LAMP")
    key = make_guest_cart(gone, 2)
    add_to_cart(guest_client(key), own, 3)
    add_to_cart(guest_client(key), lamp)
    update_product(gone, is_active=False)
    update_product(own, seller_id=user.pk)

    data = sign_in(user, {"X-Cart-Token": key})

    assert data["cart_merge"] == {
        "merged": 1,
        "capped": [],
        "skipped": [
            {"product_id": gone.pk, "sku_id": get_sku_id("GONE"), "name": "Gone", "quantity": 2, "reason": "unavailable"},
            {"product_id": own.pk, "sku_id": get_sku_id("OWN"), "name": "Own", "quantity": 3, "reason": "own_product"},
        ],
    }
    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 1}


def test_a_full_cart_takes_no_new_line_and_names_what_it_left_out(db: None) -> None:
    user, products = make_user(), make_products(*(f"Product {number}" for number in range(101)))
    first, *rest, last = products
    cart = add_to_cart(signed_in_client(user), first)["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=1, price_at_addition=20) for product in rest
    )
    key = make_guest_cart(first, 2)
    add_to_cart(guest_client(key), last)

    data = sign_in(user, {"X-Cart-Token": key})

    assert data["cart_merge"]["merged"] == 1
    assert [(entry["name"], entry["reason"]) for entry in data["cart_merge"]["skipped"]] == [("Product 100", "cart_full")]
    assert CartItem.objects.get(cart=cart, variant__product=first).quantity == 3
    assert CartItem.objects.filter(cart=cart).count() == 100


def test_a_merge_that_fails_does_not_stop_the_sign_in_and_leaves_the_guests_cart(db: None) -> None:
    user, lamp = make_user(), make_product("Lamp", sku="LAMP")
    add_to_cart(signed_in_client(user), lamp, 3)
    key = make_guest_cart(lamp, 2)
    before = get_cart_rows()

    with failing(table="carts_cartauditlog"):
        data = sign_in(user, {"X-Cart-Token": key})

    assert data["user"]["email"] == "ada@example.com"
    assert "cart_merge" not in data
    assert get_cart_rows() == before
    assert units_by_sku(get_cart(guest_client(key))) == {"LAMP": 2}
    sign_in(user, {"X-Cart-Token": key})
    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 5}


def test_fifty_lines_are_merged_at_the_price_of_one(db: None) -> None:
    costs = []
    products = make_products(*(f"Product {number}" for number in range(51)))
    for email, wanted in (("one@example.com", products[:1]), ("fifty@example.com", products[1:])):
        user, key = make_user(email), make_guest_cart(wanted[0])
        CartItem.objects.bulk_create(
            CartItem(cart=Cart.objects.get(user=None, merged_into=None), variant=p.variants.get(), quantity=1, price_at_addition=20)
            for p in wanted[1:]
        )
        with capture_statements() as statements:
            sign_in(user, {"X-Cart-Token": key})
        costs.append(len(statements))

    assert costs[0] == costs[1]


def test_a_cart_of_which_nothing_can_be_taken_is_merged_all_the_same(db: None) -> None:
    lamp = make_product()
    key = make_guest_cart(lamp)
    update_product(lamp, is_active=False)

    merge = sign_in(make_user(), {"X-Cart-Token": key})["cart_merge"]

    assert (merge["merged"], [line["reason"] for line in merge["skipped"]]) == (0, ["unavailable"])
    entry = CartAuditLog.objects.get(action="MERGE")
    left_out = {"product_id": lamp.pk, "sku_id": lamp.variants.get().pk, "name": "Lamp", "quantity": 1, "reason": "unavailable"}
    assert (entry.changes["items_moved"], entry.changes["items_left_out"]) == (0, [left_out])
