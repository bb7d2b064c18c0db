"""Database constraints of carts."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_cart_rows
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def is_refused(model: type[Cart] | type[CartItem], **columns: Any) -> bool:
    """Return whether the database rejects the row."""
    try:
        with transaction.atomic():
            model.objects.create(**columns)
    except IntegrityError:
        return True
    return False


def test_a_user_has_one_cart_in_a_market(db: None) -> None:
    user = make_user()
    Cart.objects.create(user=user, market="in")

    assert is_refused(Cart, user=user, market="in")
    assert not is_refused(Cart, user=user, market="us")


def test_a_key_has_one_cart_in_a_market(db: None) -> None:
    Cart.objects.create(key_hash="a" * 64, market="in")

    assert is_refused(Cart, key_hash="a" * 64, market="in")
    assert not is_refused(Cart, key_hash="a" * 64, market="us")
    assert not is_refused(Cart, key_hash="b" * 64, market="in")


def test_a_cart_belongs_to_exactly_one(db: None) -> None:
    user = make_user()
    other = Cart.objects.create(user=user, market="us")

    assert is_refused(Cart, market="in")
    assert is_refused(Cart, market="in", user=user, key_hash="a" * 64)
    assert is_refused(Cart, market="in", user=user, merged_into=other)
    assert is_refused(Cart, market="in", key_hash="a" * 64, merged_into=other)
    assert not is_refused(Cart, market="in", merged_into=other)


def test_a_cart_never_has_two_lines_of_one_variant(api: SchemaClient) -> None:
    lamp = make_product()
    cart = add_to_cart(api, lamp)["cart"]["id"]

    assert is_refused(CartItem, cart_id=cart, variant=lamp.variants.get(), quantity=1, price_at_addition=1)


@pytest.mark.parametrize(("column", "value"), [("quantity", -1), ("quantity", 100), ("held", -1)])
def test_a_line_holds_0_to_99(api: SchemaClient, column: str, value: int) -> None:
    add_to_cart(api, make_product())
    before = get_cart_rows()

    with pytest.raises(IntegrityError), transaction.atomic():
        CartItem.objects.update(**{column: value})

    assert get_cart_rows() == before
