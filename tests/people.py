"""Users and shoppers for the tests of an app that knows neither: `products` may not import `accounts`, `carts` or `orders`."""

from accounts.models import User
from accounts.tests.factories import access_token, make_user
from carts.tests.factories import add, cart_of
from orders.tests.factories import customer, placed

__all__ = ["User", "access_token", "add", "cart_of", "customer", "make_user", "placed"]
