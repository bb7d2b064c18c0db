"""How the emulator sends events: signed, and again and again until they arrive"""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.emulator.processes import SECRET, Emulator, running
from tests.emulator.stripe_clients import Shop, shopping, verifies
from tests.emulator.test_events import PAID
from tests.emulator.webhook_receivers import Receiver, receiving


@pytest.fixture
def alone() -> Iterator[tuple[Emulator, Shop, Receiver]]:
    """An emulator of the test's own, for what never arrives."""
    with receiving() as receiver, running(receiver.url) as emulator, shopping(emulator.url) as shop:
        yield emulator, shop, receiver


def end_one(shop: Shop) -> None:
    """End a session: one event."""
    shop.sessions.expire(shop.open().id)


@pytest.mark.parametrize("status", [201, 204])
def test_any_2xx_is_enough(emulator: Emulator, shop: Shop, webhooks: Receiver, status: int) -> None:
    webhooks.answers = [status]

    end_one(shop)

    assert emulator.wait()
    assert [(row["try"], row["status"]) for row in emulator.deliveries()] == [(1, status)]


def test_an_event_is_sent_until_it_is_taken(alone: tuple[Emulator, Shop, Receiver]) -> None:
    emulator, shop, receiver = alone
    receiver.answers = [500, 503, 400, 404]

    end_one(shop)

    assert emulator.wait()
    tries = [(row["type"], row["try"], row["status"]) for row in emulator.deliveries()]
    assert tries == [("checkout.session.expired", number, status) for number, status in enumerate([500, 503, 400, 404, 200], 1)]
    assert len({event["id"] for event in receiver.events()}) == 1
    assert all(verifies(received) for received in receiver.received)


def test_each_try_comes_after_twice_the_time(alone: tuple[Emulator, Shop, Receiver]) -> None:
    _, shop, receiver = alone
    receiver.answers = [500] * 5

    end_one(shop)

    times = [received.at for received in receiver.wait_for(6)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert [pause >= 0.01 * 2**number for number, pause in enumerate(pauses)] == [True] * 5


def test_each_try_is_signed_anew(alone: tuple[Emulator, Shop, Receiver]) -> None:
    _, shop, receiver = alone
    receiver.answers = [500] * 7

    end_one(shop)

    signatures = [received.signature for received in receiver.wait_for(8)]
    assert signatures[0] != signatures[-1]
    assert verifies(receiver.received[-1])


def test_after_20_tries_it_gives_up() -> None:
    with receiving() as receiver, running(receiver.url, pace=0) as emulator, shopping(emulator.url) as shop:
        receiver.answers = [500] * 100
        end_one(shop)
        receiver.wait_for(20)

        assert emulator.wait(0.3) is False

        assert len(receiver.received) == 20
        assert [row["try"] for row in emulator.deliveries()] == list(range(1, 21))
        event = receiver.events()[0]["id"]
        shown = emulator.control("GET", "deliveries")
        assert (shown["open"], shown["given_up"]) == ([], [event])
        receiver.answers = []
        emulator.resend(event)
        assert emulator.wait()


def test_an_event_that_is_refused_does_not_stop_the_others(alone: tuple[Emulator, Shop, Receiver]) -> None:
    emulator, shop, receiver = alone
    receiver.answers = [200, 500]

    emulator.pay(shop.open().id)

    assert emulator.wait()
    assert receiver.types() == [*PAID, PAID[1]]


def test_a_shop_that_does_not_answer_is_tried_again() -> None:
    with receiving() as receiver:
        address = receiver.url
    with running(address) as emulator, shopping(emulator.url) as shop:
        end_one(shop)
        assert emulator.wait(0.2) is False

        assert "refused" in emulator.deliveries()[0]["status"]


def test_a_redirect_is_no_answer(alone: tuple[Emulator, Shop, Receiver]) -> None:
    emulator, shop, receiver = alone
    receiver.answers, receiver.location = [302], f"{receiver.url}elsewhere"

    end_one(shop)
    receiver.wait_for(2)
    assert emulator.wait()

    assert [received.method for received in receiver.received] == ["POST", "POST"]
    assert [row["status"] for row in emulator.deliveries()] == [302, 200]


def test_an_answer_that_is_no_http_is_tried_again(alone: tuple[Emulator, Shop, Receiver]) -> None:
    emulator, shop, receiver = alone
    receiver.answers = [b"what?\r\n\r\n"]

    end_one(shop)

    assert emulator.wait(2)
    assert len(receiver.received) == 2


def test_a_proxy_in_the_environment_does_not_matter() -> None:
    with (
        receiving() as receiver,
        running(receiver.url, http_proxy="http://127.0.0.1:9") as emulator,
        shopping(emulator.url) as shop,
    ):
        end_one(shop)

        assert emulator.wait(1)


def test_a_reset_forgets_what_is_on_its_way(alone: tuple[Emulator, Shop, Receiver]) -> None:
    emulator, shop, receiver = alone
    receiver.gate.clear()
    receiver.answers = [500]
    end_one(shop)
    receiver.wait_for(1)

    emulator.reset()
    receiver.gate.set()
    time.sleep(0.3)

    assert len(receiver.received) == 1


def test_an_event_is_sent_once_more_by_hand(emulator: Emulator, shop: Shop, webhooks: Receiver) -> None:
    end_one(shop)
    assert emulator.wait()

    emulator.resend(webhooks.events()[0]["id"])

    webhooks.wait_for(2)
    assert webhooks.events()[0] == webhooks.events()[1]


def test_a_moved_clock_does_not_make_signatures_old(emulator: Emulator, shop: Shop, webhooks: Receiver) -> None:
    emulator.clock(300_000)

    end_one(shop)

    received = webhooks.wait_for(1)[0]
    assert verifies(received)
    assert received.event["created"] >= time.time() + 299_000


def test_without_a_webhook_nothing_is_owed() -> None:
    with running() as emulator, shopping(emulator.url) as shop:
        end_one(shop)

        assert emulator.wait(0)
        assert emulator.deliveries() == []
        assert len(shop.v1.events.list().data) == 1


def test_the_first_of_several_secrets_signs() -> None:
    secrets = f"{SECRET},whsec_old"
    with receiving() as receiver, running(receiver.url, STRIPE_WEBHOOK_SECRET=secrets) as emulator, shopping(emulator.url) as shop:
        end_one(shop)

        assert verifies(receiver.wait_for(1)[0])
