"""The status of a promotion code in a cart, and what it saves there"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.tests.factories import add_code, add_to_cart, get_cart, get_cart_amounts, signed_in_client
from core import markets, outbox
from pricing.tests.factories import change_promotion, make_promotion
from products.services import categories
from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient

URL = "/api/cart/codes/"


def _min_subtotal() -> None:
    make_promotion(code="TEN", min_subtotals={"in": "50.00"})


def _no_matching_items() -> None:
    make_promotion(code="TEN", categories=[make_category("Kitchen")])


def _payment_method() -> None:
    make_promotion(code="TEN", payment_methods=["stripe"])


def _better_promotion() -> None:
    make_promotion(code="TEN")
    make_promotion("A fifth off", percent=Decimal(20))


def _nothing_to_discount() -> None:
    make_promotion(code="TEN", on="shipping", effect="free")


def _not_started() -> None:
    make_promotion(code="TEN", starts_at=timezone.now() + timedelta(days=1))


def _not_in_market() -> None:
    make_promotion(code="TEN", effect="amount", amounts={"us": "5.00"})


WAITING: list[tuple[Callable[[], None], dict[str, str]]] = [
    (_min_subtotal, {"code": "min_subtotal", "text": "Add items for ₹10.00 more", "missing": "10.00"}),
    (_no_matching_items, {"code": "no_matching_items", "text": "Your cart has no items that this code is for"}),
    (_payment_method, {"code": "payment_method", "text": "This code counts if you pay by card"}),
    (_better_promotion, {"code": "better_promotion", "text": "Another promotion saves you more"}),
    (_nothing_to_discount, {"code": "nothing_to_discount", "text": "There is nothing for this code to discount"}),
    (_not_started, {"code": "not_started", "text": "This code is not valid yet"}),
    (_not_in_market, {"code": "not_in_market", "text": "This code is not valid in this country"}),
]


@pytest.mark.parametrize(("given", "reason"), WAITING)
def test_a_code_that_saves_nothing_yet_is_kept_and_says_why(
    api: SchemaClient, given: Callable[[], None], reason: dict[str, str]
) -> None:
    given()
    add_to_cart(api, make_product(price="20.00"), 2)

    body = add_code(api, "TEN")

    assert body["message"] == f"Code saved. {reason['text']}"
    assert body["cart"]["codes"] == [{"code": "TEN", "status": "waiting", "reason": reason}]
    assert [row for row in body["cart"]["discounts"] if row["code"]] == []


def test_a_second_code_of_the_same_promotion_waits(api: SchemaClient) -> None:
    promotion = make_promotion(code="TEN")
    promotion.codes.create(code="TEN-TOO")
    add_to_cart(api, make_product())
    add_code(api, "TEN")

    body = add_code(api, "TEN-TOO")

    reason = {"code": "repeated", "text": "Another code in your cart gives the same discount"}
    assert body["cart"]["codes"][1] == {"code": "TEN-TOO", "status": "waiting", "reason": reason}
    assert body["cart"]["discount_total"] == "2.00"


def test_a_code_for_a_category_counts_in_its_subcategories_also_in_one_that_is_moved_there(api: SchemaClient) -> None:
    kitchen = make_category("Kitchen")
    make_promotion(code="TEN", categories=[kitchen])
    glasses, tables = make_category("Glasses", "Kitchen"), make_category("Tables")  # the first is newer than the promotion
    add_to_cart(api, make_product("Tumbler", price="10.00", category=glasses))
    add_to_cart(api, make_product("Table", price="50.00", category=tables))
    outbox.run_due()
    before = add_code(api, "TEN")["cart"]

    categories.update(tables.pk, {"parent_id": kitchen.pk})
    outbox.run_due()

    assert (before["discount_total"], get_cart(api)["discount_total"]) == ("1.00", "6.00")


def test_a_waiting_code_counts_as_soon_as_its_condition_holds(api: SchemaClient) -> None:
    make_promotion(code="TEN", min_subtotals={"in": "50.00"})
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp, 2)
    add_code(api, "TEN")

    cart = add_to_cart(api, lamp)["cart"]

    assert cart["codes"] == [{"code": "TEN", "status": "applied", "reason": None}]
    assert get_cart_amounts(cart) == ("60.00", "6.00", "0.00", "54.00")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"ends_at": timezone.now()}, {"code": "ended", "text": "This code has ended"}),
        ({"is_active": False}, {"code": "ended", "text": "This code has ended"}),
        ({"usage_limit": 1, "used": 1}, {"code": "used_up", "text": "This code has been used up"}),
    ],
)
def test_a_code_that_has_ended_stays_until_it_is_removed(
    api: SchemaClient, columns: dict[str, Any], reason: dict[str, str]
) -> None:
    make_promotion(code="TEN")
    add_to_cart(api, make_product())
    add_code(api, "TEN")
    change_promotion(**columns)

    cart = get_cart(api)

    assert cart["codes"] == [{"code": "TEN", "status": "ended", "reason": reason}]
    assert get_cart_amounts(cart) == ("20.00", "0.00", "0.00", "20.00")
    assert api.delete(f"{URL}TEN/").status_code == 200
    assert get_cart(api)["codes"] == []


def test_a_code_that_has_ended_in_the_cart_is_not_saved_again(api: SchemaClient) -> None:
    make_promotion(code="TEN")
    add_code(api, "TEN")
    change_promotion(ends_at=timezone.now())

    body = add_code(api, "TEN")

    assert body["message"] == "This code has ended"


@pytest.fixture
def three_markets(settings: Settings) -> Iterator[None]:
    """The shop sells in India, Japan and Kuwait: currencies with 2, 0 and 3 decimals."""
    settings.MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD"}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


@pytest.mark.parametrize(
    ("market", "fixed", "percent"),
    [
        ("in", ("40.00", "5.00", "0.00", "35.00"), ("40.00", "6.00", "0.00", "34.00")),
        ("jp", ("1998", "500", "0", "1498"), ("1998", "300", "0", "1698")),
        ("kw", ("3.010", "1.500", "0.000", "1.510"), ("3.010", "0.450", "0.000", "2.560")),
    ],
)
def test_amounts_are_those_of_the_market_in_its_currency(
    api: SchemaClient, three_markets: None, market: str, fixed: tuple[str, ...], percent: tuple[str, ...]
) -> None:
    api.credentials(HTTP_X_MARKET=market)
    make_promotion(code="FIXED", effect="amount", amounts={"in": "5.00", "jp": "500", "kw": "1.500"})
    make_promotion(code="PERCENT", percent=Decimal(15))
    add_to_cart(api, make_product(price="20.00", prices={"jp": "999", "kw": "1.505"}), 2)

    with_fixed = add_code(api, "FIXED")["cart"]
    api.delete(f"{URL}FIXED/")
    with_percent = add_code(api, "PERCENT")["cart"]

    assert (get_cart_amounts(with_fixed), get_cart_amounts(with_percent)) == (fixed, percent)


def test_a_cart_in_another_market_has_its_own_codes(db: None) -> None:
    make_promotion(code="TEN")
    client = signed_in_client(make_user())

    add_code(client, "TEN")

    assert client.get("/api/cart/", headers={"X-Market": "us"}).json()["data"]["codes"] == []
