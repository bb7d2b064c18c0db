"""GOOGLE_CERTS_URL, at POST /api/auth/google/"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.gateways import google
from accounts.models import User
from accounts.tests.google_keys import configure_google_sign_in, make_id_token, make_key_set, post_credential
from accounts.tests.google_stand_in import FakeGoogle, serve_certificates

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), pytest.mark.once]
DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
def fake_google(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeGoogle]:
    """The fake host that certificates are fetched from."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)
    with serve_certificates(make_key_set("first")) as server:
        settings.GOOGLE_CERTS_FILE, settings.GOOGLE_CERTS_URL = "", server.url
        yield server


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of the time that the shop waits for Google."""
    monkeypatch.setattr(google, "FETCH_TIMEOUT", google.FETCH_TIMEOUT / 10)


def age_cache(seconds: float) -> None:
    """Make the cached certificates this much older."""
    google.CERTIFICATES.fetched_at -= seconds
    google.CERTIFICATES.tried_at -= seconds


def assert_unavailable(response: Any) -> None:
    """Assert a 503 that asks the caller to retry."""
    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"
    assert response.json()["message"] == "Google is not responding. Try again in a moment"
    assert response["Retry-After"] == "5"
    assert not response.cookies
    assert not User.objects.exists()


def test_the_certificates_are_fetched_once(fake_google: FakeGoogle) -> None:
    statuses = [post_credential(make_id_token()).status_code for _ in range(3)]

    assert statuses == [201, 200, 200]
    assert fake_google.requests == ["/certs"]


@pytest.mark.parametrize("credential", ["a.b.c", "a" * 8_000, "e30.e30.e30"])
def test_what_has_no_shape_is_refused_before_anybody_is_asked(fake_google: FakeGoogle, credential: str) -> None:
    assert post_credential(credential).status_code == 401
    assert fake_google.requests == []


def test_without_a_client_nobody_is_asked(settings: Settings, fake_google: FakeGoogle) -> None:
    settings.GOOGLE_CLIENT_ID = ""

    assert post_credential(make_id_token()).json()["code"] == "google_not_configured"
    assert fake_google.requests == []


@pytest.mark.parametrize(
    ("cache_control", "max_age"),
    [
        ("", 300),
        ("no-store", 300),
        ("max-age=0", 300),
        ("max-age=-1", 300),
        ("max-age=x", 300),
        ("max-age=60", 300),
        ("public, max-age=3600, must-revalidate, no-transform", 3_600),
        ("max-age=86400", DAY_SECONDS),
        ("max-age=99999999", DAY_SECONDS),
        ("max-age=" + "9" * 40, DAY_SECONDS),
        ("s-maxage=7200", 300),
    ],
)
def test_they_are_kept_as_long_as_their_answer_says_within_bounds(
    fake_google: FakeGoogle, cache_control: str, max_age: int
) -> None:
    fake_google.headers = {"Cache-Control": cache_control}
    post_credential(make_id_token())

    age_cache(max_age - 10)
    post_credential(make_id_token())
    requests_before = len(fake_google.requests)
    age_cache(11)
    post_credential(make_id_token())

    assert (requests_before, len(fake_google.requests)) == (1, 2)


def test_an_unknown_key_is_asked_for_once_in_five_minutes(fake_google: FakeGoogle) -> None:
    fake_google.headers = {"Cache-Control": "max-age=86400"}
    post_credential(make_id_token())
    age_cache(301)

    statuses = [post_credential(make_id_token(kid=f"unknown {number}")).status_code for number in range(5)]

    assert statuses == [401] * 5
    assert len(fake_google.requests) == 2


def test_a_key_that_google_has_changed_is_found(fake_google: FakeGoogle) -> None:
    fake_google.headers = {"Cache-Control": "max-age=86400"}
    post_credential(make_id_token())
    fake_google.body = make_key_set("second").encode()
    age_cache(301)

    assert post_credential(make_id_token(kid="second", signed_by="second")).status_code == 200
    assert post_credential(make_id_token()).status_code == 401
    assert len(fake_google.requests) == 2


def test_unknown_keys_do_not_ask_again_while_google_is_away(fake_google: FakeGoogle) -> None:
    fake_google.headers = {"Cache-Control": "max-age=86400"}
    post_credential(make_id_token())
    fake_google.status = 500
    age_cache(301)

    statuses = []
    for number in range(3):
        statuses.append(post_credential(make_id_token(kid=f"unknown {number}")).status_code)
        age_cache(60)

    assert statuses == [401] * 3
    assert len(fake_google.requests) == 2
    assert post_credential(make_id_token()).status_code == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, None), (503, None), (404, None), (204, b""), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b"\xff")],
)
def test_an_old_copy_does_while_google_is_away(fake_google: FakeGoogle, status: int, body: bytes | None) -> None:
    post_credential(make_id_token())
    fake_google.status, fake_google.body = status, fake_google.body if body is None else body
    age_cache(3_600)

    statuses = [post_credential(make_id_token()).status_code for _ in range(3)]

    assert statuses == [200] * 3
    assert len(fake_google.requests) == 2


def test_an_answer_without_a_key_does_not_take_the_place_of_an_old_copy(fake_google: FakeGoogle) -> None:
    post_credential(make_id_token())
    fake_google.body = b"{}"
    age_cache(3_600)

    assert post_credential(make_id_token()).status_code == 200


def test_a_copy_of_more_than_a_day_does_not_do(fake_google: FakeGoogle) -> None:
    post_credential(make_id_token())
    User.objects.all().delete()
    fake_google.status = 500
    age_cache(DAY_SECONDS + 1)

    assert_unavailable(post_credential(make_id_token()))


def test_once_google_is_back_the_copy_is_new(fake_google: FakeGoogle) -> None:
    fake_google.status = 500
    assert_unavailable(post_credential(make_id_token()))
    assert_unavailable(post_credential(make_id_token()))
    fake_google.status = 200
    age_cache(11)

    assert post_credential(make_id_token()).status_code == 201
    assert len(fake_google.requests) == 2


@pytest.mark.parametrize("status", [201, 204, 400, 404, 500, 503])
def test_without_a_copy_another_status_is_told_as_google_being_away(fake_google: FakeGoogle, status: int) -> None:
    fake_google.status = status

    assert_unavailable(post_credential(make_id_token()))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(fake_google: FakeGoogle, status: int) -> None:
    fake_google.status, fake_google.headers = status, {"Location": fake_google.url.replace("/certs", "/elsewhere")}

    assert_unavailable(post_credential(make_id_token()))

    assert fake_google.requests == ["/certs"]


def test_a_huge_answer_is_not_read_to_its_end(fake_google: FakeGoogle) -> None:
    fake_google.body = b'{"padding": "' + b" " * 30_000_000 + b'", ' + make_key_set("first").encode()[1:]
    started = time.monotonic()

    assert_unavailable(post_credential(make_id_token()))

    assert time.monotonic() - started < 3


def test_nobody_there_is_told_as_google_being_away(settings: Settings, fake_google: FakeGoogle) -> None:
    settings.GOOGLE_CERTS_URL = "http://127.0.0.1:9/certs"

    assert_unavailable(post_credential(make_id_token()))

    assert fake_google.requests == []


def test_the_shop_waits_for_google_three_seconds_at_most() -> None:
    assert google.FETCH_TIMEOUT == 3


@pytest.mark.parametrize("failure", ["hang", "close"])
def test_no_answer_is_waited_for_no_longer_than_the_timeout(fake_google: FakeGoogle, short_timeout: None, failure: str) -> None:
    fake_google.failure = failure
    started = time.monotonic()

    assert_unavailable(post_credential(make_id_token()))

    assert time.monotonic() - started < 2


@pytest.mark.parametrize("failure", ["half", "stall"])
def test_an_answer_that_breaks_off_is_told_as_google_being_away(fake_google: FakeGoogle, short_timeout: None, failure: str) -> None:
    fake_google.failure = failure

    assert_unavailable(post_credential(make_id_token()))


def test_an_answer_that_is_not_packed_as_it_says_is_told_so_too(fake_google: FakeGoogle) -> None:
    fake_google.headers = {"Content-Encoding": "gzip"}

    assert_unavailable(post_credential(make_id_token()))


def test_an_answer_in_small_pieces_is_waited_for_no_longer_than_the_timeout(fake_google: FakeGoogle, short_timeout: None) -> None:
    fake_google.failure = "trickle"
    started = time.monotonic()

    post_credential(make_id_token())

    assert time.monotonic() - started < 2
