"""What the database itself refuses about carts."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add, everything
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def refused(model: type[Cart] | type[CartItem], **columns: Any) -> bool:
    """Say whether the database refuses such a row."""
    try:
        with transaction.atomic():
            model.objects.create(**columns)
    except IntegrityError:
        return True
    return False


def test_a_user_has_one_cart_in_a_market(db: None) -> None:
    user = make_user()
    Cart.objects.create(user=user, market="in")

    assert refused(Cart, user=user, market="in")
    assert not refused(Cart, user=user, market="us")


def test_a_key_has_one_cart_in_a_market(db: None) -> None:
    Cart.objects.create(key_hash="a" * 64, market="in")

    assert refused(Cart, key_hash="a" * 64, market="in")
    assert not refused(Cart, key_hash="a" * 64, market="us")
    assert not refused(Cart, key_hash="b" * 64, market="in")


def test_a_cart_belongs_to_exactly_one(db: None) -> None:
    user = make_user()
    other = Cart.objects.create(user=user, market="us")

    assert refused(Cart, market="in")
    assert refused(Cart, market="in", user=user, key_hash="a" * 64)
    assert refused(Cart, market="in", user=user, merged_into=other)
    assert refused(Cart, market="in", key_hash="a" * 64, merged_into=other)
    assert not refused(Cart, market="in", merged_into=other)


def test_a_cart_never_has_two_lines_of_one_variant(api: SchemaClient) -> None:
    lamp = make_product()
    cart = add(api, lamp)["cart"]["id"]

    assert refused(CartItem, cart_id=cart, variant=lamp.variants.get(), quantity=1, price_at_addition=1)


@pytest.mark.parametrize(("column", "value"), [("quantity", -1), ("quantity", 100), ("held", -1)])
def test_a_line_holds_0_to_99(api: SchemaClient, column: str, value: int) -> None:
    add(api, make_product())
    before = everything()

    with pytest.raises(IntegrityError), transaction.atomic():
        CartItem.objects.update(**{column: value})

    assert everything() == before
