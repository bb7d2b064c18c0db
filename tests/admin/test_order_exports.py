"""/admin/orders/order/: orders and their lines as CSV files"""

import csv
from decimal import Decimal

import pytest
from django.test import Client

from carts.tests.factories import add_to_cart, get_sku_id, make_shirt
from core.actors import Actor
from orders.admin import exports
from orders.fulfilment.parcels import outcomes
from orders.models import Order, OrderItem, Payment, Refund
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import customer, placed
from orders.tests.parcels import parcels
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.admin.order_pages import make_cash_order, run_bulk
from tests.admin.staff_clients import make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db


def download(action: str, client: Client | None = None) -> list[dict[str, str]]:
    """Return the rows of the file of all orders."""
    response = run_bulk(client or make_superuser_client(), action, *Order.objects.all())
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines()))


def test_the_file_of_orders_tells_what_was_paid_refunded_and_is_left(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments, 3)
    refunds.request_refund(Actor(kind="staff"), order.pk, Decimal(20), "broken", [RefundLine(order.items.get().pk, 1)])

    (row,) = download("as_csv")

    amounts = tuple(row[name] for name in ("total", "paid", "refunded", "net"))
    assert (amounts, row["payment_status"]) == (("60.00", "60.00", "20.00", "40.00"), "partially_refunded")
    assert row["paid_at"][:10] == row["placed_at"][:10]


@pytest.mark.parametrize("status", ["processing", "cancelled"])
def test_an_order_that_is_not_paid_has_no_date_of_payment_and_brought_nothing(status: str) -> None:
    make_cash_order()
    Order.objects.update(status=status)

    (row,) = download("as_csv")

    assert (row["paid_at"], row["total"], row["paid"], row["refunded"], row["net"]) == ("", "60.00", "0.00", "0.00", "0.00")


def test_an_order_that_was_paid_twice_and_refunded_once_brought_its_total(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments, 3)
    amounts = {"amount": 60, "amount_minor": 6000, "captured_minor": 6000, "refunded_minor": 6000}
    second = Payment.objects.create(order=order, provider="stripe", state="succeeded", currency="INR", **amounts)
    Refund.objects.create(payment=second, amount=60, amount_minor=6000, state="succeeded", source="auto")

    (row,) = download("as_csv")

    assert (row["total"], row["paid"], row["refunded"], row["net"]) == ("60.00", "120.00", "60.00", "60.00")


def test_the_file_of_lines_has_a_row_for_each_line() -> None:
    order = make_cash_order()
    OrderItem.objects.filter(sku="LAMP").update(refunded_quantity=1, name="=Lamp – red")

    rows = download("as_line_csv")

    columns = ("number", "sku", "name", "options", "quantity", "unit_price", "line_total", "refunded_quantity")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (order.number, "LAMP", "'=Lamp – red", "", "2", "20.00", "40.00", "1"),
        (order.number, "MUG", "Mug", "", "1", "20.00", "20.00", "0"),
    ]
    assert {(row["status"], row["currency"]) for row in rows} == {("processing", "INR")}


def test_discounts_fees_and_codes_are_in_the_files() -> None:
    make_promotion("Welcome offer", code="WELCOME")
    make_promotion("Half price", code="HALF", on="shipping", percent=Decimal(50))  # nothing to take off
    client = customer()
    add_to_cart(client, make_product("Lamp", price="19.99"), 2)
    placed(client, codes=["welcome", "half"])
    Order.objects.update(fee_total=Decimal("2.00"), total=Decimal("37.98"))
    OrderItem.objects.update(tax_total=Decimal("5.49"))

    (order,) = download("as_csv")
    columns, values = exports.generate_line_rows(Order.objects.all())
    line = dict(zip(columns, values, strict=True))

    names = ("subtotal", "discount_total", "shipping_total", "fee_total", "total", "codes")
    assert [order[name] for name in names] == ["39.98", "4.00", "0.00", "2.00", "37.98", "WELCOME"]
    line_names = ("unit_price", "line_total", "discount_total", "net_total", "tax_total")
    assert [line[name] for name in line_names] == ["19.99", "39.98", "4.00", "35.98", "5.49"]


def test_one_discounted_order_and_many_cost_the_same_number_of_statements() -> None:
    make_promotion()
    counts = []
    for total in (1, 4):
        while (count := Order.objects.count()) < total:
            client = customer(f"buyer-{count}@example.com")
            add_to_cart(client, make_product(f"Lamp {count}"))
            placed(client)
        orders = Order.objects.prefetch_related("items", "payments", "adjustments")
        with capture_statements() as statements:
            assert len(list(exports.generate_order_rows(orders, with_contacts=False))) == total + 1
        counts.append(len(statements))

    assert counts == [4, 4]


def test_a_line_names_the_variant_apart() -> None:
    client = customer()
    add_to_cart(client, make_shirt(), 1, sku_id=get_sku_id("SHIRT-M"))
    placed(client)

    (row,) = download("as_line_csv")

    assert (row["sku"], row["name"], row["options"]) == ("SHIRT-M", "Shirt", "M")


def test_the_files_tell_what_is_in_parcels_and_what_their_carriers_collected() -> None:
    order = parcels.make_cash_order()
    first = parcels.send(order, lamp=2)
    outcomes.deliver_parcel(parcels.STAFF, first.pk, refused={parcels.get_item(order, "LAMP"): 1}, collected=1500)
    parcels.send(order, lamp=1)
    staff = make_superuser_client()

    (row,), lines = download("as_csv", staff), download("as_line_csv", staff)

    names = ("fulfilment_status", "carriers", "tracking_numbers", "paid", "cash_collected", "cash_short")
    numbers = f"{order.number}-1, {order.number}-2"
    assert [row[name] for name in names] == ["partial", "Post", numbers, "15.00", "15.00", "5.00"]
    columns = ("sku", "quantity", "sent_quantity", "delivered_quantity", "undelivered_quantity", "refunded_quantity")
    assert [[line[name] for name in columns] for line in lines] == [
        ["LAMP", "3", "3", "1", "1", "1"],
        ["CHAIR", "1", "0", "0", "0", "0"],
    ]


def test_an_order_without_parcels_has_none_in_the_files() -> None:
    parcels.pack(parcels.make_cash_order(), lamp=1)
    staff = make_superuser_client()

    (row,), lines = download("as_csv", staff), download("as_line_csv", staff)

    names = ("fulfilment_status", "carriers", "tracking_numbers", "cash_collected", "cash_short")
    assert [row[name] for name in names] == ["unfulfilled", "", "", "0.00", "0.00"]
    assert {line["sent_quantity"] + line["delivered_quantity"] + line["undelivered_quantity"] for line in lines} == {"000"}


def test_files_of_one_order_and_of_many_cost_the_same_number_of_statements() -> None:
    staff, counts = make_superuser_client(), []
    for total in (1, 4):
        while (count := Order.objects.count()) < total:
            client = customer(f"buyer-{count}@example.com")
            add_to_cart(client, make_product(f"Lamp {count}"))
            parcels.send(Order.objects.get(number=placed(client)["number"]))
        with capture_statements() as statements:
            b"".join(run_bulk(staff, "as_csv", *Order.objects.all()).streaming_content)
        counts.append(len(statements))

    assert counts[0] == counts[1]
