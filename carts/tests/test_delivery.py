"""`/api/cart/delivery/`: where a cart is to be delivered, how, and at which total"""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.models import Cart, CartAuditLog
from carts.tests.factories import add_to_cart, signed_in_client
from pricing.tests.factories import make_promotion
from pricing.tests.zones import change_method, make_area, make_zone
from products.models import Product, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

NO_DATES = {"earliest": None, "latest": None}


@pytest.fixture(autouse=True)
def cards(settings: Settings) -> None:
    """Take cards, too."""
    settings.STRIPE_SECRET_KEY = "sk_test_1"


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of 100.00 that weighs 800 g."""
    product = make_product("Lamp", price="100.00", stock=100)
    Variant.objects.update(weight_grams=800)
    return product


def choose(client: SchemaClient, **fields: Any) -> dict[str, Any]:
    """Choose a place or a method, and return the answer's data."""
    response = client.post("/api/cart/delivery/", fields)
    assert response.status_code == 200, response.json()
    data: dict[str, Any] = response.json()["data"]
    return data


def get_totals(delivery: dict[str, Any]) -> dict[str, list[str | None]]:
    """Return the total of each method with Cash on Delivery and by card."""
    return {method["code"]: [payment["total"] for payment in method["payments"]] for method in delivery["methods"]}


def test_without_zones_there_is_one_method_at_the_flat_rate(api: SchemaClient, lamp: Product, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal("50.00"), Decimal("250.00"))}
    add_to_cart(api, lamp, 2)

    delivery = api.get("/api/cart/delivery/").json()["data"]

    amounts = {"available": True, "reason": None, "fee": "0.00", "discount_total": "0.00", "total": "250.00"}
    method = {"code": "standard", "name": "Standard delivery", "price": "50.00", "free_from": "250.00", **NO_DATES}
    payments = [{"payment_method": "cod", **amounts}, {"payment_method": "stripe", **amounts}]
    assert delivery == {
        "country": "IN",
        "postal_code": "",
        "state": "",
        "serviceable": True,
        "reason": None,
        "cod": True,
        "method": method,
        "methods": [{**method, "payments": payments}],
    }


def test_a_shop_without_cards_offers_cash_alone(api: SchemaClient, lamp: Product, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    add_to_cart(api, lamp)

    delivery = api.get("/api/cart/delivery/").json()["data"]

    assert [payment["payment_method"] for payment in delivery["methods"][0]["payments"]] == ["cod"]


def test_the_place_decides_about_methods_and_totals(api: SchemaClient, lamp: Product) -> None:
    make_zone("Pune", postal_prefixes=["411"], priority=1, methods={"van": {"price": "80.00", "cod": False, "days_max": 2}})
    make_zone("India", countries=["IN"], methods={"post": {"price": "50.00", "cod_fee": "30.00"}, "air": {"price": "20.00"}})
    add_to_cart(api, lamp)

    elsewhere = choose(api, country="India", postal_code="560 001")
    pune = choose(api, postal_code="411 001")

    assert get_totals(elsewhere) == {"air": ["120.00", "120.00"], "post": ["180.00", "150.00"]}
    assert get_totals(pune) == {"van": [None, "180.00"]}
    assert pune["methods"][0]["payments"][0] == {
        "payment_method": "cod",
        "available": False,
        "reason": {"code": "cod_unavailable", "text": "Cash on Delivery is not available for this delivery"},
        "fee": None,
        "discount_total": None,
        "total": None,
    }
    assert (pune["cod"], pune["country"], pune["postal_code"]) == (False, "IN", "411 001")


def test_the_cart_shows_the_chosen_method_or_the_cheapest(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"air": {"price": "90.00"}, "post": {"price": "50.00", "price_per_kg": "10.00"}})
    add_to_cart(api, lamp, 2)

    cheapest = api.get("/api/cart/").json()["data"]
    response = api.post("/api/cart/delivery/", {"method": "air"})
    chosen = response.json()["cart"]

    assert (cheapest["shipping_estimate"], cheapest["total_estimate"]) == ("70.00", "270.00")
    assert cheapest["delivery"]["method"]["code"] == "post"
    assert response.json()["message"] == "Delivery saved"
    assert (chosen["shipping_estimate"], chosen["delivery"]["method"]["code"]) == ("90.00", "air")
    assert choose(api, method="")["method"]["code"] == "post"


