"""The admin's pages of users and their account events"""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from accounts.tests.mails import get_link_params, send_pending_emails
from carts.tests.factories import add_to_cart, signed_in_client
from orders.tests.factories import create, order_body, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

USERS, CUSTOMERS = "/admin/accounts/user/", "/admin/accounts/customer/"


@pytest.fixture
def superuser_client(db: None) -> Client:
    """The client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "a root of oak"))
    return client


@pytest.fixture
def clerk_client(db: None) -> Client:
    """The client of a member of staff who may change users."""
    user = make_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client = Client()
    client.force_login(user)
    return client


def run_action(browser: Client, action: str, *users: User, page: str = CUSTOMERS) -> Any:
    """Select users in the list of customers, or on another page, and run an action on them."""
    return browser.post(page, {"action": action, "_selected_action": [user.pk for user in users]}, follow=True)


def ban(browser: Client, *users: User) -> Any:
    """Select customers in the list, and ban them with a reason."""
    form = run_action(browser, "ban_selected", *users)
    return browser.post(form.redirect_chain[-1][0], {"reason": "orders that were never accepted"}, follow=True)


def test_a_ban_ends_all_sessions_and_lifting_it_revives_none(superuser_client: Client) -> None:
    ada, eve = make_user(), make_user("eve@example.com")
    tokens = [sign_in()[0], sign_in()[0]]
    foreign, _ = sign_in("eve@example.com")

    assert "1 account(s) banned." in ban(superuser_client, ada).content.decode()
    assert "0 account(s) banned." in ban(superuser_client, ada).content.decode()
    assert [get_me(token).status_code for token in tokens] == [401, 401]
    assert SchemaClient().post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD}).status_code == 403
    run_action(superuser_client, "unban", ada, eve)

    assert [get_me(token).json()["code"] for token in tokens] == ["session_revoked"] * 2
    assert get_me(foreign).status_code == 200
    assert get_me(sign_in()[0]).status_code == 200
    events = AuthEvent.objects.filter(event__in=("banned", "unbanned")).order_by("pk")
    staff = User.objects.get(email="root@example.com").pk
    event_rows = [(row.event, row.user, row.detail["by"]) for row in events]
    assert event_rows == [("banned", ada, staff), ("unbanned", ada, staff)]


def test_staff_cannot_ban_themselves(superuser_client: Client) -> None:
    run_action(superuser_client, "ban", User.objects.get(), page=USERS)

    assert User.objects.get().is_active


@pytest.mark.parametrize("action", ["ban", "sign_out", "send_reset_mail"])
def test_staff_do_nothing_to_a_superuser(clerk_client: Client, action: str) -> None:
    superuser = User.objects.create_superuser("root@example.com", "a lamp on the hill")
    token, _ = sign_in("root@example.com")

    for page in (USERS, CUSTOMERS):
        run_action(clerk_client, action, superuser, page=page)

    superuser.refresh_from_db()
    assert superuser.is_active
    assert get_me(token).status_code == 200
    assert not send_pending_emails()


def test_signing_out_everywhere_leaves_the_account(clerk_client: Client) -> None:
    ada = make_user()
    token, _ = sign_in()

    assert "1 session(s) ended." in run_action(clerk_client, "sign_out", ada).content.decode()

    assert get_me(token).json()["code"] == "session_revoked"
    assert AuthSession.objects.get().revoke_reason == "admin"
    events = AuthEvent.objects.get(event="logout_all")
    assert (events.user, events.detail) == (ada, {"by": User.objects.get(email="clerk@example.com").pk})
    assert get_me(sign_in()[0]).status_code == 200


def test_a_password_is_set_by_the_users_own_link_alone(clerk_client: Client) -> None:
    ada = make_user()
    banned = make_user("eve@example.com", is_active=False)
    by_phone = User.objects.create_user(phone="+13128059851")

    run_action(clerk_client, "send_reset_mail", ada, banned, by_phone)

    assert set(get_link_params("ada@example.com")) == {"uid", "token"}
    events = AuthEvent.objects.get(event="password_reset_asked")
    assert (events.user, events.detail) == (ada, {"by": User.objects.get(email="clerk@example.com").pk})
    page = clerk_client.get(f"{USERS}{ada.pk}/change/").content.decode()
    assert 'name="password' not in page


def test_what_is_personal_is_shown_and_not_changed(superuser_client: Client) -> None:
    ada = make_user(first_name="Ada")
    body = {"email": "eve@example.com", "phone": "+13128059851", "first_name": "Eve", "market": "us", "is_active": "on"}
    body |= {f"auth_sessions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}

    response = superuser_client.post(f"{USERS}{ada.pk}/change/", body)

    assert response.status_code == 302
    ada.refresh_from_db()
    assert (ada.email, ada.phone, ada.first_name, ada.market) == ("ada@example.com", None, "Ada", "us")


def test_a_new_user_is_filled_in_with_normal_forms_and_no_password(superuser_client: Client) -> None:
    body = {"email": "Ada@Example.COM", "phone": "+1 (312) 805-9851", "is_active": "on"}
    body |= {f"auth_sessions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}

    superuser_client.post(f"{USERS}add/", body)

    ada = User.objects.get(email="ada@example.com")
    assert (ada.phone, ada.has_usable_password()) == ("+13128059851", False)


@pytest.mark.parametrize("body", [{"email": "", "phone": ""}, {"email": "ada@localhost@"}, {"phone": "123"}])
def test_a_new_user_without_a_good_address_or_number_is_refused(superuser_client: Client, body: dict[str, str]) -> None:
    body |= {f"auth_sessions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}

    assert superuser_client.post(f"{USERS}add/", body).status_code == 200
    assert User.objects.count() == 1


def test_events_are_listed_found_and_cannot_be_changed(superuser_client: Client) -> None:
    make_user()
    sign_in()
    event = AuthEvent.objects.get()

    page = superuser_client.get("/admin/accounts/authevent/?q=ada@example.com").content.decode()
    superuser_client.post(f"/admin/accounts/authevent/{event.pk}/change/", {"event": "logout"})

    assert "1 account event" in " ".join(page.split())
    assert superuser_client.get(f"/admin/accounts/authevent/{event.pk}/change/").status_code == 200
    assert superuser_client.get("/admin/accounts/authevent/add/").status_code == 403
    assert superuser_client.post(f"/admin/accounts/authevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403
    event.refresh_from_db()
    assert event.event == "login_ok"


def test_a_customers_token_opens_no_page_and_the_admins_session_not_the_api(superuser_client: Client) -> None:
    make_user("staff@example.com", is_staff=True)
    token, _ = sign_in("staff@example.com")

    assert Client().get(USERS, headers={"Authorization": f"Bearer {token}"}).status_code == 302
    assert superuser_client.get("/api/auth/me/").status_code == 401


@pytest.mark.django_db
def test_createsuperuser_takes_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a root of oak")

    call_command("createsuperuser", interactive=False, email="Root@Example.COM", stdout=StringIO())

    superuser_client = User.objects.get()
    assert (superuser_client.email, superuser_client.is_staff, superuser_client.is_superuser) == ("root@example.com", True, True)
    assert Client().login(email="root@example.com", password="a root of oak")


@pytest.mark.django_db
def test_where_addresses_must_be_confirmed_only_checkout_waits_for_it(settings: Settings) -> None:
    settings.REQUIRE_VERIFIED_EMAIL = True
    lamp = make_product(stock=50)
    ada = make_user()
    client = signed_in_client(ada)
    add_to_cart(client, lamp)

    response = create(client)

    assert (response.status_code, response.json()["code"]) == (403, "email_not_verified")
    assert client.get("/api/cart/").json()["data"]["total_items"] == 1
    User.objects.update(email_verified_at=ada.date_joined)
    assert create(client).status_code == 201


@pytest.mark.django_db
def test_a_retry_after_the_address_was_confirmed_is_the_same_request() -> None:
    ada = make_user()
    client = signed_in_client(ada)
    add_to_cart(client, make_product())
    first = create(client, "first").json()["data"]["number"]
    User.objects.update(email_verified_at=ada.date_joined)

    retry = create(client, "first")

    assert (retry.status_code, retry.json()["data"]["number"]) == (200, first)


@pytest.mark.django_db
def test_guests_and_accounts_by_phone_have_none_to_confirm(settings: Settings) -> None:
    settings.REQUIRE_VERIFIED_EMAIL = True
    lamp = make_product(stock=50)

    for client in (SchemaClient(), signed_in_client(User.objects.create_user(phone="+13128059851"))):
        add_to_cart(client, lamp)
        placed(client, **order_body(name="Ada"))
