"""POST /api/cart/codes/ and DELETE /api/cart/codes/<code>/"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.models import Cart, CartCode
from carts.tests.factories import (
    add_code,
    add_to_cart,
    get_audit_log,
    get_cart,
    get_cart_amounts,
    guest_client,
    sign_in,
    signed_in_client,
)
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

URL = "/api/cart/codes/"
ADD_ROUTES = [f"{mount}/cart/codes{slash}" for mount in ("/api", "") for slash in ("/", "")]
REMOVE_ROUTES = [f"{mount}/cart/codes/TEN{slash}" for mount in ("/api", "") for slash in ("/", "")]


def get_codes() -> list[str]:
    """Return the codes that are stored in carts, in the order in which they were added."""
    return list(CartCode.objects.order_by("id").values_list("code__code", flat=True))


@pytest.mark.sampled
@pytest.mark.parametrize("address", ADD_ROUTES)
def test_a_code_is_applied_and_the_cart_shows_what_it_saves(api: SchemaClient, settings: Settings, address: str) -> None:
    settings.SHIPPING = {"in": (Decimal("50.00"), None)}
    make_promotion("Ten percent off", code="TEN")
    add_to_cart(api, make_product(price="20.00"), 3)

    response = api.post(address, {"code": "TEN"})

    assert (response.status_code, response.json()["message"], response.json()["data"]) == (200, "Code applied", None)
    cart = response.json()["cart"]
    assert cart["codes"] == [{"code": "TEN", "status": "applied", "reason": None}]
    assert cart["discounts"] == [{"label": "Ten percent off", "code": "TEN", "on": "order", "amount": "6.00"}]
    assert get_cart_amounts(cart) == ("60.00", "6.00", "50.00", "104.00")
    assert [(line["total_price"], line["discount"], line["net_total"]) for line in cart["items"]] == [("60.00", "6.00", "54.00")]
    assert get_cart(api) == cart


@pytest.mark.parametrize("typed", ["ten-off", " Ten-Off ", "T E N - O F F", "ｔｅｎ-off", "TEN-OFF\n"])
def test_letter_case_width_and_spaces_do_not_matter(api: SchemaClient, typed: str) -> None:
    make_promotion(code="TEN-OFF")
    add_to_cart(api, make_product())

    body = add_code(api, typed)

    assert [row["code"] for row in body["cart"]["codes"]] == ["TEN-OFF"]
    assert api.delete(f"{URL}ten-off/").status_code == 200
    assert get_codes() == []


@pytest.mark.parametrize("name", ["coupon", "coupon_code", "promo_code", "promotion_code", "discount_code"])
def test_other_names_of_the_field_are_read(api: SchemaClient, name: str) -> None:
    make_promotion(code="TEN")

    response = api.post(URL, {name: "TEN"})

    assert (response.status_code, get_codes()) == (200, ["TEN"])


def test_a_code_that_is_there_already_changes_nothing(api: SchemaClient) -> None:
    make_promotion(code="TEN")
    add_to_cart(api, make_product())
    add_code(api, "TEN")
    before = get_audit_log()

    body = add_code(api, "ten")

    assert body["message"] == "Code applied"
    assert (get_codes(), get_audit_log()) == (["TEN"], before)


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("NONE", {}),
        ("", {}),
        ("x" * 41, {}),
        ("TEN", {"ends_at": timezone.now() - timedelta(minutes=1)}),
        ("TEN", {"usage_limit": 3, "used": 3}),
        ("TEN", {"is_active": False}),
        ("TEN", {"deleted_at": timezone.now()}),
    ],
)
def test_unknown_ended_and_withdrawn_codes_are_refused_alike(api: SchemaClient, code: str, columns: dict[str, Any]) -> None:
    make_promotion(code="TEN", **columns)

    response = api.post(URL, {"code": code})

    if code:
        assert (response.status_code, response.json()["code"]) == (404, "code_unknown")
        assert response.json()["message"] == "This code is not valid"
    else:
        assert (response.status_code, response.json()["errors"]) == (400, {"code": ["This field may not be blank."]})
    assert not Cart.objects.exists()


def test_a_sixth_code_is_refused(api: SchemaClient) -> None:
    for number in range(6):
        make_promotion(code=f"CODE{number}")
    for number in range(5):
        add_code(api, f"CODE{number}")

    response = api.post(URL, {"code": "CODE5"})

    assert (response.status_code, response.json()["code"]) == (400, "too_many_codes")
    assert response.json()["errors"] == {"code": ["A cart holds at most 5 codes"]}
    assert get_codes() == [f"CODE{number}" for number in range(5)]


@pytest.mark.sampled
@pytest.mark.parametrize("address", REMOVE_ROUTES)
def test_a_code_is_removed_and_saves_nothing_any_more(api: SchemaClient, address: str) -> None:
    make_promotion(code="TEN")
    add_to_cart(api, make_product())
    add_code(api, "TEN")

    response = api.delete(address)

    assert (response.status_code, response.json()["message"]) == (200, "Code removed")
    assert (response.json()["cart"]["codes"], response.json()["cart"]["discounts"]) == ([], [])
    assert get_cart_amounts(response.json()["cart"]) == ("20.00", "0.00", "0.00", "20.00")
    assert get_codes() == []


@pytest.mark.parametrize("address", ["TEN", "%00", "T%00EN"])
def test_a_code_that_the_cart_does_not_have_is_not_removed(api: SchemaClient, address: str) -> None:
    make_promotion(code="TEN")
    make_promotion(code="OTHER")
    assert api.delete(f"{URL}TEN/").status_code == 404
    add_code(api, "OTHER")
    before = get_audit_log()

    response = api.delete(f"{URL}{address}/")

    assert (response.status_code, response.json()["code"]) == (404, "code_unknown")
    assert response.json()["message"] == "Your cart does not have this code"
    assert (get_codes(), get_audit_log()) == (["OTHER"], before)


def test_another_shoppers_code_is_not_removed(db: None) -> None:
    make_promotion(code="TEN")
    add_code(SchemaClient(), "TEN")

    response = SchemaClient().delete(f"{URL}TEN/")

    assert (response.status_code, get_codes()) == (404, ["TEN"])


def test_codes_stay_when_the_cart_is_cleared_and_lines_are_removed(api: SchemaClient) -> None:
    make_promotion(code="TEN")
    lamp = make_product()
    add_to_cart(api, lamp)
    add_code(api, "TEN")

    api.delete("/api/cart/clear/")

    reason = {"code": "no_matching_items", "text": "Your cart has no items that this code is for"}
    assert get_cart(api)["codes"] == [{"code": "TEN", "status": "waiting", "reason": reason}]
    assert add_to_cart(api, lamp)["cart"]["discount_total"] == "2.00"


def test_each_change_is_in_the_audit_log(db: None) -> None:
    make_promotion(code="TEN")
    client = signed_in_client(make_user(first_name="Ada"))

    add_code(client, "ten")
    client.delete(f"{URL}ten/")

    assert get_audit_log() == [
        ("CODE", "", {"code": "TEN", "change": "added"}),
        ("CODE", "", {"code": "TEN", "change": "removed"}),
    ]
    rows = client.get("/api/cart/audit-logs/").json()["data"]
    assert [(row["action_display"], row["user"], row["changes"]) for row in rows] == [
        ("Code Changed", "Ada", {"code": "TEN", "change": "removed"}),
        ("Code Changed", "Ada", {"code": "TEN", "change": "added"}),
    ]


def test_codes_join_at_sign_in_after_the_users_own_up_to_five(db: None) -> None:
    for name in "ABCDEFG":
        make_promotion(code=name)
    user = make_user()
    guest = SchemaClient()
    key = add_to_cart(guest, make_product())["cart_token"]
    for name in "CDEFG":
        add_code(guest, name)
    own = signed_in_client(user)
    for name in "ABC":
        add_code(own, name)

    sign_in(user, {"X-Cart-Token": key})

    assert [row["code"] for row in get_cart(own)["codes"]] == ["A", "B", "C", "D", "E"]
    assert get_cart(guest_client(key))["codes"] == []
    assert CartCode.objects.count() == 5


def test_a_cart_with_a_code_alone_joins_at_sign_in(db: None) -> None:
    make_promotion(code="TEN")
    user, guest = make_user(), SchemaClient()
    key = add_code(guest, "TEN")["cart_token"]

    sign_in(user, {"X-Cart-Token": key})

    assert [row["code"] for row in get_cart(signed_in_client(user))["codes"]] == ["TEN"]


def test_only_failures_count_and_after_twenty_the_right_code_is_refused_too(api: SchemaClient) -> None:
    make_promotion(code="TEN")
    for _ in range(5):
        add_code(api, "TEN")
        api.delete(f"{URL}TEN/")
    assert {api.post(URL, {"code": f"GUESS{number}"}).status_code for number in range(20)} == {404}

    wrong, right = api.post(URL, {"code": "GUESS"}), SchemaClient().post(URL, {"code": "TEN"})

    assert [(response.status_code, response.json()["code"]) for response in (wrong, right)] == [(429, "throttled")] * 2
    assert 0 < int(right["Retry-After"]) <= 3600
    assert get_codes() == []


def test_a_users_failures_count_at_every_address(db: None, settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "code_try": ((2, 3600),)}
    make_promotion(code="TEN")
    user = make_user()
    for number in (1, 2):
        client = signed_in_client(user)
        client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        assert client.post(URL, {"code": "GUESS"}).status_code == 404

    client.defaults["REMOTE_ADDR"] = "192.0.2.3"

    assert client.post(URL, {"code": "TEN"}).status_code == 429
    assert SchemaClient(REMOTE_ADDR="192.0.2.3").post(URL, {"code": "TEN"}).status_code == 200
