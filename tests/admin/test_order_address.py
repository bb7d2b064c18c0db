"""/admin/orders/order/<id>/action/address/: correcting where an order goes, before it is sent"""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.tests.mails import send_pending_emails
from core.models import Job
from orders.models import Order, OrderEvent
from orders.tests.factories import ADDRESS, database_rows
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_pending_order
from pricing.tests.zones import make_area, make_zone
from tests.admin.order_pages import ORDERS, make_cash_order, read, run_action
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def correct(client: Client, order: Order, **fields: Any) -> str:
    """Submit the form with the order's values and these; return the page after it."""
    values = {**order.address, "name": order.name, "phone": order.phone, "seen": order.version, **fields}
    return read(run_action(client, order, "address", **values))


def test_the_address_name_and_phone_are_corrected_with_history(staff_client: Client) -> None:
    order = make_cash_order(name="Ada")

    page = correct(staff_client, order, name="Ada L.", line1="14 St James's Square", phone="+91 98765 00000")

    assert "The delivery address is corrected." in page
    corrected = Order.objects.get()
    assert corrected.address == {**ADDRESS, "line1": "14 St James's Square", "phone": "+91 98765 00000"}
    assert (corrected.name, corrected.phone, corrected.phone_e164) == ("Ada L.", "+91 98765 00000", "+919876500000")
    assert (corrected.version, corrected.status) == (order.version + 1, "processing")
    event = OrderEvent.objects.latest("pk")
    assert (event.kind, str(event.user)) == ("address_corrected", "staff@example.com")
    assert event.data == {
        "name": ["Ada", "Ada L."],
        "line1": ["12 St James's Square", "14 St James's Square"],
        "phone": ["+91 98765 43210", "+91 98765 00000"],
    }
    assert "Street and number: 12 St James's Square → 14 St James's Square" in page
    assert "14 St James's Square" in read(staff_client.get(f"{ORDERS}{order.pk}/slip/"))


def test_the_phone_of_a_recipient_who_is_not_the_buyer_stays(staff_client: Client) -> None:
    order = make_cash_order(phone="+91 98765 00001")

    correct(staff_client, order, city="Leeds", phone="+91 98765 00002")

    corrected = Order.objects.get()
    assert corrected.address == {**ADDRESS, "city": "Leeds", "phone": "+91 98765 43210"}
    assert corrected.phone == "+91 98765 00002"
    changes = {"city": ["London", "Leeds"], "phone": ["+91 98765 00001", "+91 98765 00002"]}
    assert OrderEvent.objects.latest("pk").data == changes


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "A name is needed"),
        ({"name": "\u200b"}, "A name is needed"),
        ({"phone": ""}, "An e-mail address or a phone number is needed"),
    ],
)
def test_a_guest_keeps_a_name_and_a_way_to_be_reached(staff_client: Client, fields: dict[str, str], sentence: str) -> None:
    order = make_cash_order(name="Ada")
    Order.objects.update(user=None, email="", payment_method="stripe")
    before = database_rows()

    page = correct(staff_client, order, **fields)

    assert sentence in page
    assert database_rows() == before


def test_the_form_calls_the_parts_of_the_address_as_its_country_does(staff_client: Client) -> None:
    order = make_cash_order()
    Order.objects.update(address={**ADDRESS, "country": "US"})

    page = read(staff_client.get(f"{ORDERS}{order.pk}/action/address/"))

    assert re.search(r"<label[^>]*>\s*ZIP code", page)
    assert re.search(r"<label[^>]*>\s*State", page)


def test_the_buyer_is_told_if_staff_want_that(staff_client: Client) -> None:
    order = make_cash_order(name="Ada")
    Job.objects.all().delete()

    page = correct(staff_client, order, line1="14 St James's Square", notify="on")

    assert "The buyer is told by e-mail." in page
    (message,) = send_pending_emails()
    assert (message.to, message.subject) == (["ada@example.com"], f"New delivery address of your order {order.number}")
    assert "Ada\nAda Lovelace\n14 St James's Square\nFlat 3\nSW1Y 4JH\nLondon\n" in str(message.body)
    assert "₹" not in str(message.body)


def test_the_buyer_is_not_told_otherwise(staff_client: Client) -> None:
    order = make_cash_order()
    Job.objects.all().delete()

    correct(staff_client, order, city="Leeds")

    assert Order.objects.get().address["city"] == "Leeds"
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"line1": ""}, "A street and number are needed"),
        ({"line1": "\u200b"}, "A street and number are needed"),
        ({"postal_code": "4711"}, "Enter a valid postal code"),
        ({"phone": ""}, "A phone number is needed for Cash on Delivery"),
        ({"phone": "call me"}, "Enter a phone number"),
        ({"seen": "7"}, "The order has changed in the meantime. Look at it again"),
        ({}, "Nothing was changed"),
    ],
)
def test_an_address_that_no_courier_finds_is_refused(staff_client: Client, fields: dict[str, str], sentence: str) -> None:
    order = make_cash_order()
    before = database_rows()

    page = correct(staff_client, order, **fields)

    assert sentence in page
    assert database_rows() == before


