"""Fixtures for tests that pay by card or run client code; the conftest files that need them import them from here."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from orders.tests.payments.till import Till, till_of
from tests.clients import node
from tests.emulator.processes import Emulator, running
from tests.emulator.stripe_clients import Shop, shopping
from tests.emulator.stripe_schema import check_request
from tests.emulator.webhook_receivers import Receiver, receiving
from tests.processes import copy_to


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program that holds no `.env`; nothing may be written into it."""
    return copy_to(tmp_path_factory.mktemp("project"))


@pytest.fixture(autouse=True)
def crowds_are_welcome(request: pytest.FixtureRequest) -> None:
    """Let the callers of a concurrency test call as often as they like: they all have one address."""
    if request.path.name.startswith("test_concurrency"):
        request.getfixturevalue("unthrottled")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which client code runs in Node.js."""
    return node.install(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="session")
def one_receiver() -> Iterator[Receiver]:
    """A webhook for the emulator that the tests share."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def one_emulator(one_receiver: Receiver) -> Iterator[Emulator]:
    """An emulator that the tests share."""
    with running(one_receiver.url) as emulator:
        yield emulator


@pytest.fixture
def webhooks(one_receiver: Receiver) -> Receiver:
    """The webhook to which `emulator` sends its events; nothing came yet."""
    one_receiver.clear()
    return one_receiver


@pytest.fixture
def emulator(one_emulator: Emulator, webhooks: Receiver) -> Iterator[Emulator]:
    """An emulator that knows nothing yet. What it granted afterwards turns out to be what Stripe grants."""
    one_emulator.reset()
    yield one_emulator
    webhooks.gate.set()
    one_emulator.faults()
    assert one_emulator.wait(), "some events never arrived: let a test of that have an emulator of its own"
    webhooks.events()
    for row in one_emulator.requests():
        with suppress(LookupError):
            check_request(row["method"], row["path"], row["params"] if row["status"] == 200 else {})


@pytest.fixture
def shop(emulator: Emulator) -> Iterator[Shop]:
    """Stripe's own package, pointed at the emulator."""
    with shopping(emulator.url) as shop:
        yield shop


@pytest.fixture
def till(settings: Settings, emulator: Emulator, webhooks: Receiver) -> Till:
    """The shop takes cards, at the emulator."""
    return till_of(settings, emulator, webhooks)
