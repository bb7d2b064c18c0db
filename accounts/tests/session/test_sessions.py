"""GET /api/auth/sessions/, DELETE /api/auth/sessions/<id>/"""

import re
from typing import Any

import pytest

from accounts.models import AuthEvent, AuthSession
from accounts.tests.factories import PASSWORD, claims_of, make_user, me, refresh, sign_in
from tests.counting import statements
from tests.schema_client import SchemaClient, schema

URL = "/api/auth/sessions/"


def listed(token: str) -> list[dict[str, Any]]:
    """List the sessions of whoever has this token."""
    rows: list[dict[str, Any]] = SchemaClient().bearer(token).get(URL).json()["data"]
    return rows


def end(token: str, sid: object) -> Any:
    """End a session."""
    return SchemaClient().bearer(token).delete(f"{URL}{sid}/")


def test_it_shows_where_the_caller_is_signed_in_and_which_one_he_uses(db: None) -> None:
    make_user()
    make_user("eve@example.com")
    sign_in("eve@example.com")
    old, _ = sign_in(**{"User-Agent": "Phone/1.0", "X-Market": "us"})
    ended, _ = sign_in()
    new, _ = sign_in()
    SchemaClient().bearer(ended).post("/api/auth/logout/")

    rows = listed(old)

    assert [row["id"] for row in rows] == [claims_of(new)["sid"], claims_of(old)["sid"]]
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

    with statements() as spent:
        assert len(listed(tokens[0])) == places

    assert len(spent) == 2


def test_another_device_is_signed_out_at_once_and_this_one_is_not(db: None) -> None:
    make_user()
    (here, _), (there, token) = sign_in(), sign_in()

    response = end(here, claims_of(there)["sid"])

    assert response.status_code == 200
    assert me(there).json()["code"] == "session_revoked"
    assert refresh(token).status_code == 401
    assert me(here).status_code == 200
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
    ids = [claims_of(foreign)["sid"], claims_of(ended)["sid"], "00000000-0000-4000-8000-000000000000", "1", "x" * 300, "%00"]

    answers = [end(mine, sid) for sid in ids]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert me(foreign).status_code == 200
    assert refresh(token).status_code == 200


def test_a_guest_has_none(api: SchemaClient) -> None:
    assert api.get(URL).status_code == 401
    assert api.delete(f"{URL}00000000-0000-4000-8000-000000000000/").status_code == 401


def test_an_ended_token_is_refused_on_every_endpoint_and_stays_so_after_the_next_sign_in(db: None, unthrottled: None) -> None:
    make_user(is_staff=True)
    dead, _ = sign_in()
    SchemaClient().bearer(dead).post("/api/auth/logout/")
    open_to_all = {f"/api/auth/{name}/" for name in (
        "register", "login", "google", "send-code", "verify-code", "refresh", "logout", "password/reset", "password/reset/confirm",
        "email/verify",
    )}  # fmt: skip
    routes = [(path, method) for path, known in schema()["paths"].items() for method in known if method != "parameters"]
    asked = [(path, method) for path, method in routes if path not in open_to_all]

    sign_in()
    answers = {}
    for path, method in asked:
        url = path.replace("{number}", "261121-ABCDEF")
        url = re.sub(r"\{\w+\}", "1", url)
        response = SchemaClient().generic(method.upper(), url, headers={"Authorization": f"Bearer {dead}"})
        answers[(method, path)] = (response.status_code, response.json()["code"] if response.status_code >= 400 else "")

    assert len(answers) > 30
    assert {key: told for key, told in answers.items() if told != (401, "session_revoked")} == {}
