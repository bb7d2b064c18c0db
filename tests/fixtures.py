"""Fixtures for tests that pay by card or run client code; the conftest files that need them import them from here."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from orders.tests.payments.card_payments import CardPayments, use_emulator
from tests.clients import node
from tests.emulator.processes import Emulator, run_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop
from tests.emulator.stripe_schema import check_request
from tests.emulator.webhook_receivers import WebhookReceiver, run_receiver
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
    return node.install_packages(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="session")
def one_receiver() -> Iterator[WebhookReceiver]:
    """A webhook for the emulator that the tests share."""
    with run_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def one_emulator(one_receiver: WebhookReceiver) -> Iterator[Emulator]:
    """An emulator that the tests share."""
    with run_emulator(one_receiver.url) as emulator:
        yield emulator


@pytest.fixture
def webhooks(one_receiver: WebhookReceiver) -> WebhookReceiver:
    """The webhook to which `emulator` sends its events; nothing came yet."""
    one_receiver.clear()
    return one_receiver


@pytest.fixture
def emulator(one_emulator: Emulator, webhooks: WebhookReceiver) -> Iterator[Emulator]:
    """An emulator that knows nothing yet. What it granted afterwards turns out to be what Stripe grants."""
    one_emulator.reset()
    yield one_emulator
    webhooks.gate.set()
    one_emulator.set_faults()
    assert one_emulator.wait_for_deliveries(), "some events never arrived: let a test of that have an emulator of its own"
    webhooks.events()
    for row in one_emulator.requests():
        with suppress(LookupError):
            check_request(row["method"], row["path"], row["params"] if row["status"] == 200 else {})


@pytest.fixture
def shop(emulator: Emulator) -> Iterator[StripeShop]:
    """Stripe's own package, pointed at the emulator."""
    with connect_shop(emulator.url) as shop:
        yield shop


@pytest.fixture
def card_payments(settings: Settings, emulator: Emulator, webhooks: WebhookReceiver) -> CardPayments:
    """The shop takes cards, at the emulator."""
    return use_emulator(settings, emulator, webhooks)
