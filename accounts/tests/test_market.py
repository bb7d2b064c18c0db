"""PATCH /api/auth/me/ with a market"""

from accounts.models import AuthSession
from accounts.tests.factories import decode_claims, make_user, refresh_tokens, sign_in
from tests.schema_client import SchemaClient


def test_the_session_goes_over_to_the_market_with_its_next_refresh(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()
    api.bearer(access).patch("/api/auth/me/", {"market": "us"})

    renewed = refresh_tokens(token).json()["data"]["access_token"]

    assert AuthSession.objects.get().market == "us"
    assert decode_claims(renewed)["market"] == "us"
