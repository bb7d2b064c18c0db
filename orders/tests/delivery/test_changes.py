"""Law L5 for delivery: what changes between `cart/delivery/` and the order is told, and never charged in silence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from carts.models import CartCode
from carts.tests.factories import add_code, add_to_cart, guest_client
from orders.models import Redemption
from orders.tests.factories import ADDRESS, database_rows, order_body
from pricing import rules
from pricing.models import Promotion, PromotionCode, ServiceArea, ShippingMethod, Zone
from pricing.tests.factories import make_promotion
from pricing.tests.zones import change_method, make_area, make_zone
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.sampled, pytest.mark.usefixtures("card_payments", "unthrottled")]
PUNE = {**ADDRESS, "city": "Pune", "state": "Maharashtra", "postal_code": "411001", "country": "IN"}
D = Decimal
SHOWN = D("86.00")  # two lamps of 20.00, a tenth off, and the post for 50.00
POST = ("post", "50.00", "0.00")
EXPRESS = ("express", "90.00", "0.00")
Change = tuple[str, str | None, str | None]  # code, old, new
Offer = tuple[str, str, str]  # code of the method, its price, and the fee


@dataclass(frozen=True)
class Event:
    """Something that staff do, and what is then the cheapest offer with cash and by card, or the refusal if there is none."""

    happen: Callable[[], object]
    cash: Offer | str = POST
    card: Offer | str = POST


def _change(rows: Any, **columns: Any) -> None:
    rows.update(**columns)
    rules.rebuild()


def _delete(rows: Any) -> None:
    rows.delete()
    rules.rebuild()


EVENTS = {
    "nothing": Event(lambda: None),
    "the rate rises": Event(lambda: change_method("post", price="70.00"), *[("post", "70.00", "0.00")] * 2),
    "the rate falls": Event(lambda: change_method("post", price="30.00"), *[("post", "30.00", "0.00")] * 2),
    "a rate for weight appears": Event(lambda: change_method("post", price_per_kg="3.50"), *[("post", "57.00", "0.00")] * 2),
    "the method becomes free": Event(lambda: change_method("post", free_from="36.00"), *[("post", "0.00", "0.00")] * 2),
    "the method is switched off": Event(lambda: change_method("post", is_active=False), EXPRESS, EXPRESS),
    "the method gets another code": Event(
        lambda: _change(ShippingMethod.objects.filter(code="post"), code="mail"), *[("mail", "50.00", "0.00")] * 2
    ),
    "another method becomes cheaper": Event(lambda: change_method("express", price="50.00")),
    "the zone is deleted": Event(lambda: _delete(Zone.objects.all()), *[("standard", "0.00", "0.00")] * 2),
    "a zone before it appears": Event(
        lambda: make_zone("Pune", postal_prefixes=["411"], priority=1, methods={"local": {"price": "60.00"}}),
        *[("local", "60.00", "0.00")] * 2,
    ),
    "a zone before it appears that is cheaper": Event(
        lambda: make_zone("Pune", postal_prefixes=["411"], priority=1, methods={"local": {"price": "10.00"}}),
        *[("local", "10.00", "0.00")] * 2,
    ),
    "a zone after it appears": Event(lambda: make_zone("India", countries=["IN"], methods={"local": {"price": "1.00"}})),
    "the area is removed": Event(
        lambda: _delete(ServiceArea.objects.filter(postal_code="411001")), "not_serviceable", "not_serviceable"
    ),
    "all areas are removed": Event(lambda: _delete(ServiceArea.objects.all())),
    "no cash in the area": Event(lambda: _change(ServiceArea.objects, cod=False), cash="cod_unavailable"),
    "only cash in the area": Event(lambda: _change(ServiceArea.objects, prepaid=False), card="not_serviceable"),
    "no cash with the method": Event(lambda: change_method("post", cod=False), cash=EXPRESS),
    "no cash with any method": Event(lambda: _change(ShippingMethod.objects, cod=False), cash="cod_unavailable"),
    "cash up to less than the total with the method": Event(lambda: change_method("post", cod_max="85.99"), cash=EXPRESS),
    "cash up to the total": Event(
        lambda: _change(ShippingMethod.objects, cod_max="86.00", cod_fee="5.00"), cash=("post", "50.00", "5.00")
    ),
    "cash up to less than the total": Event(lambda: _change(ShippingMethod.objects, cod_max="85.99"), cash="cod_unavailable"),
    "a fee appears": Event(lambda: change_method("post", cod_fee="15.00"), cash=("post", "50.00", "15.00")),
    "it is too heavy for the method": Event(lambda: Variant.objects.update(weight_grams=1501), EXPRESS, EXPRESS),
    "it is too heavy": Event(lambda: Variant.objects.update(weight_grams=50_000), "not_serviceable", "not_serviceable"),
}


def fill_cart(api: SchemaClient) -> str:
    """Put two lamps into a guest's cart, with a code for a tenth off, and return the key.

    The post takes them to Pune for 50.00, express for 90.00.
    """
    lamp = make_product(price="20.00")
    Variant.objects.update(weight_grams=800)
    make_promotion(code="SAVE", usage_limit=5)
    methods = {
        "post": {"price": "50.00", "max_weight_grams": 3000},
        "express": {"price": "90.00", "max_weight_grams": 10_000},
    }
    make_zone(methods=methods)
    make_area("411001")
    make_area("560001")
    key = str(add_to_cart(api, lamp, 2)["cart_token"])
    add_code(api, "SAVE")
    return key


def choose(api: SchemaClient, **fields: Any) -> None:
    """Choose Pune, and a method if one is given."""
    response = api.post("/api/cart/delivery/", {"country": "IN", "postal_code": "411001", **fields})
    assert response.status_code == 200, response.json()


def get_shown_total(api: SchemaClient, payment_method: str, method: str = "post") -> str:
    """Return the total of `cart/delivery/`."""
    methods = {entry["code"]: entry for entry in api.get("/api/cart/delivery/").json()["data"]["methods"]}
    payments = {entry["payment_method"]: entry for entry in methods[method]["payments"]}
    return str(payments[payment_method]["total"])


def list_rows() -> dict[str, list[Any]]:
    """Return all that an order could touch."""
    models = (Promotion, PromotionCode, CartCode, Redemption)
    return {**database_rows(), **{model.__name__: list(model.objects.order_by("pk").values()) for model in models}}


def list_changes(response: Any) -> list[Change]:
    """Return the changes of a refused order."""
    assert (response.status_code, response.json()["code"]) == (409, "cart_changed"), response.json()
    changes = response.json()["details"]["changes"]
    assert all(change["item"] is None for change in changes)
    return [(change["code"], change["old"], change["new"]) for change in changes]


def expect(event: Event, payment_method: str, way: str, expectation: str) -> tuple[list[Change], Decimal | None, list[str]]:
    """Return what the order has to answer: its changes, or its total and warnings."""
    offer = event.cash if payment_method == "cod" else event.card
    if isinstance(offer, str):
        return [(offer, "cod" if offer == "cod_unavailable" else "411001", None)], None, []
    (code, *amounts), firm, told = offer, list[Change](), dict[Change, str]()
    shipping, fee = map(Decimal, amounts)
    total = D("36.00") + shipping + fee
    if code != "post" and way == "sent":  # to accept another amount is not to accept another method
        firm = [("cod_unavailable", "cod", None) if event.card == POST else ("shipping_changed", "post", code)]
    elif code != "post" and way == "chosen":
        told["shipping_changed", "post", code] = "The shipping method post is not available for this order"
    if shipping > D("50.00"):
        told["shipping_changed", "50.00", str(shipping)] = f"Delivery costs {shipping} instead of 50.00"
    if fee:
        told["fee_changed", "0.00", str(fee)] = f"The payment method has a fee of {fee}"
    if expectation == "without a total":
        changes = firm + list(told)
        fallen = [f"Delivery costs {shipping} instead of 50.00"] if shipping < D("50.00") else []
        return changes, None if changes else total, fallen
    if total > SHOWN and expectation == "accepting":
        return firm, None if firm else total, [f"The total rose from {SHOWN} to {total}", *told.values()]
    if total > SHOWN:
        return [*firm, ("price_increased", str(SHOWN), str(total)), *told], None, []
    ended = [text for text in told.values() if text.startswith("The shipping method")]
    return firm, None if firm else total, [f"The total fell from {SHOWN} to {total}"] * (total < SHOWN) + ended


@contextmanager
def undone() -> Iterator[None]:
    """Undo what the block does to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def order(api: SchemaClient, payment_method: str, way: str, expectation: str) -> Any:
    """Order with the method in the body, or not, and with the total that was shown, or not."""
    body = order_body(payment_method=payment_method, address=PUNE)
    body |= {"shipping_method": "post"} if way == "sent" else {}
    body |= {} if expectation == "without a total" else {"expected_total": str(SHOWN)}
    body |= {"accept_price_changes": True} if expectation == "accepting" else {}
    return api.post("/api/orders/create/", body)


