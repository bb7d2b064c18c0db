"""GOOGLE_CERTS_FILE, at POST /api/auth/google/"""

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.gateways import google
from accounts.models import User
from accounts.tests.google_keys import (
    configure_google_sign_in,
    make_certificate_pem,
    make_id_token,
    make_key_set,
    make_public_pem,
    post_credential,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), pytest.mark.once]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The certificates file."""
    return tmp_path / "certificates"


def make_pem_map(kind: str) -> str:
    """Return two keys in Google's older format, from key id to PEM."""
    make = {"certificate": make_certificate_pem, "public key": make_public_pem}[kind]
    return json.dumps({name: make(name) for name in ("first", "second")})


@pytest.mark.parametrize("kind", ["certificate", "public key"])
def test_an_object_from_key_id_to_pem_is_read(file: Path, kind: str) -> None:
    file.write_text(make_pem_map(kind))

    assert post_credential(make_id_token()).status_code == 201
    assert post_credential(make_id_token(kid="second", signed_by="second")).status_code == 200
    assert post_credential(make_id_token(kid="second")).status_code == 401


def test_of_a_key_set_the_key_that_the_token_names_counts(file: Path) -> None:
    file.write_text(make_key_set("first", "second"))

    assert post_credential(make_id_token(kid="second", signed_by="second")).status_code == 201
    assert post_credential(make_id_token(kid="first", signed_by="second")).status_code == 401


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

    response = post_credential(make_id_token())

    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"
    assert "Retry-After" in response.headers
    assert not User.objects.exists()


def test_numbers_in_the_place_of_a_key_are_told_so_too(file: Path) -> None:
    file.write_text('{"keys": [{"kid": "first", "kty": "RSA", "n": 5, "e": 5}]}')

    assert post_credential(make_id_token()).status_code == 503


@pytest.mark.parametrize("content", ["{}", pytest.param("[" * 60_000, id="deep")])
def test_garbage_of_other_kinds_is_told_so_too(file: Path, content: str) -> None:
    file.write_text(content)

    response = post_credential(make_id_token())

    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"
    assert not User.objects.exists()


def test_a_missing_file_is_told_as_google_being_away(file: Path) -> None:
    file.unlink()

    response = post_credential(make_id_token())

    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"


def test_bytes_that_are_no_text_are_told_as_google_being_away(file: Path) -> None:
    file.write_bytes(bytes(range(256)))

    assert post_credential(make_id_token()).status_code == 503


def test_a_shared_secret_in_the_key_set_is_no_key_of_google(file: Path) -> None:
    file.write_text('{"keys": [{"kid": "first", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}')

    assert post_credential(make_id_token()).status_code == 401
    assert not User.objects.exists()


def test_the_file_is_read_once_in_five_minutes(file: Path) -> None:
    assert post_credential(make_id_token()).status_code == 201
    file.unlink()

    assert post_credential(make_id_token()).status_code == 200


def test_after_five_minutes_the_file_is_read_again(file: Path) -> None:
    post_credential(make_id_token())
    file.write_text(make_key_set("second"))
    google.CERTIFICATES.fetched_at -= 301
    google.CERTIFICATES.tried_at -= 301

    assert post_credential(make_id_token()).status_code == 401
    assert post_credential(make_id_token(kid="second", signed_by="second")).status_code == 200


def test_another_file_does_not_answer_for_the_one_before(settings: Settings, file: Path, tmp_path: Path) -> None:
    post_credential(make_id_token())
    other = tmp_path / "others"
    other.write_text(make_key_set("second"))
    settings.GOOGLE_CERTS_FILE = str(other)

    assert post_credential(make_id_token()).status_code == 401
    assert post_credential(make_id_token(kid="second", signed_by="second")).status_code == 200
