"""GET /api/config/"""

from decimal import Decimal

from pytest_django import DjangoAssertNumQueries, Settings

from accounts.tests.factories import make_user
from tests.schema_client import SchemaClient


def test_it_says_what_a_shop_front_needs_to_know(api: SchemaClient) -> None:
    response = api.get("/api/config/")

    nothing = {"flat": "0.00", "free_from": None}
    assert response.status_code == 200
    assert response.json()["data"] == {
        "shop_name": "Our shop",
        "markets": [
            {"code": "in", "currency": "INR", "exponent": 2, "is_default": True, "shipping": nothing},
            {"code": "us", "currency": "USD", "exponent": 2, "is_default": False, "shipping": nothing},
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


def test_it_costs_no_statement(api: SchemaClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        api.get("/api/config/")


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
