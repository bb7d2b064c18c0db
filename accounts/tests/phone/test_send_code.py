"""POST /api/auth/send-code/"""

from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import AuthEvent, PhoneCode, User
from accounts.tests.phones import OTHER_PHONE, PHONE, SentTexts, extract_code, send_code, use_sms_file
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
INVALID_PHONE = "Enter a valid phone number with its country code, such as +13128059851"


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def test_a_code_of_six_digits_is_sent_and_the_answer_does_not_hold_it(texts: SentTexts) -> None:
    response = send_code()

    assert response.status_code == 202
    body = {"success": True, "status": 202, "message": "Code sent", "data": {"expires_in": 300, "resend_in": 60}, "warnings": []}
    assert response.json() == body
    (text,) = texts.all()
    assert set(text) == {"to", "text"}
    assert text["to"] == PHONE
    assert text["text"] == (f"{texts.code()} is your code for Our shop. It is valid for five minutes. Never share it with anyone.")
    assert texts.code() not in response.content.decode()
    assert texts.code() not in str(response.headers)
    assert not response.cookies
    assert not User.objects.exists()


@pytest.mark.usefixtures("unthrottled")
def test_a_number_with_an_account_is_answered_like_one_without(texts: SentTexts) -> None:
    User.objects.create_user(phone=PHONE)
    User.objects.create_user(phone="+13128059853", is_active=False)

    responses = [send_code(phone) for phone in (PHONE, OTHER_PHONE, "+13128059853")]

    assert [response.status_code for response in responses] == [202] * 3
    assert len({response.content for response in responses}) == 1
    assert [text["to"] for text in texts.all()] == [PHONE, OTHER_PHONE, "+13128059853"]


def test_the_code_lies_in_no_table(texts: SentTexts) -> None:
    send_code()

    phone_code, event = PhoneCode.objects.get(), AuthEvent.objects.get()
    assert (phone_code.phone, phone_code.attempts, phone_code.used_at, phone_code.ip) == (PHONE, 0, None, "127.0.0.1")
    assert (phone_code.expires_at - phone_code.created_at).seconds // 10 in (29, 30)
    assert (len(phone_code.code_mac), len(phone_code.salt)) == (64, 32)
    assert texts.code() not in f"{phone_code.salt} {event.detail}"
    assert event.event == "code_sent"
    assert PHONE[1:] not in str(event.detail)


@pytest.mark.usefixtures("unthrottled")
def test_what_is_kept_of_one_code_differs_each_time(texts: SentTexts) -> None:
    macs = set()
    for _ in range(3):
        send_code()
        macs.add(PhoneCode.objects.get().code_mac)

    assert len(macs) == 3
    assert len({extract_code(text["text"]) for text in texts.all()}) > 1


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("number", "market", "to"),
    [
        ("+1 (312) 805-9851", "in", "+13128059851"),
        ("  +1.312.805.9851 ", "in", "+13128059851"),
        ("(312) 805-9851", "us", "+13128059851"),
        ("98765 43210", "in", "+919876543210"),
        ("098765 43210", "in", "+919876543210"),
        ("+91 98765-43210", "us", "+919876543210"),
        ("+39 06 1234 5678", "us", "+390612345678"),
        ("tel:+1-312-805-9851", "in", "+13128059851"),
        (13128059851, "us", "+13128059851"),
        ("\u202a+91 98765 43210\u202c", "us", "+919876543210"),  # as a phone's address book copies it
        ("\u2068+91 98765 43210\u2069", "us", "+919876543210"),
        ("+91\u00a098765\u00a043210", "us", "+919876543210"),
        ("+91\u202f98765\t43210", "us", "+919876543210"),
        ("+91 98765\u201143210", "us", "+919876543210"),
        ("+91\u221298765\uff0d43210", "us", "+919876543210"),
        ("\uff0b\uff19\uff11\uff19\uff18\uff17\uff16\uff15\uff14\uff13\uff12\uff11\uff10", "us", "+919876543210"),
        ("+\u0669\u0661\u0669\u0668\u0667\u0666\u0665\u0664\u0663\u0662\u0661\u0660", "us", "+919876543210"),
        ("\u096f\u096e\u096d\u096c\u096b \u096a\u0969\u0968\u0967\u0966", "in", "+919876543210"),  # Devanagari
        ("+91 98765 43210\u200b", "us", "+919876543210"),
        ("\ufeff+91\u00ad98765\u206043210", "us", "+919876543210"),
    ],
)
def test_a_number_is_brought_into_its_normal_form(texts: SentTexts, number: object, market: str, to: str) -> None:
    response = send_code(number, headers={"X-Market": market})

    assert response.status_code == 202
    assert [text["to"] for text in texts.all()] == [to]
    assert PhoneCode.objects.get().phone == to


@pytest.mark.sampled
@pytest.mark.parametrize(
    "phone",
    [
        "123",
        "+1",
        "+",
        "letters",
        "+1 312 805 985",
        "+1 312 805 98511",
        "1" * 40,
        "+" + "1" * 39,
        "9" * 5_000,
        "+999 123 456 789",
        "+1 312 805 9851 ext. 5",
        "+13128059851;ext=5",
        "tel:+13128059851;ext=5",
        "+1 900 234 5678",
        "+1 800 234 5678",
        "+979 1 2345 6789",
        "+1 312 805 9851 \u0434\u043e\u043c",
        "+13128059851, +13128059852",
        "+13128059851\n+13128059852",
        "' OR 1=1 --",
        "911",
        5,
    ],
)
def test_what_no_text_can_be_sent_to_is_refused(texts: SentTexts, phone: object) -> None:
    response = send_code(phone, headers={"X-Market": "us"})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert texts.all() == []
    assert not PhoneCode.objects.exists()
    assert not AuthEvent.objects.exists()


@pytest.mark.parametrize("phone", ["+49 000000000000000", "+62 11111111111111111", "+81 11111111111111111", "+598 0000000000000"])
def test_a_number_of_more_digits_than_there_can_be_is_refused(texts: SentTexts, phone: str) -> None:
    response = send_code(phone)

    assert response.status_code == 400
    assert response.json()["errors"] == {"phone": [INVALID_PHONE]}
    assert texts.all() == []
    assert not PhoneCode.objects.exists()


@pytest.mark.sampled
@pytest.mark.parametrize("phone", [None, [], {}, True, "", "   ", "+1312805\x009851", [PHONE], {"phone": PHONE}])
def test_what_is_no_number_at_all_is_refused(texts: SentTexts, phone: object) -> None:
    response = send_code(phone)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert texts.all() == []
    assert not PhoneCode.objects.exists()


def test_a_body_without_a_number_is_refused(api: SchemaClient, texts: SentTexts) -> None:
    response = api.post("/api/auth/send-code/", {})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert texts.all() == []


def test_an_unknown_market_is_refused(texts: SentTexts) -> None:
    response = send_code(headers={"X-Market": "zz"})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"
    assert texts.all() == []


def test_an_old_or_broken_token_stops_nobody(texts: SentTexts) -> None:
    response = send_code(headers={"Authorization": "Bearer a.b.c"})

    assert response.status_code == 202
    assert len(texts.all()) == 1


def test_a_page_of_another_site_has_nothing_sent(texts: SentTexts) -> None:
    response = send_code(headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert texts.all() == []
    assert not PhoneCode.objects.exists()