def test_free_from_looks_at_the_goods_after_discounts(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00", "free_from": "190.00"}})
    add_to_cart(api, lamp, 2)
    free = api.get("/api/cart/").json()["data"]["shipping_estimate"]
    make_promotion(percent=10)

    assert (free, api.get("/api/cart/").json()["data"]["shipping_estimate"]) == ("0.00", "50.00")


def test_cash_has_a_limit_that_does_not_count_its_fee(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00", "cod_fee": "30.00", "cod_max": "250.00"}})
    add_to_cart(api, lamp, 2)

    within = choose(api)
    add_to_cart(api, lamp)
    above = choose(api)

    assert get_totals(within) == {"post": ["280.00", "250.00"]}
    assert get_totals(above) == {"post": [None, "350.00"]}
    assert above["methods"][0]["payments"][0]["reason"]["text"] == "Cash on Delivery is available up to ₹250.00"


def test_there_is_no_fee_where_nothing_is_collected(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"cod_fee": "30.00"}})
    make_promotion(percent=100)
    add_to_cart(api, lamp)

    assert get_totals(choose(api)) == {"post": ["0.00", "0.00"]}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"country": "IN", "postal_code": "110001"}, ("not_serviceable", "We do not deliver there")),
        ({"country": "IN", "postal_code": "411001"}, ("too_heavy", "This is too heavy to be delivered there")),
        ({"country": "DE"}, ("not_serviceable", "We do not deliver there")),
    ],
)
def test_a_place_that_is_not_served_is_told_and_has_no_price(
    api: SchemaClient, lamp: Product, fields: dict[str, str], reason: tuple[str, str]
) -> None:
    make_zone(countries=["IN"], postal_prefixes=["411"], methods={"letter": {"price": "50.00", "max_weight_grams": 500}})
    add_to_cart(api, lamp)

    delivery = choose(api, **fields)
    cart = api.get("/api/cart/").json()["data"]

    assert (delivery["serviceable"], tuple(delivery["reason"].values()), delivery["methods"]) == (False, reason, [])
    assert (cart["shipping_estimate"], cart["total_estimate"]) == (None, "100.00")
    assert cart["delivery"]["serviceable"] is False


def test_a_place_where_no_payment_method_works_is_not_served(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"van": {"cod": False}})
    make_area("411001", prepaid=False)
    add_to_cart(api, lamp)

    delivery = choose(api, postal_code="411001")

    assert (delivery["serviceable"], delivery["methods"]) == (False, [])
    assert delivery["reason"]["code"] == "not_serviceable"


def test_a_cart_without_a_place_says_what_is_needed(api: SchemaClient, lamp: Product) -> None:
    make_zone(postal_prefixes=["411"])
    add_to_cart(api, lamp)

    cart = api.get("/api/cart/").json()["data"]

    assert (cart["shipping_estimate"], cart["delivery"]["serviceable"]) == (None, False)
    assert cart["delivery"]["reason"] == {"code": "postal_code_needed", "text": "Enter a postal code"}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"country": "IN"}, "postal_code_needed", "postal_code"),
        ({"country": "US"}, "state_needed", "state"),
        ({"country": "Atlantis"}, "invalid", "country"),
        ({"country": "IN", "postal_code": "411001", "method": "air"}, "method_unavailable", "method"),
        ({"country": "IN", "postal_code": "4" * 21}, "invalid", "postal_code"),
        ({"country": "IN", "postal_code": "41100"}, "postal_code_invalid", "postal_code"),
    ],
)
def test_a_choice_that_cannot_be_kept_changes_nothing(
    api: SchemaClient, lamp: Product, fields: dict[str, str], code: str, field: str
) -> None:
    make_zone("Pune", countries=["IN"], postal_prefixes=["411"])
    make_zone("California", countries=["US"], states=["CA"], methods={"air": {}})
    add_to_cart(api, lamp)
    before = api.get("/api/cart/").json()["data"]

    response = api.post("/api/cart/delivery/", fields)

    assert (response.status_code, response.json()["code"], list(response.json()["errors"])) == (400, code, [field])
    assert api.get("/api/cart/").json()["data"] == before


