"""/admin/orders/order/<id>/: notes, messages to the buyer, e-mails sent again, and the timeline that shows them"""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tests.mails import send_pending_emails
from core.models import Job
from orders import erasure
from orders.exceptions import InvalidTransition
from orders.fulfilment import resending
from orders.models import Order, OrderEvent
from orders.tests.factories import database_rows
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order, make_staff_actor
from tests.admin.order_pages import ORDERS, make_cash_order, read, run_action
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def list_timeline(client: Client, order: Order) -> list[str]:
    """Return the entries of the timeline as text, without their times."""
    page = read(client.get(f"{ORDERS}{order.pk}/change/"))
    timeline = page.partition('class="shop-timeline"')[2].partition("</ol>")[0]
    entries = re.findall(r"<li.*?</li>", timeline, re.DOTALL)
    return [" ".join(re.sub(r"<time.*?</time>|<[^>]+>", " ", entry).split()) for entry in entries]


def test_a_note_is_for_staff_only(staff_client: Client) -> None:
    order = make_cash_order()
    Job.objects.all().delete()

    page = read(run_action(staff_client, order, "note", text="The bell <b>rings</b>\ntwice"))

    assert "The note is saved." in page
    event = OrderEvent.objects.latest("pk")
    assert (event.kind, event.data, str(event.user)) == ("note", {"text": "The bell <b>rings</b>\ntwice"}, "staff@example.com")
    assert list_timeline(staff_client, order)[0] == "Note The bell rings twice · staff@example.com"
    assert not Job.objects.exists()


def get_page_id(client: Client, order: Order, action: str) -> str:
    """Open the page of an action and return the id that its form submits."""
    (page_id,) = re.findall(r'name="page" value="([0-9a-f-]+)"', read(client.get(f"{ORDERS}{order.pk}/action/{action}/")))
    return str(page_id)


@pytest.mark.parametrize(
    ("action", "kind", "emails"), [("note", "note", 0), ("message", "message", 1), ("resend", "mail_resent", 1)]
)
def test_two_clicks_on_one_page_are_one_text_and_one_e_mail(staff_client: Client, action: str, kind: str, emails: int) -> None:
    order = make_cash_order()
    send_pending_emails()
    placed = Job.objects.get(dedupe_key=f"{order.number}:placed")
    fields = {"text": "Are you at home?", "job": str(placed.pk), "page": get_page_id(staff_client, order, action)}

    first, second = (read(run_action(staff_client, order, action, **fields)) for _ in range(2))

    assert "E-mail sent again" in second or "Are you at home?" in second
    assert OrderEvent.objects.filter(kind=kind).count() == 1
    assert len(send_pending_emails()) == emails
    assert fields["page"] not in first + second
    run_action(staff_client, order, action, **{**fields, "page": get_page_id(staff_client, order, action)})
    assert OrderEvent.objects.filter(kind=kind).count() == 2
    assert len(send_pending_emails()) == emails


def test_a_message_reaches_the_buyer_and_the_timeline(staff_client: Client) -> None:
    order = make_cash_order()
    Job.objects.all().delete()

    for text in ("Are you at home?", "On {Monday}?\n\nOr later?"):
        run_action(staff_client, order, "message", text=text)

    first, second = send_pending_emails()
    assert (first.to, first.subject) == (["ada@example.com"], f"About your order {order.number}")
    assert str(first.body).startswith("Are you at home?\n\n")
    assert str(second.body).startswith("On {Monday}?\n\nOr later?\n\n")
    assert "₹" not in str(first.body)
    entries = list_timeline(staff_client, order)
    assert "Message to the buyer Are you at home? · staff@example.com" in entries
    assert entries[0].startswith("E-mail: Message about an order, written by staff sent to ada@example.com")


@pytest.mark.parametrize("name", ["note", "message"])
@pytest.mark.parametrize("text", ["", "\u200b", "x" * 2001])
def test_a_text_that_is_empty_or_too_long_is_refused(staff_client: Client, name: str, text: str) -> None:
    order = make_cash_order()
    before = database_rows()

    page = read(run_action(staff_client, order, name, text=text))

    assert "This field is required" in page or "at most 2000 characters" in page
    assert database_rows() == before


def test_without_an_e_mail_address_there_is_nobody_to_write_to(staff_client: Client) -> None:
    order = make_cash_order()
    Order.objects.update(email="")
    before = database_rows()

    page = read(staff_client.get(f"{ORDERS}{order.pk}/change/"))
    refused = read(run_action(staff_client, order, "message", text="Hello"))

    assert "/action/message/" not in page
    assert "/action/resend/" not in page
    assert "This order has no e-mail address" in refused
    assert database_rows() == before


def test_an_e_mail_is_sent_again_with_todays_address(staff_client: Client) -> None:
    order = make_cash_order()
    send_pending_emails()
    Order.objects.update(email="grace@example.com")
    job = Job.objects.get(dedupe_key=f"{order.number}:placed")

    pages = [read(run_action(staff_client, order, "resend", job=str(job.pk))) for _ in range(2)]

    sentence = "Order placed, Cash on Delivery: the e-mail is sent again to grace@example.com."
    assert all(sentence in page for page in pages)
    messages = send_pending_emails()
    assert [(message.to, message.subject) for message in messages] == [(["grace@example.com"], f"Your order {order.number}")] * 2
    assert OrderEvent.objects.latest("pk").data == {"mail": "Order placed, Cash on Delivery"}
    assert "E-mail sent again Order placed, Cash on Delivery · staff@example.com" in list_timeline(staff_client, order)
    form = read(staff_client.get(f"{ORDERS}{order.pk}/action/resend/"))
    assert form.count("<option") == 1


