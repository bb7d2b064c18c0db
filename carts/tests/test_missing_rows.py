"""A cart without a row, and a wishlist item that was removed before its response was built"""

import pytest

from accounts.tests.factories import make_user
from carts.exceptions import WishlistItemNotFound
from carts.identity import CartRef
from carts.wishlist import selectors
from core import markets


def test_a_cart_without_a_row_has_no_id() -> None:
    ref = CartRef(markets.get_default_market(), None, None, key="a key")

    with pytest.raises(ValueError, match="no row"):
        _ = ref.pk


@pytest.mark.django_db
def test_an_item_that_is_gone_is_not_found() -> None:
    with pytest.raises(WishlistItemNotFound):
        selectors.get_item(make_user().pk, 1, markets.get_default_market(), "http://shop")
