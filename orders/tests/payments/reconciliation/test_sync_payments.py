"""`manage.py sync_payments` and `replay_events`: events that never arrived, and calls without a response"""

from datetime import timedelta
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from carts.tests.factories import add_to_cart
from core.actors import SYSTEM
from orders.models import Order, Payment, ReconciliationTime, Refund, StripeEvent
from orders.state import alerts
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import get_event_kinds
from orders.tests.payments.paid_orders import simulate_lock_timeout
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


class CommandResult(NamedTuple):
    """The output lines of a run and its exit code."""

    code: int
    output: list[str]
    errors: list[str]


def run_sync(**options: Any) -> CommandResult:
    """Run the command."""
    output, errors, code = StringIO(), StringIO(), 0
    try:
        call_command("sync_payments", stdout=output, stderr=errors, **options)
    except SystemExit as ended_order:
        code = int(ended_order.code or 0)
    return CommandResult(code, output.getvalue().splitlines(), errors.getvalue().splitlines())


def pass_time(minutes: int) -> None:
    """Make every order and payment this much older."""
    ago = timedelta(minutes=minutes)
    Payment.objects.update(created_at=F("created_at") - ago, expires_at=F("expires_at") - ago)
    Order.objects.update(reserved_until=F("reserved_until") - ago, placed_at=F("placed_at") - ago)