def test_lax_rules_ask_for_a_street_only(staff_client: Client, settings: Settings) -> None:
    settings.ADDRESS_RULES = "lax"
    order = make_cash_order()

    correct(staff_client, order, phone="", postal_code="", city="")

    assert (Order.objects.get().phone, Order.objects.get().phone_e164) == ("", "")


@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled", "expired"])
def test_the_address_of_an_order_that_is_not_to_be_sent_stays(staff_client: Client, status: str) -> None:
    order = make_cash_order()
    Order.objects.update(status=status)
    before = database_rows()

    page = correct(staff_client, order, city="Leeds")

    assert f"The address of an order that is {status} cannot be corrected" in page
    assert "/action/address/" not in read(staff_client.get(f"{ORDERS}{order.pk}/change/"))
    assert database_rows() == before


def test_the_address_of_an_unpaid_order_stays_as_the_provider_knows_it(staff_client: Client, card_payments: CardPayments) -> None:
    create_pending_order(card_payments)
    order = Order.objects.get()
    before = database_rows()

    page = correct(staff_client, order, city="Leeds")

    assert "The address of an order that is pending cannot be corrected" in page
    assert database_rows() == before


def test_staff_who_may_only_look_correct_nothing() -> None:
    order = make_cash_order()
    client = make_staff_client("view_order")

    response = run_action(client, order, "address", **order.address, name="Eve", seen=str(order.version))

    assert response.status_code == 403
    assert Order.objects.get().name == order.name


def test_the_phone_alone_is_corrected_and_the_buyer_told(staff_client: Client) -> None:
    order = make_cash_order(name="Ada")
    Job.objects.all().delete()

    page = correct(staff_client, order, phone="098765 00000", notify="on")

    assert "The contact details are corrected. The buyer is told by e-mail." in page
    assert "Name or phone corrected" in page
    corrected = Order.objects.get()
    assert corrected.address == {**ADDRESS, "phone": "098765 00000"}
    assert (corrected.phone, corrected.phone_e164) == ("098765 00000", "+919876500000")
    assert OrderEvent.objects.latest("pk").data == {"phone": ["+91 98765 43210", "098765 00000"]}
    (message,) = send_pending_emails()
    assert (message.to, message.subject) == (["ada@example.com"], f"New contact details for your order {order.number}")
    assert "We have corrected the name or phone of your order" in str(message.body)
    assert "098765 00000" in str(message.body)


def test_the_box_to_tell_the_buyer_is_ticked(staff_client: Client) -> None:
    order = make_cash_order()

    page = read(staff_client.get(f"{ORDERS}{order.pk}/action/address/"))

    assert re.search(r'<input[^>]*name="notify"[^>]* checked(?=[ >])', page)


def test_the_phone_of_a_recipient_who_is_not_the_buyer_can_be_corrected(staff_client: Client) -> None:
    order = make_cash_order(phone="+91 98765 00001")

    page = correct(staff_client, order, recipient_phone="+44 20 7946 0958")

    corrected = Order.objects.get()
    assert (corrected.phone, corrected.address["phone"]) == ("+91 98765 00001", "+44 20 7946 0958")
    assert OrderEvent.objects.latest("pk").data == {"recipient_phone": ["+91 98765 43210", "+44 20 7946 0958"]}
    assert "Phone of the recipient: +91 98765 43210 → +44 20 7946 0958" in page
    assert "Phone of the recipient: +44 20 7946 0958" in read(staff_client.get(f"{ORDERS}{order.pk}/slip/"))


def test_the_phone_of_a_recipient_must_be_one(staff_client: Client) -> None:
    order = make_cash_order(phone="+91 98765 00001")
    before = database_rows()

    page = correct(staff_client, order, recipient_phone="call me")

    assert "Enter a phone number" in page
    assert database_rows() == before


def test_a_buyer_who_gets_the_parcel_has_one_phone(staff_client: Client) -> None:
    order = make_cash_order()

    page = read(staff_client.get(f"{ORDERS}{order.pk}/action/address/"))
    correct(staff_client, order, phone="+91 98765 00002", recipient_phone="+44 20 7946 0958")

    assert 'name="recipient_phone"' not in page
    assert "Phone of the recipient" not in page
    assert Order.objects.get().address["phone"] == "+91 98765 00002"


