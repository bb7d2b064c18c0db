"""Starting the shop: secrets that are alike, numbers that are none of this world, text messages that would go nowhere"""

from itertools import combinations
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from tests.processes import PRODUCTION, load_settings

SECRETS = ("JWT_SIGNING_KEY", "GUEST_KEY_SECRET", "ORDER_TOKEN_SECRET", "OTP_PEPPER")
LONG = "4711-" * 13


def refused(project: Path, **variables: str) -> str:
    """Return the one line with which the settings refuse these variables."""
    with pytest.raises(ImproperlyConfigured) as refusal:
        load_settings(project, **{**PRODUCTION, **variables})
    said = str(refusal.value)
    assert "4711" not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("pair", list(combinations(SECRETS, 2)), ids="=".join)
def test_any_two_secrets_of_one_value_stop_the_start(project: Path, pair: tuple[str, str]) -> None:
    said = refused(project, **dict.fromkeys(pair, LONG))

    assert [name for name in SECRETS if name in said] in ([pair[0]], [pair[1]])
    assert "must differ" in said


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_not_the_secret_key(project: Path, name: str) -> None:
    assert name in refused(project, SECRET_KEY=LONG, **{name: LONG})


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_has_32_bytes(project: Path, name: str) -> None:
    assert name in refused(project, **{name: "4711-" + "x" * 26})


def test_what_is_derived_differs_from_what_it_comes_of_and_from_each_other(project: Path) -> None:
    settings = load_settings(project, **PRODUCTION)
    keys = [settings[name] for name in ("SECRET_KEY", *SECRETS)]

    assert len(set(keys)) == 5
    assert [len(key) for key in keys[1:]] == [64] * 4


@pytest.mark.parametrize("name", ["ACCESS_TOKEN_MINUTES", "REFRESH_TOKEN_DAYS", "SESSION_DAYS"])
def test_a_lifetime_that_no_calendar_holds_stops_the_start(project: Path, name: str) -> None:
    assert name in refused(project, **{name: "4711000000000000"})


@pytest.mark.parametrize("path", ["nowhere_4711.send", "os.path.no_4711"])
def test_a_gateway_that_does_not_exist_stops_the_start(settings: Settings, path: str) -> None:
    settings.SMS_BACKEND = path

    with pytest.raises(ImproperlyConfigured, match="SMS_BACKEND") as refusal:
        apps.get_app_config("accounts").ready()

    assert "4711" not in str(refusal.value)


@pytest.mark.parametrize("live", ["maybe-4711", "2"])
def test_whether_money_is_real_is_yes_or_no(project: Path, live: str) -> None:
    assert "STRIPE_LIVE" in refused(project, STRIPE_LIVE=live, STRIPE_SECRET_KEY="sk_live_4711")


LIVE = {"STRIPE_SECRET_KEY": "sk_live_4711"}


@pytest.mark.parametrize("origin", ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:5173"])
@pytest.mark.parametrize("key", ["sk_live_4711", "rk_live_4711"])
def test_with_real_money_buyers_do_not_return_to_their_own_machine(project: Path, key: str, origin: str) -> None:
    assert "FRONTEND_URL" in refused(project, STRIPE_SECRET_KEY=key, FRONTEND_URL=origin)


def test_with_real_money_codes_are_not_written_to_a_file(project: Path) -> None:
    assert "SMS_BACKEND" in refused(project, **LIVE, SMS_BACKEND="file", SMS_FILE_PATH="codes.jsonl")


@pytest.mark.parametrize("key", ["sk_live_4711", "sk_test_4711", "rk_live_4711"])
def test_a_secret_key_is_never_published(project: Path, key: str) -> None:
    assert "STRIPE_PUBLISHABLE_KEY" in refused(project, STRIPE_SECRET_KEY=key, STRIPE_PUBLISHABLE_KEY=key)


@pytest.mark.parametrize("secret", ["sk_live_4711", "sk_test_4711", "rk_test_4711"])
def test_keys_of_two_modes_stop_the_start(project: Path, secret: str) -> None:
    other_mode = "test" if "live" in secret else "live"

    said = refused(project, STRIPE_SECRET_KEY=secret, STRIPE_PUBLISHABLE_KEY=f"pk_{other_mode}_4711")

    assert "STRIPE_SECRET_KEY" in said
    assert "STRIPE_PUBLISHABLE_KEY" in said


@pytest.mark.parametrize(
    "variables",
    [
        {"FRONTEND_URL": "http://localhost:5173", "STRIPE_SECRET_KEY": "sk_test_4711", "STRIPE_PUBLISHABLE_KEY": "pk_test_4711"},
        {"SMS_BACKEND": "file", "SMS_FILE_PATH": "codes.jsonl", "STRIPE_SECRET_KEY": "sk_test_emulator"},
        {"STRIPE_SECRET_KEY": "sk_test_emulator", "STRIPE_API_BASE": "http://127.0.0.1:12111"},
        {"EMAIL_BACKEND": "console", "CORS_ALLOWED_ORIGINS": "http://localhost:3000", "ALLOWED_HOSTS": "shop.example,localhost"},
        {**LIVE, "DEBUG": "1", "FRONTEND_URL": "http://localhost:5173"},
    ],
    ids=str,
)
def test_what_a_staging_system_or_a_developer_needs_starts(project: Path, variables: dict[str, str]) -> None:
    assert load_settings(project, **{**PRODUCTION, **variables})["SHOP_NAME"] == "Our shop"


@pytest.mark.parametrize("key", ["sk_live_4711", "rk_live_4711"])
def test_a_live_key_starts_a_live_shop(project: Path, key: str) -> None:
    assert load_settings(project, **PRODUCTION, STRIPE_LIVE="1", STRIPE_SECRET_KEY=key)["STRIPE_SECRET_KEY"] == key
