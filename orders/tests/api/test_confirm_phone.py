"""POST /api/orders/<number>/send-phone-code/ and confirm-phone/"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.client_info import NO_CLIENT
from accounts.models import AuthEvent, PhoneCode, User
from accounts.tests.factories import make_user
from accounts.tests.mails import send_pending_emails
from accounts.tests.phones import SentTexts, make_wrong_code, use_sms_file, verify_code
from accounts.tests.phones import request_code as request_sign_in_code
from carts.tests.factories import add_to_cart, signed_in_client
from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment import address_correction, phone_confirmation, shipping
from orders.fulfilment.address_correction import Recipient
from orders.models import Order
from orders.tests.factories import ADDRESS, customer, database_rows, placed
from orders.tests.phone_confirmation import PHONE, confirm_phone, get_token, make_waiting_order, send_phone_code
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db]
STAFF = Actor(kind="staff")


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """In India, phones are confirmed above 100; text messages go to a file."""
    settings.COD_RULES = {"in": (Decimal(100), None)}
    return use_sms_file(tmp_path, settings)


def list_events(order: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return kind, actor and data of what happened to an order after it was placed."""
    return list(Order.objects.get(number=order["number"]).events.values_list("kind", "actor_kind", "data"))[1:]


@pytest.mark.parametrize("who", ["guest", "user"])
def test_the_code_that_was_sent_confirms_the_order(who: str, texts: SentTexts) -> None:
    client = customer() if who == "user" else SchemaClient()
    order = make_waiting_order(client)
    send_pending_emails()

    sent = send_phone_code(client, order)
    response = confirm_phone(client, order, texts.code())

    assert (sent.status_code, sent.json()["data"]) == (202, {"expires_in": 300, "resend_in": 60})
    assert [message["to"] for message in texts.all()] == [PHONE]
    assert response.status_code == 200
    assert response.json()["data"] == order | {"phone_confirm_until": None}
    assert list_events(order) == [("phone_code_sent", "customer", {}), ("phone_confirmed", "customer", {"source": "code"})]
    (message,) = send_pending_emails()
    assert (message.subject, "You will pay on delivery." in str(message.body)) == (f"Your order {order['number']}", True)


def test_the_text_says_what_the_code_is_for(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)

    send_phone_code(api, order)

    (message,) = texts.all()
    code = texts.code()
    assert (
        message["text"]
        == f"{code} is your code to confirm your order at Our shop. It is valid for five minutes. Never share it with anyone."
    )


def test_a_confirmed_order_can_be_shipped_and_a_waiting_one_cannot(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    before = database_rows()
    with pytest.raises(InvalidTransition, match="The phone number is not confirmed yet"):
        shipping.ship_order(STAFF, order["id"])
    assert database_rows() == before
    send_phone_code(api, order)
    confirm_phone(api, order, texts.code())

    shipping.ship_order(STAFF, order["id"])

    assert Order.objects.get().status == "shipped"


@pytest.mark.parametrize("wrong", ["", "12345", "abcdef", "1234567", None, 123456.5, [], {}])
def test_what_is_no_code_changes_nothing(api: SchemaClient, texts: SentTexts, wrong: object) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    before = database_rows()

    response = confirm_phone(api, order, wrong)

    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"verification_code"}
    assert database_rows() == before


def test_a_wrong_code_is_counted_and_ten_close_it(api: SchemaClient, texts: SentTexts, settings: Settings) -> None:
    settings.THROTTLE_ENABLED = False
    order = make_waiting_order(api)
    send_phone_code(api, order)
    code = texts.code()
    before = database_rows()

    for number in range(5):
        response = confirm_phone(api, order, make_wrong_code(code, number + 1))
        assert (response.status_code, response.json()["code"]) == (400, "invalid_code")

    assert confirm_phone(api, order, code).status_code == 400
    assert database_rows() == before
    assert PhoneCode.objects.get().attempts == 5


def test_a_code_of_the_order_does_not_sign_in(api: SchemaClient, texts: SentTexts) -> None:
    make_user(phone=PHONE, phone_verified_at=timezone.now())
    order = make_waiting_order(api)
    send_phone_code(api, order)

    response = verify_code(texts.code(), PHONE)

    assert (response.status_code, response.json()["code"]) == (401, "invalid_code")
    assert confirm_phone(api, order, texts.code()).status_code == 200


