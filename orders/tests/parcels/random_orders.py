"""Random orders: lines, discounts and tax that are hard to share, in three currencies, with shipping and a fee for cash."""

from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from carts.tests.factories import add_to_cart
from core.currencies import exponent, get_step
from orders.models import Order, OrderAdjustment, Payment
from orders.tests.factories import placed
from pricing import rules
from pricing.models import ShippingMethod, Zone
from pricing.tests.factories import make_promotion
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD"}
ROOM = 1_000_000  # units in stock
PRICES = [("33.33", "333", "1.230"), ("0.07", "7", "0.070"), ("99.99", "1001", "13.370"), ("20.00", "250", "0.550")]


def make_goods() -> list[Product]:
    """Create products whose prices are hard to share, discounts that leave odd amounts, and delivery with a fee for cash."""
    goods = [
        make_product(f"Lamp {number}", sku=f"LAMP-{number}", price=price, stock=ROOM, prices={"jp": yen, "kw": dinar})
        for number, (price, yen, dinar) in enumerate(PRICES)
    ]
    make_promotion("Thirteen", on="items", percent=Decimal(13), products=goods[:2])
    make_promotion("Seven", percent=Decimal(7))
    for market, price, fee in (("in", "49.90", "25.05"), ("jp", "500", "77"), ("kw", "1.010", "0.330")):
        zone = Zone.objects.create(name=market, market=market)
        ShippingMethod.objects.create(zone=zone, code=f"post-{market}", name="Post", price=price, cod_fee=fee)
    rules.rebuild()
    return goods


def place(draw: Random, goods: list[Product], market: str, number: int, **fields: Any) -> Order:
    """Order random units of some of the goods, and for some orders add tax on top."""
    client = SchemaClient()
    client.credentials(HTTP_X_MARKET=market)
    for product in draw.sample(goods, draw.randint(1, 3)):
        add_to_cart(client, product, draw.randint(1, 5))
    contact = {"email": f"buyer{number}@example.com", "phone": f"+91 98765 {10_000 + number}"}
    order = Order.objects.get(number=placed(client, accept_price_changes=True, **contact, **fields)["number"])
    if draw.random() < 0.4:
        add_tax(draw, order)
    return order


def add_tax(draw: Random, order: Order) -> None:
    """Add tax on the lines and on what is due besides them."""
    currency = order.currency
    unit = Decimal(get_step(currency)).scaleb(-exponent(currency))
    on_lines = Decimal(0)
    for item in order.items.all():
        item.tax_total = unit * draw.randint(0, 99)
        item.save(update_fields=["tax_total"])
        on_lines += item.tax_total
    on_charges = unit * draw.randint(1, 99)
    rows = [("items", on_lines), ("shipping", on_charges)]
    columns = {"kind": "tax", "label": "Tax", "rate": 5, "position": 9}
    OrderAdjustment.objects.bulk_create(OrderAdjustment(order=order, on=on, amount=tax, **columns) for on, tax in rows if tax)
    order.prices_include_tax, order.tax_total = False, on_lines + on_charges
    order.total += order.tax_total
    order.save()
    Payment.objects.filter(order=order).update(amount_minor=int(order.total.scaleb(exponent(currency))))


def pay_before(order: Order) -> None:
    """Let an order be one that was paid by card."""
    now = timezone.now()
    Order.objects.filter(pk=order.pk).update(payment_method="stripe", paid_at=now)
    for payment in Payment.objects.filter(order=order):
        Payment.objects.filter(pk=payment.pk).update(provider="stripe", state="succeeded", captured_minor=payment.amount_minor)
