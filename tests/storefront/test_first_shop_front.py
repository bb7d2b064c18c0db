"""docs/tutorials/first-shop-front.md: its commands and its files work as they are, in Chromium, against a running shop"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import make_shirt
from orders.models import Order
from products.tests.factories import add_picture
from store.environment_urls import parse_success_url
from tests.emulator.processes import Emulator
from tests.processes import ROOT
from tests.services import free_port, wait_for_port
from tests.storefront.steps import click_button
from tests.storefront.storefront_server import trust_origin

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
TUTORIAL = (ROOT / "docs" / "tutorials" / "first-shop-front.md").read_text()
FILE = re.compile(r"```(?:js|html)\n(?://|<!--) ([\w.]+)(?: -->)?\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
SETTING = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)
DEFAULT_ORIGIN, DEFAULT_API = "http://localhost:3000", "http://localhost:8000"


@pytest.fixture
def front(tmp_path: Path, live_server: LiveServer, settings: Settings, payment_emulator: Emulator) -> Iterator[str]:
    """The origin of the tutorial's shop front, made and served by the tutorial's own commands."""
    origin = f"http://localhost:{free_port()}"
    trust_origin(settings, origin)
    configure, read_products, make_folder, serve = COMMANDS.findall(TUTORIAL)
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["bash", "-ec", configure.replace(DEFAULT_ORIGIN, origin)], cwd=tmp_path, capture_output=True, check=True)
    variables = dict(SETTING.findall((tmp_path / ".env").read_text()))
    assert variables["DEBUG"] == "1"
    settings.CHECKOUT_SUCCESS_URL = parse_success_url(variables["CHECKOUT_SUCCESS_URL"], origin)
    settings.CHECKOUT_CANCEL_URL = variables["CHECKOUT_CANCEL_URL"]
    printed = subprocess.run(["bash", "-ec", read_products.replace(DEFAULT_API, live_server.url)], capture_output=True, check=True)
    assert b'"success":true' in printed.stdout, printed
    subprocess.run(["bash", "-ec", make_folder], cwd=tmp_path, check=True)
    for name, code in FILE.findall(TUTORIAL):
        (tmp_path / "my-shop" / name).write_text(code.replace(DEFAULT_API, live_server.url))
    port = origin.rpartition(":")[2]
    command = serve.replace("3000", port).replace("python3", sys.executable).split()
    with subprocess.Popen(command, cwd=tmp_path / "my-shop", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for_port(int(port))
        yield origin
        server.terminate()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab; nothing that happens in it is an error."""
    with browser.new_context() as context:
        tab = context.new_page()
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        yield tab
        assert errors == []


def test_it_is_five_files() -> None:
    assert [name for name, _ in FILE.findall(TUTORIAL)] == ["shop.js", "index.html", "product.html", "cart.html", "thanks.html"]


def test_a_guest_buys_on_the_pages_of_the_tutorial(page: Page, front: str, payment_emulator: Emulator) -> None:
    add_picture(make_shirt())

    page.goto(front)
    page.get_by_role("link", name="Shirt").click()
    page.get_by_label("Variant").select_option(label="M, ₹25.00")
    page.get_by_label("Quantity").fill("2")
    click_button(page, "Add to cart")
    expect(page.get_by_role("status")).to_have_text("It is in your cart.")
    page.get_by_role("link", name="Cart").click()
    expect(page.locator("li")).to_have_text("2 × Shirt – M, ₹50.00 Remove")
    click_button(page, "Order and pay by card")
    page.wait_for_url(f"{payment_emulator.url}/**")
    click_button(page, "Pay")
    expect(page.get_by_role("heading")).to_have_text(re.compile(r"^Thank you\. Order .* is paid\.$"))

    order = Order.objects.get()
    assert (order.status, order.total, order.email) == ("processing", Decimal("50.00"), "ada@example.com")
    assert order.number in page.get_by_role("heading").inner_text()


def test_it_shows_what_the_shop_refuses(page: Page, front: str) -> None:
    make_shirt()

    page.goto(front)
    page.get_by_role("link", name="Shirt").click()
    page.get_by_label("Quantity").fill("99")
    click_button(page, "Add to cart")

    expect(page.get_by_role("alert")).to_have_text("Only 4 unit(s) available")
