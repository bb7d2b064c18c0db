"""Errors that the orders app raises."""

from typing import Any

from core.exceptions import Conflict, DomainError, Forbidden, GatewayDown, GatewayRefused, Invalid, NotFound


class EmptyCart(Invalid):
    """There is nothing to order."""

    code = "empty_cart"
    default_message = "Your cart is empty"
    client_action = "Show the empty cart."


class CartChanged(Conflict):
    """Prices, stock or availability differ from what the customer saw; `details.changes` lists the differences."""

    code = "cart_changed"
    default_message = "Your cart has changed. Review the changes and try again"
    client_action = "Reload the cart, show `details.changes`, and order again when the customer agrees."


class NamedTwice(Invalid):
    """The snapshot lists the same line twice."""

    code = "named_twice"
    default_message = "The same item is named twice"
    client_action = "Send each line once."


class PaymentNotConfigured(GatewayDown):
    """The shop has no payment provider; Cash on Delivery still works."""

    code = "payment_not_configured"
    default_message = "Card payment is not available in this shop"
    client_action = "Offer only the `payment_methods` of `GET /api/config/`."


class InvalidIdempotencyKey(Invalid):
    """The header is longer than 255 characters or contains anything but visible ASCII characters."""

    code = "invalid_idempotency_key"
    default_message = "Idempotency-Key must be 1 to 255 visible ASCII characters"
    client_action = "Send a UUID, or leave the header out."


class ContactNeeded(Invalid):
    """The recipient or the delivery address is missing or incomplete; `errors` names each field."""

    code = "required"
    default_message = "Enter a recipient and a delivery address"
    client_action = "Ask for the fields that `errors` names."


class OrderNotFound(NotFound):
    """The order does not exist or does not belong to the caller."""

    code = "order_not_found"
    default_message = "Order not found"
    client_action = "Show that there is no such order; a guest needs its `order_token`."


class InvalidTransition(Conflict):
    """The order cannot change to the requested state."""

    code = "invalid_transition"
    default_message = "This is not possible in the current state of the order"
    client_action = "Reload the order."


class AlreadyPaid(Conflict):
    """The order was paid while it was being cancelled or replaced."""

    code = "already_paid"
    default_message = "This order has been paid"
    client_action = "Show the order that `details.order` names."


class OrderWaits(Conflict):
    """An order of this cart awaits payment and belongs to another account."""

    code = "order_waits"
    default_message = "An order from this cart awaits payment in an account. Sign in to pay for it or cancel it"
    client_action = "Ask the user to sign in and to pay for or cancel that order."


class TooManyUnpaidOrders(Conflict):
    """The buyer has as many unpaid card orders as they may; `details.limit` is their number."""

    code = "too_many_unpaid_orders"
    default_message = "Too many of your orders await payment. Pay for one of them or cancel it, then order again"
    client_action = "Show the buyer's unpaid orders, so that they pay for one or cancel it."


class OrderingBlocked(Forbidden):
    """The shop takes no orders from this e-mail address or phone number. Which of them, and why, is not said."""

    code = "ordering_blocked"
    default_message = "We cannot take this order. Please contact the shop."
    client_action = "Show the message; the customer has to contact the shop."


class OrderEnded(Conflict):
    """The order was closed before its payment page could be opened; `details.order` is its number."""

    code = "order_ended"
    default_message = "The order was closed before it could be paid. Please order again"
    client_action = "Place the order again with a new `Idempotency-Key`."


class PaymentProviderUnavailable(GatewayDown):
    """The payment provider did not answer; `details.order` is the number of the order that awaits it."""

    code = "payment_provider_unavailable"
    default_message = "The payment provider is not responding. Try again in a moment"
    client_action = "Repeat the request with the same `Idempotency-Key` after `Retry-After` seconds."

    def __init__(self, message: str = "", *, retry_after: int = 5, **options: Any) -> None:
        super().__init__(message, **options)
        self.retry_after = retry_after


class PaymentSetupFailed(GatewayRefused):
    """The payment provider rejected the shop's request: a wrong key or parameter. The log has the details."""

    code = "payment_setup_failed"
    default_message = "The payment provider rejected the request. The shop must resolve this"
    client_action = "Offer another payment method."


class PaymentKeyRefused(PaymentSetupFailed):
    """The payment provider rejected the shop's key. Nothing was done, so the request can be repeated with the right key."""


class RefundNotMade(DomainError):
    """The payment provider has not made a refund; `provider_code` says why, in its own words."""

    def __init__(self, message: str = "", *, provider_code: str = "", **options: Any) -> None:
        super().__init__(message, **options)
        self.provider_code = provider_code


class RefundRefused(RefundNotMade, GatewayRefused):
    """The payment provider will never make this refund."""

    code = "refund_refused"
    default_message = "The payment provider refuses this refund"
    client_action = "Staff only: pay the money back by bank transfer and record it."


