"""Try it: what a promotion takes off a cart, and why others take nothing off"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_cart
from orders.models import Order
from orders.tests.factories import customer, placed
from pricing.models import Promotion
from pricing.tests.factories import make_promotion
from products.models import Product
from products.tests.factories import make_product
from tests.admin.promotion_pages import REDEMPTIONS
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


@pytest.fixture
def cart(settings: Settings, db: None) -> Cart:
    """The cart of a guest: two lamps at 100.00 and a mug at 50.00, in a shop with shipping for 40.00."""
    settings.SHIPPING = {"in": (Decimal(40), None)}
    client = SchemaClient()
    add_to_cart(client, make_product("Lamp", price="100.00"), 2)
    add_to_cart(client, make_product("Mug", price="50.00"))
    return Cart.objects.get(pk=get_cart(client)["id"])


def try_it(staff: Client, promotion: Promotion, cart: str | int, payment_method: str = "") -> Any:
    """Return the page of a trial."""
    path = f"{REDEMPTIONS}try/{promotion.pk}/"
    return staff.get(path, {"cart": cart, "payment_method": payment_method})


def list_amounts(page: Any) -> list[str]:
    """Return the sums of a trial."""
    return [amount for _, amount in page.context["amounts"]]


def list_results(page: Any) -> dict[str, str]:
    """Return what each promotion takes off, or why it takes nothing off, as text."""
    rows = page.context["results"]["rows"]
    return {strip_tags(name): strip_tags(result) for name, result in rows}


def strip_tags(text: str) -> str:
    """Return a text without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", str(text)).split())


def test_a_trial_shows_each_line_and_all_sums_as_the_cart_has_them(staff: Client, cart: Cart) -> None:
    promotion = make_promotion("Ten", products=[Product.objects.get(name="Lamp")], on="items")
    make_promotion("Cheap shipping", on="shipping", percent=50)

    page = try_it(staff, promotion, cart.pk)

    assert page.context["lines"]["rows"] == [
        ["Lamp", 2, "₹200.00", "-₹20.00", "₹180.00"],
        ["Mug", 1, "₹50.00", "₹0.00", "₹50.00"],
    ]
    assert list_amounts(page) == ["₹250.00", "-₹20.00", "₹230.00", "₹40.00", "-₹20.00", "₹250.00"]
    assert list_results(page) == {"Ten": "₹20.00", "Cheap shipping": "₹20.00"}


def test_each_promotion_says_why_it_takes_nothing_off(staff: Client, cart: Cart) -> None:
    now = timezone.now()
    promotion = make_promotion("Best", percent=20, per_customer=1)
    make_promotion("Worse", percent=5)
    make_promotion("Dearer goods", on="items", min_subtotals={"in": "300"})
    make_promotion("Chairs", on="items", products=[make_product("Chair")])
    make_promotion("By card", on="items", payment_methods=["stripe"])
    make_promotion("Tomorrow", starts_at=now + timedelta(days=1))
    make_promotion("Yesterday", ends_at=now)
    make_promotion("Gone", usage_limit=1, used=1)
    make_promotion("Dollars", effect="amount", amounts={"us": "5"})
    make_promotion("Secret", code="SECRET")
    make_promotion("Off", is_active=False)

    results = list_results(try_it(staff, promotion, cart.pk))

    assert results == {
        "Best": "₹50.00 Limits for each customer are checked when the order is placed.",
        "Worse": "Another promotion saves more.",
        "Dearer goods": "Items for ₹50.00 more are needed.",
        "Chairs": "The cart has no items that it is for.",
        "By card": "It counts if the buyer pays by card.",
        "Tomorrow": "It has not started yet.",
        "Yesterday": "It has ended.",
        "Gone": "It is used up.",
        "Dollars": "It has no amount in this market.",
        "Secret": "The cart does not have a code of it.",
    }
    assert next(iter(results)) == "Best"


def test_a_code_is_tried_though_the_cart_does_not_have_it(staff: Client, cart: Cart) -> None:
    promotion = make_promotion("Secret", code="SECRET")

    page = try_it(staff, promotion, cart.pk)

    assert list_results(page) == {"Secret": "₹25.00"}
    assert "This is what it would cost with SECRET." in page.content.decode()
    assert not cart.codes.exists()


def test_a_payment_method_is_tried(staff: Client, cart: Cart) -> None:
    promotion = make_promotion("By card", payment_methods=["stripe"])

    results = [list_results(try_it(staff, promotion, cart.pk, method)) for method in ("", "cod", "stripe")]

    assert [result["By card"] for result in results] == [
        *["It counts if the buyer pays by card."] * 2,
        "₹25.00",
    ]


def test_a_promotion_that_is_off_says_so(staff: Client, cart: Cart) -> None:
    promotion = make_promotion("Off", code="OFF", is_active=False)

    page = try_it(staff, promotion, cart.pk)

    assert list_results(page) == {"Off": "It is switched off."}


def test_what_is_not_for_sale_is_left_out(staff: Client, cart: Cart) -> None:
    promotion = make_promotion()
    Product.objects.filter(name="Mug").update(is_active=False)

    page = try_it(staff, promotion, cart.pk)

    assert page.context["lines"]["rows"][1] == ["Mug", 1, "not for sale now", "–", "–"]
    assert list_amounts(page)[0] == "₹200.00"


def test_an_order_leads_to_its_cart(staff: Client, unthrottled: None) -> None:
    client, lamp = customer(), make_product("Lamp", price="100.00", stock=5)
    add_to_cart(client, lamp)
    number = placed(client)["number"]
    promotion = make_promotion()

    empty = try_it(staff, promotion, number)
    add_to_cart(client, lamp, 2)
    page = try_it(staff, promotion, f" {number.lower()} ")
    Order.objects.update(cart=None)
    gone = try_it(staff, promotion, number)

    assert "The cart is empty." in empty.content.decode()
    assert list_amounts(page)[0] == "₹200.00"
    assert gone.context["form"].errors == {"cart": ["The cart of this order no longer exists."]}


@pytest.mark.parametrize("cart", ["0", "9" * 18, "9" * 40, "x", "-1", "١"])
def test_an_unknown_cart_is_refused(staff: Client, cart: str) -> None:
    page = try_it(staff, make_promotion(), cart)

    assert page.context["form"].errors == {"cart": ["There is no such cart or order."]}
    assert "amounts" not in page.context


@pytest.mark.parametrize("rights", [("view_promotion",), ("view_cart",)])
def test_a_trial_takes_the_right_to_view_promotions_and_carts(cart: Cart, rights: tuple[str, ...]) -> None:
    promotion = make_promotion()

    assert try_it(make_staff_client(*rights), promotion, cart.pk).status_code == 403


def test_there_is_no_trial_of_a_deleted_promotion(staff: Client, cart: Cart) -> None:
    promotion = make_promotion(deleted_at=timezone.now())

    assert try_it(staff, promotion, cart.pk).status_code == 404


@pytest.mark.parametrize("count", [1, 20])
def test_the_statements_of_a_trial_do_not_grow_with_lines_and_promotions(staff: Client, cart: Cart, count: int) -> None:
    for number in range(count):
        CartItem.objects.create(cart=cart, variant=make_product(f"P {number}").variants.get(), quantity=1, price_at_addition=1)
        promotion = make_promotion(f"Promotion {number}", code=f"CODE-{number}")

    with capture_statements() as statements:
        try_it(staff, promotion, cart.pk)

    assert len(statements) == 9
