"""The e-mails about orders, with their default texts."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings

from core.mail import Link
from core.mail_texts.kinds import MailKind, MailText, Placeholder, register
from core.money import format_price

CUSTOMER, MERCHANT = "Customer", "Shop (SHOP_EMAIL)"
EXAMPLE_NUMBER = "261129-4TKQ7"
_currency = next(iter(settings.MARKETS.values()))
EXAMPLE_LINES = (f"2 × Lamp: {format_price(Decimal(4998), _currency)}", f"Total: {format_price(Decimal(4998), _currency)}")
EXAMPLE_LINK = Link("View your order", f"{settings.FRONTEND_URL}/orders/{EXAMPLE_NUMBER}")
NUMBER = Placeholder("number", "the number of the order", EXAMPLE_NUMBER)
NAME = Placeholder("name", "the name of the buyer; “customer” if they gave none, or a link", "Ada Lovelace")
AMOUNT = Placeholder("amount", "the refunded amount", format_price(Decimal(2499), _currency))
CLOSED_ORDER_NOTE = "The order is closed and will not be shipped."
CLOSED_NOTE = Placeholder("closed_note", f"“{CLOSED_ORDER_NOTE}” if that is so, otherwise nothing", CLOSED_ORDER_NOTE)
CODE_NOTE = "Open your order and enter the code that we send to your phone."
CALL_NOTE = "We will call you."
CONFIRM_NOTE = Placeholder("confirm_note", f"“{CODE_NOTE}”, or without text messages “{CALL_NOTE}”", CODE_NOTE)
BUYER_CONFIRMS_NOTE = "The buyer can confirm it by a code."
STAFF_CONFIRM_NOTE = "Call the buyer, and choose Phone confirmed on the page of the order."
STAFF_NOTE = Placeholder(
    "staff_note", f"“{BUYER_CONFIRMS_NOTE}”, or without text messages “{STAFF_CONFIRM_NOTE}”", BUYER_CONFIRMS_NOTE
)
DEADLINE = Placeholder("deadline", "when the order is cancelled", "30 Nov 2026, 14:30 UTC")
MERCHANT_NAME = Placeholder("name", "the name of the buyer; “A customer” if they gave none", "Ada Lovelace")
ALERT = Placeholder("alert", "the alert", "amount_mismatch")
ADVICE_NOTE = Placeholder("advice_note", "what to do, as a sentence, if the alert says it", "Advice: compare the amounts.")
MESSAGE_TEXT = Placeholder("text", "what staff have written", "Should the courier ring the bell?")
EXAMPLE_ADDRESS = ("Ada Lovelace", "12 Hill Road", "400050", "Mumbai", "India")
SKU = Placeholder("sku", "the SKU", "LAMP-RED")
REST_FOLLOWS_NOTE = "The rest follows."
REST_NOTE = Placeholder(
    "rest_note", f"“{REST_FOLLOWS_NOTE}” if something is still to be sent, otherwise nothing", REST_FOLLOWS_NOTE
)
CASH = format_price(Decimal(4998), _currency)
CASH_NOTE = Placeholder(
    "cash_note",
    "what to pay to the carrier of the parcel, as a sentence; nothing for an order that is paid",
    f"Please have {CASH} ready when it arrives.",
)
EXAMPLE_UNITS = "2 × Lamp"
EXAMPLE_TRACKING = "Carrier: Post\nTracking number: 4410\nFollow it at https://post.example/track/4410"


def _customer_kind(
    name: str, title: str, text: MailText, *placeholders: Placeholder, details: Sequence[str] = EXAMPLE_LINES
) -> MailKind:
    return MailKind(f"order_{name}", title, CUSTOMER, text, (NUMBER, NAME, *placeholders), details, EXAMPLE_LINK)


register(
    _customer_kind(
        "placed",
        "Order placed, Cash on Delivery",
        MailText("Your order {number}", "Thank you for your order {number}.", "You will pay on delivery."),
    ),
    _customer_kind(
        "confirm_phone",
        "Order placed, phone to be confirmed",
        MailText(
            "Confirm your phone number for order {number}",
            "Thank you for your order {number}. We will pack it once your phone number is confirmed. {confirm_note}",
            "If the number is not confirmed by {deadline}, the order is cancelled. You will pay on delivery.",
        ),
        *(CONFIRM_NOTE, DEADLINE),
    ),
    _customer_kind(
        "phone_unconfirmed",
        "Order cancelled, phone not confirmed",
        MailText(
            "Your order {number} was cancelled",
            "Your order {number} was cancelled, because your phone number was not confirmed in time. There is nothing to pay.",
            "You can order again at any time.",
        ),
    ),
    _customer_kind(
        "paid",
        "Order paid",
        MailText("Your order {number}", "Thank you. Your order {number} is paid.", "We will ship it as soon as it is packed."),
    ),
    _customer_kind(
        "payment_failed",
        "Payment failed",
        MailText(
            "Your order {number} was not paid",
            "The payment for your order {number} did not go through, so the order was closed. Nothing was charged.",
            "Your items are still in your cart.",
        ),
    ),
    _customer_kind(
        "shipped",
        "Order shipped",
        MailText("Your order {number} is on its way", "We have shipped your order {number}. {cash_note}"),
        CASH_NOTE,
        details=(EXAMPLE_TRACKING, *EXAMPLE_LINES),
    ),
    _customer_kind(
        "shipped_part",
        "Part of an order shipped",
        MailText(
            "A part of your order {number} is on its way",
            "We have shipped a part of your order {number}. {rest_note}\n\n{cash_note}",
        ),
        *(REST_NOTE, CASH_NOTE),
        details=(EXAMPLE_UNITS, EXAMPLE_TRACKING),
    ),
    _customer_kind(
        "delivery_failed",
        "Delivery failed",
        MailText(
            "Your order {number} could not be delivered",
            "The carrier could not deliver a parcel of your order {number}. They will try again, or get in touch with you.",
        ),
        details=(EXAMPLE_UNITS, EXAMPLE_TRACKING),
    ),
    _customer_kind(
        "parcel_returned",
        "Parcel of a paid order came back",
        MailText(
            "A parcel of your order {number} came back to us",
            "A parcel of your order {number} could not be delivered, and came back to us.",
            "We will get in touch with you about a refund, or about sending it again.",
        ),
        details=(EXAMPLE_UNITS, EXAMPLE_TRACKING),
    ),
    _customer_kind(
        "rest_cancelled",
        "Rest of an order cancelled, nothing to refund",
        MailText(
            "The rest of your order {number} was cancelled",
            "We have cancelled what we had not sent yet of your order {number}. There is nothing to pay for it.",
        ),
        details=(EXAMPLE_UNITS,),
    ),
    _customer_kind(
        "rest_cancelled_paid",
        "Rest of an order cancelled, to be refunded",
        MailText(
            "The rest of your order {number} was cancelled",
            "We have cancelled what we had not sent yet of your order {number}.",
            "You will be refunded for it. We will send you another e-mail when the refund is made.",
        ),
        details=(EXAMPLE_UNITS,),
    ),
    _customer_kind(
        "cancelled",
        "Order cancelled, nothing to refund",
        MailText("Your order {number} was cancelled", "Your order {number} was cancelled."),
    ),
    _customer_kind(
        "cancelled_paid",
        "Order cancelled, to be refunded",
        MailText(
            "Your order {number} was cancelled",
            "Your order {number} was cancelled.",
            "You will be refunded. We will send you another e-mail when the refund is made.",
        ),
    ),
    _customer_kind(
        "refunded",
        "Refund to a card",
        MailText(
            "Refund for your order {number}",
            "We have refunded {amount} of your order {number}. {closed_note}",
            "It may take a few days to appear on your bank statement.",
        ),
        *(AMOUNT, CLOSED_NOTE),
        details=(),
    ),
    _customer_kind(
        "refunded_cash",
        "Refund in cash",
        MailText("Refund for your order {number}", "We have refunded {amount} of your order {number}. {closed_note}"),
        *(AMOUNT, CLOSED_NOTE),
        details=(),
    ),
    _customer_kind(
        "address_corrected",
        "Delivery address corrected",
        MailText(
            "New delivery address of your order {number}",
            "We have corrected the delivery address of your order {number}:",
            "If it is not right, please answer before we ship your order.",
        ),
        details=EXAMPLE_ADDRESS,
    ),
    _customer_kind(
        "contact_corrected",
        "Name or phone corrected",
        MailText(
            "New contact details for your order {number}",
            "We have corrected the name or phone of your order {number}:",
            "If it is not right, please answer before we ship your order.",
        ),
        details=EXAMPLE_ADDRESS,
    ),
    _customer_kind(
        "message",
        "Message about an order, written by staff",
        MailText("About your order {number}", "{text}"),
        MESSAGE_TEXT,
        details=(),
    ),
    MailKind(
        "merchant_new_order",
        "New order",
        MERCHANT,
        MailText("New order {number}", "{name} has placed an order."),
        (NUMBER, MERCHANT_NAME),
        EXAMPLE_LINES,
    ),
    MailKind(
        "merchant_phone_to_confirm",
        "New order, phone to be confirmed",
        MERCHANT,
        MailText(
            "New order {number}, phone not confirmed",
            "{name} has placed an order. Do not pack it before the phone number is confirmed. {staff_note}",
            "If the number is not confirmed by {deadline}, the order is cancelled.",
        ),
        (NUMBER, MERCHANT_NAME, STAFF_NOTE, DEADLINE),
        EXAMPLE_LINES,
    ),
    MailKind(
        "merchant_attention",
        "Order with an alert",
        MERCHANT,
        MailText(
            "Order {number} needs attention: {alert}",
            "Order {number} has the alert {alert}. The payments page of the manual explains what to do. {advice_note}",
        ),
        (NUMBER, ALERT, ADVICE_NOTE),
        EXAMPLE_LINES,
    ),
    MailKind(
        "merchant_low_stock",
        "Low stock",
        MERCHANT,
        MailText(
            "{sku} is running low",
            "With order {number}, {sku} reached its low-stock threshold. The stock page of the admin shows the units left.",
        ),
        (NUMBER, SKU),
    ),
)
