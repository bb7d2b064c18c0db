"""What goes back for the units of a line: parts of what was paid for it, after discounts"""

import re
from decimal import Decimal
from random import Random

import pytest
from django.test import Client

from carts.tests.factories import add_to_cart
from orders.models import Order, OrderItem, Payment, Refund
from orders.payments import refund_lines, refund_shares, refunds
from orders.payments.refund_lines import CountedLine, RefundLine
from orders.payments.refund_shares import LineShares
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import REFUND_CALL, create_paid_order, get_refunds, make_staff_actor
from orders.tests.payments.refunds.test_refund_page import get_hidden_fields
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client
from tests.admin.test_orders import run_action

D = Decimal
CASES = 2000


@pytest.fixture
def superuser_client(db: None) -> Client:
    """The client of a superuser."""
    return make_superuser_client()


@pytest.fixture
def order(db: None) -> Order:
    """A delivered order of three lamps and a mug, 60.00 and 5.00, with 9.50 off: lamps 51.23, mug 4.27."""
    make_promotion("Some money off", effect="amount", amounts={"in": "9.50"})
    client = customer()
    add_to_cart(client, make_product("Lamp", sku="LAMP", stock=10), 3)
    add_to_cart(client, make_product("Mug", sku="MUG", price="5.00"))
    placed(client)
    Payment.objects.update(state="succeeded", captured_minor=5550)
    Order.objects.update(status="delivered")
    return Order.objects.get()


def get_item(sku: str = "LAMP") -> OrderItem:
    """Return a line of the order."""
    return OrderItem.objects.get(sku=sku)


def get_share(order: Order, units: int, sku: str = "LAMP") -> int:
    """Return what is proposed for units of a line."""
    item = get_item(sku)
    return refund_shares.get_shares(order, [item], order.payment_method)[item.pk].get_share(units)


def refund_units(order: Order, units: int, sku: str = "LAMP", *, amount: int | None = None, restock: bool = False) -> Refund:
    """Refund units of a line for what is proposed, or for another amount in minor units."""
    minor = get_share(order, units, sku) if amount is None else amount
    line = RefundLine(get_item(sku).pk, units, restock=restock)
    return refunds.request_refund(make_staff_actor(), order.pk, D(minor) / 100, "", [line])


def test_units_that_go_back_one_by_one_yield_exactly_what_was_paid(order: Order) -> None:
    amounts = [refund_units(order, 1).amount for _ in range(3)]

    assert amounts == [D("17.07"), D("17.08"), D("17.08")]
    assert (sum(amounts), get_item().net_total) == (D("51.23"), D("51.23"))
    assert refund_units(order, 1, "MUG").amount == D("4.27")
    assert Payment.objects.get().refunded_minor == 5550


def test_a_refund_says_what_of_it_is_for_which_line(order: Order) -> None:
    lamp, mug = get_item(), get_item("MUG")
    lines = [RefundLine(lamp.pk, 1), RefundLine(lamp.pk, 1, restock=True), RefundLine(mug.pk, 1)]

    refund = refunds.request_refund(make_staff_actor(), order.pk, D("45.00"), "", lines)

    assert refund.lines == {
        str(lamp.pk): {"quantity": 2, "amount_minor": 3415, "restocked": 1},
        str(mug.pk): {"quantity": 1, "amount_minor": 427, "restocked": 0},
    }
    assert get_share(order, 1) == 5123 - 3415


def test_a_lower_amount_is_divided_among_its_lines(order: Order) -> None:
    lamp, mug = get_item(), get_item("MUG")

    refund = refunds.request_refund(
        make_staff_actor(), order.pk, D("21.34"), "", [RefundLine(lamp.pk, 3, restock=True), RefundLine(mug.pk, 1)]
    )

    assert {item: counted.amount_minor for item, counted in refund_lines.read_lines(refund).items()} == {lamp.pk: 1970, mug.pk: 164}


def test_a_refund_without_lines_counts_for_none_of_them(order: Order) -> None:
    refunds.request_refund(make_staff_actor(), order.pk, D("10.00"), "late")

    assert (get_share(order, 3), Refund.objects.get().lines) == (5123, {})


def test_tax_on_top_goes_back_with_its_line(order: Order) -> None:
    OrderItem.objects.filter(sku="LAMP").update(tax_total=D("3.00"))
    included = get_share(order, 3)
    order.prices_include_tax = False

    assert (included, get_share(order, 3)) == (5123, 5423)


