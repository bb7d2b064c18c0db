"""Staff deactivate a customer in the admin"""

import pytest
from django.test import Client

from accounts.models import AuthSession, User
from accounts.tests.factories import get_me, make_user, refresh_tokens, sign_in


def set_active(user: User, *, on: bool) -> None:
    """Save the user's admin page with this value of `is_active`."""
    staff, _ = User.objects.get_or_create(email="staff@example.com", defaults={"is_staff": True, "is_superuser": True})
    client = Client()
    client.force_login(staff)
    form = {"email": user.email, "first_name": user.first_name, "is_active": "on"}
    form |= {f"auth_sessions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    if not on:
        del form["is_active"]
    response = client.post(f"/admin/accounts/user/{user.pk}/change/", form)
    assert response.status_code == 302, response.content.decode()
    user.refresh_from_db()
    assert user.is_active is on


@pytest.mark.django_db
def test_a_ban_ends_all_sessions_and_lifting_it_revives_none() -> None:
    user = make_user()
    make_user("eve@example.com")
    tokens, foreign = [sign_in(), sign_in()], sign_in("eve@example.com")

    set_active(user, on=False)
    assert [get_me(access).status_code for access, _ in tokens] == [401, 401]
    assert set(AuthSession.objects.filter(user=user).values_list("revoke_reason", flat=True)) == {"banned"}
    set_active(user, on=True)

    assert [get_me(access).json()["code"] for access, _ in tokens] == ["session_revoked"] * 2
    assert [refresh_tokens(token).status_code for _, token in tokens] == [401, 401]
    assert get_me(foreign[0]).status_code == 200
    assert get_me(sign_in()[0]).status_code == 200


@pytest.mark.django_db
def test_saving_a_customer_who_stays_on_ends_no_session() -> None:
    user = make_user()
    access, _ = sign_in()

    set_active(user, on=True)

    assert get_me(access).status_code == 200
