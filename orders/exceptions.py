"""What can be refused about an order."""

from typing import Any

from core.exceptions import Conflict, GatewayDown, GatewayRefused, Invalid, NotFound


class EmptyCart(Invalid):
    """There is nothing to order."""

    code = "empty_cart"
    default_message = "Your cart is empty"


class CartChanged(Conflict):
    """Prices, stock or availability are not what the buyer saw; `details.changes` names each."""

    code = "cart_changed"
    default_message = "Your cart has changed. Look at the changes and order again"


class PaymentNotConfigured(GatewayDown):
    """The shop has no payment provider; Cash on Delivery works."""

    code = "payment_not_configured"
    default_message = "Card payment is not available in this shop"


class InvalidIdempotencyKey(Invalid):
    """The header is longer than 255 characters or holds others than visible ASCII."""

    code = "invalid_idempotency_key"
    default_message = "Idempotency-Key must be 1 to 255 visible ASCII characters"


class ContactNeeded(Invalid):
    """The shop must know to whom and where to send."""

    code = "required"
    default_message = "Say to whom and where it is to be sent"


class OrderNotFound(NotFound):
    """No such order of this caller."""

    code = "order_not_found"
    default_message = "Order not found"


class InvalidTransition(Conflict):
    """An order in this state cannot become that."""

    code = "invalid_transition"
    default_message = "This cannot be done with the order as it is now"


class AlreadyPaid(Conflict):
    """The order was paid while it was being cancelled or replaced."""

    code = "already_paid"
    default_message = "This order has been paid"


class OrderWaits(Conflict):
    """An order of this cart waits for its payment, and belongs to an account that is not the caller's."""

    code = "order_waits"
    default_message = "An order of this cart waits for its payment in an account. Sign in to pay or cancel it"


class OrderEnded(Conflict):
    """The order ended before its payment page could be opened; `details.order` is its number."""

    code = "order_ended"
    default_message = "The order has ended before it could be paid. Order again"


class PaymentProviderUnavailable(GatewayDown):
    """The payment provider did not answer; `details.order` names the order that waits for it."""

    code = "payment_provider_unavailable"
    default_message = "The payment provider does not answer. Try again in a moment"

    def __init__(self, message: str = "", *, retry_after: int = 5, **given: Any) -> None:
        super().__init__(message, **given)
        self.retry_after = retry_after


class PaymentSetupFailed(GatewayRefused):
    """The payment provider refused what the shop asked: a wrong key, a wrong parameter. The log says which."""

    code = "payment_setup_failed"
    default_message = "The payment provider refused this. The shop has to look at it"


class PaymentKeyRefused(PaymentSetupFailed):
    """The payment provider does not take the shop's key: nothing was done, and with the right key it can be."""


class EmailRefused(Invalid):
    """The payment provider takes no such e-mail address."""

    code = "invalid_email"
    default_message = "Enter a valid e-mail address"


class AmountTooSmall(Invalid):
    """Less than a card can be charged."""

    code = "amount_too_small"
    default_message = "This total is too small to be paid by card"


class AmountTooLarge(Invalid):
    """More than a card can be charged."""

    code = "amount_too_large"
    default_message = "This total is too large to be paid by card"


class AmountNotChargeable(Invalid):
    """A card is not charged in such fractions of this currency."""

    code = "amount_not_chargeable"
    default_message = "This total cannot be paid by card"


class SessionNotOpen(Conflict):
    """The checkout session is paid or over already."""

    code = "session_not_open"
    default_message = "The payment is not open any more"


class SessionMissing(NotFound):
    """The payment provider knows no such session, so nobody can pay it."""

    code = "session_missing"
    default_message = "There is no such payment"


class BadSignature(Invalid):
    """A webhook call that the payment provider did not sign, or not now."""

    code = "bad_signature"
    default_message = "The signature does not fit"


class WebhookNotConfigured(GatewayDown):
    """The shop knows no secret by which to tell the provider's calls from others."""

    code = "webhook_not_configured"
    default_message = "STRIPE_WEBHOOK_SECRET is not set"


class RefundTooLarge(Invalid):
    """More than is left of the payment, or than was bought."""

    code = "refund_too_large"
    default_message = "This is more than can be refunded"


class AddressNotFound(NotFound):
    """No such address in this user's book."""

    code = "address_not_found"
    default_message = "Address not found"


class AddressBookFull(Invalid):
    """The book holds as many addresses as it may."""

    code = "address_book_full"


class RefundChoiceNeeded(Invalid):
    """The order is paid: whoever cancels it says whether the money goes back."""

    code = "refund_choice_needed"
    default_message = "This order is paid. Say whether the money goes back: refund=true or refund=false"
