"""/admin/ in a real browser: every page without errors or foreign requests, controls with names, an order sent by clicks"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.tests.factories import make_user, sign_in
from carts.models import WishlistItem
from carts.tests.factories import add_to_cart
from core.actors import SYSTEM
from core.models import Job, ShopSetting
from core.shop_settings.services import save_settings
from orders.fulfilment import shipping
from orders.models import Order, Redemption, Refund
from orders.tests.factories import customer, placed
from pricing.tests.factories import make_promotion
from products.models import Product, Variant
from products.tests.factories import add_picture, make_category, make_product
from tests.axe import find_violations
from tests.browser import launch_chromium
from tests.schema_client import SchemaClient

PASSWORD = "a staff of oak"
FIND_UNNAMED_CONTROLS = """() => {
  const words = (one) => {
    const copy = one.cloneNode(true);
    for (const icon of copy.querySelectorAll(".material-symbols-outlined, script")) icon.remove();
    return copy.textContent + [...copy.querySelectorAll("img, [aria-label]")].map((part) => part.ariaLabel ?? part.alt).join("");
  };
  const names = (one) => [one.ariaLabel, one.title, one.getAttribute("aria-labelledby"), words(one),
    ...[...(one.labels ?? [])].map(words)];
  return [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
    .filter((one) => !names(one).some((name) => name?.trim()))
    .map((one) => one.outerHTML.slice(0, 200));
}"""

SETTINGS = "/admin/core/shopsetting/"
SETTINGS_PAGES = (SETTINGS, f"{SETTINGS}mail/", f"{SETTINGS}mail/order_paid/", "/admin/core/shopsettingchange/")
AXIS_COLOUR = "Chart.getChart(document.querySelector('canvas.chart')).scales.x.options.ticks.color"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


class MonitoredTab:
    """A tab that records its errors."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site, self.wrong = page, site, list[str]()
        page.on("console", lambda message: self.note(message.type, message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.note("error", str(error)))
        page.on("request", self.is_own)
        page.on("requestfailed", self.has_failed)
        page.on("response", lambda response: self.note(str(response.status), response.url) if response.status >= 400 else None)

    def note(self, kind: str, text: str) -> None:
        """Record a problem."""
        self.wrong.append(f"{self.page.url}: {kind} {text}")

    def is_own(self, request: Request) -> None:
        """Record a request to another host."""
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.note("foreign", request.url)

    def has_failed(self, request: Request) -> None:
        """Record a failed request, unless navigation aborted it."""
        if request.failure != "net::ERR_ABORTED":
            self.note("failed", request.url)

    def open(self, path: str) -> None:
        """Open a page of the admin with all its resources, and look for controls without a name."""
        self.page.goto(self.site + path)
        for control in self.page.evaluate(FIND_UNNAMED_CONTROLS):
            self.note("nameless", control)


@pytest.fixture(params=[("dark", 1280)])
def tab(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[MonitoredTab]:
    """A tab in which a member of staff has signed in; the parameter is its colour scheme and its width in pixels."""
    User.objects.create_superuser("staff@example.com", PASSWORD)
    colours, width = request.param
    context = browser.new_context(color_scheme=colours, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = MonitoredTab(context.new_page(), live_server.url)
    watched.open("/admin/login/")
    watched.page.get_by_label("Email").fill("staff@example.com")
    watched.page.get_by_label("Password").fill(PASSWORD)
    watched.page.get_by_role("button", name="Log in").click()
    expect(watched.page).to_have_url(f"{live_server.url}/admin/")
    yield watched
    context.close()
    assert watched.wrong == []


@pytest.fixture
def order(live_server: LiveServer) -> Order:
    """An order of two lamps, in a shop with at least one row of every kind."""
    lamp = make_product("Lamp", sku="LAMP", stock=5, prices={"us": "2.00"}, category=make_category())
    add_picture(lamp)
    ada = make_user()
    sign_in()
    WishlistItem.objects.create(user=ada, product=lamp)
    Job.objects.create(kind="mail", last_error="nobody answers")
    client = customer("grace@example.com")
    add_to_cart(client, lamp, 2)
    placed(client, name="Grace")
    Order.objects.update(attention="late_payment")
    promotion = make_promotion(code="SUMMER")
    Redemption.objects.create(promotion=promotion, code=promotion.codes.get(), order=Order.objects.get(), state="used")
    return Order.objects.get()


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_every_page_works_without_errors_and_asks_no_other_host(tab: MonitoredTab, order: Order) -> None:
    tab.open("/admin/")
    for model, pages in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        tab.open(reverse(f"{name}_changelist"))
        row = model._default_manager.first()
        if row is not None:
            tab.open(reverse(f"{name}_change", args=[row.pk]))
        if pages.add_form_template is None and name.split("_")[-1] in ("product", "category", "promotion", "user", "group"):
            tab.open(reverse(f"{name}_add"))
    for path in ("action/ship/", "action/cancel/", "action/refund/", "slip/", "history/"):
        tab.open(f"/admin/orders/order/{order.pk}/{path}")
    tab.open("/admin/password_change/")


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tab", [("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)], indirect=True)
def test_the_pages_of_every_day_fit_and_hold_wcag_aa(tab: MonitoredTab, order: Order, packages: Path) -> None:
    product, ordered = f"/admin/products/product/{Product.objects.get().pk}/change/", f"/admin/orders/order/{order.pk}/"
    lists: tuple[str, ...] = (
        "/admin/orders/order/",
        "/admin/products/product/",
        "/admin/products/stockofvariant/",
        *SETTINGS_PAGES,
    )
    save_settings(SYSTEM, {"shop_address": "12 Hill Road\nMumbai", "mail.order_paid.intro": "Hello {name}"}, last_change=0)
    guest = SchemaClient()
    add_to_cart(guest, Product.objects.get())
    of_guest = f"/admin/orders/guest/{placed(guest, name='Eve', email='eve@example.com')['id']}/"
    of_customer = f"/admin/accounts/customer/{order.user_id}/"
    lists += ("/admin/accounts/customer/", "/admin/orders/guest/", "/admin/orders/blockedcontact/", "/admin/accounts/user/")
    people = (f"{of_customer}change/", f"{of_customer}action/ban/", f"{of_guest}change/", f"{of_guest}action/block/")
    problems = []

    actions = (f"{ordered}action/refund/", f"{ordered}action/cancel/")
    for path in ("/admin/", *lists, product, f"{ordered}change/", *actions, *people):
        tab.open(path)
        problems += [f"{path} {problem}" for problem in find_violations(tab.page, packages)]
        if (wide := tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{path} is {wide} pixels too wide")

    assert problems == []


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_phone_shows_the_first_three_of_the_newest_orders_and_a_link_to_all(tab: MonitoredTab, order: Order) -> None:
    lamp = make_product("Second lamp", stock=9)
    numbers = [order.number]
    for name in ("ada", "eve", "joan", "mary"):
        client = customer(f"{name}@buyers.example")
        add_to_cart(client, lamp)
        numbers.insert(0, placed(client)["number"])
    newest = tab.page.locator(".shop-wide", has_text="Newest orders")

    tab.open("/admin/")
    for number in numbers:
        expect(newest.get_by_text(number)).to_be_visible()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    for number in numbers[:3]:
        expect(newest.get_by_text(number)).to_be_visible()
    for number in numbers[3:]:
        expect(newest.get_by_text(number)).to_be_hidden()
    newest.get_by_role("link", name="Show all").click()

    expect(tab.page).to_have_url(f"{tab.site}/admin/orders/order/")


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_an_order_is_sent_by_clicks(tab: MonitoredTab, order: Order) -> None:
    page = tab.page
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_role("button", name="Ship", exact=True).click()

    expect(page.get_by_text("The order is marked as shipped, and the customer is notified.")).to_be_visible()
    expect(page.get_by_role("link", name="Mark as delivered")).to_be_visible()
    assert Order.objects.get().status == "shipped"


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_going_back_after_a_refund_shows_an_empty_form_and_the_refund(tab: MonitoredTab, order: Order) -> None:
    for act in (shipping.ship_order, shipping.deliver_order):
        act(SYSTEM, order.pk)
    page = tab.page
    tab.open(f"/admin/orders/order/{order.pk}/action/refund/")
    page.get_by_label("Amount").fill("10")
    page.get_by_label("Reason").fill("a scratch")
    page.get_by_role("button", name="Refund", exact=True).click()
    expect(page.get_by_text("₹10.00: the refund is Succeeded.")).to_be_visible()

    page.go_back()
    expect(page.get_by_text("Refunds so far: ₹10.00 Succeeded (staff).")).to_be_visible()
    page.get_by_role("button", name="Refund", exact=True).click()

    expect(page.get_by_text("This field is required.")).to_be_visible()
    assert Refund.objects.count() == 1


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_variant_is_added_to_a_product_by_clicks(tab: MonitoredTab, order: Order) -> None:
    page = tab.page
    tab.open(f"/admin/products/product/{Product.objects.get().pk}/change/")
    page.get_by_text("Add another variant").click()
    for name, value in (("sku", "LAMP-2"), ("name", "Red"), ("price", "25.00"), ("on_hand", "4")):
        page.locator(f"#id_variants-1-{name}").fill(value)
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    variant = Variant.objects.get(sku="LAMP-2")
    assert (variant.name, variant.stock, variant.is_active) == ("Red", 4, True)


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_text_of_a_mail_is_previewed_and_saved_by_clicks(tab: MonitoredTab) -> None:
    page = tab.page
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="E-mail texts", exact=True).click()
    page.get_by_role("link", name="Order shipped", exact=True).click()
    page.get_by_label("Intro").fill("Hello {name}, {number} <b>left</b>.")
    page.get_by_role("button", name="Preview").click()

    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Hello Ada Lovelace, 261129-4TKQ7 <b>left</b>.")).to_be_visible()
    expect(frame.get_by_text("View your order")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: Order shipped: intro.")).to_be_visible()
    page.get_by_role("button", name="Back to default").click()
    expect(page.get_by_text("The default text is used again.")).to_be_visible()
    assert not ShopSetting.objects.exists()


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_theme_follows_the_system_and_the_sidebar_folds(tab: MonitoredTab, order: Order) -> None:
    page = tab.page
    html, sidebar = page.locator("html"), page.locator("#nav-sidebar")
    tab.open("/admin/")

    expect(html).to_have_class("dark")
    assert page.evaluate(AXIS_COLOUR) == "#d1d5db"
    page.emulate_media(color_scheme="light")
    tab.open("/admin/")
    expect(html).not_to_have_class("dark")
    assert page.evaluate(AXIS_COLOUR) == "#4b5563"
    page.get_by_text("dock_to_right").first.click()
    expect(sidebar).to_be_hidden()
    tab.open("/admin/products/product/")
    expect(sidebar).to_be_hidden()


def test_no_page_may_evaluate_text_or_run_a_script_of_its_own() -> None:
    policy = Client().get("/admin/login/")["Content-Security-Policy"]

    assert "default-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy


def test_alpine_is_its_build_for_strict_policies() -> None:
    path = finders.find("unfold/js/alpine/alpine.js")

    assert isinstance(path, str)
    assert path.endswith("store/static/unfold/js/alpine/alpine.js")
