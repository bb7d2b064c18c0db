"""The emulator's first page in Chromium: on a phone and a desktop, light and dark, without a problem of accessibility"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.axe import find_violations
from tests.browser import launch_chromium
from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.once]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with launch_chromium() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_is_accessible(
    browser: Browser, packages: Path, emulator: Emulator, shop: StripeShop, scheme: Literal["light", "dark"], width: int
) -> None:
    emulator.pay(shop.open_session().id)
    shop.open_session()
    assert emulator.wait_for_deliveries()

    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 844}, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(emulator.url)
        page.get_by_role("button", name="Send again: checkout.session.completed").click()
        page.wait_for_url(f"{emulator.url}/#events")
        problems = find_violations(page, packages)
        is_too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert (problems, is_too_wide) == ([], False)
