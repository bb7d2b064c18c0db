"""The demo shop front in Chromium, the shop behind it, and the payment page to which it leads."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from orders.tests.payments.till import WEBHOOK
from tests.browser import chromium
from tests.browsing.front import Front, serving, trust
from tests.browsing.watching import Watch
from tests.emulator.processes import KEY, SECRET, Emulator, running

PATIENCE = 15_000  # milliseconds; for machines that do much else


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file."""
    expect.set_options(timeout=PATIENCE)
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def one_front(live_server: LiveServer) -> Iterator[Front]:
    """The shop front that the tests of a file share."""
    with serving(live_server.url) as front:
        yield front


@pytest.fixture
def front(one_front: Front, settings: Settings, transactional_db: None) -> Front:
    """The shop front, and the shop behind it, which trusts it."""
    trust(settings, one_front.origin)
    return one_front


@pytest.fixture(scope="module")
def one_provider(live_server: LiveServer) -> Iterator[Emulator]:
    """The payment emulator that the tests of a file share; it tells the shop what happens."""
    with running(live_server.url + WEBHOOK) as emulator:
        yield emulator


@pytest.fixture
def cards(one_provider: Emulator, front: Front, settings: Settings) -> Iterator[Emulator]:
    """The shop takes cards; the emulator knows nothing yet."""
    one_provider.reset()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_WEBHOOK_SECRET = KEY, one_provider.url, SECRET
    yield one_provider
    one_provider.faults()
    assert one_provider.wait()


@pytest.fixture
def context(browser: Browser, front: Front) -> Iterator[BrowserContext]:
    """A browser that knows nothing yet, with the size of a desktop."""
    context = browser.new_context(base_url=front.origin, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """What goes wrong in the browser: nothing may, but for the refusals that a test intends."""
    watch = Watch(context)
    yield watch
    watch.rest(context)
    assert not watch.trouble(), "\n".join(watch.trouble())


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """A tab."""
    return context.new_page()