@pytest.mark.parametrize("address", [{"line1": "12 Hill Road, Pune"}, {**ADDRESS, "postal_code": "4711"}])
def test_an_address_that_stays_is_not_checked_again(staff_client: Client, address: dict[str, str]) -> None:
    order = make_cash_order()
    Order.objects.update(address=address, phone="")
    order.refresh_from_db()

    correct(staff_client, order, phone="98765 43210")

    assert (Order.objects.get().phone, Order.objects.get().address["line1"]) == ("98765 43210", address["line1"])


def test_plain_text_is_corrected_as_plain_text(staff_client: Client) -> None:
    order = make_cash_order(address="12 Hill Raod, Pune", phone="")

    correct(staff_client, order, line1="12 Hill Road, Pune")

    assert Order.objects.get().address == {**dict.fromkeys(ADDRESS, ""), "line1": "12 Hill Road, Pune"}


def test_plain_text_is_divided_into_a_whole_address_only(staff_client: Client) -> None:
    order = make_cash_order(address="12 Hill Road, Pune", phone="")
    before = database_rows()

    page = correct(staff_client, order, line1="12 Hill Road", city="Pune")

    assert "Enter a PIN code" in page
    assert database_rows() == before


def test_the_country_is_shown_by_its_name_and_stored_as_its_code(staff_client: Client) -> None:
    order = make_cash_order()

    form = read(staff_client.get(f"{ORDERS}{order.pk}/action/address/"))
    page = correct(staff_client, order, country="Germany", postal_code="10115")

    assert 'value="United Kingdom"' in form
    assert Order.objects.get().address["country"] == "DE"
    assert OrderEvent.objects.latest("pk").data == {"country": ["GB", "DE"], "postal_code": ["SW1Y 4JH", "10115"]}
    assert "Country: United Kingdom → Germany" in page
    assert "Germany" in read(staff_client.get(f"{ORDERS}{order.pk}/slip/"))


NOT_SERVED = "The shop does not deliver to this address. The order keeps its shipping method."


def test_staff_hear_that_the_shop_does_not_deliver_to_the_new_address(staff_client: Client) -> None:
    order = make_cash_order()
    make_zone("Britain", countries=["GB"], methods={"post": {"price": "900"}})
    make_area("SW1Y4JH", country="GB")
    make_area("M34AB", country="GB")

    unserved = correct(staff_client, order, country="Germany", postal_code="10115")
    order.refresh_from_db()
    without_carrier = correct(staff_client, order, country="United Kingdom", postal_code="LS1 1UR")
    order.refresh_from_db()
    served = correct(staff_client, order, postal_code="M3 4AB")

    assert "The delivery address is corrected." in unserved
    assert [NOT_SERVED in page for page in (unserved, without_carrier, served)] == [True, True, False]
    corrected = Order.objects.get()
    assert (corrected.shipping_total, corrected.total) == (order.shipping_total, order.total)
    assert corrected.shipping_method == order.shipping_method


def test_a_correction_within_the_same_place_is_no_matter_of_delivery(staff_client: Client) -> None:
    order = make_cash_order()
    make_zone("Nepal", countries=["NP"])

    page = correct(staff_client, order, line1="14 St James's Square")

    assert "The delivery address is corrected." in page
    assert NOT_SERVED not in page


def test_the_timeline_calls_the_parts_of_an_address_as_the_form_does(staff_client: Client) -> None:
    order = make_cash_order(name="Ada")
    Order.objects.update(address={**ADDRESS, "country": "IN", "postal_code": "411001", "state": "MH", "city": "Pune"})
    order.refresh_from_db()

    page = correct(staff_client, order, name="Ada L.", line2="Floor 2", postal_code="411002", full_name="Ada")

    assert f"Recipient: {ADDRESS['full_name']} → Ada" in page
    assert "Name of the buyer: Ada → Ada L." in page
    assert "Flat, floor or company: Flat 3 → Floor 2" in page
    assert "PIN code: 411001 → 411002" in page


def test_an_order_has_a_timeline_and_no_other_history(staff_client: Client) -> None:
    order = make_cash_order()

    page = read(staff_client.get(f"{ORDERS}{order.pk}/change/"))

    assert "Timeline" in page
    assert f"{ORDERS}{order.pk}/history/" not in page


@pytest.mark.parametrize("stored", ["GB", "England"])
def test_the_name_of_the_country_is_no_change(staff_client: Client, stored: str) -> None:
    order = make_cash_order()
    Order.objects.update(address={**ADDRESS, "country": stored})
    order.refresh_from_db()
    before = database_rows()

    page = correct(staff_client, order, country="United Kingdom")

    assert "Nothing was changed" in page
    assert database_rows() == before
