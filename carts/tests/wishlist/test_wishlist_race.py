"""POST /api/cart/wishlist/move-to-cart/<id>/ while another call does the same"""

from typing import Any

import pytest
from django.db import connection

from accounts.tests.factories import make_user
from carts.models import CartItem, WishlistItem
from carts.tests.factories import signed_in
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_a_wish_that_is_moved_meanwhile_is_not_put_into_the_cart_once_more() -> None:
    ada = signed_in(make_user())
    ada.post("/api/cart/wishlist/add/", {"product_id": make_product().pk})
    wish = WishlistItem.objects.get()
    gone: list[int] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # After the product was put into the cart, and before it is taken off the wishlist.
        if not gone and sql.startswith('DELETE FROM "carts_wishlistitem"'):
            gone.append(wish.pk)
            WishlistItem.objects.filter(pk=wish.pk).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        response = ada.post(f"/api/cart/wishlist/move-to-cart/{wish.pk}/", {})

    assert (gone, response.status_code, response.json()["code"]) == ([wish.pk], 404, "item_not_found")
    assert not CartItem.objects.exists()
