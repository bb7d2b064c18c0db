"""GOOGLE_CERTS_FILE, at POST /api/auth/google/"""

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.gateways import google
from accounts.models import User
from accounts.tests.google_keys import certificate_pem, key_set, post, public_pem, sign_in_configured, token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Signing in with Google is on."""
    sign_in_configured(settings, monkeypatch, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file that the certificates are read from."""
    return tmp_path / "certificates"


def pem_map(kind: str) -> str:
    """Return two keys in the older form in which Google publishes them."""
    make = {"certificate": certificate_pem, "public key": public_pem}[kind]
    return json.dumps({name: make(name) for name in ("first", "second")})


@pytest.mark.parametrize("kind", ["certificate", "public key"])
def test_an_object_from_key_id_to_pem_is_read(file: Path, kind: str) -> None:
    file.write_text(pem_map(kind))

    assert post(token()).status_code == 201
    assert post(token(kid="second", signed_by="second")).status_code == 200
    assert post(token(kid="second")).status_code == 401


def test_of_a_key_set_the_key_that_the_token_names_counts(file: Path) -> None:
    file.write_text(key_set("first", "second"))

    assert post(token(kid="second", signed_by="second")).status_code == 201
    assert post(token(kid="first", signed_by="second")).status_code == 401


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "5",
        '"keys"',
        '{"keys": []}',
        '{"keys": [5, null, []]}',
        '{"keys": [{"kid": "first"}]}',
        '{"keys": [{"kid": "first", "kty": "RSA"}]}',
        '{"keys": {"first": "x"}}',
        '{"first": "no PEM"}',
        '{"first": null}',
        '{"first": "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"}',
        '{"error": {"code": 500}}',
    ],
)
def test_garbage_is_told_as_google_being_away(file: Path, content: str) -> None:
    file.write_text(content)

    response = post(token())

    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"
    assert "Retry-After" in response.headers
    assert not User.objects.exists()


def test_numbers_in_the_place_of_a_key_are_told_so_too(file: Path) -> None:
    file.write_text('{"keys": [{"kid": "first", "kty": "RSA", "n": 5, "e": 5}]}')

    assert post(token()).status_code == 503


@pytest.mark.parametrize("content", ["{}", pytest.param("[" * 60_000, id="deep")])
def test_garbage_of_other_kinds_is_told_so_too(file: Path, content: str) -> None:
    file.write_text(content)

    response = post(token())

    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"
    assert not User.objects.exists()


def test_a_missing_file_is_told_as_google_being_away(file: Path) -> None:
    file.unlink()

    response = post(token())

    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"


def test_bytes_that_are_no_text_are_told_as_google_being_away(file: Path) -> None:
    file.write_bytes(bytes(range(256)))

    assert post(token()).status_code == 503


def test_a_shared_secret_in_the_key_set_is_no_key_of_google(file: Path) -> None:
    file.write_text('{"keys": [{"kid": "first", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}')

    assert post(token()).status_code == 401
    assert not User.objects.exists()


def test_the_file_is_read_once_in_five_minutes(file: Path) -> None:
    assert post(token()).status_code == 201
    file.unlink()

    assert post(token()).status_code == 200


def test_after_five_minutes_the_file_is_read_anew(file: Path) -> None:
    post(token())
    file.write_text(key_set("second"))
    google.CERTIFICATES.fetched_at -= 301
    google.CERTIFICATES.tried_at -= 301

    assert post(token()).status_code == 401
    assert post(token(kid="second", signed_by="second")).status_code == 200


def test_another_file_does_not_answer_for_the_one_before(settings: Settings, file: Path, tmp_path: Path) -> None:
    post(token())
    other = tmp_path / "others"
    other.write_text(key_set("second"))
    settings.GOOGLE_CERTS_FILE = str(other)

    assert post(token()).status_code == 401
    assert post(token(kid="second", signed_by="second")).status_code == 200
