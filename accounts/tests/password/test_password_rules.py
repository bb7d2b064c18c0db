"""The same password rules apply everywhere: register/, password/change/ and password/reset/confirm/"""

from typing import Any

import pytest

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, make_user, sign_in
from accounts.tests.mails import get_link_params
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), pytest.mark.once]
ADA = "ada.byron@example.com"
PHRASE = "  der M\u00fcller  mahlt \u6708\u5149 \U0001f319 am K\u00fcchentisch bis um halb elf abends. "
WAYS = ("register", "change", "reset")
WEAK = [
    "seven77",
    "password123",
    "12345678",
    ADA,
    ADA.upper(),
    "ada.byron",
    "Augusta-King",
    "x7" * 64 + "!",
    "x7" * 400,
    "lamp\0on it",
]


def set_new_password(method: str, password: str) -> Any:
    """Set the password with one of the methods."""
    if method == "register":
        return SchemaClient().post("/api/auth/register/", {"email": ADA, "last_name": "Augusta-King", "password": password})
    make_user(ADA, last_name="Augusta-King")
    if method == "change":
        payload = {"old_password": PASSWORD, "new_password": password}
        return SchemaClient().bearer(sign_in(ADA)[0]).post("/api/auth/password/change/", payload)
    SchemaClient().post("/api/auth/password/reset/", {"email": ADA})
    return SchemaClient().post("/api/auth/password/reset/confirm/", {**get_link_params(ADA), "new_password": password})


def log_in(password: str) -> int:
    """Try to sign in; return the status."""
    status: int = SchemaClient().post("/api/auth/login/", {"email": ADA, "password": password}).status_code
    return status


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("password", WEAK, ids=lambda password: repr(password[:15]))
def test_a_weak_one_is_refused_and_nothing_changes(method: str, password: str) -> None:
    response = set_new_password(method, password)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["password" if method == "register" else "new_password"]
    assert password not in response.content.decode()
    assert User.objects.count() == (0 if method == "register" else 1)
    assert AuthSession.objects.filter(revoked_at=None).count() == (1 if method == "change" else 0)
    assert method == "register" or log_in(PASSWORD) == 200


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("password", ["", None, 12345678, ["a lamp in the valley"], {"a": "lamp in the valley"}, True])
def test_what_is_no_text_is_refused(method: str, password: Any) -> None:
    response = set_new_password(method, password)

    assert response.status_code == 400
    assert method == "register" or log_in(PASSWORD) == 200


@pytest.mark.parametrize("method", WAYS)
def test_a_phrase_of_64_letters_is_kept_exactly_as_it_was_typed(method: str) -> None:
    assert len(PHRASE) == 64

    assert set_new_password(method, PHRASE).status_code in (200, 201)

    assert log_in(PHRASE) == 200
    for variant in (PHRASE.strip(), PHRASE.lower(), PHRASE.replace("  ", " "), PHRASE + " "):
        assert log_in(variant) == 401


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("length", [8, 128])
def test_the_shortest_and_the_longest_are_taken(method: str, length: int) -> None:
    password = "k7" * (length // 2)

    assert set_new_password(method, password).status_code in (200, 201)

    assert log_in(password) == 200


def test_an_oversized_old_password_is_a_wrong_one() -> None:
    make_user()
    client = SchemaClient().bearer(sign_in()[0])

    for old in (PASSWORD + "x" * 200, "x" * 1_001, PASSWORD + "\0", PASSWORD + " "):
        response = client.post("/api/auth/password/change/", {"old_password": old, "new_password": "a lamp in the valley"})
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["old_password"]

    assert User.objects.get().check_password(PASSWORD)
