"""What accounts cost the database"""

import pytest

from accounts.tests.factories import PASSWORD, make_user, refresh, sign_in
from tests.counting import statements
from tests.schema_client import SchemaClient

GIVEN = {"email": "ada@example.com", "password": PASSWORD}


@pytest.mark.parametrize("way", ["header", "cookie"])
def test_session_and_user_cost_one_statement_together(api: SchemaClient, way: str) -> None:
    make_user()
    access, _ = sign_in()
    if way == "header":
        api.bearer(access)
    else:
        api.cookies["access_token"] = access

    with statements() as spent:
        assert api.get("/api/auth/me/").status_code == 200

    assert len(spent) == 1


def test_a_guest_costs_nothing(api: SchemaClient) -> None:
    with statements() as spent:
        api.get("/api/auth/me/")

    assert spent == []


@pytest.mark.parametrize("sessions", [0, 20])
@pytest.mark.usefixtures("unthrottled")
def test_a_sign_in_costs_eight_statements_at_most(api: SchemaClient, sessions: int) -> None:
    make_user()
    for _ in range(sessions):
        sign_in()

    with statements() as spent:
        assert api.post("/api/auth/login/", GIVEN).status_code == 200

    assert len(spent) <= 8


def test_a_forged_token_costs_nothing(api: SchemaClient) -> None:
    with statements() as spent:
        assert api.get("/api/auth/me/", headers={"Authorization": "Bearer nonsense"}).status_code == 401
        assert refresh("nonsense").status_code == 401

    assert spent == []
