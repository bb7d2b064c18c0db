"""The emulator's random faults"""

import time
from typing import Any

import pytest

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import Shop
from tests.emulator.webhook_receivers import Receiver


def by_chance(emulator: Emulator, shop: Shop, webhooks: Receiver, **chances: float) -> tuple[list[int], list[str]]:
    """Call and pay some times; return the answers of the calls and the events that came."""
    emulator.reset()
    made, last = [shop.open().id for _ in range(6)], shop.open().id
    webhooks.clear()
    emulator.random_faults(**chances)
    answers = [emulator.api("GET", "/v1/events?limit=1").status for _ in range(20)]
    for session in made:
        emulator.pay(session)
    emulator.faults()
    time.sleep(0.02)  # no event is delayed for longer
    emulator.pay(last)  # when this is told, so are all before it, and their copies
    assert emulator.wait()
    return answers, sorted(f"{made.index(about(event))} {event['type']}" for event in webhooks.events() if about(event) in made)


def about(event: dict[str, Any]) -> str:
    """Return the session that an event is of, if it is of one."""
    return str(event["data"]["object"]["id"])


def test_chance_does_the_same_for_the_same_seed(emulator: Emulator, shop: Shop, webhooks: Receiver) -> None:
    chances = {"p_drop": 0.3, "p_dup": 0.2, "p_delay": 0.1, "p_5xx": 0.4, "delay_ms": 5}

    first, again, other = (by_chance(emulator, shop, webhooks, seed=seed, **chances) for seed in (7, 7, 8))

    assert first == again
    assert first != other
    assert set(first[0]) == {200, 500}


@pytest.mark.parametrize(
    ("chances", "statuses", "events"), [({"p_5xx": 1}, {500}, 6), ({"p_drop": 1}, {200}, 0), ({"p_dup": 1}, {200}, 12)]
)
def test_what_is_certain_happens_always(
    emulator: Emulator, shop: Shop, webhooks: Receiver, chances: dict[str, float], statuses: set[int], events: int
) -> None:
    answers, came = by_chance(emulator, shop, webhooks, seed=1, **chances)

    assert set(answers) == statuses
    assert len(came) == events


def test_chance_delays(emulator: Emulator, shop: Shop) -> None:
    emulator.random_faults(seed=1, p_delay=1, delay_ms=200)
    before = time.monotonic()

    for _ in range(5):
        shop.sessions.list()

    assert time.monotonic() - before > 0.2


def test_the_seed_is_told(emulator: Emulator) -> None:
    assert "seed" in emulator.random_faults(p_drop=0.5)["faults"]["random"]
