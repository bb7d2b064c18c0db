"""`manage.py sync_payments` and `replay_events`: what never came, and what got no answer"""

from datetime import timedelta
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from carts.tests.factories import add
from core.actors import SYSTEM
from orders.models import Order, Payment, Refund, StripeEvent
from orders.state import transitions
from orders.tests.factories import customer
from orders.tests.payments.invariants import kinds
from orders.tests.payments.paid_orders import lock_timeout
from orders.tests.payments.till import Till, status_of
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


class Ran(NamedTuple):
    """What a run said, and its exit code."""

    code: int
    said: list[str]
    complaints: list[str]


def sync(**options: Any) -> Ran:
    """Run the command."""
    said, complaints, code = StringIO(), StringIO(), 0
    try:
        call_command("sync_payments", stdout=said, stderr=complaints, **options)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return Ran(code, said.getvalue().splitlines(), complaints.getvalue().splitlines())


def pass_time(minutes: int) -> None:
    """Let every order and payment be so much older."""
    ago = timedelta(minutes=minutes)
    Payment.objects.update(created_at=F("created_at") - ago, expires_at=F("expires_at") - ago)
    Order.objects.update(reserved_until=F("reserved_until") - ago, placed_at=F("placed_at") - ago)


@pytest.fixture
def ordered(till: Till) -> dict[str, Any]:
    """An order of the last lamp that waits for its payment."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=1))
    return till.placed(client)


def stock() -> tuple[int, int]:
    """Return the lamps on hand and those promised."""
    return Variant.objects.values_list("stock", "reserved").get(sku="LAMP")


def test_where_all_is_well_nothing_is_done(till: Till, ordered: dict[str, Any]) -> None:
    assert sync() == Ran(0, ["0 repaired, 0 need attention"], [])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_told_and_the_next_run_works() -> None:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        ran = sync()

    complaint = "attention: the database did not answer: the server closed the connection"
    assert ran == Ran(2, ["0 repaired, 1 need attention"], [complaint])
    assert sync().code == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_done_before_the_database_went_away_is_told(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    pass_time(3)

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'ORDER BY "orders_refund"."created_at"' in sql:  # the last thing that a run asks for
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        ran = sync()

    assert ran.said == [f"repaired: order {ordered['number']} is processing now", "1 repaired, 1 need attention"]


def test_a_payment_whose_events_never_came_is_found(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    pass_time(3)

    dry, ran = sync(dry_run=True), sync()

    assert (dry.code, status_of(ordered["number"])) == (1, ("processing", "committed", "succeeded"))
    assert ran == Ran(1, [f"repaired: order {ordered['number']} is processing now", "1 repaired, 0 need attention"], [])
    assert (stock(), sync().code) == ((0, 0), 0)


def test_looking_alone_changes_nothing(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    pass_time(60)

    assert sync(dry_run=True).code == 1

    assert (status_of(ordered["number"]), stock()) == (("pending", "reserved", "open"), (1, 1))


def test_a_reservation_that_is_over_is_closed_at_the_provider_first(till: Till, ordered: dict[str, Any]) -> None:
    pass_time(60)

    assert sync().code == 1

    assert (status_of(ordered["number"]), stock()) == (("expired", "released", "expired"), (1, 0))
    assert till.emulator.ledger()[0]["status"] == "expired"


def test_while_the_provider_is_down_the_stock_is_held(till: Till, ordered: dict[str, Any]) -> None:
    pass_time(60)
    till.emulator.faults({"match": {"path": "/v1/"}, "times": -1, "do": {"status": 503}})

    ran = sync()

    assert (ran.code, stock()) == (2, (1, 1))
    assert f"attention: order {ordered['number']}: The payment provider does not answer" in ran.complaints[0]
    till.emulator.faults()
    assert (sync().code, stock()) == (1, (1, 0))


def test_a_session_that_was_never_opened_is_given_up_after_ten_minutes(till: Till) -> None:
    till.emulator.faults({"match": {"method": "POST", "path": "sessions$"}, "times": -1, "do": {"status": 500}})
    client = customer()
    add(client, make_product(sku="LAMP", stock=1))
    response = till.order(client)
    number = response.json()["details"]["order"]
    pass_time(9)
    before = sync()
    pass_time(2)

    after = sync()

    assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")
    assert (before.code, after.code) == (0, 1)
    assert (status_of(number), stock()) == (("expired", "released", "expired"), (1, 0))


def test_one_order_alone_is_looked_at_where_that_is_asked_for(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()

    assert sync(order="000000-AAAAAA").code == 0
    assert sync(order=ordered["number"].lower()).code == 1
    assert status_of(ordered["number"])[0] == "processing"


def test_a_paid_session_of_ours_that_no_order_has_is_named(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    Payment.objects.all().delete()

    ran = sync()

    assert (ran.code, ran.complaints) == (2, [f"attention: session {ordered['session_id']} is paid and belongs to no order"])


def test_a_refund_of_the_dashboard_is_found(till: Till, ordered: dict[str, Any]) -> None:
    till.pay(ordered)
    charge = till.emulator.api("GET", f"/v1/payment_intents/{Payment.objects.get().payment_intent}").json["latest_charge"]
    till.emulator.refund_charge(charge, 500)
    till.emulator.wait()

    ran = sync()

    assert ran.code == 1
    payment = Payment.objects.get()
    assert (payment.refunded_minor, Refund.objects.get().source) == (500, "external")
    assert Order.objects.get().attention == "external_refund"
    assert sync().code == 0


def test_an_event_that_failed_is_worked_through_again(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    payment = Payment.objects.get()
    Payment.objects.filter(pk=payment.pk).delete()
    assert till.deliver() == [200, 200, 200, 500]
    payment.save(force_insert=True)
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(minutes=3))

    ran = sync()

    assert (ran.code, status_of(ordered["number"])) == (1, ("processing", "committed", "succeeded"))
    assert not StripeEvent.objects.filter(status="failed").exists()
    assert any("is worked through" in line for line in ran.said)


def test_events_are_replayed_by_hand(till: Till, ordered: dict[str, Any]) -> None:
    till.pay(ordered)
    said = StringIO()
    event = StripeEvent.objects.get(type="checkout.session.completed")
    StripeEvent.objects.filter(pk=event.pk).update(status="failed")

    call_command("replay_events", stdout=said)
    call_command("replay_events", id=event.event_id, stdout=said)

    assert said.getvalue().splitlines() == ["1 done, 0 failed", "1 done, 0 failed"]
    assert stock() == (0, 0)
    with pytest.raises(CommandError, match="no event"):
        call_command("replay_events", id="evt_nowhere")


def test_events_that_fail_again_end_the_command_with_an_error(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    Payment.objects.all().delete()
    till.deliver()

    with pytest.raises(CommandError, match="still fail"):
        call_command("replay_events", failed=True, stdout=StringIO())
    assert StripeEvent.objects.get(status="failed").last_error.startswith("LookupError")


@pytest.mark.parametrize("since", ["", "0h", "3", "3w", "-1h"])
def test_a_span_that_is_none_is_refused(db: None, since: str) -> None:
    with pytest.raises(CommandError, match="--since"):
        call_command("sync_payments", since=since)


def test_a_shop_without_a_provider_has_nothing_to_ask(db: None, api: SchemaClient) -> None:
    assert sync() == Ran(0, ["0 repaired, 0 need attention"], [])


def test_an_event_that_waits_too_long_for_a_lock_does_not_end_the_run(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    payment = Payment.objects.get()
    Payment.objects.filter(pk=payment.pk).delete()
    assert till.deliver() == [200, 200, 200, 500]
    payment.save(force_insert=True)
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(minutes=3))

    with lock_timeout('UPDATE "orders_payment"') as failures:
        ran = sync()

    assert (ran.code, len(failures)) == (2, 1)
    assert status_of(ordered["number"]) == ("processing", "committed", "succeeded")  # the session is listed as paid


def test_a_flag_that_is_not_the_one_shown_is_named_too(till: Till, ordered: dict[str, Any]) -> None:
    order = Order.objects.get()
    transitions.flag(order, "dispute", SYSTEM, dispute="dp_1")
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    transitions.flag(order, "amount_mismatch", SYSTEM)
    Order.objects.update(status="cancelled", stock_state="released", reserved_until=None)
    Variant.objects.update(reserved=0)
    pass_time(60)

    dry, ran = sync(dry_run=True), sync()

    words = [f"attention: order {ordered['number']}: late_payment"]
    assert (ran.code, ran.complaints) == (2, words)
    assert (dry.code, dry.complaints) == (2, words)
    assert (Order.objects.get().attention, Refund.objects.get().state) == ("amount_mismatch", "succeeded")


def test_a_payment_over_another_amount_is_told_once(till: Till, ordered: dict[str, Any]) -> None:
    till.emulator.pay(ordered["session_id"])
    till.emulator.wait()
    Payment.objects.update(amount_minor=999)
    pass_time(3)

    codes = [sync(**options).code for options in ({"dry_run": True}, {}, {"dry_run": True}, {})]

    assert codes == [2, 2, 0, 0]
    assert kinds(ordered["number"]).count("amount_mismatch") == 1


def test_a_dry_run_over_one_order_names_the_refunds_that_are_not_known(till: Till, ordered: dict[str, Any]) -> None:
    till.pay(ordered)
    intent = Payment.objects.get().payment_intent
    till.emulator.refund_charge(till.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"], 500)
    till.emulator.wait()

    for _ in range(2):
        assert sync(dry_run=True, order=ordered["number"]).code == 1

    assert (Refund.objects.count(), Order.objects.get().attention) == (0, "")
