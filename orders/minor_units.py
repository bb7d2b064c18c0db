"""The minor units in which a payment provider counts amounts: decided here and nowhere else."""

from decimal import Decimal

from core import money
from orders.exceptions import AmountNotChargeable
from orders.models import Order, Payment

# https://docs.stripe.com/currencies: where Stripe's minor units differ from ISO 4217.
TWO_DIGITS = {"ISK", "UGX"}  # both must be 0
NO_DIGITS = {"MGA"}


def digits(provider: str, currency: str) -> int:
    """Return how many digits after the decimal point the provider counts in."""
    if provider == Order.Method.STRIPE:
        return 2 if currency in TWO_DIGITS else 0 if currency in NO_DIGITS else money.exponent(currency)
    return money.exponent(currency)


def get_step(provider: str, currency: str) -> int:
    """Return the smallest amount that can be charged, in the provider's minor units."""
    return 100 if provider == Order.Method.STRIPE and currency in TWO_DIGITS else money.get_step(currency)


def to_minor(amount: Decimal, provider: str, currency: str) -> int:
    """Return the amount in the provider's minor units; nothing is ever rounded.

    Raises AmountNotChargeable if Stripe does not charge such a fraction, and ValueError if cash has no such fraction.
    """
    if provider != Order.Method.STRIPE:
        return money.to_minor(amount, currency)
    scaled = amount.scaleb(digits(provider, currency))
    minor = int(scaled)
    if minor != scaled or minor % get_step(provider, currency):
        raise AmountNotChargeable
    return minor


def to_major(amount_minor: int, provider: str, currency: str) -> Decimal:
    """Return the provider's minor units as an amount."""
    return Decimal(amount_minor).scaleb(-digits(provider, currency))


def captured_amount(payment: Payment) -> Decimal:
    """Return what was captured of a payment, in major units."""
    return to_major(payment.captured_minor, payment.provider, payment.currency)


def refunded_amount(payment: Payment) -> Decimal:
    """Return what was refunded of a payment, in major units."""
    return to_major(payment.refunded_minor, payment.provider, payment.currency)
