"""The form of a promotion in the admin: what it saves, and what it refuses"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from carts.tests.factories import add_to_cart, get_cart
from core import markets
from orders.models import Order, Redemption
from orders.tests.factories import customer, placed
from pricing.models import PromotionAmount, PromotionCode
from pricing.tests.factories import make_promotion
from products.tests.factories import make_category, make_product
from tests.admin.order_pages import read
from tests.admin.promotion_pages import PROMOTIONS, list_errors, read_cart, read_rows, save, save_new
from tests.admin.staff_clients import make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
UP_TO_ALL = "Enter a percentage above 0 and up to 100."


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def test_a_new_promotion_with_a_code_counts_in_the_cart_at_once(staff: Client) -> None:
    promotion = save_new(staff, new_codes=" summer10\n\nBEACH-2 \nsummer10", min_subtotal__in="50")

    cart = read_cart("Summer10")

    assert (cart["discount_total"], cart["codes"][0]["status"]) == ("10.00", "applied")
    assert list(promotion.codes.values_list("code", "single_use").order_by("code")) == [("BEACH-2", False), ("SUMMER10", False)]
    assert list(PromotionAmount.objects.values_list("market", "amount", "min_subtotal")) == [("in", None, Decimal(50))]


@pytest.mark.parametrize(
    ("fields", "discount", "words"),
    [
        ({}, "20.00", "10 % off the order"),
        ({"discount": "order:amount", "amount__in": "7.50"}, "7.50", "₹7.50 off the order"),
        (
            {"discount": "items:amount", "amount__in": "7.5", "min_subtotal__in": "1"},
            "15.00",
            "₹7.50 off each of all items from ₹1.00",
        ),
        ({"discount": "items:percent", "percent": "12.5"}, "25.00", "12.5 % off all items"),
        ({"discount": "items:buy_get", "buy_quantity": "1", "get_quantity": "1"}, "100.00", "Buy 1, get 1 free"),
        (
            {"discount": "items:buy_get", "buy_quantity": "1", "get_quantity": "1", "get_percent": "25"},
            "25.00",
            "Buy 1, get 1 with 25 % off",
        ),
        ({"discount": "shipping:free"}, "50.00", "Free shipping"),
        ({"discount": "shipping:percent"}, "5.00", "10 % off shipping"),
        ({"discount": "shipping:amount", "amount__in": "20"}, "20.00", "₹20.00 off shipping"),
    ],
)
def test_each_discount_is_entered_and_told_in_words(
    staff: Client, settings: Settings, fields: dict[str, Any], discount: str, words: str
) -> None:
    settings.SHIPPING = {"in": (Decimal(50), None)}
    save_new(staff, kind="automatic", **fields)

    cart = read_cart(quantity=2)

    assert cart["discount_total"] == discount
    assert f">{words}<" in "".join(read(staff.get(PROMOTIONS)).split("\n"))


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": " "}, {"name": ["This field is required."]}),
        ({"name": "\u200b"}, {"name": ["Enter a name that buyers can read."]}),
        ({"discount": "order:free"}, {"discount": ["Select a valid choice. order:free is not one of the available choices."]}),
        ({"percent": ""}, {"percent": [UP_TO_ALL]}),
        ({"percent": "0"}, {"percent": [UP_TO_ALL]}),
        ({"percent": "101"}, {"percent": ["Ensure this value is less than or equal to 100."]}),
        (
            {"discount": "items:buy_get", "buy_quantity": "0", "get_percent": ""},
            {
                "buy_quantity": ["Enter how many units to buy at the full price, at least 1."],
                "get_quantity": ["Enter how many units are then free or cheaper, at least 1."],
                "get_percent": [UP_TO_ALL],
            },
        ),
        ({"discount": "order:amount"}, {"amounts": ["Enter the amount off in at least one market."]}),
        ({"discount": "order:amount", "amount__in": "0"}, {"amount 0": ["Enter an amount above 0, or leave it empty."]}),
        ({"discount": "order:amount", "amount__in": "7.505"}, {"amount 0": ["INR has 2 decimal places."]}),
        ({"discount": "order:amount", "amount__in": "-1"}, {"amount 0": ["Enter an amount from 0 to 9,999,999."]}),
        ({"min_subtotal__us": "x"}, {"min_subtotal 1": ["Enter a number."]}),
        ({"all_products": None}, {"all_products": ["Choose categories or products below, or all products."]}),
        (
            {"all_products": None, "products": ["9" * 30]},
            {"products": [f"“{'9' * 30}” is not a valid value."]},
        ),
        (
            {"starts_at_0": "2027-01-02", "starts_at_1": "10:00", "ends_at_0": "2027-01-02", "ends_at_1": "10:00"},
            {"ends_at": ["The promotion must end after it has started."]},
        ),
        ({"ends_at_0": "0026-01-02", "ends_at_1": "10:00"}, {"ends_at": ["Enter a year from 2000 to 2199."]}),
        ({"usage_limit": "0"}, {"usage_limit": ["Enter 1 or more, or leave it empty for no limit."]}),
        ({"per_customer": "0"}, {"per_customer": ["Enter 1 or more, or leave it empty for no limit."]}),
        (
            {"payment_methods": ["cheque"]},
            {"payment_methods": ["Select a valid choice. cheque is not one of the available choices."]},
        ),
        (
            {"new_codes": "GOOD\nTWO WORDS!"},
            {
                "new_codes": [
                    "TWOWORDS! cannot be a code: use the letters A to Z, digits and hyphens, and begin with a letter or digit."
                ]
            },
        ),
        ({"new_codes": "A" * 41}, {"new_codes": [f"{'A' * 40}… is too long: a code has up to 40 characters."]}),
        ({"new_codes": "taken"}, {"new_codes": ["In use already: TAKEN (of Ten percent off)."]}),
    ],
)
def test_a_form_that_cannot_be_saved_says_why_and_changes_nothing(
    staff: Client, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    make_promotion(code="TAKEN")
    before = read_rows()

    response = save(staff, **fields)

    assert response.status_code == 200
    assert list_errors(response) == errors
    assert read_rows() == before


@pytest.mark.parametrize(("market", "amount", "message"), [("kw", "0.505", "Enter a multiple of 0.010 KWD."), ("kw", "0.51", "")])
def test_an_amount_is_one_that_cards_can_charge(staff: Client, settings: Settings, market: str, amount: str, message: str) -> None:
    settings.MARKETS = {"in": "INR", "kw": "KWD"}
    markets.get_markets.cache_clear()

    response = save(staff, discount="order:amount", **{f"amount__{market}": amount})

    assert (list_errors(response) if message else response.status_code) == ({"amount 1": [message]} if message else 302)
    markets.get_markets.cache_clear()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("pricing_promotion", "In use already: MINE (of Ten percent off)."),
        ("pricing_promotioncode", "Someone else has just given one of these codes to a promotion."),
    ],
)
def test_a_code_that_someone_else_takes_meanwhile_is_refused_and_nothing_is_saved(staff: Client, table: str, reason: str) -> None:
    other = make_promotion(code="OTHER")
    before, waiting = read_rows(), [PromotionCode(promotion=other, code="MINE")]

    def take(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(f'INSERT INTO "{table}" ') and waiting:
            waiting.pop().save()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take):
        response = save(staff, new_codes="MINE")

    assert f"Not saved: {reason}" in read(staff.get(response.headers["Location"]))
    assert read_rows() == before


def test_what_the_discount_does_not_have_is_dropped(staff: Client) -> None:
    fields = {"percent": "far too much", "buy_quantity": "x", "amount__in": "y", "amount__us": "5"}

    promotion = save_new(staff, discount="shipping:free", kind="automatic", new_codes="IGNORED!", **fields)

    columns = (promotion.percent, promotion.buy_quantity, promotion.get_quantity, promotion.get_percent)
    assert columns == (None, None, None, None)
    assert (PromotionAmount.objects.count(), PromotionCode.objects.count()) == (0, 0)


def test_a_promotion_is_for_the_chosen_categories_and_products_only(staff: Client) -> None:
    parent = make_category("Lamps")
    lamp = make_product("Lamp", price="100.00", category=make_category("Desk lamps", "Lamps"))
    promotion = save_new(staff, kind="automatic", all_products=None, categories=[parent.pk])
    client = SchemaClient()
    add_to_cart(client, lamp)
    add_to_cart(client, make_product("Mug", price="100.00"))

    of_category = get_cart(client)["discount_total"]
    save(staff, promotion, kind="automatic", all_products="on", categories=[parent.pk])

    assert (of_category, get_cart(client)["discount_total"]) == ("10.00", "20.00")
    assert not promotion.categories.exists()


def test_a_change_counts_at_once_and_an_emptied_amount_is_gone(staff: Client) -> None:
    promotion = make_promotion(effect="amount", amounts={"in": "10", "us": "2"}, min_subtotals={"in": "500"})

    response = save(
        staff, promotion, kind="automatic", discount="order:amount", amount__in="15", min_subtotal__in="", amount__us=""
    )

    assert response.status_code == 302
    assert list(promotion.amounts.values_list("market", "amount", "min_subtotal")) == [("in", Decimal(15), None)]
    assert read_cart()["discount_total"] == "15.00"


def test_the_times_are_those_of_the_shop(staff: Client, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"

    promotion = save_new(staff, ends_at_0="2027-01-02", ends_at_1="00:00")

    assert promotion.ends_at is not None
    assert promotion.ends_at.isoformat() == "2027-01-01T18:30:00+00:00"


def test_all_payment_methods_are_no_condition(staff: Client) -> None:
    one, both = (save_new(staff, payment_methods=methods) for methods in (["cod"], ["stripe", "cod"]))

    assert (one.payment_methods, both.payment_methods) == (["cod"], [])


def test_a_promotion_that_needs_a_code_and_has_none_is_saved_with_a_hint(staff: Client) -> None:
    promotion = save_new(staff)

    page = read(staff.get(f"{PROMOTIONS}{promotion.pk}/change/"))

    assert "Nobody can use this promotion yet: it applies with a code, and has none. Add one below." in page
    assert "no code yet" in page


def test_a_limit_that_is_set_later_counts_the_orders_before_it(staff: Client, unthrottled: None) -> None:
    promotion = make_promotion(code="TEN")
    for name in ("ada", "eve"):
        client = customer(f"{name}@example.com")
        add_to_cart(client, make_product(stock=5))
        client.post("/api/cart/codes/", {"code": "TEN"})
        placed(client)
    Redemption.objects.filter(order=Order.objects.first()).update(state="released")

    save(staff, promotion, usage_limit="1")

    promotion.refresh_from_db()
    assert (promotion.used, promotion.usage_limit) == (1, 1)
    assert SchemaClient().post("/api/cart/codes/", {"code": "TEN"}).status_code == 404
    save(staff, promotion, usage_limit="")
    promotion.refresh_from_db()
    assert (promotion.used, promotion.usage_limit) == (0, None)


def test_a_save_keeps_a_use_that_came_while_the_page_was_open(staff: Client, unthrottled: None) -> None:
    promotion = make_promotion(code="TEN", usage_limit=5)
    client = customer()
    add_to_cart(client, make_product(stock=5))
    client.post("/api/cart/codes/", {"code": "TEN"})
    placed(client)

    save(staff, promotion, name="Other", usage_limit="5")

    promotion.refresh_from_db()
    assert (promotion.name, promotion.used) == ("Other", 1)
