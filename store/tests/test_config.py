"""GET /api/config/"""

import time
from decimal import Decimal
from types import SimpleNamespace

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.tests.factories import make_user
from core.actors import SYSTEM
from core.models import ShopSetting
from core.shop_settings import services, values
from pricing.tests.zones import make_zone
from store import settings as project
from tests.schema_client import SchemaClient


def test_it_says_what_a_shop_front_needs_to_know(api: SchemaClient) -> None:
    response = api.get("/api/config/")

    nothing = {"flat": "0.00", "free_from": None}
    assert response.status_code == 200
    assert response.json()["data"] == {
        "shop_name": "Our shop",
        "shop_address": None,
        "contact_email": None,
        "contact_phone": None,
        "markets": [
            {"code": "in", "currency": "INR", "exponent": 2, "country": "IN", "is_default": True, "shipping": nothing},
            {"code": "us", "currency": "USD", "exponent": 2, "country": "US", "is_default": False, "shipping": nothing},
        ],
        "payment_methods": ["cod"],
        "stripe_publishable_key": None,
        "google_client_id": None,
        "phone_sign_in": True,
        "limits": {"max_quantity": 99, "max_lines": 100, "max_page_size": 100},
    }


def test_it_says_what_is_configured_and_no_secret(api: SchemaClient, settings: Settings) -> None:
    settings.SHOP_NAME = "Lamps & Co"
    settings.STRIPE_SECRET_KEY = "sk_test_4711"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_4711"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_4711"
    settings.GOOGLE_CLIENT_ID = "4711.apps.googleusercontent.com"

    response = api.get("/api/config/")

    data = response.json()["data"]
    assert data["shop_name"] == "Lamps & Co"
    assert data["stripe_publishable_key"] == "pk_test_4711"
    assert data["google_client_id"] == "4711.apps.googleusercontent.com"
    assert "sk_test" not in response.content.decode()
    assert "whsec" not in response.content.decode()
    assert settings.SECRET_KEY not in response.content.decode()


def test_everybody_may_read_it_and_any_cache_may_keep_it(api: SchemaClient) -> None:
    response = api.get("/api/config/")

    assert response["Cache-Control"] == "public, max-age=60"
    assert not response.cookies


def test_it_costs_one_statement(api: SchemaClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        api.get("/api/config/")


def test_it_costs_two_after_the_kept_settings_have_expired(
    api: SchemaClient, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SHOP_SETTINGS_MAX_AGE = project.SHOP_SETTINGS_MAX_AGE
    values.keep(values.read())
    now = time.monotonic()
    monkeypatch.setattr(values, "time", SimpleNamespace(monotonic=lambda: now + project.SHOP_SETTINGS_MAX_AGE))

    with django_assert_num_queries(2):
        api.get("/api/config/")
    with django_assert_num_queries(1):
        api.get("/api/config/")


@pytest.mark.parametrize(("max_age", "expected"), [(0, "Lamps & Co"), (3600, "Our shop")])
def test_a_change_by_another_process_is_seen_within_seconds(
    api: SchemaClient, settings: Settings, max_age: int, expected: str
) -> None:
    settings.SHOP_SETTINGS_MAX_AGE = max_age
    values.keep(values.read())
    ShopSetting.objects.create(name="shop_name", value="Lamps & Co")

    assert api.get("/api/config/").json()["data"]["shop_name"] == expected


def test_the_shipping_rate_is_that_of_the_cheapest_method_unless_it_depends_on_the_weight(api: SchemaClient) -> None:
    make_zone(methods={"air": {"price": "90.00"}, "post": {"price": "50.00", "free_from": "500.00"}})
    make_zone("US", market="us", methods={"ground": {"price": "5.00", "price_per_kg": "1.00"}})

    rates = {market["code"]: market["shipping"] for market in api.get("/api/config/").json()["data"]["markets"]}

    assert rates == {"in": {"flat": "50.00", "free_from": "500.00"}, "us": None}


def test_there_is_no_shipping_rate_where_it_depends_on_the_address(api: SchemaClient) -> None:
    make_zone("Pune", postal_prefixes=["411"])

    markets = api.get("/api/config/").json()["data"]["markets"]

    assert {market["code"]: market["shipping"] for market in markets}["in"] is None


def test_it_says_who_the_shop_is_and_how_to_reach_it(api: SchemaClient) -> None:
    entered = {
        "shop_name": "Lamps & Co",
        "shop_address": "12 Hill Road\nMumbai",
        "contact_email": "help@lamps.example",
        "contact_phone": "+91 98765 43210",
    }
    services.save_settings(SYSTEM, entered, last_change=0)

    data = api.get("/api/config/").json()["data"]

    assert {name: data[name] for name in entered} == entered


def test_an_old_cookie_does_not_hide_it(api: SchemaClient) -> None:
    make_user()
    api.cookies["access_token"] = "stale"

    assert api.get("/api/config/").status_code == 200


def test_a_bad_bearer_token_is_told_here_as_everywhere(api: SchemaClient) -> None:
    api.bearer("x")

    response = api.get("/api/config/")

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"


def test_it_says_what_sending_costs(api: SchemaClient, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal(50), Decimal(999)), "us": (Decimal("4.99"), None)}

    markets = api.get("/api/config/").json()["data"]["markets"]

    assert [market["shipping"] for market in markets] == [
        {"flat": "50.00", "free_from": "999.00"},
        {"flat": "4.99", "free_from": None},
    ]