@pytest.mark.parametrize("payment_method", ["cod", "stripe"])
@pytest.mark.parametrize("name", EVENTS)
def test_what_happens_before_the_order_is_told(api: SchemaClient, name: str, payment_method: str) -> None:
    key, event = fill_cart(api), EVENTS[name]
    for way, expectation in product(("sent", "chosen", "cheapest"), ("with the total", "without a total", "accepting")):
        with undone():
            api = guest_client(key)
            choose(api, **({"method": "post"} if way == "chosen" else {}))
            assert get_shown_total(api, payment_method) == str(SHOWN)
            event.happen()
            before = list_rows()
            changes, total, warnings = expect(event, payment_method, way, expectation)

            response = order(api, payment_method, way, expectation)

            if changes:
                assert list_changes(response) == changes, (way, expectation)
                assert list_rows() == before
            else:
                assert (response.status_code, response.json()["data"]["total"]) == (201, str(total)), (way, expectation)
                assert response.json()["warnings"] == warnings, (way, expectation)


@pytest.mark.parametrize("expectation", ["with the total", "without a total"])
def test_a_fee_that_rises_is_told(api: SchemaClient, expectation: str) -> None:
    fill_cart(api)
    change_method("post", cod_fee="15.00")
    choose(api)
    shown = get_shown_total(api, "cod")
    change_method("post", cod_fee="25.00")
    before = list_rows()

    fields = {"expected_total": shown} if expectation == "with the total" else {}
    response = api.post("/api/orders/create/", order_body(address=PUNE, **fields))

    told = (
        [("price_increased", "101.00", "111.00"), ("fee_changed", "15.00", "25.00")]
        if fields
        else [("fee_changed", "0.00", "25.00")]
    )
    assert (shown, list_changes(response)) == ("101.00", told)
    assert list_rows() == before


