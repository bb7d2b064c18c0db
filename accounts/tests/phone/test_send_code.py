"""POST /api/auth/send-code/"""

from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import AuthEvent, PhoneCode, User
from accounts.tests.phones import OTHER, PHONE, Texts, code_in, send, texts_in
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
WORDS = "Enter a valid phone number with its country code, such as +13128059851"


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> Texts:
    """Text messages go to a file."""
    return texts_in(tmp_path, settings)


def test_a_code_of_six_digits_is_sent_and_the_answer_does_not_hold_it(texts: Texts) -> None:
    response = send()

    assert response.status_code == 202
    body = {"success": True, "status": 202, "message": "Code sent", "data": {"expires_in": 300, "resend_in": 60}, "warnings": []}
    assert response.json() == body
    (text,) = texts.all()
    assert set(text) == {"to", "text"}
    assert text["to"] == PHONE
    assert text["text"] == (f"{texts.code()} is your code for Our shop. It holds for five minutes. Never tell it to anybody.")
    assert texts.code() not in response.content.decode()
    assert texts.code() not in str(response.headers)
    assert not response.cookies
    assert not User.objects.exists()


@pytest.mark.usefixtures("unthrottled")
def test_a_number_with_an_account_is_answered_like_one_without(texts: Texts) -> None:
    User.objects.create_user(phone=PHONE)
    User.objects.create_user(phone="+13128059853", is_active=False)

    responses = [send(phone) for phone in (PHONE, OTHER, "+13128059853")]

    assert [response.status_code for response in responses] == [202] * 3
    assert len({response.content for response in responses}) == 1
    assert [text["to"] for text in texts.all()] == [PHONE, OTHER, "+13128059853"]


def test_the_code_lies_in_no_table(texts: Texts) -> None:
    send()

    kept, event = PhoneCode.objects.get(), AuthEvent.objects.get()
    assert (kept.phone, kept.attempts, kept.used_at, kept.ip) == (PHONE, 0, None, "127.0.0.1")
    assert (kept.expires_at - kept.created_at).seconds // 10 in (29, 30)
    assert (len(kept.code_mac), len(kept.salt)) == (64, 32)
    assert texts.code() not in f"{kept.salt} {event.detail}"
    assert event.event == "code_sent"
    assert PHONE[1:] not in str(event.detail)


@pytest.mark.usefixtures("unthrottled")
def test_what_is_kept_of_one_code_differs_each_time(texts: Texts) -> None:
    macs = set()
    for _ in range(3):
        send()
        macs.add(PhoneCode.objects.get().code_mac)

    assert len(macs) == 3
    assert len({code_in(text["text"]) for text in texts.all()}) > 1


@pytest.mark.parametrize(
    ("written", "market", "to"),
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
    ],
)
def test_a_number_is_brought_into_its_normal_form(texts: Texts, written: object, market: str, to: str) -> None:
    response = send(written, headers={"X-Market": market})

    assert response.status_code == 202
    assert [text["to"] for text in texts.all()] == [to]
    assert PhoneCode.objects.get().phone == to


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
        "\u0663\u0661\u0662\u0668\u0660\u0665\u0669\u0668\u0665\u0661",
        "+\uff11\uff13\uff11\uff12\uff18\uff10\uff15\uff19\uff18\uff15\uff11",
        "\uff0b13128059851",
        "+13128059851, +13128059852",
        "+13128059851\n+13128059852",
        "' OR 1=1 --",
        "911",
        5,
    ],
)
def test_what_no_text_can_be_sent_to_is_refused(texts: Texts, phone: object) -> None:
    response = send(phone, headers={"X-Market": "us"})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert texts.all() == []
    assert not PhoneCode.objects.exists()
    assert not AuthEvent.objects.exists()


@pytest.mark.parametrize("phone", ["+49 000000000000000", "+62 11111111111111111", "+81 11111111111111111", "+598 0000000000000"])
def test_a_number_of_more_digits_than_there_can_be_is_refused(texts: Texts, phone: str) -> None:
    response = send(phone)

    assert response.status_code == 400
    assert response.json()["errors"] == {"phone": [WORDS]}
    assert texts.all() == []
    assert not PhoneCode.objects.exists()


@pytest.mark.parametrize("phone", [None, [], {}, True, "", "   ", "+1312805\x009851", [PHONE], {"phone": PHONE}])
def test_what_is_no_number_at_all_is_refused(texts: Texts, phone: object) -> None:
    response = send(phone)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert texts.all() == []
    assert not PhoneCode.objects.exists()


def test_a_body_without_a_number_is_refused(api: SchemaClient, texts: Texts) -> None:
    response = api.post("/api/auth/send-code/", {})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone"]
    assert texts.all() == []


def test_an_unknown_market_is_refused(texts: Texts) -> None:
    response = send(headers={"X-Market": "zz"})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"
    assert texts.all() == []


def test_an_old_or_broken_token_stops_nobody(texts: Texts) -> None:
    response = send(headers={"Authorization": "Bearer a.b.c"})

    assert response.status_code == 202
    assert len(texts.all()) == 1


def test_a_page_of_another_site_has_nothing_sent(texts: Texts) -> None:
    response = send(headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert texts.all() == []
    assert not PhoneCode.objects.exists()
