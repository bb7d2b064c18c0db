"""The id of a request, from its answer to the history of the order and to the jobs that it enqueued"""

import logging

import pytest

from carts.tests.factories import add_to_cart
from core import outbox
from core.models import Job
from core.request_ids import get_request_id
from orders.models import OrderEvent, StripeEvent
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_the_history_and_the_jobs_of_an_order_have_the_id_of_its_request() -> None:
    client = customer()
    add_to_cart(client, make_product("Lamp"))
    Job.objects.all().delete()
    client.defaults["HTTP_X_REQUEST_ID"] = "checkout-1"

    placed(client)

    assert set(OrderEvent.objects.values_list("request_id", flat=True)) == {"checkout-1"}
    assert set(Job.objects.values_list("request_id", flat=True)) == {"checkout-1"}


def test_a_job_logs_under_the_id_of_the_request_that_enqueued_it(caplog: pytest.LogCaptureFixture) -> None:
    seen = []
    outbox.HANDLERS["note"] = lambda payload: seen.append(get_request_id())
    Job.objects.create(kind="note", request_id="checkout-1")
    alone = Job.objects.create(kind="note")

    with caplog.at_level(logging.INFO):
        outbox.run_due()

    del outbox.HANDLERS["note"]
    assert seen == ["checkout-1", f"job-{alone.pk}"]
    assert get_request_id() == ""


def test_a_webhook_event_has_the_id_of_its_delivery(card_payments: CardPayments) -> None:
    client = customer()
    add_to_cart(client, make_product("Lamp"))

    card_payments.pay(card_payments.place_order(client))

    ids = set(StripeEvent.objects.values_list("request_id", flat=True))
    assert ids
    assert "" not in ids
