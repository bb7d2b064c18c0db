"""The deployment checks of `manage.py check --deploy`."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.db import connection
from pytest_django import Settings

from core.checks import (
    check_database,
    check_hsts,
    check_payments,
    check_phone_confirmation,
    check_production_settings,
    check_proxies,
    check_sign_in,
    check_trusted_hosts,
)
from core.local_origins import is_local_host


@pytest.fixture(autouse=True)
def production_settings(settings: Settings) -> None:
    """Settings without deployment warnings."""
    settings.FRONTEND_URL = "https://shop.example"
    settings.REDIS_URL = "redis://cache:6379/0"
    settings.EMAIL_HOST = "mail.shop.example"
    settings.SMS_BACKEND = ""
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = ["https://shop.example", "https://app.example"]
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.SECURE_SSL_REDIRECT, settings.TRUSTED_PROXIES = True, 1


def list_warnings() -> list[CheckMessage]:
    """Run every deployment check of the shop."""
    checks = (check_production_settings, check_payments, check_proxies, check_sign_in, check_trusted_hosts)
    return [warning for check in checks for warning in check()]


@pytest.mark.parametrize(
    ("rules", "backend", "ids"),
    [
        ({"in": (Decimal(5000), None)}, "", ["shop.W015"]),
        ({"us": (None, 2), "in": (Decimal(0), 3)}, "", ["shop.W015"]),
        ({"in": (Decimal(5000), None)}, "gateways.send", []),
        ({"us": (None, 2)}, "", []),
        ({}, "", []),
    ],
)
def test_phones_that_no_code_can_confirm_are_told(settings: Settings, rules: Any, backend: str, ids: list[str]) -> None:
    settings.COD_RULES, settings.SMS_BACKEND = rules, backend

    assert [warning.id for warning in check_phone_confirmation()] == ids


def test_a_whole_shop_is_not_warned() -> None:
    assert list_warnings() == []


@pytest.mark.parametrize(
    ("name", "value", "warning_id"),
    [
        ("FRONTEND_URL", "http://localhost:5173", "shop.W001"),
        ("FRONTEND_URL", "http://127.0.0.1:5173", "shop.W001"),
        ("REDIS_URL", "", "shop.W002"),
        ("EMAIL_HOST", "", "shop.W003"),
        ("STRIPE_SECRET_KEY", "sk_test_4711", "shop.W004"),
        ("STRIPE_SECRET_KEY", "rk_test_4711", "shop.W004"),
        ("STRIPE_API_BASE", "http://127.0.0.1:12111", "shop.W005"),
        ("STRIPE_API_BASE", "https://api.stripe.com.evil.example", "shop.W005"),
        ("EMAIL_BACKEND", "core.mail_backends.console.EmailBackend", "shop.W006"),
        ("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend", "shop.W006"),
        ("SMS_BACKEND", "file", "shop.W007"),
        ("THROTTLE_ENABLED", False, "shop.W009"),
        ("CORS_ALLOWED_ORIGINS", ["https://shop.example", "http://localhost:3000"], "shop.W010"),
        ("CSRF_TRUSTED_ORIGINS", ["https://shop.example", "https://127.0.0.1"], "shop.W010"),
        ("CSRF_TRUSTED_ORIGINS", ["https://shop.example", "http://app.example"], "shop.W011"),
        ("FRONTEND_URL", "http://shop.example", "shop.W011"),
        ("ALLOWED_HOSTS", ["shop.example", "localhost"], "shop.W012"),
        ("TRUSTED_PROXIES", 0, "shop.W014"),
        ("ALLOWED_HOSTS", ["shop.example", "[::1]"], "shop.W012"),
    ],
)
def test_what_it_lacks_is_told(settings: Settings, name: str, value: Any, warning_id: str) -> None:
    setattr(settings, name, value)

    assert [warning.id for warning in list_warnings()] == [warning_id]
    assert name in list_warnings()[0].msg
    assert "4711" not in str(list_warnings()[0])


@pytest.mark.parametrize("name", ["GOOGLE_CERTS_FILE", "GOOGLE_CERTS_URL"])
def test_keys_that_are_not_googles_are_told_where_google_signs_in(settings: Settings, name: str) -> None:
    setattr(settings, name, "http://keys.example/certs")
    assert list_warnings() == []

    settings.GOOGLE_CLIENT_ID = "4711.apps.googleusercontent.com"

    assert [warning.id for warning in list_warnings()] == ["shop.W008"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_SECRET_KEY", "sk_live_4711"),
        ("STRIPE_API_BASE", "https://api.stripe.com"),
        ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"),
        ("SMS_BACKEND", "shop_sms.send"),
        ("CORS_ALLOWED_ORIGINS", ["https://shop.example", "capacitor://localhost"]),
        ("ALLOWED_HOSTS", ["localhost.shop.example"]),
    ],
)
def test_what_a_production_shop_needs_is_not_told(settings: Settings, name: str, value: Any) -> None:
    setattr(settings, name, value)

    assert list_warnings() == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "app.localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]", "0.0.0.0"])  # noqa: S104
def test_the_local_machine_has_many_names(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize("host", ["shop.example", "localhost.example", "10.0.0.1", ".shop.example", "notlocalhost", ""])
def test_other_hosts_are_not_the_local_machine(host: str) -> None:
    assert not is_local_host(host)


@pytest.mark.parametrize(("vendor", "warning_ids"), [("sqlite", ["shop.W013"]), ("postgresql", [])])
def test_a_database_file_is_no_database_of_a_live_shop(
    monkeypatch: pytest.MonkeyPatch, vendor: str, warning_ids: list[str]
) -> None:
    monkeypatch.setattr(connection, "vendor", vendor)

    assert [warning.id for warning in check_database()] == warning_ids


@pytest.mark.parametrize(("seconds", "ids"), [(0, []), (3600, ["shop.I001"]), (604_800, ["shop.I001"]), (31_536_000, [])])
def test_the_next_step_of_hsts_is_named_until_it_is_a_year(settings: Settings, seconds: int, ids: list[str]) -> None:
    settings.SECURE_HSTS_SECONDS = seconds

    assert [note.id for note in check_hsts()] == ids
