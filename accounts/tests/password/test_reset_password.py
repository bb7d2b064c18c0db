"""POST /api/auth/password/reset/ and password/reset/confirm/"""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts import links
from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.factories import PASSWORD, make_user, me, refresh, sign_in
from accounts.tests.mails import link, one_link, sent
from core.models import Job
from tests.counting import statements
from tests.schema_client import SchemaClient

ASK, CONFIRM = "/api/auth/password/reset/", "/api/auth/password/reset/confirm/"
NEW = "a lamp in the valley"


def ask(email: object = "ada@example.com", **headers: str) -> Any:
    """Ask for a mail."""
    return SchemaClient().post(ASK, {"email": email}, headers=headers)


def confirm(said: dict[str, str], new: str = NEW, **other: object) -> Any:
    """Set a new password with what a link says."""
    return SchemaClient().post(CONFIRM, {**said, "new_password": new, **other})


@pytest.fixture
def user(db: None) -> User:
    """A user whose address is not confirmed yet."""
    return make_user()


@pytest.fixture
def said(user: User) -> dict[str, str]:
    """What the link of his mail says."""
    ask()
    return one_link("ada@example.com")


def unchanged(user: User) -> bool:
    """Say whether his password is still the old one."""
    user.refresh_from_db()
    return user.check_password(PASSWORD)


def test_the_link_leads_to_the_shop_front_and_says_all_in_its_fragment(user: User, settings: Settings) -> None:
    settings.FRONTEND_URL = "https://shop.example"

    response = ask(Host="localhost", Origin="http://localhost:5173", **{"X-Forwarded-Host": "evil.example"})

    assert response.status_code == 200
    (message,) = sent()
    page, said = link(message)
    assert page == "https://shop.example/reset-password"
    assert set(said) == {"uid", "token"}
    assert message.to == ["ada@example.com"]


def test_a_new_password_ends_every_session_and_signs_nobody_in(user: User) -> None:
    access, token = sign_in()
    ask()  # after the sign-in, for each sign-in ends the links before it
    said = one_link("ada@example.com")

    response = confirm(said)

    assert (response.status_code, response.json()["data"]) == (200, None)
    assert [cookie.value for cookie in response.cookies.values()] == ["", ""]
    assert me(access).json()["code"] == "session_revoked"
    assert refresh(token).status_code == 401
    assert not AuthSession.objects.filter(revoked_at=None).exists()
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert user.email_verified_at is not None


def test_known_unknown_disabled_and_impossible_addresses_get_one_answer_and_cost_the_same(user: User) -> None:
    make_user("eve@example.com", is_active=False)
    bodies, costs = [], []

    for email in ("ada@example.com", "nobody@example.com", "eve@example.com"):
        with statements() as spent:
            response = ask(email)
        bodies.append((response.status_code, response.content))
        costs.append(len(spent))

    assert len(set(bodies)) == 1
    assert len(set(costs)) == 1
    assert (ask("no address").status_code, ask("no address").content) == bodies[0]
    assert [message.to for message in sent()] == [["ada@example.com"]]


@pytest.mark.parametrize("email", [None, 5, [], {}, "", "x" * 300])
def test_what_is_no_text_is_refused(db: None, email: object) -> None:
    assert ask(email).status_code in (200, 400)
    assert not sent()


def test_no_token_lies_in_the_database(user: User) -> None:
    ask()
    payloads = list(Job.objects.values_list("payload", flat=True))

    said = one_link("ada@example.com")

    assert payloads == [{"kind": "reset", "user_id": user.pk, "to": "", "new_email": "", "state": ""}]
    for model in (Job, AuthEvent, User, AuthSession):
        assert said["token"] not in str(list(model.objects.values()))


def test_a_link_works_once(user: User, said: dict[str, str]) -> None:
    assert confirm(said).status_code == 200

    response = confirm(said, new="another lamp again")

    assert (response.status_code, response.json()["code"]) == (400, "invalid_token")
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_a_sign_in_a_change_of_password_or_of_address_ends_the_links_before_it(user: User, said: dict[str, str]) -> None:
    for change in ({"last_login": timezone.now()}, {"password": "!"}, {"email": "new@example.com"}):
        before = {name: getattr(user, name) for name in change}
        User.objects.update(**change)
        assert confirm(said).status_code == 400
        User.objects.update(**before)

    assert confirm(said).status_code == 200


def test_a_forged_foreign_or_garbled_link_changes_nothing(user: User, said: dict[str, str]) -> None:
    eve = make_user("eve@example.com")
    uid, token = links.reset_parts(eve)
    forgeries = [
        {**said, "uid": uid}, {**said, "token": token}, {**said, "token": said["token"][:-1] + "x"}, {**said, "uid": "MTIz" * 9},
        {**said, "uid": "\0"}, {**said, "uid": "é"}, {**said, "token": "a-b-c"}, {**said, "token": "\0"}, {**said, "uid": "LTE"},
    ]  # fmt: skip

    answers = [confirm(forgery) for forgery in forgeries]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} <= {(400, "invalid_token"), (400, "invalid")}
    assert unchanged(user)
    assert unchanged(eve)


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 400)])
def test_a_link_holds_for_an_hour(user: User, said: dict[str, str], minutes: int, status: int) -> None:
    later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005 - as Django's generator tells the time

    with patch.object(links.RESET, "_now", return_value=later):
        response = confirm(said)

    assert response.status_code == status


def test_a_disabled_account_gets_no_mail_and_its_link_is_over(user: User, said: dict[str, str]) -> None:
    User.objects.update(is_active=False)
    ask()

    assert not sent()
    assert confirm(said).status_code == 400
    assert unchanged(user)


def test_a_weak_password_is_refused_and_the_link_stays_good(user: User, said: dict[str, str]) -> None:
    response = confirm(said, new="password123")

    assert list(response.json()["errors"]) == ["new_password"]
    assert unchanged(user)
    assert confirm(said).status_code == 200


def test_an_account_that_has_no_password_gets_one(db: None) -> None:
    user = User.objects.create_user("ada@example.com")
    ask()

    assert confirm(one_link("ada@example.com")).status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_three_mails_an_hour_and_no_more(user: User) -> None:
    statuses = [ask().status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert len(sent()) == 3


def test_one_address_may_not_ask_for_all_accounts(db: None) -> None:
    statuses = [ask(f"user{number}@example.com").status_code for number in range(11)]

    assert statuses == [200] * 10 + [429]
