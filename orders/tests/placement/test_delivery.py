"""How an order is delivered: the address decides, and nothing is charged that the buyer was not shown"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from carts.models import CartItem
from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import ADDRESS, customer
from orders.tests.factories import create as create_order
from pricing import rules
from pricing.models import Zone
from pricing.tests.factories import make_promotion
from pricing.tests.zones import change_method, make_area, make_zone
from products.models import Product, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PUNE = {**ADDRESS, "city": "Pune", "state": "Maharashtra", "postal_code": "411001", "country": "India"}
BERLIN = {**ADDRESS, "state": "", "city": "Berlin", "postal_code": "10115", "country": "DE"}


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of 100.00 that weighs 800 g."""
    product = make_product("Lamp", price="100.00", stock=100)
    Variant.objects.update(weight_grams=800)
    return product


def create(client: SchemaClient, **fields: Any) -> Any:
    """Order the client's cart to Pune, or where the fields say, and return the response."""
    return create_order(client, **{"address": PUNE, **fields})


def placed(client: SchemaClient, **fields: Any) -> dict[str, Any]:
    """Order the client's cart and return the order."""
    response = create(client, **fields)
    assert response.status_code == 201, response.json()
    order: dict[str, Any] = response.json()["data"]
    return order


def get_changes(response: Any) -> list[tuple[str, Any, Any]]:
    """Return the code, the old and the new value of each change of a refused order."""
    assert (response.status_code, response.json()["code"]) == (409, "cart_changed")
    assert not Order.objects.exists()
    return [(change["code"], change["old"], change["new"]) for change in response.json()["details"]["changes"]]


def get_amounts(order: dict[str, Any]) -> tuple[str, str, str]:
    """Return what an order's delivery, fee and total are."""
    return order["shipping_total"], order["fee_total"], order["total"]


@pytest.mark.parametrize("time_zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # at any time, one has another date than UTC
def test_days_are_counted_from_the_date_in_the_shops_time_zone(
    api: SchemaClient, lamp: Product, settings: Settings, time_zone: str
) -> None:
    settings.TIME_ZONE = time_zone
    make_zone(methods={"post": {"days_min": 1, "days_max": 2}})
    add_to_cart(api, lamp)
    today = datetime.now(ZoneInfo(time_zone)).date()

    shown = api.get("/api/cart/delivery/").json()["data"]["method"]
    shipping = placed(api)["shipping"]

    days = [f"{today + timedelta(days=days)}" for days in (1, 2)]
    assert [shown["earliest"], shown["latest"]] == days
    assert [shipping["earliest"], shipping["latest"]] == days


def test_an_order_has_the_method_of_its_address(api: SchemaClient, lamp: Product) -> None:
    make_zone("India", countries=["IN"], methods={"post": {"price": "50.00", "price_per_kg": "5.00", "days_min": 2, "days_max": 4}})
    make_zone("World", methods={"dhl": {"name": "DHL", "price": "900.00"}})
    add_to_cart(api, lamp, 3)

    order = placed(api)

    assert (order["shipping"]["code"], order["shipping"]["name"]) == ("post", "Post")
    assert order["shipping"]["earliest"] < order["shipping"]["latest"]
    assert get_amounts(order) == ("65.00", "0.00", "365.00")
    add_to_cart(api, lamp)
    assert placed(api, address=BERLIN)["shipping"] == {"code": "dhl", "name": "DHL", "earliest": None, "latest": None}


def test_an_address_that_is_plain_text_is_in_the_country_of_the_market(api: SchemaClient, lamp: Product) -> None:
    make_zone("Pune", postal_prefixes=["411"], priority=1, methods={"van": {}})
    make_zone("India", countries=["IN"], methods={"post": {"price": "50.00"}})
    add_to_cart(api, lamp)

    assert placed(api, address="12 Hill Road, Pune 411001", name="Ada")["shipping"]["code"] == "post"


@pytest.mark.parametrize("address", ["12 Hill Road, Pune 411001", {**PUNE, "postal_code": ""}])
def test_a_postal_code_is_asked_for_where_every_zone_has_some(
    api: SchemaClient, lamp: Product, settings: Settings, address: Any
) -> None:
    settings.ADDRESS_RULES = "lax"
    make_zone("Pune", postal_prefixes=["411"])
    add_to_cart(api, lamp)

    response = create(api, address=address, name="Ada")

    assert (response.status_code, response.json()["code"]) == (400, "postal_code_needed")
    assert response.json()["errors"] == {"address.postal_code": ["Enter a postal code"]}
    assert not Order.objects.exists()


def test_a_place_that_is_not_served_is_told_whatever_the_buyer_accepts(api: SchemaClient, lamp: Product) -> None:
    make_zone("India", countries=["IN"])
    add_to_cart(api, lamp)

    for fields in ({}, {"accept_price_changes": True}, {"expected_total": "1000.00"}):
        assert get_changes(create(api, address=BERLIN, **fields)) == [("not_serviceable", "10115", None)]


def test_a_basket_that_is_too_heavy_is_not_served(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"letter": {"max_weight_grams": 1000}})
    add_to_cart(api, lamp, 2)

    assert get_changes(create(api)) == [("not_serviceable", "411001", None)]


