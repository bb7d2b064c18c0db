"""Jobs that have nothing to do, and payments that must never reach the provider"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from orders import emails
from orders.models import Order, OrderItem, Payment
from orders.payments import session_params

NO_ITEMS: list[OrderItem] = []


def test_without_an_address_the_merchant_gets_no_email(settings: Settings) -> None:
    settings.SHOP_EMAIL = ""

    emails.send_to_merchant({"kind": "new_order", "order": 1})

    assert mail.outbox == []


def test_a_card_payment_has_an_end() -> None:
    with pytest.raises(ValueError, match="expires_at"):
        session_params.build(Order(), NO_ITEMS, Payment())


def test_a_session_is_never_created_over_another_amount_than_that_of_the_payment() -> None:
    order = Order(number="261121-ABCDEF", total=Decimal("20.00"), shipping_total=Decimal("20.00"), currency="INR")
    payment = Payment(amount_minor=1999, expires_at=timezone.now() + timedelta(minutes=30))

    with pytest.raises(ValueError, match="add up to 2000 and not to 1999"):
        session_params.build(order, NO_ITEMS, payment)
