"""DELETE /api/auth/me/: traces left in any table afterwards, and the proof of identity that it asks for"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db.models import CharField, F, JSONField, TextField
from django.utils import timezone
from pytest_django import Settings

from accounts import sessions
from accounts.client_info import ClientInfo
from accounts.gateways import sms
from accounts.models import PhoneCode, User
from accounts.tests.factories import PASSWORD, get_me, refresh_tokens, sign_in
from carts.models import Cart
from carts.tests.factories import add_to_cart
from core import outbox
from core.actors import Actor
from orders import erasure
from orders.carriers.events import CarrierEvent
from orders.fulfilment import cancellation, shipping
from orders.fulfilment.parcels import outcomes, packing, sending, tracking
from orders.models import BlockedContact, Order, OrderEvent, Refund, Shipment, ShipmentLine, TrackingEvent
from orders.payments import refunds
from orders.tests.factories import create, customer, placed
from orders.tests.parcels.random_orders import pay_before
from products.models import StockMovement
from products.tests.factories import make_product, make_products
from tests.admin.staff_clients import make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
PHONE = "+13128059851"
STAFF = Actor(kind="staff")
BLOCKED = "/admin/orders/blockedcontact/"
EMPTY_SESSIONS = {"auth_sessions-TOTAL_FORMS": 0, "auth_sessions-INITIAL_FORMS": 0}
PERSONAL = {"full_name": "Augusta King", "phone": "+44 20 7946 0958", "line1": "12 St James's Square", "city": "Ockham"}
PERSONAL |= {"postal_code": "KT24 6AA", "country": "GB"}


def close_account(client: SchemaClient, **proof: str) -> Any:
    """Close the account of the client."""
    return client.delete("/api/auth/me/", proof or {"password": PASSWORD})


def dump_database() -> str:
    """Return every row of every table as one string."""
    return "\n".join(str(list(model._base_manager.values())) for model in apps.get_models() if model._meta.managed)


def find_traces(*texts: str) -> list[str]:
    """Return those of the texts that any table contains."""
    text = dump_database()
    return [word for word in texts if word in text]


def make_phone_user() -> tuple[User, SchemaClient]:
    """Return a signed-in user with a phone number and no password."""
    user = User.objects.create_user(phone=PHONE)
    return user, SchemaClient().bearer(sessions.start_session(user, "phone", ClientInfo()).access)


@pytest.mark.parametrize("status", ["delivered", "cancelled", "expired"])
def test_of_a_buyer_whose_orders_are_finished_nothing_is_left(status: str) -> None:
    client = customer("augusta@ockham.example", first_name="Augusta-Ada")
    add_to_cart(client, make_product(stock=5))
    placed(client, address=PERSONAL, email="augusta@ockham.example", note="Ring at the blue door")
    outbox.run_due()
    Order.objects.update(status=status)
    personal_texts = ("augusta@ockham.example", "Augusta", "7946 0958", "442079460958", "St James", "Ockham", "blue door")
    assert find_traces(*personal_texts) == list(personal_texts)
    assert OrderEvent.objects.exclude(request_id="").exists()

    assert close_account(client).status_code == 200

    assert find_traces(*personal_texts) == []
    assert not OrderEvent.objects.exclude(request_id="").exists()
    assert StockMovement.objects.exclude(user=None).count() == 0


def test_what_staff_did_about_the_account_is_logged_without_its_contacts() -> None:
    client, staff = customer("augusta@ockham.example"), make_superuser_client()
    url = f"/admin/accounts/user/{User.objects.get(email='augusta@ockham.example').pk}/change/"
    staff.post(url, {"market": "us", "is_active": "on"} | EMPTY_SESSIONS)
    staff.post(f"{BLOCKED}add/", {"contact": "augusta@ockham.example", "reason": "never at home"})
    staff.post(f"{BLOCKED}{BlockedContact.objects.get().pk}/delete/", {"post": "yes"})
    staff.post(f"{BLOCKED}add/", {"contact": "augusta@ockham.example", "reason": "moved again"})
    staff.post(f"{BLOCKED}add/", {"contact": "eve@example.com", "reason": "fraud"})
    assert [entry.object_repr for entry in LogEntry.objects.order_by("pk")] == ["augusta@ockham.example"] * 4 + ["eve@example.com"]

    assert close_account(client).status_code == 200

    assert find_traces("augusta@ockham.example", "never at home", "moved again") == []
    assert [entry.object_repr for entry in LogEntry.objects.order_by("pk")] == ["closed account"] * 4 + ["eve@example.com"]


@pytest.mark.parametrize("is_closed_before", [True, False])
def test_what_was_written_as_a_reason_goes_with_the_account(is_closed_before: bool) -> None:
    client = customer("augusta@ockham.example")
    for product in make_products("Lamp", "Mug"):
        add_to_cart(client, product)
        placed(client)
    cancelled, delivered = Order.objects.order_by("pk")
    if is_closed_before:
        close_account(client)
    cancellation.cancel_order(STAFF, cancelled.pk, "Augusta called")
    shipping.ship_order(STAFF, delivered.pk)
    shipping.deliver_order(STAFF, delivered.pk)
    refunds.request_refund(STAFF, delivered.pk, Decimal("5.00"), "for Mrs King")
    assert find_traces("Augusta called", "Mrs King") == ["Augusta called", "Mrs King"]

    if is_closed_before:
        call_command("clean_up", verbosity=0)
    else:
        close_account(client)

    assert find_traces("Augusta called", "Mrs King") == []
    assert OrderEvent.objects.get(kind="refund_requested").data == {"amount": "5.00"}
    assert erasure.erase_finished_orders() == 0


@pytest.mark.parametrize("is_closed_before", [True, False])
def test_what_carrier_and_staff_wrote_about_parcels_goes_with_the_account(is_closed_before: bool) -> None:
    client = customer("augusta@ockham.example")
    add_to_cart(client, make_product(stock=5), 3)
    placed(client)
    order = Order.objects.get()
    if is_closed_before:
        close_account(client)
    shipment = packing.pack_parcel(STAFF, order.pk, {order.items.get().pk: 2})
    assert shipment is not None
    sending.ship_parcel(STAFF, shipment.pk, carrier="Post", tracking_number="4410")
    outcomes.fail_parcel(STAFF, shipment.pk, "Augusta was out")
    cancellation.cancel_order(STAFF, order.pk, "Augusta wants less")
    arrival = CarrierEvent("e-1", "delivered", timezone.now(), "Signed by Mrs King")
    tracking.record_events(shipment.pk, [arrival])
    texts = ("Augusta was out", "Augusta wants less", "Mrs King")
    assert find_traces(*texts) == list(texts)

    if is_closed_before:
        call_command("clean_up", verbosity=0)
    else:
        close_account(client)

    assert find_traces(*texts) == []
    assert Shipment.objects.get().tracking_number == "4410"
    assert TrackingEvent.objects.get().code == "delivered"
    tracking.record_events(shipment.pk, [arrival])
    assert erasure.erase_finished_orders() == 0
    tracking.record_events(shipment.pk, [CarrierEvent("e-2", "other", timezone.now(), "Mrs King called")])
    assert erasure.erase_finished_orders() == 1
    assert find_traces("Mrs King") == []


def test_each_text_about_an_order_is_erased_or_says_nothing_of_a_person() -> None:
    texts = {
        f"{model.__name__}.{field.name}"
        for model in (Order, Refund, OrderEvent, Shipment, ShipmentLine, TrackingEvent)
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField) and not field.choices
    }

    erased = {f"Order.{name}" for name in erasure.ERASED} | {"Refund.reason", "OrderEvent.data", "OrderEvent.request_id"}
    erased.add("TrackingEvent.text")
    forgotten_with_the_account = {"Order.idempotency_scope", "Order.idempotency_key", "Order.request_hash"}
    forgotten_when_it_is_paid_or_closed = {"Order.guest_network"}
    of_the_shop = {"Order.number", "Order.cart_fingerprint", "Order.market", "Order.currency", "Order.attention", "Order.codes"}
    of_the_shop |= {"OrderEvent.kind", "OrderEvent.actor_kind", "OrderEvent.from_status", "OrderEvent.to_status"}
    of_the_provider = {"Refund.provider_id", "Refund.failure_code"}
    of_the_shop |= {"Refund.lines", "Refund.delivered_units", "Order.shipping_method", "Order.shipping_name"}
    of_the_carrier = {"Shipment.carrier", "Shipment.tracking_number", "Shipment.carrier_status", "TrackingEvent.key"}
    assert (
        texts - of_the_carrier
        == erased | forgotten_with_the_account | forgotten_when_it_is_paid_or_closed | of_the_shop | of_the_provider
    )


def test_no_client_info_is_left() -> None:
    customer()
    credentials = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}
    ada = SchemaClient(REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Ada's own browser")
    ada.bearer(ada.post("/api/auth/login/", credentials).json()["data"]["access_token"])
    add_to_cart(ada, make_product(stock=5))
    placed(ada)
    close_account(ada, password="wrong")
    assert find_traces("203.0.113.77", "own browser") == ["203.0.113.77", "own browser"]

    assert close_account(ada).status_code == 200

    assert find_traces("203.0.113.77", "own browser") == []


@pytest.mark.parametrize("status", ["pending", "processing", "shipped"])
@pytest.mark.parametrize("end", ["delivered", "cancelled", "expired"])
def test_an_open_order_keeps_its_data_until_it_is_delivered(status: str, end: str) -> None:
    client = customer("augusta@ockham.example")
    add_to_cart(client, make_product(stock=5))
    placed(client, address=PERSONAL, email="augusta@ockham.example", note="Ring at the blue door")
    outbox.run_due()
    Order.objects.update(status=status)
    close_account(client)
    assert find_traces("Augusta King", "blue door") == ["Augusta King", "blue door"]

    Order.objects.update(status=end)
    call_command("clean_up", verbosity=0)

    assert find_traces("augusta@ockham.example", "Augusta", "7946 0958", "442079460958", "St James", "Ockham", "blue door") == []


def test_an_order_that_is_sent_again_keeps_its_data_until_it_arrives() -> None:
    client = customer("augusta@ockham.example")
    add_to_cart(client, make_product(stock=5))
    order = Order.objects.get(number=placed(client, address=PERSONAL, email="augusta@ockham.example")["number"])
    outbox.run_due()
    pay_before(order)
    shipping.ship_order(STAFF, order.pk)
    outcomes.lose_parcel(STAFF, Shipment.objects.get().pk)
    again = packing.pack_parcel(STAFF, order.pk)
    assert again is not None
    statuses = []

    close_account(client)
    for step in (sending.ship_parcel, outcomes.deliver_parcel):
        call_command("clean_up", verbosity=0)
        order.refresh_from_db()
        statuses.append((order.status, order.address["line1"]))
        step(STAFF, again.pk)
    call_command("clean_up", verbosity=0)

    assert statuses == [("returned", PERSONAL["line1"]), ("shipped", PERSONAL["line1"])]
    assert find_traces("Augusta", "St James") == []


@pytest.mark.parametrize("is_sent", [True, False])
def test_no_queued_mail_keeps_an_address(is_sent: bool) -> None:
    client = customer("augusta@ockham.example")
    body = {"new_email": "king@ockham.example", "password": PASSWORD}
    assert client.post("/api/auth/email/change/", body).status_code == 202
    if is_sent:
        outbox.run_due()

    close_account(client)

    assert find_traces("augusta@ockham.example", "king@ockham.example") == []


def test_a_request_is_forgotten_with_its_key() -> None:
    client = customer()
    add_to_cart(client, make_product(stock=5))
    assert create(client, "first").status_code == 201
    Order.objects.update(status="delivered")

    close_account(client)
    Order.objects.update(created_at=F("created_at") - timedelta(hours=49))
    call_command("clean_up", verbosity=0)

    order = Order.objects.get()
    assert (order.idempotency_scope, order.idempotency_key, order.request_hash) == ("", "", "")


def test_an_account_by_phone_is_closed_by_a_fresh_code_and_by_nothing_else(settings: Settings) -> None:
    settings.SMS_BACKEND = "locmem"
    _, client = make_phone_user()
    add_to_cart(client, make_product(stock=5))

    refused = [close_account(client, **proof).json()["code"] for proof in ({}, {"password": "x"}, {"verification_code": "000000"})]
    client.post("/api/auth/send-code/", {"phone": PHONE})
    refused.append(close_account(client, verification_code="x").json()["code"])
    before = User.objects.count()
    response = close_account(client, verification_code=sms.sent_messages[-1][1][:6])

    assert refused == ["proof_needed"] * 4
    assert before == 1
    assert response.status_code == 200
    assert not User.objects.exists()
    assert not Cart.objects.exists()


def test_no_code_keeps_a_number(settings: Settings) -> None:
    settings.SMS_BACKEND = "locmem"
    _, client = make_phone_user()
    client.post("/api/auth/send-code/", {"phone": PHONE})

    close_account(client, verification_code=sms.sent_messages[-1][1][:6])

    assert not PhoneCode.objects.exists()
    assert find_traces(PHONE) == []


def test_every_token_of_the_account_is_worthless_after_signing_up_again_too() -> None:
    client = customer()
    (access, token), (_, other) = sign_in(), sign_in()

    close_account(client)
    credentials = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}
    retry = SchemaClient().post("/api/auth/register/", credentials)

    assert retry.status_code == 201
    assert get_me(access).status_code == 401
    assert [refresh_tokens(credentials).status_code for credentials in (token, other)] == [401, 401]
    assert get_me(retry.json()["data"]["access_token"]).status_code == 200


def test_signing_up_again_finds_no_old_orders_and_an_empty_cart() -> None:
    client = customer()
    lamp = make_product(stock=5)
    add_to_cart(client, lamp, 2)
    number = placed(client)["number"]
    add_to_cart(client, lamp)

    close_account(client)
    new_client = customer()

    assert new_client.get("/api/orders/my/").json()["data"] == []
    assert new_client.get(f"/api/orders/{number}/").status_code == 404
    assert new_client.get("/api/cart/").json()["data"]["total_items"] == 0
    assert StockMovement.objects.count() == 2


def test_mails_queued_for_a_closed_account_are_not_sent(mailoutbox: list[Any]) -> None:
    client = customer()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    client.post("/api/auth/email/resend/")
    client.post("/api/auth/email/change/", {"new_email": "eve@example.com", "password": PASSWORD})

    close_account(client)
    done, failed = outbox.run_due()

    assert (done, failed) == (0, 0)
    assert mailoutbox == []


@pytest.mark.parametrize("role", ["is_staff", "is_seller", "is_superuser"])
def test_staff_are_refused_before_the_password_and_lose_nothing(role: str) -> None:
    client = customer()
    User.objects.update(**{role: True})
    add_to_cart(client, make_product(stock=5))
    before = dump_database()

    response = close_account(client, password="wrong")

    assert (response.status_code, response.json()["code"]) == (409, "account_in_use")
    assert dump_database() == before


def test_another_page_cannot_close_an_account() -> None:
    client = SchemaClient()
    customer()
    client.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    response = client.delete("/api/auth/me/", {"password": PASSWORD}, headers={"Origin": "http://evil.example"})

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert User.objects.get().is_active
    assert client.get("/api/auth/me/").status_code == 200
