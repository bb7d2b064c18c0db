"""The demo storefront in Chromium, with the live shop and the payment emulator behind it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from orders.tests.payments.card_payments import WEBHOOK
from pricing.tests.zones import make_zone
from tests.browser import launch_chromium
from tests.emulator.processes import KEY, SECRET, Emulator, run_emulator
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.screen_sizes import DESKTOP
from tests.storefront.storefront_server import Storefront, serve_storefront, trust_origin

TIMEOUT = 15_000  # milliseconds; generous, for busy machines


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a file."""
    expect.set_options(timeout=TIMEOUT)
    with launch_chromium() as running:
        yield running


@pytest.fixture(scope="session")
def shared_storefront(live_server: LiveServer) -> Iterator[Storefront]:
    """The storefront that the tests share."""
    with serve_storefront(live_server.url) as storefront:
        yield storefront


@pytest.fixture
def storefront(shared_storefront: Storefront, settings: Settings, transactional_db: None) -> Storefront:
    """The storefront, trusted by the shop."""
    trust_origin(settings, shared_storefront.origin)
    return shared_storefront


@pytest.fixture(scope="session")
def shared_emulator(live_server: LiveServer) -> Iterator[Emulator]:
    """The payment emulator that the tests share; it sends its events to the shop."""
    with run_emulator(live_server.url + WEBHOOK) as emulator:
        yield emulator


@pytest.fixture
def payment_emulator(shared_emulator: Emulator, storefront: Storefront, settings: Settings) -> Iterator[Emulator]:
    """The emulator without any data; the shop takes card payments through it."""
    shared_emulator.reset()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_WEBHOOK_SECRET = KEY, shared_emulator.url, SECRET
    yield shared_emulator
    shared_emulator.set_faults()
    assert shared_emulator.wait_for_deliveries()


@pytest.fixture
def context(request: pytest.FixtureRequest, browser: Browser, storefront: Storefront) -> Iterator[BrowserContext]:
    """A fresh browser context, of desktop size unless a test names another one."""
    size = getattr(request, "param", DESKTOP)
    context = browser.new_context(base_url=storefront.origin, viewport=size, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT)
    yield context
    context.close()


@pytest.fixture
def monitor(context: BrowserContext) -> Iterator[PageMonitor]:
    """The problems in the browser; the test fails on any that it does not expect."""
    monitor = PageMonitor(context)
    yield monitor
    monitor.wait_until_idle(context)
    assert not monitor.get_problems(), "\n".join(monitor.get_problems())


@pytest.fixture
def page(context: BrowserContext, monitor: PageMonitor) -> Page:
    """A tab."""
    return context.new_page()


@pytest.fixture
def india(transactional_db: None) -> None:
    """A shop that delivers in Pune by two methods, elsewhere in India by one with a fee for cash, and not to Leh."""
    make_zone("Leh", methods={}, countries=["IN"], postal_from="194101", postal_to="194101", priority=20)
    express = {"name": "Express", "price": "149.00", "days_min": 1, "days_max": 1, "cod": False}
    metro = {"name": "Courier", "price": "49.00", "free_from": "999.00", "days_min": 2, "days_max": 4}
    make_zone("Metro", methods={"metro": metro, "express": express}, countries=["IN"], postal_prefixes=["411"], priority=10)
    post = {"name": "Post", "price": "79.00", "cod_fee": "40.00", "cod_max": "2000.00"}
    make_zone("India", methods={"post": post}, countries=["IN"])