def test_units_of_an_earlier_refund_count_with_their_part(order: Order) -> None:
    refund = refund_units(order, 2, amount=4000)
    Refund.objects.update(lines={str(get_item().pk): 2})

    assert get_share(order, 1) == 5123 - 3415
    refund.refresh_from_db()
    refund_lines.uncount_units(refund)
    assert (get_item().refunded_quantity, get_share(order, 1)) == (0, 1707)
    refund_lines.recount_units(refund)
    assert (get_item().refunded_quantity, refund.lines) == (2, {str(get_item().pk): 2})


@pytest.mark.django_db
def test_a_refund_that_failed_gives_units_and_money_back_to_the_count(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments, 3, price="33.33")
    first = refund_units(order, 1)
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})

    failed = refund_units(order, 1, restock=True)

    assert (first.state, failed.state, failed.lines[str(get_item().pk)]["amount_minor"]) == ("succeeded", "failed", 3333)
    assert (get_item().refunded_quantity, get_item().restocked_quantity) == (2, 1)
    assert refund_units(order, 1).amount_minor == 6666  # with the money for the unit that is back in stock
    assert get_refunds(order) == [(3333, "succeeded", "staff"), (3333, "failed", "staff"), (6666, "succeeded", "staff")]


@pytest.mark.django_db
def test_the_page_shows_what_was_paid_and_proposes_it(superuser_client: Client, order: Order) -> None:
    lamp = get_item()
    units = {"amount": "", "reason": "broken", f"units_{lamp.pk}": "2"}

    page = run_action(superuser_client, order, "refund", **units, **get_hidden_fields(superuser_client, order))

    assert "Of 3 not yet refunded; ₹51.23 was paid for 3" in page
    assert "₹34.15 was paid for these units and is not yet refunded. Check the amount" in page
    assert re.search(r'name="amount" value="34.15"', page)
    assert not Refund.objects.exists()
    filled_in = {**units, "amount": "34.15", **get_hidden_fields(superuser_client, order)}
    assert "₹34.15: the refund is Succeeded." in run_action(superuser_client, order, "refund", **filled_in)
    page = superuser_client.get(f"/admin/orders/order/{order.pk}/action/refund/").content.decode()
    assert "Of 1 not yet refunded; ₹51.23 was paid for 3, ₹34.15 of it is refunded" in page


@pytest.mark.django_db
def test_no_more_is_proposed_than_is_left(superuser_client: Client, order: Order) -> None:
    refunds.request_refund(make_staff_actor(), order.pk, D("50.00"), "late")
    units = {"amount": "", "reason": "broken", f"units_{get_item().pk}": "1"}

    page = run_action(superuser_client, order, "refund", **units, **get_hidden_fields(superuser_client, order))

    assert re.search(r'name="amount" value="5.50"', page)


@pytest.mark.django_db
def test_a_card_is_refunded_what_its_provider_can_refund() -> None:
    payment = Payment(provider="stripe", currency="KWD")

    assert refund_shares.propose({1: LineShares(1234, 1, step=10)}, {1: 1}, payment, 2470) == 1230
    assert refund_shares.propose({1: LineShares(6170, 5, step=10)}, {1: 1}, payment, 6170) == 1230
    payment.provider = "cod"
    assert refund_shares.propose({1: LineShares(1234, 1, step=10)}, {1: 1}, payment, 2470) == 1234


def test_whatever_fails_a_line_never_yields_more_than_was_paid_and_all_of_it_in_the_end() -> None:
    rng = Random(7)
    for _ in range(CASES):
        step = rng.choice((1, 10))
        quantity, paid = rng.randrange(1, 12), rng.randrange(5000) * step
        live: list[tuple[int, int]] = []
        while (units := quantity - sum(count for count, _ in live)) > 0:
            line = LineShares(paid, quantity, sum(money for _, money in live), quantity - units, step)
            count = rng.randrange(1, units + 1)
            live.append((count, line.get_share(count)))
            assert sum(money for _, money in live) <= paid
            if rng.random() < 0.3:  # one of them fails
                live.pop(rng.randrange(len(live)))
        assert sum(money for _, money in live) == paid


def test_what_is_counted_can_be_written_and_read() -> None:
    counted = {1: CountedLine(3, 500, 1), 2: CountedLine(2)}

    assert refund_lines.read_lines(Refund(lines=refund_lines.write_lines(counted))) == counted
    assert (counted[1].kept, counted[2].kept) == (2, 2)
