"""Promotions and codes of an order: what applies, how often, and what the buyer is told"""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart, signed_in_client
from core.actors import Actor
from core.markets import get_default_market
from orders.exceptions import OrderNotFound
from orders.fulfilment import claiming
from orders.models import Order, OrderAdjustment, Redemption
from orders.placement import records
from orders.tests.factories import create, customer, placed
from orders.tests.parcels.parcels import bring_back
from pricing import rules
from pricing.breakdown import Fee, compute
from pricing.models import PriceRules, Promotion
from pricing.tests.factories import change_promotion, make_promotion
from products.models import Product
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

PHONE = "+91 90000 00001"


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of 20.00."""
    return make_product("Lamp", price="20.00", stock=100)


def add_code(client: SchemaClient, code: str = "SAVE") -> None:
    """Add a code to the client's cart."""
    assert client.post("/api/cart/codes/", {"code": code}).status_code == 200


def get_changes(response: Any) -> list[tuple[str, Any, Any]]:
    """Return the code, the old and the new value of each change of a refused order."""
    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    return [(change["code"], change["old"], change["new"]) for change in response.json()["details"]["changes"]]


def get_amounts(order: dict[str, Any]) -> tuple[str, ...]:
    """Return the amounts of an order."""
    return tuple(order[name] for name in ("subtotal", "discount_total", "shipping_total", "tax_total", "total"))


def test_an_order_has_what_its_cart_showed(api: SchemaClient, lamp: Product, settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (Decimal("50.00"), None)}, {"in": Decimal(18)}
    make_promotion(code="SAVE")
    make_promotion("Half shipping", on="shipping", percent=50)
    add_to_cart(api, lamp, 3)
    add_code(api)
    cart = api.get("/api/cart/").json()["data"]

    order = placed(api, expected_total=cart["total_estimate"])

    assert get_amounts(order) == ("60.00", "31.00", "50.00", "12.05", "79.00")
    assert order["discounts"] == cart["discounts"]
    assert [(row["label"], row["code"], row["on"], row["amount"]) for row in order["discounts"]] == [
        ("Ten percent off", "SAVE", "order", "6.00"),
        ("Half shipping", None, "shipping", "25.00"),
    ]
    assert [(item["discount_total"], item["net_total"]) for item in order["items"]] == [("6.00", "54.00")]
    assert list(OrderAdjustment.objects.values_list("kind", "on", "amount")) == [
        ("discount", "order", Decimal("6.000")),
        ("discount", "shipping", Decimal("25.000")),
        ("tax", "items", Decimal("8.240")),
        ("tax", "shipping", Decimal("3.810")),
    ]


def test_a_code_that_was_used_leaves_the_cart_and_one_that_waits_stays(api: SchemaClient, lamp: Product) -> None:
    make_promotion(code="SAVE")
    make_promotion(code="LATER", min_subtotals={"in": "500"})
    add_to_cart(api, lamp, 2)
    add_code(api)
    add_code(api, "LATER")

    placed(api, items=[{"product_id": lamp.pk, "quantity": 1}])

    assert [row["code"] for row in api.get("/api/cart/").json()["data"]["codes"]] == ["LATER"]


def test_codes_of_the_request_replace_those_of_the_cart(api: SchemaClient, lamp: Product) -> None:
    make_promotion(code="SAVE")
    make_promotion("Half", code="HALF", percent=50)
    add_to_cart(api, lamp, 4)
    add_code(api)
    one, two = ([{"product_id": lamp.pk, "quantity": units}] for units in (1, 2))

    assert placed(api, items=one, codes=[" half "])["discount_total"] == "10.00"
    assert placed(api, items=one, codes=[])["discount_total"] == "0.00"
    assert placed(api, items=two)["discount_total"] == "4.00"


