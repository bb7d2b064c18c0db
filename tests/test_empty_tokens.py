"""Empty tokens in bodies are absent ones: clients send back the empty value that cookie mode gave them"""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, decode_claims, make_user, sign_in
from accounts.tests.phones import PHONE, request_code, use_sms_file
from carts.tests.factories import add_to_cart
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]
EMPTY = pytest.mark.parametrize("empty", ["", None, " ", "\t\n", "\u00a0"], ids=repr)
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


@EMPTY
def test_the_cookie_is_refreshed(api: SchemaClient, empty: object) -> None:
    make_user()
    api.post("/api/auth/login/", CREDENTIALS)
    before = api.cookies["refresh_token"].value

    response = api.post("/api/auth/refresh/", {"refresh_token": empty})

    assert (response.status_code, response.json()["data"]) == (200, {})
    assert decode_claims(response.cookies["refresh_token"].value)["rn"] == decode_claims(before)["rn"] + 1


@EMPTY
def test_without_a_cookie_there_is_no_token(empty: object) -> None:
    response = SchemaClient().post("/api/auth/refresh/", {"refresh_token": empty})

    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")


@EMPTY
def test_the_cookies_session_is_signed_out(api: SchemaClient, empty: object) -> None:
    make_user()
    api.post("/api/auth/login/", CREDENTIALS)

    response = api.post("/api/auth/logout/", {"refresh_token": empty})

    assert response.status_code == 200
    assert AuthSession.objects.get().revoke_reason == "logout"


@pytest.mark.parametrize("token", [0, False, [], {}, ["x"]], ids=repr)
def test_what_is_no_text_is_not_empty(api: SchemaClient, token: object) -> None:
    make_user()
    api.post("/api/auth/login/", CREDENTIALS)

    response = api.post("/api/auth/refresh/", {"refresh_token": token})

    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert AuthSession.objects.get().refresh_no == 0


@EMPTY
def test_an_empty_cart_token_hides_no_cookie(api: SchemaClient, empty: object) -> None:
    make_user()
    add_to_cart(api, make_product())

    response = api.post("/api/auth/login/", {**CREDENTIALS, "cart_token": empty})

    assert response.json()["data"]["cart_merge"]["merged"] == 1


@EMPTY
def test_an_empty_name_hides_no_alias(settings: Settings, tmp_path: Path, api: SchemaClient, empty: object) -> None:
    texts = use_sms_file(tmp_path, settings)
    body = {"phone": PHONE, "code": request_code(texts), "verification_code": empty}

    assert api.post("/api/auth/verify-code/", body).status_code == 200
    google = api.post("/api/auth/google/", {"credential": empty, "id_token": "a.b.c"})
    assert google.json()["code"] == "google_not_configured"


@EMPTY
@pytest.mark.parametrize("name", ["verification_code", "credential"])
def test_an_empty_proof_beside_the_password_is_absent(name: str, empty: object) -> None:
    make_user()
    body: dict[str, Any] = {"password": PASSWORD, name: empty}

    response = SchemaClient().bearer(sign_in()[0]).delete("/api/auth/me/", body)

    assert response.status_code == 200
    assert not User.objects.exists()
