"""POST /api/cart/wishlist/move-to-cart/<id>/ while another call does the same"""

from typing import Any

import pytest
from django.db import connection

from accounts.tests.factories import make_user
from carts.models import CartItem, WishlistItem
from carts.tests.factories import signed_in_client
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_an_item_that_is_moved_concurrently_is_not_added_to_the_cart_twice() -> None:
    ada = signed_in_client(make_user())
    ada.post("/api/cart/wishlist/add/", {"product_id": make_product().pk})
    item = WishlistItem.objects.get()
    deleted: list[int] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Runs after the product was added to the cart and before it is removed from the wishlist.
        if not deleted and sql.startswith('DELETE FROM "carts_wishlistitem"'):
            deleted.append(item.pk)
            WishlistItem.objects.filter(pk=item.pk).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        response = ada.post(f"/api/cart/wishlist/move-to-cart/{item.pk}/", {})

    assert (deleted, response.status_code, response.json()["code"]) == ([item.pk], 404, "item_not_found")
    assert not CartItem.objects.exists()
