"""POST /api/auth/refresh/ with concurrent requests and one token: several tabs, or a lost response"""

import pytest

from accounts.models import AuthSession
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import decode_claims, get_me, make_user, refresh_tokens, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_tabs_get_one_number_and_stay_signed_in() -> None:
    make_user()
    _, token = sign_in()

    responses = run_concurrently(8, lambda number: refresh_tokens(token))

    assert [response.status_code for response in responses] == [200] * 8
    pairs = [response.json()["data"] for response in responses]
    assert {decode_claims(pair["refresh_token"])["rn"] for pair in pairs} == {1}
    assert AuthSession.objects.get().refresh_no == 1
    assert {get_me(pair["access_token"]).status_code for pair in pairs} == {200}
    assert refresh_tokens(pairs[-1]["refresh_token"]).status_code == 200
    assert AuthSession.objects.get().refresh_no == 2


def test_a_sign_out_among_eight_refreshes_is_final() -> None:
    user = make_user()
    access, token = sign_in()

    def call(number: int) -> None:
        if number == 4:
            AuthSession.objects.filter(user=user).update(revoked_at=user.date_joined, revoke_reason="logout")
        else:
            refresh_tokens(token)

    run_concurrently(8, call)

    assert get_me(access).status_code == 401
    assert refresh_tokens(token).status_code == 401
    assert AuthSession.objects.get().revoke_reason == "logout"
