"""POST /api/auth/refresh/, many at once with one token: several tabs, or an answer that was lost"""

import pytest

from accounts.models import AuthSession
from accounts.tests.crowd import at_once
from accounts.tests.factories import claims_of, make_user, me, refresh, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_tabs_get_one_number_and_stay_signed_in() -> None:
    make_user()
    _, token = sign_in()

    answers = at_once(8, lambda number: refresh(token))

    assert [answer.status_code for answer in answers] == [200] * 8
    pairs = [answer.json()["data"] for answer in answers]
    assert {claims_of(pair["refresh_token"])["rn"] for pair in pairs} == {1}
    assert AuthSession.objects.get().refresh_no == 1
    assert {me(pair["access_token"]).status_code for pair in pairs} == {200}
    assert refresh(pairs[-1]["refresh_token"]).status_code == 200
    assert AuthSession.objects.get().refresh_no == 2


def test_a_sign_out_among_eight_refreshes_is_final() -> None:
    user = make_user()
    access, token = sign_in()

    def act(number: int) -> None:
        if number == 4:
            AuthSession.objects.filter(user=user).update(revoked_at=user.date_joined, revoke_reason="logout")
        else:
            refresh(token)

    at_once(8, act)

    assert me(access).status_code == 401
    assert refresh(token).status_code == 401
    assert AuthSession.objects.get().revoke_reason == "logout"
