"""The records of an order: its history, the cart's log, and the queued e-mail."""

from datetime import timedelta

from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from carts.models import CartAuditLog
from carts.tests.factories import add_to_cart, get_audit_log
from core.models import Job
from orders.models import Order, OrderEvent
from orders.tests.factories import ADDRESS, create, customer, placed
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient


def test_its_history_begins_with_its_placement(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    placed(client)

    event = OrderEvent.objects.get()
    assert (event.order, event.kind, event.actor_kind) == (Order.objects.get(), "placed", "customer")
    assert (event.user, event.from_status, event.to_status) == (User.objects.get(), "", "processing")


def test_the_carts_log_says_what_was_ordered_and_what_is_left(db: None) -> None:
    client = customer()
    lamp, mug = make_product("Lamp"), make_product("Mug", price="5.00")
    add_to_cart(client, lamp, 5)
    add_to_cart(client, mug)

    order = placed(client, items=[{"product_id": lamp.pk, "quantity": 2}])

    assert get_audit_log() == [
        ("ADD", "Lamp", {"quantity": 5, "price": "20.00"}),
        ("ADD", "Mug", {"quantity": 1, "price": "5.00"}),
        ("ORDER", "Lamp", {"order": order["number"], "quantity": 2, "left": 3}),
    ]
    entry = CartAuditLog.objects.get(action="ORDER")
    assert (entry.user, entry.ip_address, entry.product) == (User.objects.get(), "127.0.0.1", lamp)


def test_the_mail_is_owed_with_the_order_and_sent_once_by_the_worker(api: SchemaClient) -> None:
    lamp = make_product("Lamp", price="20.00")
    add_to_cart(api, lamp, 2)
    order = placed(api, email="grace@example.com")
    job, sent_before = Job.objects.get(), len(mail.outbox)
    set_price(lamp, "99.00")

    call_command("run_jobs", "--once")
    call_command("run_jobs", "--once")

    assert (job.kind, job.dedupe_key, sent_before) == ("order_mail", f"{order['number']}:placed", 0)
    assert [message.to for message in mail.outbox] == [["grace@example.com"]]
    message = mail.outbox[0]
    assert message.subject == f"Your order {order['number']}"
    assert "2 × Lamp: ₹40.00" in message.body
    assert "Total: ₹40.00" in message.body
    assert Job.objects.get().done_at is not None


def test_a_guest_without_a_mail_address_gets_no_mail(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    placed(api, email="", address=ADDRESS)

    call_command("run_jobs", "--once")

    assert mail.outbox == []
    assert not Job.objects.exists()


def test_a_replay_owes_no_second_mail(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    create(api, "k-1")
    create(api, "k-1")

    call_command("run_jobs", "--once")

    assert len(mail.outbox) == 1


def test_a_guests_cart_lives_on_for_three_days_after_the_order(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp, 2)

    placed(api, items=[{"product_id": lamp.pk, "quantity": 1}])

    cart = Order.objects.get().cart
    assert cart is not None
    assert cart.expires_at is not None
    assert timedelta(days=2, hours=23) < cart.expires_at - timezone.now() <= timedelta(days=3)
