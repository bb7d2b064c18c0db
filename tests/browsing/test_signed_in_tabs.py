"""Being signed in: in two tabs, with an access cookie that is over, with a session that is ended, and seen from a foreign page"""

import json
import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, BrowserContext, Error, Page, Route, expect

from accounts.models import AuthSession, User
from accounts.tests.factories import expired
from carts.models import CartItem, WishlistItem
from carts.tests.factories import add as add_elsewhere
from orders.models import Order
from orders.tests.factories import customer, placed
from products.models import Product
from products.tests.factories import make_product
from tests.browser import shop_front
from tests.browsing.front import Front
from tests.browsing.steps import EMAIL, heading, in_cart, ordered, press, says, sign_in
from tests.browsing.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
ACCOUNT, REFRESH = "#account-link", "/api/auth/refresh/"


def customer_with_an_order(page: Page, address: str = "/orders") -> Order:
    """Sign Ada in, who has ordered a lamp and has another in her cart; she is at this address."""
    client, lamp = customer(EMAIL, first_name="Ada"), make_product("Lamp")
    add_elsewhere(client, lamp)
    number = placed(client)["number"]
    add_elsewhere(client, lamp)
    sign_in(page, address=f"/sign-in?next={address}")
    in_cart(page, 1)
    expect(page).to_have_url(re.compile(f"{address}$"))
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    return Order.objects.get(number=number)


def grow_old(context: BrowserContext, front: Front) -> None:
    """Let the access cookie be over."""
    (token,) = [one["value"] for one in context.cookies() if one["name"] == "access_token"]
    context.add_cookies([{"name": "access_token", "value": expired(token), "url": front.api, "httpOnly": True}])