class BalanceTooLow(RefundNotMade, PaymentProviderUnavailable):
    """The shop's balance at the payment provider does not cover a refund yet."""

    code = "balance_too_low"
    default_message = "The shop's balance at the payment provider is too low for this refund"
    client_action = "Staff only: the refund is repeated automatically."


class EmailRefused(Invalid):
    """The payment provider rejected the e-mail address."""

    code = "invalid_email"
    default_message = "Enter a valid e-mail address"
    client_action = "Let the user correct the address."


class AmountTooSmall(Invalid):
    """The total is below the minimum card charge."""

    code = "amount_too_small"
    default_message = "This total is too small for a card payment"
    client_action = "Offer another payment method."


class AmountTooLarge(Invalid):
    """The total is above the maximum card charge."""

    code = "amount_too_large"
    default_message = "This total is too large for a card payment"
    client_action = "Offer another payment method, or several orders."


class AmountNotChargeable(Invalid):
    """Cards cannot be charged in such small fractions of this currency."""

    code = "amount_not_chargeable"
    default_message = "This total cannot be paid by card"
    client_action = "Offer another payment method."


class SessionNotOpen(Conflict):
    """The checkout session is already paid or closed."""

    code = "session_not_open"
    default_message = "The payment is no longer open"
    client_action = "Reload the order."


class SessionMissing(NotFound):
    """The payment provider does not know the session, so it cannot be paid."""

    code = "session_missing"
    default_message = "Payment not found"
    client_action = "Reload the order."


class BadSignature(Invalid):
    """The webhook call was not signed by the payment provider, or its timestamp is too old."""

    code = "bad_signature"
    default_message = "Invalid signature"
    client_action = "Check the signing secret of the webhook."


class WebhookNotConfigured(GatewayDown):
    """The shop has no secret for verifying the provider's webhook calls."""

    code = "webhook_not_configured"
    default_message = "STRIPE_WEBHOOK_SECRET is not set"
    client_action = "The shop has to set `STRIPE_WEBHOOK_SECRET`; Stripe sends the event again."


class RefundTooLarge(Invalid):
    """The refund exceeds the remaining payment or the units that were bought."""

    code = "refund_too_large"
    default_message = "This is more than can be refunded"
    client_action = "Refund at most what is left."


class ParcelNotFound(NotFound):
    """The parcel does not exist."""

    code = "parcel_not_found"
    default_message = "Parcel not found"
    client_action = "Reload the order."


class CarrierUnavailable(GatewayDown):
    """A carrier's gateway does not answer, or its answer cannot be read."""

    code = "carrier_unavailable"
    default_message = "The carrier does not answer"
    client_action = "Staff only: wait. Parcels are asked about again within an hour."


class CarrierRefused(GatewayRefused):
    """A carrier's gateway refuses the shop's request, for example its token, or the shop cannot load the gateway."""

    code = "carrier_refused"
    default_message = "The carrier refuses the request"
    client_action = "Staff only: the shop has to correct `CARRIERS` or `CARRIER_TOKENS`."


class UnknownToCarrier(CarrierRefused):
    """A carrier's gateway answers 404: it does not know the parcel, or the URL is wrong."""

    default_message = "The carrier has nothing at this URL"


class CashTooMuch(Invalid):
    """More cash was entered than a parcel has to collect."""

    code = "cash_too_much"
    default_message = "This is more than the parcel has to collect"
    client_action = "Enter at most what is due."


class RemittanceDiffers(Conflict):
    """A remittance with this reference is recorded with other rows or charges."""

    code = "remittance_differs"
    default_message = "A remittance with this reference is recorded with other rows or charges"
    client_action = "Staff only: give this file another reference."


class TrackingNumberRefused(Invalid):
    """A tracking number or a carrier's name cannot be right, or another parcel of the carrier has the number."""

    code = "tracking_number_refused"
    default_message = "This is not a tracking number"
    client_action = "Show the message at the field."


class AddressNotFound(NotFound):
    """The address does not exist or does not belong to the user."""

    code = "address_not_found"
    default_message = "Address not found"
    client_action = "Reload the address book."


class AddressBookFull(Invalid):
    """The address book has reached its limit."""

    code = "address_book_full"
    client_action = "Ask the user to remove an address first."


class RefundChoiceNeeded(Invalid):
    """The order is paid, so cancelling it requires a decision about the refund."""

    code = "refund_choice_needed"
    default_message = "This order is paid. Choose whether to refund it: refund=true or refund=false"
    client_action = "Choose whether to refund the payment."


class PhoneCodeInvalid(Invalid):
    """The code sent to the phone of an order is wrong, expired, used or was tried too often."""

    code = "invalid_code"
    default_message = "The code is wrong or has expired"
    client_action = "Let the buyer type the code again, or request a new one."


class PhoneCodeNotPossible(Conflict):
    """The shop sends no text messages, or none to this number; staff confirm the phone."""

    code = "phone_code_not_possible"
    default_message = "We cannot send a code to this number. We will call you to confirm your order"
    client_action = "Show the message and offer no code: the shop calls the buyer."
