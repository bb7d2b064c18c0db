"""A storefront on another site than the shop, in a browser that keeps no third-party cookies but partitioned ones"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_user
from products.tests.factories import make_product
from tests.browser import launch_chromium
from tests.storefront.steps import (
    EMAIL,
    add_to_cart,
    click_button,
    place_order,
    sign_in,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_order,
)
from tests.storefront.storefront_server import Storefront, serve_storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that blocks third-party cookies."""
    with launch_chromium("--test-third-party-cookie-phaseout", is_whole=True) as running:
        yield running


@pytest.fixture(scope="module")
def shared_storefront(live_server: LiveServer) -> Iterator[Storefront]:
    """The storefront at 127.0.0.1 and the shop at localhost, which are two sites to a browser."""
    assert "//localhost:" in live_server.url
    with serve_storefront(live_server.url, host="127.0.0.1") as storefront:
        yield storefront


@pytest.fixture
def two_sites(settings: Settings) -> None:
    """Configure the shop for a storefront on another site."""
    settings.AUTH_COOKIE_SAMESITE, settings.AUTH_COOKIE_SECURE = "None", True


class CookieSetter(BaseHTTPRequestHandler):
    """Sets a plain and a partitioned cookie, and answers with the cookies that it received."""

    def do_GET(self) -> None:
        """Set the cookies and answer."""
        sent = self.headers.get("Cookie", "").encode()
        self.send_response(200)
        for cookie in ("plain=1; SameSite=None; Secure", "parted=1; SameSite=None; Secure; Partitioned"):
            self.send_header("Set-Cookie", cookie)
        self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
        self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def serve_third_party() -> Iterator[str]:
    """Yield the URL of a server at localhost that sets cookies."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), CookieSetter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_this_browser_keeps_no_plain_cookie_of_a_third_party(browser: Browser, shared_storefront: Storefront) -> None:
    tab = browser.new_page(bypass_csp=True)
    with serve_third_party() as url:
        tab.goto(shared_storefront.origin)
        sent = [tab.evaluate(f"fetch('{url}', {{ credentials: 'include' }}).then((answer) => answer.text())") for _ in range(2)]
    tab.close()

    assert sent == ["", "parted=1"]


def test_a_customer_stays_signed_in(page: Page, two_sites: None) -> None:
    make_user(EMAIL, first_name="Ada")

    sign_in(page, address="/sign-in?next=/account")
    wait_for_heading(page, "Hello Ada")
    page.reload()
    wait_for_heading(page, "Hello Ada")

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert {"__Host-access_token", "__Host-refresh_token"} <= set(cookies)
    assert all(cookie.get("partitionKey") for cookie in cookies.values())
    click_button(page, "Sign out")
    wait_for_heading(page, "Catalog")
    assert not {name for cookie in page.context.cookies() if (name := cookie["name"]).endswith(("access_token", "refresh_token"))}


def test_a_guest_keeps_the_cart_by_cookies_alone_and_orders(page: Page, two_sites: None) -> None:
    add_to_cart(page, make_product("Lamp"), 2)
    page.evaluate("localStorage.clear()")

    page.goto("/cart")
    wait_for_cart_count(page, 2)
    place_order(page, "Cash on Delivery")

    wait_for_order(page, "Being packed – pay on delivery")
    wait_for_cart_count(page, 0)


def test_with_plain_cookies_the_copy_of_the_key_keeps_the_cart(page: Page) -> None:
    add_to_cart(page, make_product("Lamp"), 2)

    page.goto("/cart")

    expect(page.get_by_label("Quantity of Lamp", exact=True)).to_have_value("2")
    assert page.context.cookies() == []
