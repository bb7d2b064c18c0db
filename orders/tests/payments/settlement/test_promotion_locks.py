"""The order of locks: an order that gives back a promotion locks it before listings, like one that takes it"""

import pytest

from carts.tests.factories import add_code, add_to_cart, get_sku_id, make_shirt
from orders.fulfilment import cancellation
from orders.models import Order
from orders.tests.factories import create, customer
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import make_staff_actor
from orders.tests.payments.settlement.test_late_payment import create_abandoned_order, pay_first_session
from pricing.models import PromotionCode
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CODE_TABLES = ("pricing_promotioncode", "orders_redemption")
TABLES = ("products_variant", "pricing_promotion", "products_listing")


def list_locked_tables(statements: list[str]) -> list[str]:
    """Return in which order rows of TABLES are first selected by themselves, which is to lock them."""
    selects = [sql for sql in statements if sql.startswith("SELECT")]
    first = {table: next(number for number, sql in enumerate(selects) if f'FROM "{table}" WHERE' in sql) for table in TABLES}
    return sorted(TABLES, key=lambda table: first[table])


def fill_cart() -> SchemaClient:
    """Return a buyer whose cart holds a shirt, and a code with a limit."""
    make_promotion(code="TEN", usage_limit=5)
    client = customer()
    add_to_cart(client, make_shirt(), sku_id=get_sku_id("SHIRT-S"))
    add_code(client, "TEN")
    return client


@pytest.mark.parametrize("method", ["cod", "stripe"])
def test_a_cancelled_order_locks_promotions_after_variants_and_before_listings(card_payments: CardPayments, method: str) -> None:
    client = fill_cart()
    assert create(client, payment_method=method).status_code == 201
    order = Order.objects.get()

    with capture_statements() as statements:
        cancellation.cancel_order(make_staff_actor(), order.pk, "sold elsewhere")

    assert list_locked_tables(statements) == list(TABLES)
    order.refresh_from_db()
    assert (order.status, order.redemptions.get().promotion.used) == ("cancelled", 0)


def test_late_money_locks_them_in_this_order_too(card_payments: CardPayments) -> None:
    number = create_abandoned_order(card_payments, fill_cart())

    with capture_statements() as statements:
        pay_first_session(card_payments)

    assert list_locked_tables(statements) == list(TABLES)
    order = Order.objects.get(number=number)
    assert (order.status, order.redemptions.get().promotion.used) == ("processing", 1)


def list_changed_tables(statements: list[str]) -> list[str]:
    """Return in which order codes and their uses are written."""
    writes = [sql for sql in statements if sql.startswith(("INSERT", "UPDATE"))]
    return [table for sql in writes for table in CODE_TABLES if sql.split('"')[1] == table]


@pytest.mark.parametrize("method", ["cod", "stripe"])
def test_a_code_for_one_order_is_written_before_its_use(card_payments: CardPayments, method: str) -> None:
    make_promotion(code="ONCE", single_use=True)
    client = customer()
    add_to_cart(client, make_product())
    add_code(client, "ONCE")

    with capture_statements() as placing:
        assert create(client, payment_method=method).status_code == 201
    order = Order.objects.get()
    with capture_statements() as cancelling:
        cancellation.cancel_order(make_staff_actor(), order.pk, "sold elsewhere")

    assert list_changed_tables(placing) == list_changed_tables(cancelling) == list(CODE_TABLES)
    assert (order.redemptions.get().state, PromotionCode.objects.get().is_used) == ("released", False)
