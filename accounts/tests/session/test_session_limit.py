"""A user has at most 20 live sessions"""

import pytest

from accounts import sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled
from accounts.models import AuthSession, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import get_me, make_user, sign_in

pytestmark = pytest.mark.usefixtures("unthrottled")


@pytest.mark.django_db
def test_the_twenty_first_sign_in_ends_the_oldest_session() -> None:
    make_user()
    make_user("eve@example.com")
    foreign, _ = sign_in("eve@example.com")
    first, second, *rest = [sign_in()[0] for _ in range(21)]

    assert get_me(first).json()["code"] == "session_revoked"
    assert [get_me(token).status_code for token in (second, rest[-1], foreign)] == [200, 200, 200]
    assert list(AuthSession.objects.exclude(revoked_at=None).values_list("revoke_reason", flat=True)) == ["limit"]


@pytest.mark.django_db
def test_ended_sessions_do_not_count() -> None:
    user = make_user()
    oldest, _ = sign_in()
    for _ in range(19):
        sign_in()
    AuthSession.objects.filter(user=user, pk__in=AuthSession.objects.order_by("-created_at").values("pk")[:5]).update(
        revoked_at=user.date_joined, revoke_reason="logout"
    )

    for _ in range(5):
        sign_in()

    assert get_me(oldest).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_eight_sign_ins_at_once_leave_twenty_sessions() -> None:
    make_user()
    for _ in range(20):
        sign_in()

    run_concurrently(8, lambda number: sign_in())

    assert AuthSession.objects.filter(revoked_at=None).count() == 20


def test_a_user_who_was_switched_off_in_this_moment_gets_no_session(db: None) -> None:
    user = make_user()
    User.objects.update(is_active=False)

    with pytest.raises(AccountDisabled):
        sessions.start_session(user, "password", ClientInfo())

    assert not AuthSession.objects.exists()