def test_only_e_mails_of_the_order_are_sent_again(staff_client: Client) -> None:
    order = make_cash_order()
    other = Job.objects.create(kind="order_mail", payload={"order": order.pk, "kind": "placed"}, dedupe_key="OTHER-1:placed")
    before = database_rows()

    page = read(run_action(staff_client, order, "resend", job=str(other.pk)))

    assert "Select a valid choice" in page
    assert database_rows() == before


def test_an_e_mail_that_the_outbox_no_longer_has_is_not_sent_again() -> None:
    order = make_cash_order()
    before = database_rows()

    with pytest.raises(InvalidTransition, match="This e-mail can no longer be sent"):
        resending.resend_email(make_staff_actor(), order.pk, 0)

    assert database_rows() == before


def test_the_timeline_tells_what_happened_newest_first(staff_client: Client, card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    item = order.items.get()
    fields: Any = {"amount": "20.00", "reason": "scratched", f"units_{item.pk}": "1", "seen": "0"}
    run_action(staff_client, order, "refund", **fields)
    run_action(staff_client, order, "ship")
    Order.objects.update(attention="dispute")
    run_action(staff_client, order, "resolve", code="dispute", seen="0")
    OrderEvent.objects.create(order=order, kind="dispute", actor_kind="stripe", data={"dispute": "dp_1"}, at=timezone.now())
    Job.objects.filter(dedupe_key__endswith=":shipped:1").update(failed_at=timezone.now(), attempts=12)

    entries = list_timeline(staff_client, order)

    assert entries[-1] == "Order placed · ada@example.com"
    for entry in (
        "Payment received · Payment provider",
        "Refund requested ₹20.00, scratched · staff@example.com",
        "Refund made ₹20.00, source: staff · Payment provider",
        "Order shipped parcel: 1 · staff@example.com",
        "Alert resolved dispute · staff@example.com",
        "Alert: dispute dispute: dp_1 · Payment provider",
        "E-mail: Order shipped not sent: every attempt failed · Shop",
        "E-mail: Order paid sent to ada@example.com · Shop",
    ):
        assert entry in entries
    assert entries.index("Order shipped parcel: 1 · staff@example.com") < entries.index("Payment received · Payment provider")


def test_what_was_written_about_a_buyer_goes_with_their_account(staff_client: Client) -> None:
    order = make_cash_order()
    run_action(staff_client, order, "note", text="Ada's bell")
    Order.objects.update(status="delivered", erased_at=timezone.now())

    assert erasure.erase_finished_orders() == 1

    assert OrderEvent.objects.get(kind="note").data == {}
    assert list_timeline(staff_client, order)[0] == "Note · staff@example.com"


def test_what_is_written_after_the_account_is_closed_goes_too(staff_client: Client) -> None:
    order = make_cash_order()
    Order.objects.update(status="delivered", erased_at=timezone.now())
    assert erasure.erase_finished_orders() == 1
    run_action(staff_client, order, "note", text="Ada called")

    assert [erasure.erase_finished_orders() for _ in range(2)] == [1, 0]

    assert OrderEvent.objects.get(kind="note").data == {}


def test_an_e_mail_of_a_kind_without_a_text_is_named_after_it(staff_client: Client) -> None:
    order = make_cash_order()
    Job.objects.filter(dedupe_key=f"{order.number}:placed").update(payload={"order": order.pk, "kind": "gift_wrapped"})

    assert list_timeline(staff_client, order)[0] == "E-mail: Order gift wrapped will be sent soon · Shop"
    assert "Order gift wrapped" in read(staff_client.get(f"{ORDERS}{order.pk}/action/resend/"))


def test_the_page_of_an_order_looks_up_its_e_mails_once(staff_client: Client) -> None:
    order = make_cash_order()

    with capture_statements() as statements:
        staff_client.get(f"{ORDERS}{order.pk}/change/")

    assert len([sql for sql in statements if "outbox_job" in sql]) == 1


@pytest.mark.parametrize("action", ["deliver", "resend", "refund", "accept", "resolve"])
def test_the_page_of_an_action_that_the_order_does_not_allow_leads_back_to_the_order(staff_client: Client, action: str) -> None:
    order = make_cash_order()
    Job.objects.all().delete()

    response = staff_client.get(f"{ORDERS}{order.pk}/action/{action}/", follow=True)

    assert response.redirect_chain == [(f"{ORDERS}{order.pk}/change/", 302)]
    assert ": the order does not allow this now." in read(response)


def test_staff_who_may_only_look_read_the_timeline_and_write_nothing() -> None:
    order = make_cash_order()
    client = make_staff_client("view_order")

    for name, fields in (("note", {"text": "x"}), ("message", {"text": "x"}), ("resend", {"job": "1"})):
        assert client.post(f"{ORDERS}{order.pk}/action/{name}/", fields).status_code == 403
    assert list_timeline(client, order)[-1] == "Order placed · ada@example.com"
    assert OrderEvent.objects.count() == 1
