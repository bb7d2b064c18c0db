"""GET /api/auth/sessions/, DELETE /api/auth/sessions/<id>/"""

import re
from typing import Any

import pytest

from accounts.models import AuthEvent, AuthSession
from accounts.tests.factories import PASSWORD, decode_claims, get_me, make_user, refresh_tokens, sign_in
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient, get_schema

URL = "/api/auth/sessions/"


def list_sessions(token: str) -> list[dict[str, Any]]:
    """List the sessions of the user of this token."""
    rows: list[dict[str, Any]] = SchemaClient().bearer(token).get(URL).json()["data"]
    return rows


def end_session(token: str, sid: object) -> Any:
    """End a session."""
    return SchemaClient().bearer(token).delete(f"{URL}{sid}/")


def test_it_shows_where_the_caller_is_signed_in_and_which_session_is_current(db: None) -> None:
    make_user()
    make_user("eve@example.com")
    sign_in("eve@example.com")
    old, _ = sign_in(**{"User-Agent": "Phone/1.0", "X-Market": "us"})
    ended, _ = sign_in()
    new, _ = sign_in()
    SchemaClient().bearer(ended).post("/api/auth/logout/")

    rows = list_sessions(old)

    assert [row["id"] for row in rows] == [decode_claims(new)["sid"], decode_claims(old)["sid"]]
    assert [row["is_current"] for row in rows] == [False, True]
    assert (rows[1]["method"], rows[1]["user_agent"], rows[1]["market"], rows[1]["ip"]) == (
        "password",
        "Phone/1.0",
        "us",
        "127.0.0.1",
    )


@pytest.mark.parametrize("places", [1, 15])
def test_it_costs_two_statements(db: None, unthrottled: None, places: int) -> None:
    make_user()
    tokens = [sign_in()[0] for _ in range(places)]

    with capture_statements() as queries:
        assert len(list_sessions(tokens[0])) == places

    assert len(queries) == 2


def test_another_device_is_signed_out_at_once_and_this_one_is_not(db: None) -> None:
    make_user()
    (current, _), (other, token) = sign_in(), sign_in()

    response = end_session(current, decode_claims(other)["sid"])

    assert response.status_code == 200
    assert get_me(other).json()["code"] == "session_revoked"
    assert refresh_tokens(token).status_code == 401
    assert get_me(current).status_code == 200
    assert AuthEvent.objects.filter(event="session_ended").count() == 1


def test_ending_the_own_one_deletes_its_cookies(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    response = api.delete(f"{URL}{AuthSession.objects.get().pk}/")

    assert response.status_code == 200
    assert api.cookies["access_token"].value == api.cookies["refresh_token"].value == ""


def test_a_foreign_an_ended_an_unknown_and_an_impossible_one_are_not_found_alike(db: None) -> None:
    make_user()
    make_user("eve@example.com")
    mine, _ = sign_in()
    ended, _ = sign_in()
    foreign, token = sign_in("eve@example.com")
    SchemaClient().bearer(ended).post("/api/auth/logout/")
    ids = [
        decode_claims(foreign)["sid"],
        decode_claims(ended)["sid"],
        "00000000-0000-4000-8000-000000000000",
        "1",
        "x" * 300,
        "%00",
    ]

    responses = [end_session(mine, sid) for sid in ids]

    assert {(response.status_code, response.content) for response in responses} == {(404, responses[0].content)}
    assert get_me(foreign).status_code == 200
    assert refresh_tokens(token).status_code == 200


def test_a_guest_has_none(api: SchemaClient) -> None:
    assert api.get(URL).status_code == 401
    assert api.delete(f"{URL}00000000-0000-4000-8000-000000000000/").status_code == 401


def test_an_ended_token_is_refused_on_every_endpoint_and_stays_so_after_the_next_sign_in(db: None, unthrottled: None) -> None:
    make_user(is_staff=True)
    ended, _ = sign_in()
    SchemaClient().bearer(ended).post("/api/auth/logout/")
    public = {f"/api/auth/{name}/" for name in (
        "register", "login", "google", "send-code", "verify-code", "refresh", "logout", "password/reset", "password/reset/confirm",
        "email/verify",
    )} | {"/api/orders/webhook/"}  # fmt: skip
    routes = [(path, method) for path, methods in get_schema()["paths"].items() for method in methods if method != "parameters"]
    protected = [(path, method) for path, method in routes if path not in public]

    sign_in()
    responses = {}
    for path, method in protected:
        url = path.replace("{number}", "261121-ABCDEF")
        url = re.sub(r"\{\w+\}", "1", url)
        response = SchemaClient().generic(method.upper(), url, headers={"Authorization": f"Bearer {ended}"})
        responses[(method, path)] = (response.status_code, response.json()["code"] if response.status_code >= 400 else "")

    assert len(responses) > 30
    assert {key: outcome for key, outcome in responses.items() if outcome != (401, "session_revoked")} == {}