def test_an_unknown_code_of_the_request_is_refused(api: SchemaClient, lamp: Product) -> None:
    add_to_cart(api, lamp)

    response = create(api, codes=["NOPE"])

    assert (response.status_code, response.json()["code"]) == (400, "code_unknown")
    assert list(response.json()["errors"]) == ["codes"]
    assert not Order.objects.exists()


def end(promotion: Promotion) -> None:
    """End a promotion now."""
    Promotion.objects.filter(pk=promotion.pk).update(ends_at=timezone.now())
    rules.rebuild()


def test_a_code_that_ended_since_the_cart_was_shown_is_told(api: SchemaClient, lamp: Product) -> None:
    promotion = make_promotion(code="SAVE")
    add_to_cart(api, lamp)
    add_code(api)
    end(promotion)

    assert get_changes(create(api)) == [("promotion_ended", "SAVE", None)]
    assert get_changes(create(api, expected_total="18.00")) == [
        ("price_increased", "18.00", "20.00"),
        ("promotion_ended", "SAVE", None),
    ]
    assert placed(api, expected_total="20.00")["total"] == "20.00"


def test_who_accepts_changes_gets_a_warning_about_the_code(api: SchemaClient, lamp: Product) -> None:
    promotion = make_promotion(code="SAVE")
    add_to_cart(api, lamp)
    add_code(api)
    end(promotion)

    response = create(api, accept_price_changes=True)

    assert (response.status_code, response.json()["warnings"]) == (201, ["The code SAVE is no longer valid"])


def test_a_promotion_that_began_since_makes_it_cheaper_and_says_so(api: SchemaClient, lamp: Product) -> None:
    add_to_cart(api, lamp)
    make_promotion()

    response = create(api, expected_total="20.00")

    assert (response.status_code, response.json()["warnings"]) == (201, ["The total fell from 20.00 to 18.00"])


def test_a_promotion_for_a_payment_method_counts_at_the_order(api: SchemaClient, lamp: Product) -> None:
    make_promotion(payment_methods=["cod"])
    add_to_cart(api, lamp)

    assert api.get("/api/cart/").json()["data"]["discount_total"] == "0.00"
    assert placed(api)["discount_total"] == "2.00"


def test_everything_off_is_an_order_that_is_paid(api: SchemaClient, lamp: Product) -> None:
    make_promotion(code="SAVE", percent=100)
    add_to_cart(api, lamp)
    add_code(api)

    order = placed(api)

    assert (order["total"], order["payment_status"], order["status"]) == ("0.00", "paid", "processing")


def test_the_same_request_again_is_the_same_order(lamp: Product) -> None:
    client = customer()
    make_promotion(code="SAVE", usage_limit=1)
    add_to_cart(client, lamp)
    add_code(client)
    number = placed(client)["number"]

    for fields in ({}, {"codes": ["save"]}, {"codes": ["SAVE", "save"]}):
        again = create(client, **fields)
        assert (again.status_code, again.json()["data"]["number"]) == (200, number)
    assert Redemption.objects.count() == 1


def test_a_code_is_used_up_after_its_last_order(api: SchemaClient, lamp: Product) -> None:
    make_promotion(code="SAVE", usage_limit=1)
    add_to_cart(api, lamp)
    add_code(api)
    other = customer("grace@example.com")
    add_to_cart(other, lamp)
    add_code(other)
    placed(api)

    code = other.get("/api/cart/").json()["data"]["codes"][0]

    assert (code["status"], code["reason"]["code"]) == ("ended", "used_up")
    assert get_changes(create(other)) == [("promotion_used_up", "SAVE", None)]
    assert customer("eve@example.com").post("/api/cart/codes/", {"code": "SAVE"}).json()["code"] == "code_unknown"