def come_back_to(page: Page) -> None:
    """Let the page be looked at again; Chromium without a window takes every tab for visible."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_tabs_that_are_looked_at_again_know_of_the_sign_out_in_another(page: Page, context: BrowserContext, watch: Watch) -> None:
    order = customer_with_an_order(page)
    others = {address: context.new_page() for address in ("/orders", "/account", "/wishlist", f"/orders/{order.number}")}
    for address, tab in others.items():
        tab.goto(address)
        expect(tab.locator(ACCOUNT)).to_have_text("Ada")
    watch.intended = {401, 404}

    page.goto("/account")
    press(page, "Sign out")
    heading(page, "Catalog")

    for tab in others.values():
        come_back_to(tab)
        says(tab, "You are not signed in any more.")
        expect(
            tab.locator("main").get_by_role("link", name="Sign in").or_(tab.get_by_label("Password", exact=True))
        ).to_be_visible()
        expect(tab.locator(ACCOUNT)).to_have_text("Sign in")
        in_cart(tab, 0)
        expect(tab.locator("main")).not_to_contain_text("Lamp")
        expect(tab.locator("main")).not_to_contain_text(EMAIL)


def test_the_next_call_of_the_other_tab_leads_to_the_sign_in(page: Page, context: BrowserContext, watch: Watch) -> None:
    order = customer_with_an_order(page)
    other = context.new_page()
    other.goto(f"/orders/{order.number}")
    expect(other.get_by_role("button", name="Cancel the order")).to_be_visible()
    watch.intended = {401, 404}

    page.goto("/account")
    press(page, "Sign out")
    heading(page, "Catalog")
    press(other, "Cancel the order")

    heading(other, "Please sign in")
    expect(other.locator("main")).not_to_contain_text("Lamp")
    expect(other.locator(ACCOUNT)).to_have_text("Sign in")
    assert Order.objects.get().status == "processing"
    other.get_by_role("link", name="Sign in").last.click()
    sign_in(other, address=other.url)
    ordered(other, "Being packed – not paid")


def test_a_session_that_was_ended_elsewhere_leads_to_the_sign_in(page: Page, watch: Watch) -> None:
    customer_with_an_order(page, "/account")
    AuthSession.objects.update(revoked_at=timezone.now(), revoke_reason="logout")
    watch.intended = {401}

    page.get_by_role("link", name="Orders").click()
    says(page, "You are not signed in any more.")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    expect(page.locator("main")).not_to_contain_text("Lamp")
    sign_in(page)
    in_cart(page, 1)
    AuthSession.objects.update(revoked_at=timezone.now(), revoke_reason="logout")

    page.goto("/")

    heading(page, "Catalog")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    in_cart(page, 0)


def test_an_access_cookie_that_is_over_is_renewed_once_and_unseen(
    page: Page, context: BrowserContext, front: Front, watch: Watch
) -> None:
    customer_with_an_order(page)
    grow_old(context, front)
    watch.intended = {401}
    watch.calls.clear()

    page.goto("/account")

    heading(page, "Hello Ada")
    in_cart(page, 1)
    assert watch.asked("POST", REFRESH) == 1


def test_of_five_calls_at_once_one_renews_also_where_one_hears_late(
    page: Page, context: BrowserContext, front: Front, watch: Watch
) -> None:
    customer_with_an_order(page)
    grow_old(context, front)
    watch.intended = {401}
    held: list[Route] = []
    answers: list[APIResponse] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)
            answers.append(route.fetch())

    page.route("**/api/auth/me/", hold)
    call = 'shop("GET", "/auth/me/")'
    with page.expect_response(f"**{REFRESH}"):
        page.evaluate(f"import('/state.js').then(({{ shop }}) => {{ globalThis.five = [1, 2, 3, 4, 5].map(() => {call}); }})")
    held[0].fulfill(response=answers[0])

    emails = page.evaluate("Promise.all(five).then((answers) => answers.map(({ data }) => data.email))")
    assert emails == [EMAIL] * 5
    assert watch.asked("POST", REFRESH) == 1
    assert AuthSession.objects.get(revoked_at=None, refresh_no__gt=0).refresh_no == 1


def test_two_tabs_renew_at_once_and_both_stay_signed_in(page: Page, context: BrowserContext, front: Front, watch: Watch) -> None:
    customer_with_an_order(page)
    other = context.new_page()
    grow_old(context, front)
    watch.intended = {401}

    for tab in (page, other):
        tab.goto("/account", wait_until="commit")

    for tab in (page, other):
        heading(tab, "Hello Ada")
        tab.bring_to_front()
        tab.get_by_role("link", name="Orders").click()
        expect(tab.locator(".line", has_text="Lamp")).to_have_count(1)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_foreign_page_can_neither_read_nor_write_with_her_cookies(
    page: Page, front: Front, tmp_path: Path, watch: Watch, host: str
) -> None:
    order = customer_with_an_order(page)
    body = json.dumps({"product_id": Product.objects.get().pk, "quantity": 5, "payment_method": "cod", "address": "12 Hill Road"})
    (tmp_path / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>Evil</title>')
    evil = page.context.new_page()

    with shop_front(tmp_path, host) as origin:
        evil.goto(origin)
        for path in ("auth/me/", "auth/sessions/", "orders/my/", f"orders/{order.number}/", "cart/", "cart/wishlist/"):
            call = f"fetch('{front.api}/api/{path}', {{ credentials: 'include' }}).then((answer) => answer.text())"
            with pytest.raises(Error, match="Failed to fetch"):
                evil.evaluate(call)
        writes = (
            *(("POST", "auth/logout/"), ("POST", f"orders/{order.number}/cancel/"), ("DELETE", "auth/me/")),
            *(("POST", "cart/add/"), ("DELETE", "cart/clear/"), ("POST", "cart/wishlist/add/"), ("POST", "orders/create/")),
        )
        for method, path in writes:
            for mode, kind in (("cors", "application/json"), ("no-cors", "text/plain")):
                given = {"method": method, "credentials": "include", "mode": mode, "headers": {"Content-Type": kind}, "body": body}
                evil.evaluate(f"fetch('{front.api}/api/{path}', {json.dumps(given)}).then(() => null, () => null)")
        evil.evaluate(f"document.body.innerHTML = `<form method=post action='{front.api}/api/auth/logout/'></form>`")
        with evil.expect_navigation():
            evil.evaluate("document.forms[0].submit()")

    watch.wrong.clear()
    watch.refused.clear()
    page.reload()
    expect(page.locator(".line")).to_contain_text("Lamp")
    assert Order.objects.get().status == "processing"
    assert User.objects.get().email == EMAIL
    assert CartItem.objects.get().quantity == 1
    assert not WishlistItem.objects.exists()
    assert not AuthSession.objects.exclude(revoked_at=None).exists()
