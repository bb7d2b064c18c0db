"""How the shop parses individual variables, and which values it rejects."""

import pytest
from environs import EnvError

from store.environment import (
    DEVELOPMENT_KEY,
    ShopEnv,
    parse_admin_path,
    parse_hosts,
    parse_markets,
    parse_secret_key,
    parse_time_zone,
)
from store.environment_checks import check_all_different

GOOD_KEY = "4711-" * 12


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in:INR,us:USD", {"in": "INR", "us": "USD"}),
        (" us:USD , in:INR ,", {"us": "USD", "in": "INR"}),
        ("jp:JPY", {"jp": "JPY"}),
    ],
)
def test_markets_keep_their_order(text: str, expected: dict[str, str]) -> None:
    assert list(parse_markets(text).items()) == list(expected.items())


@pytest.mark.parametrize(
    "text",
    ["", " ", ",", "in", "in:", ":INR", "IN:INR", "in:inr", "ind:INR", "in:INRX", "in=INR", "in:INR;us:USD", "in:INR,us", "ïn:INR"],
)
def test_other_markets_are_refused(text: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_markets(text)

    assert str(error.value) == "MARKETS must look like in:INR,us:USD (two lowercase letters, a colon, a currency)."


def test_production_takes_a_long_secret_key() -> None:
    assert parse_secret_key(GOOD_KEY, debug=False, testing=False) == GOOD_KEY


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x" * 49,
        "django-secret" * 5,
        "changeme" * 8,
        f"django-insecure-{'x' * 50}",
        DEVELOPMENT_KEY,
    ],
)
def test_production_takes_no_other(value: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_secret_key(value, debug=False, testing=False)

    assert str(error.value).startswith("SECRET_KEY is ")
    assert not value or value not in str(error.value)


def test_development_without_a_key_uses_a_fixed_one_and_warns() -> None:
    with pytest.warns(UserWarning, match="SECRET_KEY is not set"):
        assert parse_secret_key("", debug=True, testing=False) == DEVELOPMENT_KEY


def test_development_takes_a_key_of_its_own() -> None:
    assert parse_secret_key("short", debug=True, testing=False) == "short"


@pytest.mark.parametrize("value", [[], ["*"], ["shop.example", "*"]])
def test_production_names_its_hosts(value: list[str]) -> None:
    with pytest.raises(EnvError, match="ALLOWED_HOSTS"):
        parse_hosts(value, debug=False)


def test_hosts_are_taken_as_they_are_and_development_has_its_own() -> None:
    assert parse_hosts(["shop.example"], debug=False) == ["shop.example"]
    assert parse_hosts([], debug=True) == ["localhost", "127.0.0.1", "[::1]"]


def test_a_secret_that_is_not_set_follows_from_the_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_SIGNING_KEY", "GUEST_KEY_SECRET"):
        monkeypatch.delenv(name, raising=False)

    secrets = [ShopEnv().derived_secret(name, GOOD_KEY) for name in ("JWT_SIGNING_KEY", "GUEST_KEY_SECRET", "JWT_SIGNING_KEY")]
    other = ShopEnv().derived_secret("JWT_SIGNING_KEY", "another key")

    assert secrets[0] == secrets[2]
    assert len({secrets[0], secrets[1], other, GOOD_KEY}) == 4
    assert len(secrets[0]) == 64


@pytest.mark.parametrize("value", ["x" * 31, GOOD_KEY])
def test_a_secret_that_is_set_is_long_and_no_copy(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("JWT_SIGNING_KEY", value)

    with pytest.raises(EnvError) as error:
        ShopEnv().derived_secret("JWT_SIGNING_KEY", GOOD_KEY)

    assert str(error.value) == "JWT_SIGNING_KEY must be at least 32 bytes long and differ from SECRET_KEY."


def test_no_two_secrets_are_equal() -> None:
    check_all_different(ONE="a", TWO="b", THREE="c")

    with pytest.raises(EnvError) as error:
        check_all_different(ONE="value-4711", TWO="other", THREE="value-4711")

    assert str(error.value) == "ONE must differ from the other secrets."


@pytest.mark.parametrize(("value", "expected"), [(None, 7), ("0", 0), ("12", 12)])
def test_a_count_is_a_number(monkeypatch: pytest.MonkeyPatch, value: str | None, expected: int) -> None:
    if value is None:
        monkeypatch.delenv("TRUSTED_PROXIES", raising=False)
    else:
        monkeypatch.setenv("TRUSTED_PROXIES", value)

    assert ShopEnv().count("TRUSTED_PROXIES", 7) == expected


@pytest.mark.parametrize("value", ["-1", "many-4711", "1.5", ""])
def test_a_count_is_whole_and_not_negative(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", value)

    with pytest.raises(EnvError) as error:
        ShopEnv().count("TRUSTED_PROXIES", 0)

    assert "TRUSTED_PROXIES" in str(error.value)
    assert "4711" not in str(error.value)


def test_a_choice_is_one_of_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_COOKIE_SAMESITE", "Strict")

    with pytest.raises(EnvError) as error:
        ShopEnv().one_of("AUTH_COOKIE_SAMESITE", ("Lax", "None"))

    assert str(error.value) == "AUTH_COOKIE_SAMESITE must be one of Lax, None."


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "utc+1", "../etc/passwd"])
def test_a_time_zone_exists(name: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_time_zone(name)

    assert str(error.value) == "TIME_ZONE must be a zone like UTC or Europe/Paris."


@pytest.mark.parametrize(("value", "expected"), [("admin/", "admin/"), ("/admin", "admin/"), ("back-office/x", "back-office/x/")])
def test_the_admins_path_ends_in_one_slash(value: str, expected: str) -> None:
    assert parse_admin_path(value) == expected


@pytest.mark.parametrize(
    "value", ["", "/", "a b", ".*", "api/", "api/admin", "static/x", "media", "cart/", "products", "auth/", "orders/x", "config"]
)
def test_the_admins_path_is_a_path_that_nothing_else_uses(value: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_admin_path(value)

    assert "ADMIN_PATH" in str(error.value)
