"""A card order holds its promotions until it is paid, and gives them back when it is closed unpaid."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import make_user
from carts.models import CartCode
from carts.tests.factories import add_code, add_to_cart, guest_client, make_guest_cart, sign_in, signed_in_client
from orders.models import Order, Payment, Redemption
from orders.payments import sessions
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from pricing.models import Promotion, PromotionCode
from pricing.tests.factories import make_promotion
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of 20.00."""
    return make_product("Lamp", sku="LAMP", price="20.00", stock=100)


def make_buyer(lamp: Product, email: str = "ada@example.com") -> SchemaClient:
    """Return a customer whose cart holds a lamp and the code."""
    client = customer(email)
    add_to_cart(client, lamp)
    assert client.post("/api/cart/codes/", {"code": "SAVE"}).status_code == 200
    return client


def get_uses() -> tuple[int, list[str]]:
    """Return how often the promotion counts as used, and the states of its redemptions, the oldest first."""
    return Promotion.objects.get().used, list(Redemption.objects.order_by("pk").values_list("state", flat=True))


def get_codes(client: SchemaClient) -> list[tuple[str, str]]:
    """Return the codes of the cart with their status."""
    return [(row["code"], row["status"]) for row in client.get("/api/cart/").json()["data"]["codes"]]


def expire(order: dict[str, Any]) -> None:
    """Let the reservation of an order without a session end."""
    payment = Payment.objects.get(order__number=order["number"])
    Payment.objects.filter(pk=payment.pk).update(session_id=None, state="created")
    Order.objects.filter(number=order["number"]).update(reserved_until=timezone.now() - timedelta(minutes=1))
    sessions.abandon_payment(payment.pk)


def test_a_pending_order_holds_its_code_and_a_paid_one_has_used_it(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion(code="SAVE", usage_limit=1, single_use=True)
    client = make_buyer(lamp)

    order = card_payments.place_order(client)

    assert (order["total"], get_uses()) == ("18.00", (1, ["held"]))
    assert get_codes(client) == [("SAVE", "applied")]
    assert set(card_payments.pay(order)) == {200}
    assert (get_uses(), get_codes(client), PromotionCode.objects.get().is_used) == ((1, ["used"]), [], True)
    assert card_payments.emulator.ledger()[0]["captured"] == 1800


def test_a_code_that_a_guests_order_holds_still_counts_after_sign_in(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion(code="SAVE", single_use=True)
    user = make_user("ada@example.com")
    key = make_guest_cart(lamp)
    own, guest = signed_in_client(user), guest_client(key)
    for client in (own, guest):
        add_code(client, "SAVE")
    card_payments.place_order(guest)

    sign_in(user, {"X-Cart-Token": key})

    assert get_codes(own) == [("SAVE", "applied")]


def test_the_same_pending_order_is_answered_although_its_code_is_used_up(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion(code="SAVE", usage_limit=1)
    client = make_buyer(lamp)
    order = card_payments.place_order(client)

    again = card_payments.post_order(client)

    assert (again.status_code, again.json()["data"]["number"], get_uses()) == (200, order["number"], (1, ["held"]))


def test_a_pending_order_is_replaced_if_the_buyer_was_shown_less(card_payments: CardPayments, lamp: Product) -> None:
    client = customer("ada@example.com")
    add_to_cart(client, lamp)
    first = card_payments.place_order(client)
    make_promotion("Autumn")
    shown = client.get("/api/cart/").json()["data"]["total_estimate"]

    order = card_payments.place_order(client, expected_total=shown)

    assert (first["total"], shown, order["total"]) == ("20.00", "18.00", "18.00")
    assert Order.objects.get(number=first["number"]).status == "cancelled"


@pytest.mark.parametrize("limit", ["usage_limit", "per_customer"])
def test_an_order_that_replaces_a_pending_one_takes_its_use(card_payments: CardPayments, lamp: Product, limit: str) -> None:
    make_promotion(code="SAVE", **{limit: 1})  # type: ignore[arg-type]  # a column
    client = make_buyer(lamp)
    card_payments.place_order(client)
    add_to_cart(client, lamp)

    order = card_payments.place_order(client)

    assert (order["total"], get_uses()[1]) == ("36.00", ["released", "held"])
    assert Promotion.objects.get().used == (1 if limit == "usage_limit" else 0)


def test_an_order_with_another_code_of_the_promotion_takes_the_use_of_the_pending_one(
    card_payments: CardPayments, lamp: Product
) -> None:
    make_promotion(code="SAVE", usage_limit=1).codes.create(code="OTHER")
    client = make_buyer(lamp)
    card_payments.place_order(client)

    order = card_payments.place_order(client, codes=["OTHER"])

    assert (order["discounts"][0]["code"], get_uses()) == ("OTHER", (1, ["released", "held"]))


def test_an_order_that_is_closed_unpaid_gives_its_use_back(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion(code="SAVE", usage_limit=1, single_use=True)
    client = make_buyer(lamp)
    order = card_payments.place_order(client)
    other = customer("grace@example.com")
    assert other.post("/api/cart/codes/", {"code": "SAVE"}).status_code == 404

    assert client.post(f"/api/orders/{order['number']}/cancel/", {}).status_code == 200

    assert (get_uses(), PromotionCode.objects.get().is_used) == ((0, ["released"]), False)
    assert other.post("/api/cart/codes/", {"code": "SAVE"}).status_code == 200
    assert get_codes(client) == [("SAVE", "applied")]
    assert not CartCode.objects.filter(is_held=True).exists()


def test_late_money_uses_the_promotion_beyond_its_limit(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion(code="SAVE", usage_limit=1, single_use=True)
    client = make_buyer(lamp)
    order = card_payments.place_order(client)
    expire(order)
    assert get_uses() == (0, ["released"])
    other = make_buyer(lamp, "grace@example.com")
    card_payments.pay(card_payments.place_order(other))

    assert set(card_payments.pay(order)) == {200}

    assert get_statuses(order["number"])[0] == "processing"
    assert get_uses() == (2, ["used", "used"])
    paid = Order.objects.get(number=order["number"])
    assert paid.events.filter(kind="redeemed_late").count() == 1
    assert paid.discount_total == 2
