"""Event delivery of the emulator: signed, and retried until accepted"""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.emulator.processes import SECRET, Emulator, run_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop, has_valid_signature
from tests.emulator.test_events import PAID
from tests.emulator.webhook_receivers import WebhookReceiver, run_receiver


@pytest.fixture
def own_emulator() -> Iterator[tuple[Emulator, StripeShop, WebhookReceiver]]:
    """A separate emulator, for events that never arrive."""
    with run_receiver() as receiver, run_emulator(receiver.url) as emulator, connect_shop(emulator.url) as shop:
        yield emulator, shop, receiver


def expire_session(shop: StripeShop) -> None:
    """Expire a session, which sends one event."""
    shop.sessions.expire(shop.open_session().id)


@pytest.mark.parametrize("status", [201, 204])
def test_any_2xx_is_enough(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver, status: int) -> None:
    webhooks.answers = [status]

    expire_session(shop)

    assert emulator.wait_for_deliveries()
    assert [(row["try"], row["status"]) for row in emulator.deliveries()] == [(1, status)]


def test_an_event_is_sent_until_it_is_taken(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    emulator, shop, receiver = own_emulator
    receiver.answers = [500, 503, 400, 404]

    expire_session(shop)

    assert emulator.wait_for_deliveries()
    tries = [(row["type"], row["try"], row["status"]) for row in emulator.deliveries()]
    assert tries == [("checkout.session.expired", number, status) for number, status in enumerate([500, 503, 400, 404, 200], 1)]
    assert len({event["id"] for event in receiver.events()}) == 1
    assert all(has_valid_signature(received) for received in receiver.received)


def test_each_try_comes_after_twice_the_time(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    _, shop, receiver = own_emulator
    receiver.answers = [500] * 5

    expire_session(shop)

    times = [received.at for received in receiver.wait_for(6)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert [pause >= 0.01 * 2**number for number, pause in enumerate(pauses)] == [True] * 5


def test_each_try_is_signed_again(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    _, shop, receiver = own_emulator
    receiver.answers = [500] * 7

    expire_session(shop)

    signatures = [received.signature for received in receiver.wait_for(8)]
    assert signatures[0] != signatures[-1]
    assert has_valid_signature(receiver.received[-1])


def test_after_20_tries_it_gives_up() -> None:
    with run_receiver() as receiver, run_emulator(receiver.url, pace=0) as emulator, connect_shop(emulator.url) as shop:
        receiver.answers = [500] * 100
        expire_session(shop)
        receiver.wait_for(20)

        assert emulator.wait_for_deliveries(0.3) is False

        assert len(receiver.received) == 20
        assert [row["try"] for row in emulator.deliveries()] == list(range(1, 21))
        event = receiver.events()[0]["id"]
        deliveries = emulator.control("GET", "deliveries")
        assert (deliveries["open"], deliveries["given_up"]) == ([], [event])
        receiver.answers = []
        emulator.resend(event)
        assert emulator.wait_for_deliveries()


def test_an_event_that_is_refused_does_not_stop_the_others(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    emulator, shop, receiver = own_emulator
    receiver.answers = [200, 500]

    emulator.pay(shop.open_session().id)

    assert emulator.wait_for_deliveries()
    assert receiver.types() == [*PAID, PAID[1]]


def test_a_shop_that_does_not_answer_is_tried_again() -> None:
    with run_receiver() as receiver:
        address = receiver.url
    with run_emulator(address) as emulator, connect_shop(emulator.url) as shop:
        expire_session(shop)
        assert emulator.wait_for_deliveries(0.2) is False

        assert "refused" in emulator.deliveries()[0]["status"]


def test_a_redirect_is_no_answer(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    emulator, shop, receiver = own_emulator
    receiver.answers, receiver.location = [302], f"{receiver.url}elsewhere"

    expire_session(shop)
    receiver.wait_for(2)
    assert emulator.wait_for_deliveries()

    assert [received.method for received in receiver.received] == ["POST", "POST"]
    assert [row["status"] for row in emulator.deliveries()] == [302, 200]


def test_an_answer_that_is_no_http_is_tried_again(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    emulator, shop, receiver = own_emulator
    receiver.answers = [b"what?\r\n\r\n"]

    expire_session(shop)

    assert emulator.wait_for_deliveries(2)
    assert len(receiver.received) == 2


def test_a_proxy_in_the_environment_does_not_matter() -> None:
    with (
        run_receiver() as receiver,
        run_emulator(receiver.url, http_proxy="http://127.0.0.1:9") as emulator,
        connect_shop(emulator.url) as shop,
    ):
        expire_session(shop)

        assert emulator.wait_for_deliveries(1)


def test_a_reset_forgets_what_is_on_its_way(own_emulator: tuple[Emulator, StripeShop, WebhookReceiver]) -> None:
    emulator, shop, receiver = own_emulator
    receiver.gate.clear()
    receiver.answers = [500]
    expire_session(shop)
    receiver.wait_for(1)

    emulator.reset()
    receiver.gate.set()
    time.sleep(0.3)

    assert len(receiver.received) == 1


def test_an_event_is_sent_once_more_by_hand(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    expire_session(shop)
    assert emulator.wait_for_deliveries()

    emulator.resend(webhooks.events()[0]["id"])

    webhooks.wait_for(2)
    assert webhooks.events()[0] == webhooks.events()[1]


def test_a_moved_clock_does_not_make_signatures_old(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.advance_clock(300_000)

    expire_session(shop)

    received = webhooks.wait_for(1)[0]
    assert has_valid_signature(received)
    assert received.event["created"] >= time.time() + 299_000


def test_without_a_webhook_nothing_is_pending() -> None:
    with run_emulator() as emulator, connect_shop(emulator.url) as shop:
        expire_session(shop)

        assert emulator.wait_for_deliveries(0)
        assert emulator.deliveries() == []
        assert len(shop.v1.events.list().data) == 1


def test_the_first_of_several_secrets_signs() -> None:
    secrets = f"{SECRET},whsec_old"
    with (
        run_receiver() as receiver,
        run_emulator(receiver.url, STRIPE_WEBHOOK_SECRET=secrets) as emulator,
        connect_shop(emulator.url) as shop,
    ):
        expire_session(shop)

        assert has_valid_signature(receiver.wait_for(1)[0])
