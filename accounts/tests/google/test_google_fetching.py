"""GOOGLE_CERTS_URL, at POST /api/auth/google/"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.gateways import google
from accounts.models import User
from accounts.tests.google_keys import key_set, post, sign_in_configured, token
from accounts.tests.google_stand_in import StandIn, publishing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
DAY = 24 * 60 * 60


@pytest.fixture
def stand_in(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    """Google's host, from which the certificates are fetched."""
    sign_in_configured(settings, monkeypatch, tmp_path)
    with publishing(key_set("first")) as started:
        settings.GOOGLE_CERTS_FILE, settings.GOOGLE_CERTS_URL = "", started.url
        yield started


def later(seconds: float) -> None:
    """Let the copy be that much older."""
    google.CERTIFICATES.fetched_at -= seconds
    google.CERTIFICATES.tried_at -= seconds


def unavailable(response: Any) -> None:
    """Hold that the caller is told to come again."""
    assert response.status_code == 503
    assert response.json()["code"] == "google_unavailable"
    assert response.json()["message"] == "Google does not answer. Try again in a moment"
    assert response["Retry-After"] == "5"
    assert not response.cookies
    assert not User.objects.exists()


def test_the_certificates_are_fetched_once(stand_in: StandIn) -> None:
    statuses = [post(token()).status_code for _ in range(3)]

    assert statuses == [201, 200, 200]
    assert stand_in.asked == ["/certs"]


@pytest.mark.parametrize("credential", ["a.b.c", "a" * 8_000, "e30.e30.e30"])
def test_what_has_no_shape_is_refused_before_anybody_is_asked(stand_in: StandIn, credential: str) -> None:
    assert post(credential).status_code == 401
    assert stand_in.asked == []


def test_without_a_client_nobody_is_asked(settings: Settings, stand_in: StandIn) -> None:
    settings.GOOGLE_CLIENT_ID = ""

    assert post(token()).json()["code"] == "google_not_configured"
    assert stand_in.asked == []


@pytest.mark.parametrize(
    ("control", "kept"),
    [
        ("", 300),
        ("no-store", 300),
        ("max-age=0", 300),
        ("max-age=-1", 300),
        ("max-age=x", 300),
        ("max-age=60", 300),
        ("public, max-age=3600, must-revalidate, no-transform", 3_600),
        ("max-age=86400", DAY),
        ("max-age=99999999", DAY),
        ("max-age=" + "9" * 40, DAY),
        ("s-maxage=7200", 300),
    ],
)
def test_they_are_kept_as_long_as_their_answer_says_within_bounds(stand_in: StandIn, control: str, kept: int) -> None:
    stand_in.headers = {"Cache-Control": control}
    post(token())

    later(kept - 10)
    post(token())
    asked_before = len(stand_in.asked)
    later(11)
    post(token())

    assert (asked_before, len(stand_in.asked)) == (1, 2)


def test_an_unknown_key_is_asked_for_once_in_five_minutes(stand_in: StandIn) -> None:
    stand_in.headers = {"Cache-Control": "max-age=86400"}
    post(token())
    later(301)

    statuses = [post(token(kid=f"unknown {number}")).status_code for number in range(5)]

    assert statuses == [401] * 5
    assert len(stand_in.asked) == 2


def test_a_key_that_google_has_changed_is_found(stand_in: StandIn) -> None:
    stand_in.headers = {"Cache-Control": "max-age=86400"}
    post(token())
    stand_in.body = key_set("second").encode()
    later(301)

    assert post(token(kid="second", signed_by="second")).status_code == 200
    assert post(token()).status_code == 401
    assert len(stand_in.asked) == 2


def test_unknown_keys_do_not_ask_again_while_google_is_away(stand_in: StandIn) -> None:
    stand_in.headers = {"Cache-Control": "max-age=86400"}
    post(token())
    stand_in.status = 500
    later(301)

    statuses = []
    for number in range(3):
        statuses.append(post(token(kid=f"unknown {number}")).status_code)
        later(60)

    assert statuses == [401] * 3
    assert len(stand_in.asked) == 2
    assert post(token()).status_code == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, None), (503, None), (404, None), (204, b""), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b"\xff")],
)
def test_an_old_copy_does_while_google_is_away(stand_in: StandIn, status: int, body: bytes | None) -> None:
    post(token())
    stand_in.status, stand_in.body = status, stand_in.body if body is None else body
    later(3_600)

    statuses = [post(token()).status_code for _ in range(3)]

    assert statuses == [200] * 3
    assert len(stand_in.asked) == 2


def test_an_answer_without_a_key_does_not_take_the_place_of_an_old_copy(stand_in: StandIn) -> None:
    post(token())
    stand_in.body = b"{}"
    later(3_600)

    assert post(token()).status_code == 200


def test_a_copy_of_more_than_a_day_does_not_do(stand_in: StandIn) -> None:
    post(token())
    User.objects.all().delete()
    stand_in.status = 500
    later(DAY + 1)

    unavailable(post(token()))


def test_once_google_is_back_the_copy_is_new(stand_in: StandIn) -> None:
    stand_in.status = 500
    unavailable(post(token()))
    unavailable(post(token()))
    stand_in.status = 200
    later(11)

    assert post(token()).status_code == 201
    assert len(stand_in.asked) == 2


@pytest.mark.parametrize("status", [201, 204, 400, 404, 500, 503])
def test_without_a_copy_another_status_is_told_as_google_being_away(stand_in: StandIn, status: int) -> None:
    stand_in.status = status

    unavailable(post(token()))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(stand_in: StandIn, status: int) -> None:
    stand_in.status, stand_in.headers = status, {"Location": stand_in.url.replace("/certs", "/elsewhere")}

    unavailable(post(token()))

    assert stand_in.asked == ["/certs"]


def test_a_huge_answer_is_not_read_to_its_end(stand_in: StandIn) -> None:
    stand_in.body = b'{"padding": "' + b" " * 30_000_000 + b'", ' + key_set("first").encode()[1:]
    started = time.monotonic()

    unavailable(post(token()))

    assert time.monotonic() - started < 3


def test_nobody_there_is_told_as_google_being_away(settings: Settings, stand_in: StandIn) -> None:
    settings.GOOGLE_CERTS_URL = "http://127.0.0.1:9/certs"

    unavailable(post(token()))

    assert stand_in.asked == []


@pytest.mark.parametrize("does", ["hang", "close"])
def test_no_answer_is_waited_for_three_seconds_at_most(stand_in: StandIn, does: str) -> None:
    stand_in.does = does
    started = time.monotonic()

    unavailable(post(token()))

    assert time.monotonic() - started < 4


@pytest.mark.parametrize("does", ["half", "stall"])
def test_an_answer_that_breaks_off_is_told_as_google_being_away(stand_in: StandIn, does: str) -> None:
    stand_in.does = does

    unavailable(post(token()))


def test_an_answer_that_is_not_packed_as_it_says_is_told_so_too(stand_in: StandIn) -> None:
    stand_in.headers = {"Content-Encoding": "gzip"}

    unavailable(post(token()))


def test_an_answer_in_small_pieces_is_waited_for_three_seconds_at_most(stand_in: StandIn) -> None:
    stand_in.does = "trickle"
    started = time.monotonic()

    post(token())

    assert time.monotonic() - started < 5