@pytest.fixture
def ordered(card_payments: CardPayments) -> dict[str, Any]:
    """An order of the last lamp that awaits payment."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=1))
    return card_payments.place_order(client)


def get_stock() -> tuple[int, int]:
    """Return the lamps on hand and the lamps reserved."""
    return Variant.objects.values_list("stock", "reserved").get(sku="LAMP")


def test_where_all_is_well_nothing_is_done(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    assert run_sync() == CommandResult(0, ["0 repaired, 0 need attention"], [])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_reported_and_the_next_run_works() -> None:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        result = run_sync()

    complaint = "attention: the database did not answer: the server closed the connection"
    assert result == CommandResult(2, ["0 repaired, 1 need attention"], [complaint])
    assert run_sync().code == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_done_before_the_database_went_away_is_reported(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    pass_time(3)

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'ORDER BY "orders_refund"."created_at"' in sql:  # the last query of a run
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        result = run_sync()

    assert result.output == [f"repaired: order {ordered['number']} is processing now", "1 repaired, 1 need attention"]


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_takes_too_long_costs_one_payment_its_turn(
    card_payments: CardPayments, ordered: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    pass_time(3)

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "orders_payment"'):
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        result = run_sync()

    problem = "the database did not answer: canceling statement due to lock timeout"
    assert (result.code, result.errors[0]) == (2, f"attention: order {ordered['number']}: {problem}")
    assert not [record for record in caplog.records if record.exc_info]
    assert run_sync().output[0] == f"repaired: order {ordered['number']} is processing now"


def test_a_payment_whose_events_never_came_is_found(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    pass_time(3)

    dry, result = run_sync(dry_run=True), run_sync()

    assert (dry.code, get_statuses(ordered["number"])) == (1, ("processing", "committed", "succeeded"))
    assert result == CommandResult(
        1, [f"repaired: order {ordered['number']} is processing now", "1 repaired, 0 need attention"], []
    )
    assert (get_stock(), run_sync().code) == ((0, 0), 0)


def test_looking_alone_changes_nothing(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    pass_time(60)

    assert run_sync(dry_run=True).code == 1

    assert (get_statuses(ordered["number"]), get_stock()) == (("pending", "reserved", "open"), (1, 1))


def test_a_reservation_that_is_over_is_closed_at_the_provider_first(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    pass_time(60)

    assert run_sync().code == 1

    assert (get_statuses(ordered["number"]), get_stock()) == (("expired", "released", "expired"), (1, 0))
    assert card_payments.emulator.ledger()[0]["status"] == "expired"


def test_while_the_provider_is_down_the_stock_is_held(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    pass_time(60)
    card_payments.emulator.set_faults({"match": {"path": "/v1/"}, "times": -1, "do": {"status": 503}})

    result = run_sync()

    assert (result.code, get_stock()) == (2, (1, 1))
    assert f"attention: order {ordered['number']}: The payment provider is not responding" in result.errors[0]
    card_payments.emulator.set_faults()
    assert (run_sync().code, get_stock()) == (1, (1, 0))


def test_a_provider_that_is_down_is_not_asked_for_every_order(card_payments: CardPayments) -> None:
    for number in range(5):
        client = customer(f"buyer{number}@example.com")
        add_to_cart(client, make_product(sku=f"LAMP-{number}", stock=1))
        card_payments.place_order(client)
    pass_time(60)
    card_payments.emulator.set_faults({"match": {"path": "/v1/"}, "times": -1, "do": {"status": 503}})

    result = run_sync()

    unanswered = [line for line in result.errors if "is not responding" in line]
    assert (result.code, len(unanswered)) == (2, 3)
    assert result.errors[3] == "attention: the payment provider does not answer, so the rest was not checked"
    assert not ReconciliationTime.objects.exists()


def test_a_session_that_was_never_opened_is_abandoned_after_ten_minutes(card_payments: CardPayments) -> None:
    card_payments.emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "times": -1, "do": {"status": 500}})
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=1))
    response = card_payments.post_order(client)
    number = response.json()["details"]["order"]
    pass_time(9)
    before = run_sync()
    pass_time(2)

    after = run_sync()

    assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")
    assert (before.code, after.code) == (0, 1)
    assert (get_statuses(number), get_stock()) == (("expired", "released", "expired"), (1, 0))


def test_one_order_alone_is_looked_at_where_that_is_asked_for(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()

    assert run_sync(order="000000-AAAAAA").code == 0
    assert run_sync(order=ordered["number"].lower()).code == 1
    assert get_statuses(ordered["number"])[0] == "processing"


def test_the_time_of_a_whole_run_is_recorded(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    started_at = timezone.now()

    run_sync(dry_run=True)
    run_sync(order=ordered["number"])
    assert not ReconciliationTime.objects.exists()
    run_sync()
    run_sync()

    assert ReconciliationTime.objects.get().finished_at > started_at


@pytest.mark.parametrize("path", ["checkout/sessions$", "refunds$"])
def test_a_run_that_could_not_ask_the_provider_leaves_the_time_of_the_last_one(card_payments: CardPayments, path: str) -> None:
    run_sync()
    recorded = ReconciliationTime.objects.get().finished_at
    card_payments.emulator.set_faults({"match": {"method": "GET", "path": path}, "times": 9, "do": {"status": 401}})

    assert run_sync().code == 2

    assert ReconciliationTime.objects.get().finished_at == recorded


def test_a_paid_session_of_ours_that_no_order_has_is_named(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    Payment.objects.all().delete()

    result = run_sync()

    assert (result.code, result.errors) == (2, [f"attention: session {ordered['session_id']} is paid and belongs to no order"])


def test_a_refund_of_the_dashboard_is_found(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.pay(ordered)
    charge = card_payments.emulator.api("GET", f"/v1/payment_intents/{Payment.objects.get().payment_intent}").json["latest_charge"]
    card_payments.emulator.refund_charge(charge, 500)
    card_payments.emulator.wait_for_deliveries()

    result = run_sync()

    assert result.code == 1
    payment = Payment.objects.get()
    assert (payment.refunded_minor, Refund.objects.get().source) == (500, "external")
    assert Order.objects.get().attention == "external_refund"
    assert run_sync().code == 0


def test_an_event_that_failed_is_worked_through_again(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    payment = Payment.objects.get()
    Payment.objects.filter(pk=payment.pk).delete()
    assert card_payments.deliver_events() == [200, 200, 200, 500]
    payment.save(force_insert=True)
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(minutes=3))

    result = run_sync()

    assert (result.code, get_statuses(ordered["number"])) == (1, ("processing", "committed", "succeeded"))
    assert not StripeEvent.objects.filter(status="failed").exists()
    assert any("is processed" in line for line in result.output)


def test_events_are_replayed_by_hand(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.pay(ordered)
    output = StringIO()
    event = StripeEvent.objects.get(type="checkout.session.completed")
    StripeEvent.objects.filter(pk=event.pk).update(status="failed")

    call_command("replay_events", stdout=output)
    call_command("replay_events", id=event.event_id, stdout=output)

    assert output.getvalue().splitlines() == ["1 done, 0 failed", "1 done, 0 failed"]
    assert get_stock() == (0, 0)
    with pytest.raises(CommandError, match="does not exist"):
        call_command("replay_events", id="evt_nowhere")


def test_events_that_fail_again_end_the_command_with_an_error(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    Payment.objects.all().delete()
    card_payments.deliver_events()

    with pytest.raises(CommandError, match="still fail"):
        call_command("replay_events", failed=True, stdout=StringIO())
    assert StripeEvent.objects.get(status="failed").last_error.startswith("LookupError")


@pytest.mark.sampled
@pytest.mark.parametrize("since", ["", "0h", "3", "3w", "-1h"])
def test_a_span_that_is_none_is_refused(db: None, since: str) -> None:
    with pytest.raises(CommandError, match="--since"):
        call_command("sync_payments", since=since)


def test_a_shop_without_a_provider_has_nothing_to_ask(db: None, api: SchemaClient) -> None:
    assert run_sync() == CommandResult(0, ["0 repaired, 0 need attention"], [])


def test_an_event_that_waits_too_long_for_a_lock_does_not_end_the_run(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    payment = Payment.objects.get()
    Payment.objects.filter(pk=payment.pk).delete()
    assert card_payments.deliver_events() == [200, 200, 200, 500]
    payment.save(force_insert=True)
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(minutes=3))

    with simulate_lock_timeout('UPDATE "orders_payment"') as failures:
        result = run_sync()

    assert (result.code, len(failures)) == (2, 1)
    assert get_statuses(ordered["number"]) == ("processing", "committed", "succeeded")  # the session is listed as paid


def test_an_alert_that_is_not_the_most_urgent_is_reported_too(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    order = Order.objects.get()
    alerts.raise_alert(order, "dispute", SYSTEM, dispute="dp_1")
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    alerts.raise_alert(order, "amount_mismatch", SYSTEM)
    Order.objects.update(status="cancelled", stock_state="released", reserved_until=None)
    Variant.objects.update(reserved=0)
    pass_time(60)

    dry, result = run_sync(dry_run=True), run_sync()

    message = [f"attention: order {ordered['number']}: late_payment"]
    assert (result.code, result.errors) == (2, message)
    assert (dry.code, dry.errors) == (2, message)
    assert (Order.objects.get().attention, Refund.objects.get().state) == ("amount_mismatch", "succeeded")


def test_an_amount_mismatch_is_reported_once(card_payments: CardPayments, ordered: dict[str, Any]) -> None:
    card_payments.emulator.pay(ordered["session_id"])
    card_payments.emulator.wait_for_deliveries()
    Payment.objects.update(amount_minor=999)
    pass_time(3)

    codes = [run_sync(**options).code for options in ({"dry_run": True}, {}, {"dry_run": True}, {})]

    assert codes == [2, 2, 0, 0]
    assert get_event_kinds(ordered["number"]).count("amount_mismatch") == 1


def test_a_dry_run_over_one_order_names_the_refunds_that_are_not_known(
    card_payments: CardPayments, ordered: dict[str, Any]
) -> None:
    card_payments.pay(ordered)
    intent = Payment.objects.get().payment_intent
    card_payments.emulator.refund_charge(
        card_payments.emulator.api("GET", f"/v1/payment_intents/{intent}").json["latest_charge"], 500
    )
    card_payments.emulator.wait_for_deliveries()

    for _ in range(2):
        assert run_sync(dry_run=True, order=ordered["number"]).code == 1

    assert (Refund.objects.count(), Order.objects.get().attention) == (0, "")
