"""Faults of the emulator's event delivery"""

import time

import pytest

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop, has_valid_signature
from tests.emulator.test_events import PAID
from tests.emulator.webhook_receivers import WebhookReceiver

FAILED = {"type": r"^payment_intent\.payment_failed$"}


@pytest.fixture
def declined(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> str:
    """A session for which each `decline` sends one more event; earlier requests are cleared."""
    session = shop.open_session().id
    emulator.decline(session)
    assert emulator.wait_for_deliveries()
    webhooks.clear()
    return session


def test_a_dropped_event_never_comes_and_is_kept(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver, declined: str
) -> None:
    emulator.set_faults({"match": FAILED, "do": {"drop": True}})

    emulator.decline(declined)
    emulator.decline(declined)

    assert emulator.wait_for_deliveries()
    second, first = shop.v1.events.list({"limit": 2}).data
    assert [event["id"] for event in webhooks.events()] == [second.id]
    assert [(row["event"], row["status"]) for row in emulator.deliveries()[-2:]] == [(first.id, "dropped"), (second.id, 200)]
    emulator.resend(first.id)
    assert webhooks.wait_for(2)[1].event["id"] == first.id


def test_an_event_comes_as_often_as_it_is_duplicated(emulator: Emulator, webhooks: WebhookReceiver, declined: str) -> None:
    emulator.set_faults({"match": FAILED, "do": {"duplicate": 2}})

    emulator.decline(declined)

    webhooks.wait_for(3)
    assert len({event["id"] for event in webhooks.events()}) == 1


def test_waiting_is_for_every_copy(emulator: Emulator, webhooks: WebhookReceiver, declined: str) -> None:
    emulator.set_faults({"match": FAILED, "do": {"duplicate": 200}})
    emulator.decline(declined)

    assert emulator.wait_for_deliveries()

    arrived = len(webhooks.received)
    webhooks.wait_for(201)
    assert arrived == 201


def test_events_are_held_and_come_backwards(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id
    emulator.set_faults({"match": {"type": "."}, "times": 4, "do": {"reorder": True}})

    emulator.pay(session)

    webhooks.wait_for(4)
    assert webhooks.types() == PAID[::-1]


def test_events_are_held_until_the_rule_is_gone(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id
    emulator.set_faults({"match": {"type": "."}, "times": -1, "do": {"reorder": True}})
    emulator.pay(session)
    time.sleep(0.1)
    assert webhooks.received == []

    emulator.set_faults()

    webhooks.wait_for(4)
    assert webhooks.types() == PAID[::-1]


def test_an_event_comes_late(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id
    emulator.set_faults({"match": {"type": r"intent\.succeeded"}, "do": {"delay_ms": 300}})
    before = time.time()

    emulator.pay(session)

    last = webhooks.wait_for(4)[3]
    assert webhooks.types() == [PAID[0], PAID[2], PAID[3], PAID[1]]
    assert last.at - before >= 0.3


def test_a_signature_is_wrong(emulator: Emulator, webhooks: WebhookReceiver, declined: str) -> None:
    emulator.set_faults({"match": FAILED, "do": {"bad_signature": True}})

    emulator.decline(declined)
    emulator.decline(declined)

    assert [has_valid_signature(received) for received in webhooks.wait_for(2)] == [False, True]


def test_a_time_stamp_is_old(emulator: Emulator, webhooks: WebhookReceiver, declined: str) -> None:
    emulator.set_faults({"match": FAILED, "do": {"old_timestamp": True}})

    emulator.decline(declined)

    received = webhooks.wait_for(1)[0]
    assert not has_valid_signature(received)
    assert has_valid_signature(received, tolerance=7_200)


def test_an_event_is_of_another_version(emulator: Emulator, webhooks: WebhookReceiver, declined: str) -> None:
    emulator.set_faults({"match": FAILED, "do": {"api_version": "2020-08-27"}})

    emulator.decline(declined)
    emulator.decline(declined)

    webhooks.wait_for(2)
    assert [event["api_version"] for event in webhooks.events()] == ["2020-08-27", "2026-10-28.endive"]
    assert has_valid_signature(webhooks.received[0])


@pytest.mark.parametrize(("times", "dropped"), [(1, 1), (2, 2), (-1, 3)])
def test_a_rule_is_used_so_many_times(
    emulator: Emulator, webhooks: WebhookReceiver, declined: str, times: int, dropped: int
) -> None:
    emulator.set_faults({"match": FAILED, "times": times, "do": {"drop": True}})

    for _ in range(3):
        emulator.decline(declined)

    assert emulator.wait_for_deliveries()
    assert len(webhooks.received) == 3 - dropped


def test_rules_are_used_one_after_the_other(emulator: Emulator, webhooks: WebhookReceiver, declined: str) -> None:
    emulator.set_faults({"match": FAILED, "do": {"drop": True}}, {"match": FAILED, "do": {"bad_signature": True}})

    for _ in range(3):
        emulator.decline(declined)

    assert [has_valid_signature(received) for received in webhooks.wait_for(2)] == [False, True]


def test_a_call_does_not_use_up_a_rule_for_events(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver, declined: str
) -> None:
    emulator.set_faults({"match": FAILED, "do": {"drop": True}})

    shop.sessions.list()
    emulator.decline(declined)

    assert emulator.wait_for_deliveries()
    assert webhooks.received == []


def test_a_rule_for_events_does_not_delay_calls(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": FAILED, "times": -1, "do": {"delay_ms": 60_000}})
    before = time.monotonic()

    shop.sessions.list()

    assert time.monotonic() - before < 30