@pytest.mark.parametrize("fee", ["15.00", "10.00"])
def test_a_fee_that_was_shown_is_charged_and_one_that_fell_is_told(api: SchemaClient, fee: str) -> None:
    fill_cart(api)
    change_method("post", cod_fee="15.00")
    choose(api)
    shown = get_shown_total(api, "cod")
    change_method("post", cod_fee=fee)

    response = api.post("/api/orders/create/", order_body(address=PUNE, expected_total=shown))

    total = {"15.00": "101.00", "10.00": "96.00"}[fee]
    assert (response.status_code, response.json()["data"]["total"]) == (201, total)
    assert response.json()["warnings"] == ([] if total == shown else [f"The total fell from 101.00 to {total}"])


@pytest.mark.parametrize("chosen", [{}, {"method": "post"}])
def test_another_method_than_the_cart_s_is_no_change_of_its_rate(api: SchemaClient, chosen: dict[str, str]) -> None:
    fill_cart(api)
    choose(api, **chosen)

    response = api.post("/api/orders/create/", order_body(address=PUNE, shipping_method="express"))

    assert (response.status_code, response.json()["data"]["total"], response.json()["warnings"]) == (201, "126.00", [])


def test_another_method_than_the_cart_s_costs_at_most_the_total_that_was_shown(api: SchemaClient) -> None:
    fill_cart(api)
    choose(api)
    shown = get_shown_total(api, "cod", "express")
    change_method("express", price="95.00")
    before = list_rows()

    response = api.post("/api/orders/create/", order_body(address=PUNE, shipping_method="express", expected_total=shown))

    assert (shown, list_changes(response)[0]) == ("126.00", ("price_increased", "126.00", "131.00"))
    assert list_rows() == before
