"""POST /api/auth/verify-code/"""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthSession, PhoneCode, User
from accounts.tests.factories import decode_claims, get_me, make_user
from accounts.tests.phones import OTHER_PHONE, PHONE, SentTexts, make_wrong_code, request_code, use_sms_file, verify_code
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
REFUSED = {
    "success": False,
    "status": 401,
    "code": "invalid_code",
    "message": "The code is wrong or has expired",
    "detail": "The code is wrong or has expired",
    "errors": {},
}


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def test_the_right_code_makes_an_account_and_signs_in(texts: SentTexts) -> None:
    response = verify_code(request_code(texts))

    assert response.status_code == 200
    body = response.json()
    assert body["message"] == "Signed in"
    assert set(body["data"]) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["data"]["token_type"], body["data"]["expires_in"]) == ("Bearer", 1800)
    assert body["access_token"] == body["data"]["access_token"]
    assert not response.cookies
    user = User.objects.get()
    assert (user.phone, user.email, user.is_active, user.is_staff, user.market) == (PHONE, None, True, False, "in")
    assert not user.has_usable_password()
    assert user.phone_verified_at is not None
    assert user.last_login is not None
    assert AuthSession.objects.get().method == "phone"
    assert body["data"]["user"] == get_me(body["access_token"]).json()["data"]
    assert (body["data"]["user"]["phone"], body["data"]["user"]["phone_verified"]) == (PHONE, True)


def test_the_right_code_signs_in_whom_the_number_belongs_to(texts: SentTexts) -> None:
    owner = make_user(phone=PHONE, phone_verified_at=timezone.now(), first_name="Ada", market="us")

    response = verify_code(request_code(texts))

    assert response.json()["data"]["user"]["id"] == owner.pk
    assert decode_claims(response.json()["access_token"])["user_id"] == owner.pk
    assert decode_claims(response.json()["access_token"])["market"] == "us"
    owner.refresh_from_db()
    assert owner.has_usable_password()
    assert User.objects.count() == 1


@pytest.mark.usefixtures("unthrottled")
def test_a_returning_caller_is_the_same_user(texts: SentTexts) -> None:
    first = verify_code(request_code(texts)).json()["data"]["user"]

    second = verify_code(request_code(texts)).json()["data"]["user"]

    assert second == first
    assert AuthSession.objects.filter(user=first["id"], revoked_at=None).count() == 2


@pytest.mark.parametrize(("market", "expected"), [("us", "us"), ("US", "us"), ("in", "in"), ("", "in")])
def test_the_token_holds_the_market_of_the_call(texts: SentTexts, market: str, expected: str) -> None:
    code = request_code(texts)

    response = verify_code(code, headers={"X-Market": market} if market else {})

    assert decode_claims(response.json()["access_token"])["market"] == expected
    assert User.objects.get().market == expected
    assert AuthSession.objects.get().market == expected


def test_an_unknown_market_is_refused_and_the_code_stays_good(texts: SentTexts) -> None:
    code = request_code(texts)

    response = verify_code(code, headers={"X-Market": "zz"})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"
    assert verify_code(code).status_code == 200


def test_in_cookie_mode_the_tokens_are_in_cookies_alone(api: SchemaClient, texts: SentTexts) -> None:
    code = request_code(texts)

    response = api.post("/api/auth/verify-code/", {"phone": PHONE, "verification_code": code, "mode": "cookie"})

    assert response.status_code == 200
    assert response.json()["access_token"] is None
    assert set(response.json()["data"]) == {"user"}
    assert set(response.cookies) == {"access_token", "refresh_token"}
    for cookie in response.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert cookie.value not in response.content.decode()
    assert api.get("/api/auth/me/").json()["data"]["phone"] == PHONE


