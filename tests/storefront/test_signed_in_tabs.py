"""Signed-in sessions: in two tabs, with an expired access cookie, after their end, and seen from a foreign page"""

import json
import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, BrowserContext, Error, Page, Route, expect

from accounts.models import AuthSession, User
from accounts.tests.factories import make_expired
from carts.models import CartItem, WishlistItem
from carts.tests.factories import add_to_cart as add_elsewhere
from orders.models import Order
from orders.tests.factories import customer, placed
from products.models import Product
from products.tests.factories import make_product
from tests.browser import serve_folder
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    EMAIL,
    click_button,
    sign_in,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)
from tests.storefront.storefront_server import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
ACCOUNT, REFRESH = "#account-link", "/api/auth/refresh/"


def sign_in_customer(page: Page, address: str = "/orders") -> Order:
    """Sign in Ada, who has ordered a lamp and has another in the cart, and open this page."""
    client, lamp = customer(EMAIL, first_name="Ada"), make_product("Lamp")
    add_elsewhere(client, lamp)
    number = placed(client)["number"]
    add_elsewhere(client, lamp)
    sign_in(page, address=f"/sign-in?next={address}")
    wait_for_cart_count(page, 1)
    expect(page).to_have_url(re.compile(f"{address}$"))
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    return Order.objects.get(number=number)


def expire_access_cookie(context: BrowserContext, storefront: Storefront) -> None:
    """Expire the access cookie."""
    (token,) = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "access_token"]
    context.add_cookies([{"name": "access_token", "value": make_expired(token), "url": storefront.api, "httpOnly": True}])


