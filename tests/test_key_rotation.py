"""New secrets, while the former ones are listed as fallbacks: nobody is signed out, and no link breaks"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts import tokens
from accounts.tests.factories import PASSWORD, get_me, make_user, refresh_tokens, sign_in
from accounts.tests.mails import get_link_params
from accounts.tests.phones import request_code, use_sms_file, verify_code
from carts import guest_keys
from carts.tests.factories import add_to_cart, guest_client, units_by_sku
from core.actors import SYSTEM
from orders import blocked_contacts
from orders.tests.factories import placed
from products.tests.factories import make_product
from store.environment import ShopEnv
from tests.schema_client import SchemaClient

SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "GUEST_KEY_SECRET", "ORDER_TOKEN_SECRET", "OTP_PEPPER")


@pytest.fixture
def replace_secrets(settings: Settings, db: None) -> Iterator[Callable[..., None]]:
    """Return the function that restarts the shop with new secrets; the former ones are forgotten unless they are kept."""

    def replace(*, keep: bool) -> None:
        for name in SECRETS:
            setattr(settings, f"{name}_FALLBACKS", [getattr(settings, name)] if keep else [])
            setattr(settings, name, f"another {name} that is long enough for the tests, 0123456789")
        tokens.get_backend.cache_clear()

    yield replace
    tokens.get_backend.cache_clear()


@pytest.mark.parametrize(("keep", "status"), [(True, 200), (False, 401)])
def test_users_stay_signed_in(replace_secrets: Callable[..., None], keep: bool, status: int) -> None:
    make_user()
    access, refresh = sign_in()

    replace_secrets(keep=keep)

    assert get_me(access).status_code == status
    response = refresh_tokens(refresh)
    assert response.status_code == status


def test_a_renewed_token_is_signed_with_the_new_key(replace_secrets: Callable[..., None], settings: Settings) -> None:
    make_user()
    _, refresh = sign_in()
    replace_secrets(keep=True)

    access = refresh_tokens(refresh).json()["data"]["access_token"]
    settings.JWT_SIGNING_KEY_FALLBACKS = []

    assert get_me(access).status_code == 200


@pytest.mark.parametrize(("keep", "units"), [(True, {"LAMP": 2}), (False, {})])
def test_guests_keep_their_carts_and_unused_keys(replace_secrets: Callable[..., None], keep: bool, units: dict[str, int]) -> None:
    key = guest_keys.mint()
    replace_secrets(keep=keep)

    client = guest_client(key)
    add_to_cart(client, make_product("Lamp", sku="LAMP"), 2)

    assert units_by_sku(guest_client(key).get("/api/cart/").json()["data"]) == units


@pytest.mark.parametrize(("keep", "status"), [(True, 200), (False, 404)])
def test_guests_keep_the_links_to_their_orders(replace_secrets: Callable[..., None], keep: bool, status: int) -> None:
    guest = guest_client(guest_keys.mint())
    add_to_cart(guest, make_product("Lamp", sku="LAMP"))
    order = placed(guest, email="grace@example.com")

    replace_secrets(keep=keep)

    response: Any = SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})
    assert response.status_code == status


@pytest.mark.parametrize(("keep", "status"), [(True, 200), (False, 400)])
def test_links_in_emails_stay_valid(replace_secrets: Callable[..., None], keep: bool, status: int) -> None:
    make_user()
    payload = {"new_email": "ada@lovelace.example", "password": PASSWORD}
    SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/change/", payload)
    change = get_link_params("ada@lovelace.example")

    replace_secrets(keep=keep)

    response: Any = SchemaClient().post("/api/auth/email/verify/", {"token": change["token"]})
    assert response.status_code == status


@pytest.mark.parametrize(("keep", "status"), [(True, 200), (False, 401)])
def test_a_code_on_its_way_stays_valid(
    replace_secrets: Callable[..., None], settings: Settings, tmp_path: Path, keep: bool, status: int
) -> None:
    code = request_code(use_sms_file(tmp_path, settings))

    replace_secrets(keep=keep)

    assert verify_code(code).status_code == status


def test_what_a_former_secret_key_derives_stays_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    env, former = ShopEnv(), ["former key"]
    monkeypatch.setenv("JWT_SIGNING_KEY_FALLBACKS", "listed key")

    derived = env.former_secrets("JWT_SIGNING_KEY_FALLBACKS", former)
    monkeypatch.setenv("JWT_SIGNING_KEY", "a key of its own with more than 32 bytes")
    own = env.former_secrets("JWT_SIGNING_KEY_FALLBACKS", former)

    monkeypatch.delenv("JWT_SIGNING_KEY")
    assert derived == ["listed key", env.derived_secret("JWT_SIGNING_KEY", "former key")]
    assert own == ["listed key"]


@pytest.mark.parametrize(("keep", "is_blocked"), [(True, True), (False, False)])
def test_a_closed_account_stays_blocked(replace_secrets: Callable[..., None], keep: bool, is_blocked: bool) -> None:
    blocked_contacts.block_contacts(SYSTEM, ["ada@example.com"], "does not pay")
    blocked_contacts.pseudonymize_contacts(["ada@example.com"])

    replace_secrets(keep=keep)

    assert bool(blocked_contacts.find_blocked(["ada@example.com"])) is is_blocked