def test_a_cancelled_order_gives_its_use_back(lamp: Product) -> None:
    promotion = make_promotion(code="SAVE", usage_limit=1, single_use=True)
    client = customer()
    add_to_cart(client, lamp, 2)
    add_code(client)
    order = placed(client)
    assert client.post(f"/api/orders/{order['number']}/cancel/", {}).status_code == 200

    add_to_cart(client, lamp)
    add_code(client)
    assert placed(client)["discount_total"] == "2.00"

    promotion.refresh_from_db()
    assert (promotion.used, sorted(Redemption.objects.values_list("state", flat=True))) == (1, ["released", "used"])


def test_an_order_that_a_limit_does_not_count_can_be_cancelled(lamp: Product) -> None:
    make_promotion(code="SAVE")
    client = customer()
    add_to_cart(client, lamp)
    add_code(client)
    order = placed(client)
    change_promotion(usage_limit=5)  # set while the order was being placed, so that neither saw the other

    response = client.post(f"/api/orders/{order['number']}/cancel/", {})

    assert (response.status_code, Redemption.objects.get().state, Promotion.objects.get().used) == (200, "released", 0)


@pytest.mark.parametrize("same", ["account", "email", "phone"])
def test_a_buyer_is_known_by_account_email_and_phone(lamp: Product, same: str) -> None:
    make_promotion(code="SAVE", per_customer=1)
    user = make_user("ada@example.com")
    first = signed_in_client(user)
    add_to_cart(first, lamp)
    add_code(first)
    placed(first, email="ada@example.com", phone=PHONE)

    second = signed_in_client(user) if same == "account" else SchemaClient()
    add_to_cart(second, lamp)
    add_code(second)
    response = create(
        second,
        email="ADA@example.com" if same == "email" else "other@example.com",
        phone="0091 90000-00001" if same == "phone" else "+91 90000 00002",
    )

    assert get_changes(response) == [("promotion_used_up", "SAVE", None)]


def test_another_buyer_may_use_it_too(lamp: Product) -> None:
    make_promotion(code="SAVE", per_customer=1)
    for number in (1, 2):
        client = customer(f"{number}@example.com")
        add_to_cart(client, lamp)
        add_code(client)
        assert placed(client, email=f"{number}@example.com", phone=f"+91 90000 0000{number}")["discount_total"] == "2.00"


@pytest.mark.parametrize("same", ["account", "email", "phone"])
def test_a_promotion_for_the_first_order_is_not_for_a_second_one(lamp: Product, same: str) -> None:
    user = make_user("ada@example.com")
    first = signed_in_client(user) if same == "account" else SchemaClient()
    add_to_cart(first, lamp)
    placed(first, email="ada@example.com", phone=PHONE)
    make_promotion(code="SAVE", first_order_only=True)

    second = signed_in_client(user) if same == "account" else SchemaClient()
    add_to_cart(second, lamp)
    add_code(second)
    response = create(
        second,
        email="ada@example.com" if same == "email" else "other@example.com",
        phone=PHONE if same == "phone" else "+91 90000 00002",
    )

    assert get_changes(response) == [("promotion_used_up", "SAVE", None)]


def test_a_cancelled_order_was_not_the_first_one(lamp: Product) -> None:
    make_promotion(code="SAVE", first_order_only=True)
    client = customer()
    add_to_cart(client, lamp)
    order = placed(client)
    client.post(f"/api/orders/{order['number']}/cancel/", {})
    add_to_cart(client, lamp)
    add_code(client)

    assert placed(client)["discount_total"] == "2.00"


def test_an_order_that_came_back_was_not_the_first_one(lamp: Product) -> None:
    make_promotion(code="SAVE", first_order_only=True)
    client = customer()
    add_to_cart(client, lamp)
    add_code(client)
    bring_back(Order.objects.get(number=placed(client)["number"]))
    add_to_cart(client, lamp)
    add_code(client)

    assert placed(client)["discount_total"] == "2.00"


def test_promotions_hold_in_a_market_that_was_added_after_them(api: SchemaClient, lamp: Product) -> None:
    make_promotion()
    PriceRules.objects.all().delete()
    add_to_cart(api, lamp)

    assert api.get("/api/cart/").json()["data"]["discount_total"] == "2.00"
    assert PriceRules.objects.count() == 2


