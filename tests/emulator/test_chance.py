"""The emulator's random faults"""

import time
from typing import Any

import pytest

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop
from tests.emulator.webhook_receivers import WebhookReceiver


def run_with_faults(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver, **chances: float
) -> tuple[list[int], list[str]]:
    """Make several calls and payments; return the responses and the events received."""
    emulator.reset()
    session_ids, last = [shop.open_session().id for _ in range(6)], shop.open_session().id
    webhooks.clear()
    emulator.set_random_faults(**chances)
    responses = [emulator.api("GET", "/v1/events?limit=1").status for _ in range(20)]
    for session in session_ids:
        emulator.pay(session)
    emulator.set_faults()
    time.sleep(0.02)  # no event is delayed longer
    emulator.pay(last)  # once its event arrives, all earlier events and their duplicates have arrived
    assert emulator.wait_for_deliveries()
    return responses, sorted(
        f"{session_ids.index(get_session_id(event))} {event['type']}"
        for event in webhooks.events()
        if get_session_id(event) in session_ids
    )


def get_session_id(event: dict[str, Any]) -> str:
    """Return the session id of an event, or None."""
    return str(event["data"]["object"]["id"])


def test_chance_does_the_same_for_the_same_seed(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    chances = {"p_drop": 0.3, "p_dup": 0.2, "p_delay": 0.1, "p_5xx": 0.4, "delay_ms": 5}

    first, repeated, other = (run_with_faults(emulator, shop, webhooks, seed=seed, **chances) for seed in (7, 7, 8))

    assert first == repeated
    assert first != other
    assert set(first[0]) == {200, 500}


@pytest.mark.parametrize(
    ("chances", "statuses", "events"), [({"p_5xx": 1}, {500}, 6), ({"p_drop": 1}, {200}, 0), ({"p_dup": 1}, {200}, 12)]
)
def test_what_is_certain_happens_always(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver, chances: dict[str, float], statuses: set[int], events: int
) -> None:
    responses, came = run_with_faults(emulator, shop, webhooks, seed=1, **chances)

    assert set(responses) == statuses
    assert len(came) == events


def test_chance_delays(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_random_faults(seed=1, p_delay=1, delay_ms=200)
    before = time.monotonic()

    for _ in range(5):
        shop.sessions.list()

    assert time.monotonic() - before > 0.2


def test_the_seed_is_reported(emulator: Emulator) -> None:
    assert "seed" in emulator.set_random_faults(p_drop=0.5)["faults"]["random"]