def test_a_code_to_sign_in_confirms_no_order(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    code = request_sign_in_code(texts, PHONE)

    response = confirm_phone(api, order, code)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_code")
    assert Order.objects.get().phone_confirm_until is not None
    assert verify_code(code, PHONE).status_code == 200


def test_a_code_of_one_order_confirms_no_other(api: SchemaClient, texts: SentTexts) -> None:
    order, other = make_waiting_order(api), make_waiting_order(SchemaClient())
    send_phone_code(api, order)

    response = confirm_phone(SchemaClient(), other, texts.code())

    assert response.status_code == 400
    assert Order.objects.filter(phone_confirm_until=None).count() == 0


def test_confirming_twice_is_the_same(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    confirm_phone(api, order, texts.code())
    before = database_rows()

    response = confirm_phone(api, order, texts.code())

    assert (response.status_code, response.json()["data"]["phone_confirm_until"]) == (200, None)
    assert database_rows() == before


@pytest.mark.parametrize("route", ["send-phone-code", "confirm-phone"])
def test_a_stranger_finds_no_order(api: SchemaClient, texts: SentTexts, route: str) -> None:
    order = make_waiting_order(api)
    before = database_rows()

    for stranger in (SchemaClient(), customer("grace@example.com")):
        for headers in ({}, {"X-Order-Token": "x"}):
            response = stranger.post(f"/api/orders/{order['number']}/{route}/", {"verification_code": "123456"}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (404, "order_not_found")

    assert database_rows() == before
    assert texts.all() == []


def test_an_order_that_does_not_wait_sends_no_text(api: SchemaClient, texts: SentTexts) -> None:
    add_to_cart(api, make_product(price="20.00"))
    order = placed(api)
    before = database_rows()

    responses = [send_phone_code(api, order), confirm_phone(api, order, "123456")]

    assert [response.status_code for response in responses] == [409, 409]
    assert {response.json()["message"] for response in responses} == {"The phone number of this order need not be confirmed"}
    assert (texts.all(), database_rows()) == ([], before)


def test_a_cancelled_order_is_confirmed_by_nobody(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    api.post(f"/api/orders/{order['number']}/cancel/", {}, headers=get_token(order))
    before = database_rows()

    response = confirm_phone(api, order, texts.code())

    assert (response.status_code, response.json()["message"]) == (409, "This order is cancelled")
    assert database_rows() == before
    assert Order.objects.get().phone_confirm_until is None


@pytest.mark.parametrize("phone", ["ring 12345 twice", "+1 900 234 5678", "+1 800 234 5678"])
def test_no_text_goes_to_numbers_that_cost_extra_or_are_none(api: SchemaClient, texts: SentTexts, phone: str) -> None:
    order = make_waiting_order(api, phone=phone)
    before = database_rows()

    response = send_phone_code(api, order)

    assert (response.status_code, response.json()["code"]) == (409, "phone_code_not_possible")
    assert response.json()["message"] == "We cannot send a code to this number. We will call you to confirm your order"
    assert (texts.all(), database_rows()) == ([], before)


def test_a_shop_without_text_messages_calls(api: SchemaClient, settings: Settings) -> None:
    settings.SMS_BACKEND = ""
    order = make_waiting_order(api)

    responses = [send_phone_code(api, order), confirm_phone(api, order, "123456")]

    assert [(response.status_code, response.json()["code"]) for response in responses] == [(409, "phone_code_not_possible")] * 2


def test_codes_of_orders_and_of_sign_ins_share_the_limits_of_the_number(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    request_sign_in_code(texts, PHONE)

    response = send_phone_code(api, order)

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert len(texts.all()) == 1


def test_an_order_has_ten_codes_a_day(api: SchemaClient, texts: SentTexts, settings: Settings) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {
        "code_send": ((1000, 60),),
        "checkout": ((1000, 60),),
        "code_send_ip": ((1000, 60),),
    }
    order = make_waiting_order(api)

    statuses = [send_phone_code(api, order).status_code for _ in range(11)]

    assert statuses == [202] * 10 + [429]
    assert len(texts.all()) == 10


def test_tries_are_limited_for_the_number(api: SchemaClient, texts: SentTexts, settings: Settings) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"checkout": ((1000, 60),)}
    order = make_waiting_order(api)

    statuses = [confirm_phone(api, order, "123456").status_code for _ in range(11)]

    assert statuses == [400] * 10 + [429]


def test_codes_are_recorded_like_those_of_sign_ins(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    confirm_phone(api, order, make_wrong_code(texts.code()))

    assert list(AuthEvent.objects.order_by("pk").values_list("event", flat=True)) == ["code_sent", "code_failed"]


def correct_phone(order: dict[str, Any], phone: str) -> None:
    """Correct the phone of an order as staff do."""
    row = Order.objects.get(number=order["number"])
    address_correction.correct_recipient(STAFF, row.pk, Recipient(row.name, phone, ADDRESS), seen=row.version)


def test_a_corrected_phone_gets_the_code_and_the_old_code_is_void(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    old_code = texts.code()
    correct_phone(order, "+91 98765 43219")
    refused = confirm_phone(api, order, old_code)

    send_phone_code(api, order)
    response = confirm_phone(api, order, texts.code())

    assert (refused.status_code, response.status_code) == (400, 200)
    assert texts.all()[-1]["to"] == "+919876543219"


def test_a_phone_that_is_corrected_while_its_code_is_redeemed_stays_unconfirmed(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    send_phone_code(api, order)
    as_read_before = Order.objects.get()
    correct_phone(order, "+91 98765 43219")

    with pytest.raises(InvalidTransition, match="The shop has corrected the phone number of this order"):
        phone_confirmation.confirm_by_code(Actor(kind="customer"), as_read_before, texts.code(), NO_CLIENT)

    assert Order.objects.get().awaits_phone


def test_a_correction_to_the_confirmed_phone_of_the_account_confirms_the_order(texts: SentTexts) -> None:
    client = signed_in_client(make_user(phone="+919876543219", phone_verified_at=timezone.now()))
    order = make_waiting_order(client)

    correct_phone(order, "98765 43219")

    assert Order.objects.get().phone_confirm_until is None
    assert list_events(order)[-1] == ("phone_confirmed", "staff", {"source": "account"})


def test_any_other_correction_goes_on_waiting_until_the_same_time(texts: SentTexts) -> None:
    client = signed_in_client(make_user(phone="+919876543219"))
    order = make_waiting_order(client)
    until = Order.objects.get().phone_confirm_until

    correct_phone(order, "98765 43219")

    assert Order.objects.get().phone_confirm_until == until


def test_a_claim_by_the_account_with_that_confirmed_phone_confirms_the_order(api: SchemaClient, texts: SentTexts) -> None:
    order = make_waiting_order(api)
    client = signed_in_client(make_user(phone=PHONE, phone_verified_at=timezone.now()))

    response = client.post(f"/api/orders/{order['number']}/claim/", headers=get_token(order))

    assert (response.status_code, response.json()["data"]["phone_confirm_until"]) == (200, None)


def test_the_copy_of_personal_data_says_by_when(texts: SentTexts) -> None:
    client = customer()
    order = make_waiting_order(client)

    (exported,) = client.get("/api/auth/me/export/").json()["data"]["orders"]

    assert exported["phone_confirm_until"] == order["phone_confirm_until"]


def test_a_stopped_gateway_is_told_and_the_order_goes_on_waiting(api: SchemaClient, settings: Settings) -> None:
    settings.SMS_FILE_PATH = "/nowhere/texts"
    order = make_waiting_order(api)

    response = send_phone_code(api, order)

    assert (response.status_code, response.json()["code"]) == (503, "sms_unavailable")
    assert list_events(order) == []
    assert User.objects.count() == 0


def test_asking_again_too_soon_does_not_use_up_the_codes_of_the_order(
    api: SchemaClient, texts: SentTexts, settings: Settings
) -> None:
    settings.THROTTLE_ENABLED = True
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "code_send": [(1, 60)], "code_send_order": [(2, 86400)]}
    order = make_waiting_order(api)
    assert send_phone_code(api, order).status_code == 202
    for _ in range(3):
        assert send_phone_code(api, order).status_code == 429

    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "code_send": [(99, 61)]}  # as if the minute were over
    answers = [send_phone_code(api, order).status_code for _ in range(2)]

    assert answers == [202, 429]
    assert len(texts.all()) == 2