def test_a_guest_without_a_cart_gets_one_with_their_place(api: SchemaClient, db: None) -> None:
    empty = api.get("/api/cart/delivery/").json()["data"]

    response = api.post("/api/cart/delivery/", {"countryCode": "DE", "zip": "10115"})

    assert (empty["country"], empty["serviceable"], empty["methods"][0]["payments"][0]["total"]) == ("IN", True, "0.00")
    assert (response.json()["data"]["country"], response.json()["data"]["postal_code"]) == ("DE", "10115")
    assert Cart.objects.values_list("country", "postal_code").get() == ("DE", "10115")


def test_another_country_forgets_the_postal_code_and_what_is_not_offered_there(api: SchemaClient, lamp: Product) -> None:
    make_zone("India", countries=["IN"], methods={"post": {}, "air": {"price": "1.00"}})
    make_zone("Germany", countries=["DE"], methods={"dhl": {}})
    add_to_cart(api, lamp)
    choose(api, country="IN", postal_code="411001", state="MH", method="air")

    delivery = choose(api, country="DE")

    assert (delivery["postal_code"], delivery["state"], delivery["method"]["code"]) == ("", "", "dhl")
    assert choose(api, country="IN")["method"]["code"] == "post"


def test_the_country_of_the_market_is_no_other_country_and_keeps_the_postal_code(api: SchemaClient, lamp: Product) -> None:
    make_zone("Pune", postal_prefixes=["411"])
    add_to_cart(api, lamp)
    choose(api, postal_code="411001")

    delivery = choose(api, country="IN")

    assert (delivery["country"], delivery["postal_code"], delivery["serviceable"]) == ("IN", "411001", True)


def test_a_choice_is_on_record(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {}, "air": {}})
    add_to_cart(api, lamp)

    choose(api, country="IN", postal_code="411001")
    choose(api, country="IN", postal_code="411001")
    choose(api, method="air")

    entries = CartAuditLog.objects.filter(action="PLACE").order_by("id")
    assert [entry.changes for entry in entries] == [
        {"country": "IN", "postal_code": "411001"},
        {"shipping_method": "air"},
    ]


def test_areas_limit_a_country_and_give_days(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"days_min": 1, "days_max": 2}})
    make_area("411001", cod=False, days=5)
    make_area("411002", prepaid=False)
    add_to_cart(api, lamp)

    prepaid, cash, unknown = (choose(api, postal_code=code) for code in ("411 001", "411 002", "411 003"))

    assert get_totals(prepaid) == {"post": [None, "100.00"]}
    assert get_totals(cash) == {"post": ["100.00", None]}
    assert cash["methods"][0]["payments"][1]["reason"]["text"] == "Only Cash on Delivery is available there"
    assert unknown["reason"]["code"] == "not_serviceable"
    assert prepaid["method"]["earliest"] == prepaid["method"]["latest"] > cash["method"]["latest"]


def test_a_sign_in_takes_the_guests_place_unless_the_user_has_one(db: None, lamp: Product) -> None:
    make_zone(methods={"post": {}, "air": {"price": "9.00"}})
    for number, own_place in enumerate(("", "560001")):
        guest, user = SchemaClient(), signed_in_client(make_user(f"{number}@example.com"))
        choose(guest, country="IN", postal_code="411001", method="air")
        add_to_cart(guest, lamp)
        if own_place:
            choose(user, country="IN", postal_code=own_place)

        user.post("/api/cart/merge/", {"cart_token": guest.get("/api/cart/").json()["cart_token"]})

        delivery = user.get("/api/cart/").json()["data"]["delivery"]
        expected = ("560001", "post") if own_place else ("411001", "air")
        assert (delivery["postal_code"], delivery["method"]["code"]) == expected


def test_an_expired_cart_begins_again_without_a_place(api: SchemaClient, lamp: Product) -> None:
    choose(api, country="DE", postal_code="10115")
    Cart.objects.update(expires_at="2026-01-01T00:00:00Z")

    add_to_cart(api, lamp)

    assert api.get("/api/cart/").json()["data"]["delivery"]["country"] == "IN"
    assert Cart.objects.values_list("postal_code", "shown_rate").get() == ("", None)


def test_a_method_that_is_off_is_not_offered(api: SchemaClient, lamp: Product) -> None:
    make_zone(methods={"post": {"price": "50.00"}, "air": {"price": "90.00"}})
    add_to_cart(api, lamp)
    choose(api, method="air")

    change_method("air", is_active=False)

    delivery = api.get("/api/cart/delivery/").json()["data"]
    assert (delivery["method"]["code"], [method["code"] for method in delivery["methods"]]) == ("post", ["post"])