def refocus_tab(page: Page) -> None:
    """Simulate a return to the tab; headless Chromium treats every tab as visible."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_tabs_that_are_looked_at_again_know_of_the_sign_out_in_another(
    page: Page, context: BrowserContext, monitor: PageMonitor
) -> None:
    order = sign_in_customer(page)
    others = {address: context.new_page() for address in ("/orders", "/account", "/wishlist", f"/orders/{order.number}")}
    for address, tab in others.items():
        tab.goto(address)
        expect(tab.locator(ACCOUNT)).to_have_text("Ada")
    monitor.expected = {401, 404}

    page.goto("/account")
    click_button(page, "Sign out")
    wait_for_heading(page, "Catalog")

    for tab in others.values():
        refocus_tab(tab)
        wait_for_notice(tab, "You have been signed out.")
        expect(
            tab.locator("main").get_by_role("link", name="Sign in").or_(tab.get_by_label("Password", exact=True))
        ).to_be_visible()
        expect(tab.locator(ACCOUNT)).to_have_text("Sign in")
        wait_for_cart_count(tab, 0)
        expect(tab.locator("main")).not_to_contain_text("Lamp")
        expect(tab.locator("main")).not_to_contain_text(EMAIL)


def test_the_next_call_of_the_other_tab_leads_to_the_sign_in(page: Page, context: BrowserContext, monitor: PageMonitor) -> None:
    order = sign_in_customer(page)
    other = context.new_page()
    other.goto(f"/orders/{order.number}")
    expect(other.get_by_role("button", name="Cancel order")).to_be_visible()
    monitor.expected = {401, 404}

    page.goto("/account")
    click_button(page, "Sign out")
    wait_for_heading(page, "Catalog")
    click_button(other, "Cancel order")

    wait_for_heading(other, "Please sign in")
    expect(other.locator("main")).not_to_contain_text("Lamp")
    expect(other.locator(ACCOUNT)).to_have_text("Sign in")
    assert Order.objects.get().status == "processing"
    other.get_by_role("link", name="Sign in").last.click()
    sign_in(other, address=other.url)
    wait_for_order(other, "Being packed – pay on delivery")


def test_a_session_that_was_ended_elsewhere_leads_to_the_sign_in(page: Page, monitor: PageMonitor) -> None:
    sign_in_customer(page, "/account")
    AuthSession.objects.update(revoked_at=timezone.now(), revoke_reason="logout")
    monitor.expected = {401}

    page.get_by_role("link", name="Orders").click()
    wait_for_notice(page, "You have been signed out.")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    expect(page.locator("main")).not_to_contain_text("Lamp")
    sign_in(page)
    wait_for_cart_count(page, 1)
    AuthSession.objects.update(revoked_at=timezone.now(), revoke_reason="logout")

    page.goto("/")

    wait_for_heading(page, "Catalog")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    wait_for_cart_count(page, 0)


def test_an_access_cookie_that_is_over_is_renewed_once_and_unseen(
    page: Page, context: BrowserContext, storefront: Storefront, monitor: PageMonitor
) -> None:
    sign_in_customer(page)
    expire_access_cookie(context, storefront)
    monitor.expected = {401}
    monitor.calls.clear()

    page.goto("/account")

    wait_for_heading(page, "Hello Ada")
    wait_for_cart_count(page, 1)
    assert monitor.count_calls("POST", REFRESH) == 1


def test_of_five_calls_at_once_one_renews_also_where_one_hears_late(
    page: Page, context: BrowserContext, storefront: Storefront, monitor: PageMonitor
) -> None:
    sign_in_customer(page)
    expire_access_cookie(context, storefront)
    monitor.expected = {401}
    held_routes: list[Route] = []
    responses: list[APIResponse] = []

    def hold(route: Route) -> None:
        if held_routes:
            route.continue_()
        else:
            held_routes.append(route)
            responses.append(route.fetch())

    page.route("**/api/auth/me/", hold)
    call = 'shop("GET", "/auth/me/")'
    with page.expect_response(f"**{REFRESH}"):
        page.evaluate(f"import('/state.js').then(({{ shop }}) => {{ globalThis.five = [1, 2, 3, 4, 5].map(() => {call}); }})")
    held_routes[0].fulfill(response=responses[0])

    emails = page.evaluate("Promise.all(five).then((answers) => answers.map(({ data }) => data.email))")
    assert emails == [EMAIL] * 5
    assert monitor.count_calls("POST", REFRESH) == 1
    assert AuthSession.objects.get(revoked_at=None, refresh_no__gt=0).refresh_no == 1


def test_two_tabs_renew_at_once_and_both_stay_signed_in(
    page: Page, context: BrowserContext, storefront: Storefront, monitor: PageMonitor
) -> None:
    sign_in_customer(page)
    other = context.new_page()
    expire_access_cookie(context, storefront)
    monitor.expected = {401}

    for tab in (page, other):
        tab.goto("/account", wait_until="commit")

    for tab in (page, other):
        wait_for_heading(tab, "Hello Ada")
        tab.bring_to_front()
        tab.get_by_role("link", name="Orders").click()
        expect(tab.locator(".line", has_text="Lamp")).to_have_count(1)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_foreign_page_can_neither_read_nor_write_with_her_cookies(
    page: Page, storefront: Storefront, tmp_path: Path, monitor: PageMonitor, host: str
) -> None:
    order = sign_in_customer(page)
    body = json.dumps({"product_id": Product.objects.get().pk, "quantity": 5, "payment_method": "cod", "address": "12 Hill Road"})
    (tmp_path / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>Evil</title>')
    evil = page.context.new_page()

    with serve_folder(tmp_path, host) as origin:
        evil.goto(origin)
        for path in ("auth/me/", "auth/sessions/", "orders/my/", f"orders/{order.number}/", "cart/", "cart/wishlist/"):
            call = f"fetch('{storefront.api}/api/{path}', {{ credentials: 'include' }}).then((answer) => answer.text())"
            with pytest.raises(Error, match="Failed to fetch"):
                evil.evaluate(call)
        writes = (
            *(("POST", "auth/logout/"), ("POST", f"orders/{order.number}/cancel/"), ("DELETE", "auth/me/")),
            *(("POST", "cart/add/"), ("DELETE", "cart/clear/"), ("POST", "cart/wishlist/add/"), ("POST", "orders/create/")),
        )
        for method, path in writes:
            for mode, kind in (("cors", "application/json"), ("no-cors", "text/plain")):
                options = {
                    "method": method,
                    "credentials": "include",
                    "mode": mode,
                    "headers": {"Content-Type": kind},
                    "body": body,
                }
                evil.evaluate(f"fetch('{storefront.api}/api/{path}', {json.dumps(options)}).then(() => null, () => null)")
        evil.evaluate(f"document.body.innerHTML = `<form method=post action='{storefront.api}/api/auth/logout/'></form>`")
        with evil.expect_navigation():
            evil.evaluate("document.forms[0].submit()")

    monitor.problems.clear()
    monitor.error_responses.clear()
    page.reload()
    expect(page.locator(".line")).to_contain_text("Lamp")
    assert Order.objects.get().status == "processing"
    assert User.objects.get().email == EMAIL
    assert CartItem.objects.get().quantity == 1
    assert not WishlistItem.objects.exists()
    assert not AuthSession.objects.exclude(revoked_at=None).exists()
