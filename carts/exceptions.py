"""What can be refused about a cart."""

from core.exceptions import Conflict, Invalid, NotFound


class OwnProduct(Invalid):
    """A seller does not buy from himself."""

    code = "own_product"
    default_message = "You cannot add your own products to cart"


class NotEnough(Invalid):
    """Fewer units are available than the line would hold."""

    code = "out_of_stock"


class QuantityLimit(Invalid):
    """A line holds at most 99 units."""

    code = "quantity_limit"


class CartFull(Invalid):
    """A cart holds at most 100 lines."""

    code = "cart_full"


class CartBusy(Conflict):
    """Other requests change this very cart; worth another try."""

    code = "cart_busy"
    default_message = "Your cart is being changed elsewhere. Try again"


class WishNotFound(NotFound):
    """The product is not on this wishlist."""

    code = "item_not_found"
    default_message = "Item not found in wishlist"


class WishlistFull(Invalid):
    """A wishlist holds at most 500 products."""

    code = "wishlist_full"


class ItemNotFound(NotFound):
    """The line is not in this cart."""

    code = "item_not_found"
    default_message = "Item not found in cart"