def test_a_cart_that_has_shown_no_rate_explains_a_higher_total_by_none(api: SchemaClient, lamp: Product) -> None:
    make_zone("Pune", postal_prefixes=["411"], priority=1, methods={"van": {"price": "80.00"}})
    make_zone("India", countries=["IN"], methods={"post": {"price": "50.00"}})
    make_area("411001")
    add_to_cart(api, lamp)
    shown = api.get("/api/cart/").json()["data"]

    changes = get_changes(create(api, expected_total=shown["total_estimate"]))

    assert (shown["shipping_estimate"], shown["total_estimate"]) == (None, "100.00")
    assert changes == [("price_increased", "100.00", "180.00")]


def test_what_is_sent_wins_over_the_choice_of_the_cart_and_that_over_the_cheapest(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}, "air": {"price": "90.00"}, "van": {"price": "70.00"}})
    codes = []
    for fields in ({}, {"shipping_method": "van"}):
        add_to_cart(api, lamp)
        api.post("/api/cart/delivery/", {"method": "air"})
        codes.append(placed(api, **fields)["shipping"]["code"])
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {"method": ""})

    assert [*codes, placed(api)["shipping"]["code"]] == ["air", "van", "post"]


@pytest.mark.parametrize("fields", [{}, {"accept_price_changes": True}, {"expected_total": "1000.00"}])
def test_a_sent_method_that_is_not_offered_is_never_replaced(api: SchemaClient, lamp: Product, fields: dict[str, Any]) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    add_to_cart(api, lamp)

    assert get_changes(create(api, shipping_method="air", **fields)) == [("shipping_changed", "air", "post")]


def test_a_chosen_method_that_has_ended_is_told_and_can_be_replaced(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}, "air": {"price": "90.00"}})
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {"method": "air"})
    change_method("air", is_active=False)

    told = get_changes(create(api))
    response = create(api, expected_total="190.00")

    assert told == [("shipping_changed", "air", "post")]
    assert response.json()["data"]["total"] == "150.00"
    assert response.json()["warnings"] == [
        "The total fell from 190.00 to 150.00",
        "The shipping method air is not available for this order",
    ]


def test_a_rate_that_rose_since_it_was_shown_is_told(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {"country": "IN", "postal_code": "411001"})
    change_method("post", price="80.00")

    without_total = get_changes(create(api))
    with_total = get_changes(create(api, expected_total="150.00"))
    response = create(api, accept_price_changes=True)

    assert without_total == [("shipping_changed", "50.00", "80.00")]
    assert with_total == [("price_increased", "150.00", "180.00"), ("shipping_changed", "50.00", "80.00")]
    assert response.json()["data"]["total"] == "180.00"
    assert response.json()["warnings"] == ["Delivery costs 80.00 instead of 50.00"]


def test_an_address_where_delivery_costs_more_than_the_cart_showed_is_told(api: SchemaClient, lamp: Product) -> None:
    make_zone("World", priority=-1, methods={"dhl": {"price": "900.00"}})
    make_zone("India", countries=["IN"])
    add_to_cart(api, lamp)

    changes = get_changes(create(api, address=BERLIN, expected_total="150.00"))

    assert changes == [("price_increased", "150.00", "1000.00"), ("shipping_changed", "50.00", "900.00")]
    assert placed(api, address=BERLIN, expected_total="1000.00")["total"] == "1000.00"


def test_a_promotion_that_pays_the_delivery_hides_its_rise(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    make_promotion("Free shipping", on="shipping", effect="free")
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {})
    change_method("post", price="80.00")

    assert placed(api)["total"] == "100.00"


def test_a_rate_that_fell_is_charged(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {})
    change_method("post", price="30.00")

    response = create(api)

    assert response.json()["data"]["total"] == "130.00"
    assert response.json()["warnings"] == ["Delivery costs 30.00 instead of 50.00"]


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({}, [("fee_changed", "0.00", "30.00")]),
        ({"expected_total": "150.00"}, [("price_increased", "150.00", "180.00"), ("fee_changed", "0.00", "30.00")]),
        ({"expected_total": "180.00"}, []),
        ({"accept_price_changes": True}, []),
    ],
)
def test_a_fee_that_was_not_shown_is_told(
    api: SchemaClient, lamp: Product, fields: dict[str, Any], changes: list[tuple[str, str, str]]
) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod_fee": "30.00"}})
    add_to_cart(api, lamp)

    response = create(api, **fields)

    if changes:
        assert get_changes(response) == changes
    else:
        order = response.json()["data"]
        assert get_amounts(order) == ("50.00", "30.00", "180.00")
        assert order["fees"] == [{"label": "Cash on Delivery", "amount": "30.00"}]


