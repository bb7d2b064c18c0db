"""What can be refused about an order."""

from store.core.exceptions import Conflict, GatewayDown, Invalid, NotFound


class EmptyCart(Invalid):
    """There is nothing to order."""

    code = "empty_cart"
    words = "Your cart is empty"


class CartChanged(Conflict):
    """Prices, stock or availability are not what the buyer saw; `details.changes` names each."""

    code = "cart_changed"
    words = "Your cart has changed. Look at the changes and order again"


class PaymentNotConfigured(GatewayDown):
    """The shop has no payment provider; Cash on Delivery works."""

    code = "payment_not_configured"
    words = "Card payment is not available in this shop"


class InvalidIdempotencyKey(Invalid):
    """The header is longer than 255 characters or holds others than visible ASCII."""

    code = "invalid_idempotency_key"
    words = "Idempotency-Key must be 1 to 255 visible ASCII characters"


class ContactNeeded(Invalid):
    """The shop must know to whom and where to send."""

    code = "required"


class OrderNotFound(NotFound):
    """No such order of this caller."""

    code = "order_not_found"
    words = "Order not found"