@pytest.mark.parametrize(("name", "number"), [("verification_code", PHONE), ("code", PHONE), ("code", "+1 (312) 805-9851")])
def test_either_name_and_any_spelling_will_do(api: SchemaClient, texts: SentTexts, name: str, number: str) -> None:
    code = request_code(texts)

    response = api.post("/api/auth/verify-code/", {"phone": number, name: f" {code} "})

    assert response.status_code == 200


def test_verification_code_wins_over_code(api: SchemaClient, texts: SentTexts) -> None:
    code = request_code(texts)

    response = api.post("/api/auth/verify-code/", {"phone": PHONE, "verification_code": make_wrong_code(code), "code": code})

    assert response.status_code == 401
    assert not User.objects.exists()


def test_a_local_number_is_one_of_the_calls_market(texts: SentTexts) -> None:
    code = request_code(texts)

    in_india = verify_code(code, "(312) 805-9851", headers={"X-Market": "in"})
    in_us = verify_code(code, "(312) 805-9851", headers={"X-Market": "us"})

    assert (in_india.status_code, in_us.status_code) == (401, 200)
    assert User.objects.get().phone == PHONE


def test_every_reason_gets_one_answer(unthrottled: None, texts: SentTexts) -> None:
    used_phone, wrong_phone, old_phone = (f"+1312805987{number}" for number in range(3))
    codes = {phone: request_code(texts, phone) for phone in (used_phone, wrong_phone, old_phone)}
    assert verify_code(codes[used_phone], used_phone).status_code == 200
    PhoneCode.objects.filter(phone=old_phone).update(expires_at=timezone.now())

    responses = [
        verify_code(codes[used_phone], used_phone),
        verify_code(make_wrong_code(codes[wrong_phone]), wrong_phone),
        verify_code(codes[old_phone], old_phone),
        verify_code("123456", "+13128059879"),
    ]

    assert [response.json() for response in responses] == [REFUSED] * 4
    assert not any(response.cookies for response in responses)
    assert list(User.objects.values_list("phone", flat=True)) == [used_phone]
    assert AuthSession.objects.count() == 1


@pytest.mark.sampled
@pytest.mark.parametrize(
    "code", ["0", "1234567", "abcdef", "......", "123 456", "-12345", "\u0661\u0662\u0663\u0664\u0665\u0666", "'; --", 0, 5, 1.5]
)
def test_what_is_not_the_code_is_refused(texts: SentTexts, code: object) -> None:
    request_code(texts)

    response = verify_code(code)

    assert response.status_code == 401
    assert response.json() == REFUSED
    assert not User.objects.exists()


@pytest.mark.sampled
@pytest.mark.parametrize("code", [None, [], {}, True, "", "  ", "12345\x00", "1" * 17, "1" * 100_000, ["123456"]])
def test_what_is_no_code_at_all_is_refused_and_costs_no_try(texts: SentTexts, code: object) -> None:
    right = request_code(texts)

    response = verify_code(code)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["verification_code"]
    assert PhoneCode.objects.get().attempts == 0
    assert not User.objects.exists()
    assert verify_code(right).status_code == 200


@pytest.mark.sampled
@pytest.mark.parametrize("phone", ["123", "letters", "1" * 40, None, 5, [], {}, "", "+1312805\x009851", "\u0663" * 3])
def test_a_bad_number_is_refused(texts: SentTexts, phone: object) -> None:
    code = request_code(texts)

    response = verify_code(code, phone)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert not User.objects.exists()


def test_the_code_of_another_number_opens_nothing(texts: SentTexts) -> None:
    code = request_code(texts)
    request_code(texts, OTHER_PHONE)

    response = verify_code(code, OTHER_PHONE)

    assert response.status_code == 401
    assert not User.objects.exists()
    assert PhoneCode.objects.get(phone=PHONE).used_at is None


