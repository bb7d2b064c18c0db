"""The number of statements that authentication costs"""

import pytest

from accounts.tests.factories import PASSWORD, make_user, refresh_tokens, sign_in
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


@pytest.mark.parametrize("way", ["header", "cookie"])
def test_session_and_user_cost_one_statement_together(api: SchemaClient, way: str) -> None:
    make_user()
    access, _ = sign_in()
    if way == "header":
        api.bearer(access)
    else:
        api.cookies["access_token"] = access

    with capture_statements() as queries:
        assert api.get("/api/auth/me/").status_code == 200

    assert len(queries) == 1


def test_a_guest_costs_nothing(api: SchemaClient) -> None:
    with capture_statements() as queries:
        api.get("/api/auth/me/")

    assert queries == []


@pytest.mark.parametrize("sessions", [0, 20])
@pytest.mark.usefixtures("unthrottled")
def test_a_sign_in_costs_eight_statements_at_most(api: SchemaClient, sessions: int) -> None:
    make_user()
    for _ in range(sessions):
        sign_in()

    with capture_statements() as queries:
        assert api.post("/api/auth/login/", CREDENTIALS).status_code == 200

    assert len(queries) <= 8


def test_a_forged_token_costs_nothing(api: SchemaClient) -> None:
    with capture_statements() as queries:
        assert api.get("/api/auth/me/", headers={"Authorization": "Bearer nonsense"}).status_code == 401
        assert refresh_tokens("nonsense").status_code == 401

    assert queries == []