def test_a_buyer_without_an_email_address_is_known_by_their_phone(lamp: Product) -> None:
    make_promotion(code="SAVE", first_order_only=True)
    for total in ("18.00", "20.00"):
        client = SchemaClient()
        add_to_cart(client, lamp)
        add_code(client)
        assert placed(client, email="", accept_price_changes=True)["total"] == total


def test_a_key_with_other_codes_is_another_request(lamp: Product) -> None:
    make_promotion(code="SAVE")
    client = customer()
    add_to_cart(client, lamp)
    number = create(client, "k-1", codes=["SAVE"]).json()["data"]["number"]

    again, other = create(client, "k-1", codes=["save"]), create(client, "k-1", codes=[])

    assert (again.status_code, again.json()["data"]["number"]) == (200, number)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_an_order_shows_its_fees(lamp: Product) -> None:
    client = customer()
    add_to_cart(client, lamp)
    number = placed(client)["number"]
    order = Order.objects.get()
    records.insert_adjustments(order, compute([], get_default_market(), fees=[Fee("Gift wrap", 200)]))
    Order.objects.update(fee_total=2, total=order.total + 2)

    data = client.get(f"/api/orders/{number}/").json()["data"]

    assert (data["fees"], data["fee_total"], data["total"]) == ([{"label": "Gift wrap", "amount": "2.00"}], "2.00", "22.00")


def test_a_claimed_order_counts_for_the_account(lamp: Product) -> None:
    make_promotion(code="SAVE", per_customer=1)
    guest, user = SchemaClient(), customer("grace@example.com")
    add_to_cart(guest, lamp)
    add_code(guest)
    order = placed(guest, phone=PHONE)
    token = {"X-Order-Token": order["order_token"]}
    assert user.post(f"/api/orders/{order['number']}/claim/", {}, headers=token).status_code == 200
    add_to_cart(user, lamp)
    add_code(user)

    assert get_changes(create(user, email="grace@example.com", phone="+91 90000 00002")) == [("promotion_used_up", "SAVE", None)]


def test_an_order_is_claimed_once(lamp: Product) -> None:
    guest = SchemaClient()
    add_to_cart(guest, lamp)
    token = placed(guest)["order_token"]
    order, users = Order.objects.get(), [make_user(f"{number}@example.com") for number in range(2)]
    claiming.claim_order(Actor(users[0].pk), order, token)

    with pytest.raises(OrderNotFound):
        claiming.claim_order(Actor(users[1].pk), order, token)

    order.refresh_from_db()
    assert order.user == users[0]


@pytest.mark.parametrize("lines", [1, 50])
@pytest.mark.parametrize("promotions", [0, 50])
def test_promotions_cost_the_same_statements_however_many(db: None, lines: int, promotions: int) -> None:
    products = [make_product(f"Product {number}") for number in range(lines)]
    for number in range(promotions):
        make_promotion(f"Promotion {number}", combines=True, percent=Decimal("0.5"))
    client = SchemaClient()
    for product in products:
        add_to_cart(client, product)

    with capture_statements() as read:
        client.get("/api/cart/")
    with capture_statements() as order:
        placed(client)

    assert len(read) == 3
    assert len(order) == (17 if promotions else 15)


@pytest.mark.parametrize(
    ("columns", "statements"),
    [
        ({}, 18),
        ({"usage_limit": 5}, 20),
        ({"per_customer": 5}, 20),
        ({"usage_limit": 5, "per_customer": 5}, 22),
    ],
)
def test_limits_cost_a_few_statements(lamp: Product, columns: Any, statements: int) -> None:
    make_promotion(code="SAVE", **columns)
    client = SchemaClient()
    add_to_cart(client, lamp)
    add_code(client)

    with capture_statements() as order:
        placed(client)

    assert len(order) <= statements
