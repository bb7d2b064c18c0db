"""Passwords, at POST /api/auth/register/ and login/"""

import pytest

from accounts.models import User
from tests.schema_client import SchemaClient

PHRASE = "  der M\u00fcller  mahlt \u6708\u5149 \U0001f319 am K\u00fcchentisch bis um halb elf abends. "


@pytest.mark.sampled
@pytest.mark.parametrize(
    "password",
    [
        "abc-xyz",
        "password123",
        "12345678",
        "qwertyuiop",
        "ada.byron@example.com",
        "ADA.BYRON@example.com",
        "ada.byron",
        "Augusta-King",
        "x7" * 64 + "!",
        "x7" * 300,
        "x7" * 3_000,
    ],
)
def test_a_weak_or_oversized_password_is_refused(api: SchemaClient, password: str) -> None:
    payload = {"email": "ada.byron@example.com", "last_name": "Augusta-King", "password": password}

    response = api.post("/api/auth/register/", payload)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["password"]
    assert not response.cookies
    assert not User.objects.exists()


@pytest.mark.sampled
@pytest.mark.parametrize("password", ["tr8mpolo", "83749261", "zzzz zzzz zzzz", "x7" * 64, PHRASE])
def test_length_counts_and_not_the_kinds_of_characters(api: SchemaClient, password: str) -> None:
    api.post("/api/auth/register/", {"email": "ada@example.com", "password": password})

    assert api.post("/api/auth/login/", {"email": "ada@example.com", "password": password}).status_code == 200


@pytest.mark.parametrize("variant", [PHRASE.strip(), PHRASE.rstrip(), PHRASE.lower(), PHRASE.replace("  ", " "), PHRASE + " "])
def test_a_password_is_taken_exactly_as_it_was_typed(api: SchemaClient, variant: str) -> None:
    assert len(PHRASE) == 64
    api.post("/api/auth/register/", {"email": "ada@example.com", "password": PHRASE})

    assert api.post("/api/auth/login/", {"email": "ada@example.com", "password": variant}).status_code == 401
    assert api.post("/api/auth/login/", {"email": "ada@example.com", "password": PHRASE}).status_code == 200
