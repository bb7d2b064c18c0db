"""What staff may give: nobody gives a right that they lack"""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import AuthSession, User
from accounts.tests.factories import get_me, make_access_token, make_user
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db
GROUPS, USERS = "/admin/auth/group/", "/admin/accounts/user/"
FORMSET = {f"auth_sessions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
GROUP_RIGHTS = ("view_group", "add_group", "change_group", "delete_group")


def save_user(client: Client, user: User, **fields: Any) -> Any:
    """Post the page of a user."""
    return client.post(f"{USERS}{user.pk}/change/", {**FORMSET, "market": "us", **fields})


@pytest.mark.parametrize("action", ["add/", "change/", "delete/"])
def test_groups_are_changed_by_superusers_only(action: str) -> None:
    group = Group.objects.create(name="Clerks")
    client = make_staff_client(*GROUP_RIGHTS)
    User.objects.get().groups.add(group)
    every = list(Permission.objects.values_list("pk", flat=True))
    address = f"{GROUPS}add/" if action == "add/" else f"{GROUPS}{group.pk}/{action}"

    response = client.post(address, {"name": "Clerks" if action != "add/" else "More", "permissions": every, "post": "yes"})

    assert response.status_code == 403
    assert [(row.name, row.permissions.count()) for row in Group.objects.all()] == [("Clerks", 0)]


def test_staff_who_may_see_groups_see_them_without_a_form() -> None:
    group = Group.objects.create(name="Clerks")
    client = make_staff_client("change_group")

    page = client.get(f"{GROUPS}{group.pk}/change/")

    assert page.status_code == 200
    assert 'name="permissions"' not in page.content.decode()
    assert client.post(GROUPS, {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}).status_code != 500
    assert Group.objects.exists()


def test_a_superuser_changes_groups() -> None:
    right = Permission.objects.get(codename="view_order")

    assert make_superuser_client().post(f"{GROUPS}add/", {"name": "Clerks", "permissions": [right.pk]}).status_code == 302

    assert list(Group.objects.get().permissions.all()) == [right]


@pytest.mark.parametrize(("rights", "expected"), [(("change_user",), False), (("change_user", "add_product"), True)])
def test_sellers_are_made_by_staff_who_may_add_products(rights: tuple[str, ...], expected: bool) -> None:
    ada, client = make_user(), make_staff_client(*rights)

    assert save_user(client, ada, is_active="on", is_seller="on").status_code == 302

    ada.refresh_from_db()
    assert (ada.is_seller, ada.market) == (expected, "us")


def test_staff_do_not_change_their_own_account() -> None:
    client = make_staff_client("change_user", "add_product")
    clerk = User.objects.get()

    save_user(client, clerk, is_seller="on", is_superuser="on")

    clerk.refresh_from_db()
    assert (clerk.is_active, clerk.is_seller, clerk.is_superuser, clerk.market) == (True, False, False, "us")


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_users_who_become_staff_sign_in_again(right: str) -> None:
    client, ada = make_superuser_client(), make_user()
    token = make_access_token(ada)

    save_user(client, ada, is_active="on", **{right: "on"})

    assert getattr(User.objects.get(pk=ada.pk), right)
    assert get_me(token).json()["code"] == "session_revoked"


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_an_account_with_a_number_alone_does_not_become_staff(right: str) -> None:
    client, by_phone = make_superuser_client(), User.objects.create_user(phone="+13128059851")
    make_access_token(by_phone)

    response = save_user(client, by_phone, is_active="on", **{right: "on"})

    assert response.status_code == 200
    assert "Staff need an e-mail address" in response.content.decode()
    assert not getattr(User.objects.get(pk=by_phone.pk), right)
    assert AuthSession.objects.filter(revoked_at=None).exists()