SPELLINGS = {
    "spaces": "{0}{1}{2} {3}{4}{5}",
    "hyphens": "{0}{1}-{2}{3}-{4}{5}",
    "other hyphens": "{0}\u2010{1}\u2011{2}\u2212{3}\u2013{4}\u2014{5}",
    "no-break spaces": "\u00a0{0}{1}{2}\u202f{3}{4}\u2007{5}",
    "every digit alone": "{0} {1} {2} - {3} {4} {5}",
    "direction marks": "\u202a\u200e{0}{1}{2}{3}{4}{5}\u202c",
    "invisible": "\ufeff{0}\u200b{1}\u2060{2}\u00ad{3}{4}{5}",
    "lines": "{0}{1}{2}\n{3}{4}{5}\t",
}


@pytest.mark.sampled
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=list(SPELLINGS))
@pytest.mark.parametrize("zero", ["0", "\uff10", "\u0660", "\u06f0", "\u0966"], ids=["ascii", "wide", "arabic", "persian", "hindi"])
def test_a_code_may_be_typed_in_any_grouping_and_digits(texts: SentTexts, spelling: str, zero: str) -> None:
    code = request_code(texts)

    response = verify_code(spelling.format(*(chr(ord(zero) + int(digit)) for digit in code)))

    assert response.status_code == 200
    assert User.objects.get().phone == PHONE


@pytest.mark.sampled
@pytest.mark.parametrize("code", ["0", "12345", "1234567", "abcdef", "......", "12345\u00b2", "12345\u2460", "1\u0301 2345", "-"])
def test_a_malformed_code_uses_up_no_try(texts: SentTexts, code: str) -> None:
    right = request_code(texts)

    responses = [verify_code(code) for _ in range(12)]

    assert [(response.status_code, response.json()) for response in responses] == [(401, REFUSED)] * 12
    assert PhoneCode.objects.get().attempts == 0
    assert verify_code(right).status_code == 200


@pytest.mark.sampled
@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_superuser": True}], ids=str)
@pytest.mark.parametrize("has_password", [True, False])
def test_staff_never_sign_in_by_text_message(texts: SentTexts, rights: dict[str, Any], has_password: bool) -> None:
    staff = make_user(phone=PHONE, phone_verified_at=timezone.now(), **rights)
    if not has_password:
        staff.set_unusable_password()
        staff.save()
    code = request_code(texts)

    response = verify_code(code)

    assert (response.status_code, response.json()) == (401, REFUSED)
    assert not response.cookies
    assert not AuthSession.objects.exists()
    assert User.objects.get().last_login is None
    assert verify_code(code).json() == REFUSED


def test_a_number_that_nobody_confirmed_opens_no_account_with_a_password(texts: SentTexts) -> None:
    make_user(phone=PHONE)

    response = verify_code(request_code(texts))

    assert (response.status_code, response.json()) == (401, REFUSED)
    user = User.objects.get()
    assert (user.phone_verified_at, user.last_login) == (None, None)
    assert not AuthSession.objects.exists()


def test_a_number_that_staff_entered_opens_an_account_without_a_password(texts: SentTexts) -> None:
    created = User.objects.create_user(phone=PHONE)

    response = verify_code(request_code(texts))

    assert response.json()["data"]["user"]["id"] == created.pk
    assert User.objects.get().phone_verified_at is not None


def test_a_right_code_is_nothing_to_a_page_of_another_site(texts: SentTexts) -> None:
    code = request_code(texts)

    response = verify_code(code, headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert not response.cookies
    assert not User.objects.exists()
    assert PhoneCode.objects.get().used_at is None


def test_fields_that_are_not_the_callers_to_set_are_ignored(api: SchemaClient, texts: SentTexts) -> None:
    code = request_code(texts)
    extra = {"is_staff": True, "is_superuser": True, "is_seller": True, "is_active": False, "email": "eve@example.com", "id": 7}

    response = api.post("/api/auth/verify-code/", {"phone": PHONE, "verification_code": code, **extra})

    assert response.status_code == 200
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_seller, user.is_active, user.email) == (False, False, False, True, None)
