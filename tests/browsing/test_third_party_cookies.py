"""A shop front on another site than the shop, in a browser that keeps no cookies of third parties but partitioned ones"""

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
from tests.browser import chromium
from tests.browsing.front import Front, serving
from tests.browsing.steps import EMAIL, add, heading, in_cart, ordered, place, press, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that blocks the cookies of third parties."""
    with chromium("--test-third-party-cookie-phaseout") as running:
        yield running


@pytest.fixture(scope="module")
def one_front(live_server: LiveServer) -> Iterator[Front]:
    """The shop front at 127.0.0.1, the shop at localhost: to a browser these are two sites."""
    assert "//localhost:" in live_server.url
    with serving(live_server.url, host="127.0.0.1") as front:
        yield front


@pytest.fixture
def two_sites(settings: Settings) -> None:
    """Let the shop serve a shop front on another site."""
    settings.AUTH_COOKIE_SAMESITE, settings.AUTH_COOKIE_SECURE = "None", True


class Setter(BaseHTTPRequestHandler):
    """Sets two cookies, of which a browser without third-party cookies keeps one; answers with what it was sent."""

    def do_GET(self) -> None:
        """Answer."""
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
        """Say nothing."""


@contextmanager
def a_third_party() -> Iterator[str]:
    """Yield the address of a server at localhost that sets cookies."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Setter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_this_browser_keeps_no_plain_cookie_of_a_third_party(browser: Browser, one_front: Front) -> None:
    tab = browser.new_page(bypass_csp=True)
    with a_third_party() as url:
        tab.goto(one_front.origin)
        sent = [tab.evaluate(f"fetch('{url}', {{ credentials: 'include' }}).then((answer) => answer.text())") for _ in range(2)]
    tab.close()

    assert sent == ["", "parted=1"]


def test_a_customer_stays_signed_in(page: Page, two_sites: None) -> None:
    make_user(EMAIL, first_name="Ada")

    sign_in(page, address="/sign-in?next=/account")
    heading(page, "Hello Ada")
    page.reload()
    heading(page, "Hello Ada")

    kept = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert {"__Host-access_token", "__Host-refresh_token"} <= set(kept)
    assert all(cookie.get("partitionKey") for cookie in kept.values())
    press(page, "Sign out")
    heading(page, "Catalog")
    assert not {name for cookie in page.context.cookies() if (name := cookie["name"]).endswith(("access_token", "refresh_token"))}


def test_a_guest_keeps_his_cart_by_cookies_alone_and_orders(page: Page, two_sites: None) -> None:
    add(page, make_product("Lamp"), 2)
    page.evaluate("localStorage.clear()")

    page.goto("/cart")
    in_cart(page, 2)
    place(page, "Cash on Delivery")

    ordered(page, "Being packed – not paid")
    in_cart(page, 0)


def test_with_plain_cookies_the_copy_of_the_key_keeps_the_cart(page: Page) -> None:
    add(page, make_product("Lamp"), 2)

    page.goto("/cart")

    expect(page.get_by_label("Quantity of Lamp", exact=True)).to_have_value("2")
    assert page.context.cookies() == []
