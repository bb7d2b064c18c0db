"""Errors of carts and wishlists."""

from core.exceptions import Conflict, Invalid, NotFound


class OwnProduct(Invalid):
    """Sellers cannot buy their own products."""

    code = "own_product"
    default_message = "You cannot add your own products to cart"
    field_message = "Validation failed"
    client_action = "Do not offer sellers their own products."


class NotEnough(Invalid):
    """The line would hold more units than are available."""

    code = "out_of_stock"
    field_message = "Validation failed"
    client_action = "Show how many are left and offer that quantity."


class QuantityLimit(Invalid):
    """A line holds at most 99 units."""

    code = "quantity_limit"
    client_action = "Offer at most `limits.max_quantity` of `GET /api/config/`."


class CartFull(Invalid):
    """A cart holds at most 100 lines."""

    code = "cart_full"
    client_action = "Ask the user to remove a line first."


class TooManyCodes(Invalid):
    """A cart holds at most 5 promotion codes."""

    code = "too_many_codes"
    default_message = "A cart holds at most 5 codes"
    client_action = "Ask the buyer to remove a code first."


class CartBusy(Conflict):
    """Other requests are changing the same cart; the client may retry."""

    code = "cart_busy"
    default_message = "Your cart is being changed elsewhere. Try again"
    client_action = "Repeat the request."


class UnreadableCookie(Invalid):
    """The Cookie header contains a shop cookie that cannot be parsed; issuing a new guest key would lose the guest's cart."""

    code = "unreadable_cookie"
    default_message = "The Cookie header cannot be read"
    client_action = "Delete the shop's cookies of this host, or send the key as `X-Cart-Token`."


class WishlistItemNotFound(NotFound):
    """The wishlist has no such item."""

    code = "item_not_found"
    default_message = "Item not found in wishlist"
    client_action = "Reload the wishlist."


class WishlistFull(Invalid):
    """A wishlist holds at most 500 products."""

    code = "wishlist_full"
    client_action = "Ask the user to remove an entry first."


class ItemNotFound(NotFound):
    """The cart has no such line."""

    code = "item_not_found"
    default_message = "Item not found in cart"
    client_action = "Reload the cart."
