"""/admin/accounts/user/: effects of bans, sign-outs and saved forms on staff, superusers and concurrent changes by users"""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db.models.signals import pre_save
from django.test import Client

from accounts import admin
from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user, refresh_tokens, sign_in
from accounts.tests.mails import send_pending_emails
from tests.schema_client import SchemaClient

USERS, CUSTOMERS = "/admin/accounts/user/", "/admin/accounts/customer/"
NO_SESSIONS = {f"auth_sessions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}


def make_client(user: User) -> Client:
    """Return the client of a member of staff who has signed in to the admin."""
    client = Client()
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    return client


def make_clerk(email: str = "clerk@example.com") -> User:
    """Return a member of staff who may change users and is no superuser."""
    clerk = make_user(email, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    return clerk


@pytest.fixture
def superuser_client(db: None) -> Client:
    """The client of a superuser."""
    return make_client(User.objects.create_superuser("root@example.com", "a root of oak"))


def run_action(client: Client, action: str, *users: User, page: str = USERS) -> Any:
    """Select users in the list of staff, or on another page, and run an action on them."""
    return client.post(page, {"action": action, "_selected_action": [user.pk for user in users]}, follow=True)


def save_user(client: Client, user: User, **fields: str) -> Any:
    """Save the user's form with these fields."""
    return client.post(f"{USERS}{user.pk}/change/", {**NO_SESSIONS, **fields})


def test_a_banned_member_of_staff_is_out_of_the_admin_at_once(superuser_client: Client) -> None:
    clerk = make_clerk()
    clerk_client = make_client(clerk)

    run_action(superuser_client, "ban", clerk)

    assert clerk_client.get("/admin/").status_code == 302
    assert clerk_client.get(USERS).status_code == 302


def test_lifting_a_ban_does_not_revive_an_old_session(superuser_client: Client) -> None:
    clerk = make_clerk()
    clerk_client = make_client(clerk)

    run_action(superuser_client, "ban", clerk)
    run_action(superuser_client, "unban", clerk)

    assert clerk_client.get("/admin/").status_code == 302


def test_signed_out_everywhere_is_signed_out_of_the_admin_too(superuser_client: Client) -> None:
    clerk = make_clerk()
    clerk_client = make_client(clerk)

    run_action(superuser_client, "sign_out", clerk)

    assert clerk_client.get("/admin/").status_code == 302


def test_a_new_password_signs_staff_out_of_the_admin(superuser_client: Client) -> None:
    clerk = make_clerk()
    clerk_client = make_client(clerk)
    body = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}

    SchemaClient().bearer(sign_in("clerk@example.com")[0]).post("/api/auth/password/change/", body)

    assert clerk_client.get("/admin/").status_code == 302


def test_a_form_that_switches_an_account_off_ends_its_sessions_and_switching_it_on_revives_none(superuser_client: Client) -> None:
    ada = make_user()
    access, token = sign_in()

    save_user(superuser_client, ada, market="us")
    assert get_me(access).status_code == 401
    save_user(superuser_client, ada, market="us", is_active="on")

    assert get_me(access).json()["code"] == "session_revoked"
    assert refresh_tokens(token).status_code == 401
    assert AuthSession.objects.get().revoke_reason == "banned"
    events = list(AuthEvent.objects.filter(user=ada).order_by("pk").values_list("event", flat=True))
    assert events == ["login_ok", "banned", "unbanned"]


def test_a_clerk_changes_no_superuser_by_the_form_either(superuser_client: Client) -> None:
    clerk_client = make_client(make_clerk())
    superuser = User.objects.get(email="root@example.com")
    before = User.objects.values().get(pk=superuser.pk)

    response = save_user(clerk_client, superuser, market="us")

    assert response.status_code == 403
    assert User.objects.values().get(pk=superuser.pk) == before


def test_a_clerk_cannot_grant_rights(superuser_client: Client) -> None:
    clerk = make_clerk()
    clerk_client = make_client(clerk)
    every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": every, "groups": []}

    for user in (clerk, make_user()):
        clerk_client.post(f"{USERS}{user.pk}/change/", {**NO_SESSIONS, "market": "us", "is_active": "on", **rights})
    clerk_client.post(f"{USERS}add/", {**NO_SESSIONS, "email": "eve@example.com", "is_active": "on", **rights})

    assert list(User.objects.filter(is_superuser=True).values_list("email", flat=True)) == ["root@example.com"]
    assert list(User.objects.filter(is_staff=True).order_by("pk").values_list("email", flat=True)) == [
        "root@example.com",
        "clerk@example.com",
    ]
    assert not User.objects.get(email="eve@example.com").user_permissions.exists()
    assert clerk.user_permissions.count() == Permission.objects.filter(content_type__app_label="accounts").count()


def test_a_clerk_who_selects_all_reaches_neither_superusers_nor_themselves(superuser_client: Client) -> None:
    clerk, grace = make_clerk(), make_user("grace@example.com", is_staff=True)
    clerk_client = make_client(clerk)

    response = run_action(clerk_client, "ban", clerk, grace, User.objects.get(email="root@example.com"))

    assert "1 account(s) deactivated." in response.content.decode()
    assert list(User.objects.filter(is_active=False).values_list("email", flat=True)) == ["grace@example.com"]
    assert clerk_client.get("/admin/").status_code == 200


def test_only_superusers_give_banned_staff_their_rights_back(superuser_client: Client) -> None:
    clerk_client = make_client(make_clerk())
    grace, ada = make_user("grace@example.com", is_staff=True, is_active=False), make_user(is_active=False)

    for user in (grace, ada):
        clerk_client.post(f"{USERS}{user.pk}/change/", {**NO_SESSIONS, "market": "us", "is_active": "on"})
    page = run_action(clerk_client, "unban", grace).content.decode()

    assert "0 account(s) reactivated." in page
    assert [User.objects.get(pk=user.pk).is_active for user in (grace, ada)] == [False, True]
    assert "1 account(s) reactivated." in run_action(superuser_client, "unban", grace).content.decode()


def test_staff_who_may_only_look_do_nothing(superuser_client: Client) -> None:
    clerk, ada = make_user("clerk@example.com", is_staff=True), make_user()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "view_customer")))
    token, _ = sign_in()
    clerk_client = make_client(clerk)

    for action in ("ban", "ban_selected", "sign_out", "send_reset_mail"):
        for page in (USERS, CUSTOMERS):
            run_action(clerk_client, action, ada, page=page)
    refused = clerk_client.post(f"{CUSTOMERS}ban/?ids={ada.pk}", {"reason": "fraud"})

    assert refused.status_code == 403
    assert get_me(token).status_code == 200
    assert User.objects.get(pk=ada.pk).is_active
    assert not send_pending_emails()