@pytest.mark.parametrize(
    ("shown", "changes"),
    [
        ("180.00", [("price_increased", "180.00", "190.00"), ("fee_changed", "30.00", "40.00")]),
        ("150.00", [("price_increased", "150.00", "190.00"), ("fee_changed", "0.00", "40.00")]),
    ],
)
def test_a_fee_that_rose_is_compared_with_the_one_that_was_shown(
    api: SchemaClient, lamp: Product, shown: str, changes: list[tuple[str, str, str]]
) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod_fee": "30.00"}})
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {})
    change_method("post", cod_fee="40.00")

    assert get_changes(create(api, expected_total=shown)) == changes


def test_a_fee_that_was_shown_does_not_explain_a_dearer_delivery(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod_fee": "30.00"}})
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {})
    change_method("post", price="60.00")

    assert get_changes(create(api, expected_total="180.00")) == [
        ("price_increased", "180.00", "190.00"),
        ("shipping_changed", "50.00", "60.00"),
    ]


def test_the_message_says_what_no_buyer_can_agree_to(api: SchemaClient, lamp: Product) -> None:
    make_zone("India", countries=["IN"], methods={"post": {"cod": False}})
    add_to_cart(api, lamp)

    unserved, cash = create(api, address=BERLIN), create(api)

    assert unserved.json()["message"] == "We do not deliver this order to this address"
    assert cash.json()["message"] == "Cash on Delivery is not available for this order"


def test_cash_takes_the_cheapest_method_that_allows_it(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod": False}, "van": {"price": "70.00"}, "air": {"price": "90.00"}})
    add_to_cart(api, lamp)

    assert placed(api)["shipping"]["code"] == "van"


def test_a_chosen_method_that_takes_no_cash_is_not_said_to_have_ended(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod": False}, "van": {"price": "40.00"}})
    add_to_cart(api, lamp)
    api.post("/api/cart/delivery/", {"method": "post"})

    response = create_order(api, expected_total="150.00")

    assert (response.status_code, response.json()["data"]["shipping"]["code"]) == (201, "van")
    assert "The shipping method post is not available for this order" in response.json()["warnings"]


@pytest.mark.parametrize("columns", [{"cod": False}, {"cod_max": "149.99"}])
@pytest.mark.parametrize("fields", [{}, {"accept_price_changes": True}, {"shipping_method": "post"}])
def test_cash_that_is_not_taken_is_told_whatever_the_buyer_accepts(
    api: SchemaClient, lamp: Product, columns: dict[str, Any], fields: dict[str, Any]
) -> None:
    make_zone(methods={"post": {"price": "50.00", **columns}})
    add_to_cart(api, lamp)

    assert get_changes(create(api, **fields)) == [("cod_unavailable", "cod", None)]


def test_cash_is_not_taken_with_the_sent_method_though_with_another(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}, "air": {"price": "20.00", "cod": False}})
    add_to_cart(api, lamp)

    assert get_changes(create(api, shipping_method="air")) == [("cod_unavailable", "cod", None)]


def test_carriers_decide_with_the_method(api: SchemaClient, lamp: Product, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    make_area("411001", prepaid=False)
    make_area("110001", cod=False)
    add_to_cart(api, lamp)
    delhi = {**PUNE, "postal_code": "110001"}

    assert get_changes(create(api, address=delhi)) == [("cod_unavailable", "cod", None)]
    assert get_changes(create(api, payment_method="stripe")) == [("not_serviceable", "411001", None)]
    assert get_changes(create(api, address={**PUNE, "postal_code": "560001"})) == [("not_serviceable", "560001", None)]
    assert placed(api)["shipping"]["code"] == "standard"


def test_a_repeated_order_is_not_compared_with_todays_rates(lamp: Product) -> None:
    api = customer()
    make_zone(methods={"post": {"price": "50.00"}})
    add_to_cart(api, lamp)
    first = placed(api, shipping_method="post")
    Zone.objects.all().delete()
    rules.rebuild()

    again, other = create(api, shipping_method="post"), create(api, shipping_method="air")
    without = create(api)

    assert (again.status_code, again.json()["data"]["number"]) == (200, first["number"])
    assert (without.status_code, without.json()["data"]["number"]) == (200, first["number"])
    assert (other.status_code, other.json()["code"]) == (400, "empty_cart")


def test_what_a_placed_order_costs_stays(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod_fee": "30.00"}})
    add_to_cart(api, lamp)
    order = placed(api, expected_total="180.00")

    Zone.objects.all().delete()
    rules.rebuild()
    CartItem.objects.all().delete()

    stored = Order.objects.get()
    assert (stored.number, stored.shipping_total, stored.fee_total) == (order["number"], Decimal("50.00"), Decimal("30.00"))
    assert (stored.shipping_method, stored.shipping_name) == ("post", "Post")
