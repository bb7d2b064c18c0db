"""One password, typed on different systems, is one password (NIST SP 800-63B §5.1.1.2)"""

import unicodedata
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user, sign_in
from accounts.tests.mails import get_link_params
from accounts.tests.session.test_login_time import CountingHasher
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), pytest.mark.once]
COMPOSED = "caf\u00e9 am M\u00fchlenbach 25"
SPELLINGS = {
    "composed": COMPOSED,
    "decomposed": unicodedata.normalize("NFD", COMPOSED),
    "full-width digits": COMPOSED.replace("25", "\uff12\uff15"),
    "no-break spaces": COMPOSED.replace(" ", "\u00a0"),
}
GETPASS = "django.contrib.auth.management.commands.changepassword.getpass.getpass"
EACH_SPELLING = pytest.mark.parametrize("typed", SPELLINGS.values(), ids=list(SPELLINGS))


def log_in(password: str, email: str = "ada@example.com") -> int:
    """Sign in at the API and return the status."""
    status: int = SchemaClient().post("/api/auth/login/", {"email": email, "password": password}).status_code
    return status


def set_by_registering(password: str) -> None:
    body = {"email": "ada@example.com", "password": password}
    assert SchemaClient().post("/api/auth/register/", body).status_code == 201


def set_by_change(password: str) -> None:
    make_user()
    body = {"old_password": "a lamp on the hill", "new_password": password}
    assert SchemaClient().bearer(sign_in()[0]).post("/api/auth/password/change/", body).status_code == 200


def set_by_reset(password: str) -> None:
    make_user()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    body = {**get_link_params("ada@example.com"), "new_password": password}
    assert SchemaClient().post("/api/auth/password/reset/confirm/", body).status_code == 200


def set_in_the_admin(password: str) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True))
    body = {"old_password": "a lamp on the hill", "new_password1": password, "new_password2": password}
    assert client.post("/admin/password_change/", body).status_code == 302


def set_by_createsuperuser(password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
        call_command("createsuperuser", interactive=False, email="ada@example.com", stdout=StringIO())


def set_by_changepassword(password: str) -> None:
    make_user()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GETPASS, lambda prompt: password)
        call_command("changepassword", "ada@example.com", stdout=StringIO())


WAYS = (set_by_registering, set_by_change, set_by_reset, set_in_the_admin, set_by_createsuperuser, set_by_changepassword)


@pytest.mark.parametrize("set_password", WAYS)
@EACH_SPELLING
def test_a_password_set_in_one_spelling_opens_in_every_other(set_password: Any, typed: str) -> None:
    set_password(typed)

    assert [log_in(spelling) for spelling in SPELLINGS.values()] == [200] * 4
    assert log_in(COMPOSED.upper()) == log_in(COMPOSED.replace("\u00e9", "e")) == 401
    assert check_password(COMPOSED, User.objects.get().password)


@EACH_SPELLING
def test_the_admin_and_the_old_password_know_every_spelling_too(typed: str) -> None:
    user = User.objects.create_superuser("ada@example.com", COMPOSED)

    assert Client().post("/admin/login/", {"username": "ada@example.com", "password": typed}).status_code == 302
    token = SchemaClient().post("/api/auth/login/", {"email": user.email, "password": typed, "mode": "token"}).json()["data"]
    body = {"password": typed, "new_email": "new@example.com"}
    assert SchemaClient().bearer(token["access_token"]).post("/api/auth/email/change/", body).status_code == 202


@pytest.mark.parametrize("name", ["decomposed", "full-width digits", "no-break spaces"])
def test_a_hash_from_before_opens_as_it_was_typed_and_is_renewed(name: str) -> None:
    ada = make_user()
    User.objects.update(password=make_password(SPELLINGS[name]))

    before = log_in(COMPOSED)
    as_typed = log_in(SPELLINGS[name])

    assert (before, as_typed) == (401, 200)
    renewed = User.objects.get()
    assert check_password(COMPOSED, renewed.password)
    assert renewed.password_changed_at == ada.password_changed_at
    assert [log_in(spelling) for spelling in SPELLINGS.values()] == [200] * 4


def test_no_password_at_all_is_wrong() -> None:
    assert not make_user().check_password(None)


def test_renewing_takes_back_no_password_that_was_set_meanwhile() -> None:
    make_user()
    User.objects.update(password=make_password(SPELLINGS["decomposed"]))
    stale_user, user = User.objects.get(), User.objects.get()
    user.set_password("a lamp in the valley")
    user.save()

    assert stale_user.check_password(SPELLINGS["decomposed"])

    assert User.objects.get().check_password("a lamp in the valley")
    assert not stale_user.check_password("a lamp in the valley")


@EACH_SPELLING
def test_a_wrong_password_costs_the_same_whether_or_not_the_account_exists(settings: Settings, typed: str) -> None:
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.CountingHasher"]
    make_user("ada@example.com")
    make_user("eve@example.com", is_active=False)
    User.objects.create_user("bob@example.com")
    computed = {}

    for name in ("ada", "eve", "bob", "nobody"):
        CountingHasher.computed.clear()
        assert log_in(typed, f"{name}@example.com") == 401
        computed[name] = len(CountingHasher.computed)

    assert computed == dict.fromkeys(computed, 1 if typed == COMPOSED else 2)


@pytest.mark.parametrize(
    "password",
    [
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff11\uff12\uff13",  # password123 in full-width letters
        "\ufdfa",  # one ligature, eighteen letters after NFKC
        "\ufb01\ufb01\ufb01\ufb01",  # four ligatures, eight letters
        "\u1112\u1161\u11ab" * 3,  # nine jamo, three syllables
        "\ufb03" * 60,  # sixty ligatures, 180 letters
    ],
    ids=["common", "one ligature", "four ligatures", "three syllables", "too long"],
)
def test_no_spelling_hides_a_weak_password(password: str) -> None:
    response = SchemaClient().post("/api/auth/register/", {"email": "ada@example.com", "password": password})

    assert (response.status_code, response.json()["code"]) == (400, "weak_password")
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["x7" * 64 + "!", "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44"], ids=["long", "common"])
def test_the_admin_and_the_commands_ask_the_same_rules(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    ada = make_user(is_staff=True)
    client = Client()
    client.force_login(ada)
    body = {"old_password": "a lamp on the hill", "new_password1": password, "new_password2": password}

    response = client.post("/admin/password_change/", body)

    assert response.status_code == 200
    assert User.objects.get().check_password("a lamp on the hill")
    monkeypatch.setattr(GETPASS, lambda prompt: password)
    with pytest.raises(CommandError):
        call_command("changepassword", "ada@example.com", stdout=StringIO(), stderr=StringIO())
    assert User.objects.get().check_password("a lamp on the hill")
