"""Factories of users and orders for tests of `products`, which may not import `accounts`, `carts` or `orders`."""

from accounts.models import User
from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, get_cart
from orders.tests.factories import customer, placed

__all__ = ["User", "add_to_cart", "customer", "get_cart", "make_access_token", "make_user", "placed"]