def test_nobody_is_deleted(superuser_client: Client) -> None:
    ada = make_user()

    run_action(superuser_client, "delete_selected", ada, page=CUSTOMERS)
    response = superuser_client.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=ada.pk).exists()


def run_once(act_then: Callable[[], object]) -> Callable[..., None]:
    """Return a signal receiver that calls this the first time only."""
    waiting = [act_then]

    def receive(**_: Any) -> None:
        if waiting:
            waiting.pop()()

    return receive


def test_a_saved_form_takes_nothing_back_that_the_user_changes_at_that_moment(superuser_client: Client) -> None:
    ada = make_user()
    token, _ = sign_in()
    body = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}
    receiver = run_once(lambda: SchemaClient().bearer(token).post("/api/auth/password/change/", body))

    pre_save.connect(receiver, sender=User)
    try:
        save_user(superuser_client, ada, market="us", is_active="on")
    finally:
        pre_save.disconnect(receiver, sender=User)

    ada.refresh_from_db()
    assert ada.market == "us"
    assert ada.check_password("a lamp in the valley")


@pytest.mark.parametrize("action", ["ban_selected", "unban", "sign_out", "send_reset_mail"])
def test_forty_users_are_acted_on_as_one_is(superuser_client: Client, action: str) -> None:
    users = [make_user(f"user{number}@example.com", is_active=action != "unban") for number in range(40)]

    response = run_action(superuser_client, action, *users, page=CUSTOMERS)
    if action == "ban_selected":
        superuser_client.post(response.redirect_chain[-1][0], {"reason": "robots"})

    assert response.status_code == 200
    switched_off = User.objects.filter(is_active=False).count()
    assert switched_off == (40 if action == "ban_selected" else 0)
    assert len(send_pending_emails()) == (40 if action == "send_reset_mail" else 0)


@pytest.mark.parametrize("action", ["ban_selected", "unban", "sign_out", "send_reset_mail", "withdraw_consent"])
def test_more_customers_than_one_request_can_act_on_are_left_alone(
    superuser_client: Client, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr(admin, "MAX_SELECTED", 1)
    given = {"is_active": action != "unban", "accepts_marketing": True}
    users = [make_user(f"{number}@example.com", **given) for number in range(2)]
    before = list(User.objects.order_by("pk").values())

    response = run_action(superuser_client, action, *users, page=CUSTOMERS)

    messages = [str(message) for message in response.context["messages"]]
    assert messages == ["Nothing was done: select at most 1 accounts."]
    assert list(User.objects.order_by("pk").values()) == before
    assert not send_pending_emails()


def test_events_of_the_last_day_are_listed_and_cannot_be_acted_on(superuser_client: Client) -> None:
    user = make_user()
    for event in ("login_ok", "login_fail"):
        AuthEvent.objects.create(user=user, event=event)
    AuthEvent.objects.update(created_at=user.date_joined - timedelta(hours=1))
    form_data = list(AuthEvent.objects.values_list("pk", flat=True))

    page = superuser_client.get("/admin/accounts/authevent/")
    superuser_client.post("/admin/accounts/authevent/", {"action": "delete_selected", "_selected_action": form_data, "post": "yes"})

    assert "2 account events" in " ".join(page.content.decode().split())
    assert AuthEvent.objects.count() == 2


def create_superuser(email: str) -> User:
    """Run the command non-interactively."""
    call_command("createsuperuser", interactive=False, email=email, stdout=StringIO())
    return User.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["Root@Example.COM", "ROOT@EXAMPLE.COM", "root@example.com"])
def test_a_superuser_signs_in_to_admin_and_api_with_any_spelling_of_the_address(
    monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    create_superuser(email)

    response = Client().post("/admin/login/", {"username": email, "password": PASSWORD})

    assert response.status_code == 302
    assert get_me(sign_in(email)[0]).json()["data"]["email"] == "root@example.com"


@pytest.mark.django_db
def test_a_superuser_of_a_domain_of_other_letters_signs_in_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    assert create_superuser("root@b\u00fccher.example").email == "root@xn--bcher-kva.example"


@pytest.mark.django_db
def test_a_second_superuser_of_the_same_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    create_superuser("root@example.com")

    with pytest.raises(CommandError):
        create_superuser("ROOT@example.com")

    assert User.objects.count() == 1
