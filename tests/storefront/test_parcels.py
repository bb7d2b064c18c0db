"""The parcels of an order on its page and in the list of orders"""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from orders.carriers import links
from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import outcomes, tracking
from orders.models import Order, Payment, Shipment
from orders.tests.parcels.parcels import STAFF, get_item, make_cash_order, pack, send
from tests.storefront.screen_sizes import DESKTOP, PHONE
from tests.storefront.steps import sign_in, wait_for_order

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
TRACKING_PAGE = "https://post.example/track/"


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch, page: Page) -> Order:
    """A Cash on Delivery order of three lamps and a chair, whose buyer is signed in."""
    monkeypatch.setattr(links, "get_tracking_url", lambda carrier, number: TRACKING_PAGE + number if number else None)
    order = make_cash_order()
    sign_in(page)
    return order


def report(shipment: Shipment, *texts: str) -> None:
    """Let the carrier report these events of a parcel, an hour apart."""
    start = timezone.now() - timedelta(hours=len(texts))
    events = [CarrierEvent(str(n), "in_transit", start + timedelta(hours=n), text) for n, text in enumerate(texts)]
    tracking.record_events(shipment.pk, events)


def check_width(page: Page) -> None:
    """Check that nothing of the page is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_a_part_is_on_its_way_and_the_rest_follows(page: Page, order: Order, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    shipment = send(order, lamp=2)
    report(shipment, "Received", "Sorted in Mumbai", "Left Mumbai", "Arrived in Pune", "With the driver")
    pack(order)

    page.goto(f"/orders/{order.number}")

    wait_for_order(page, "Partly sent – pay on delivery")
    first, second = page.locator(".parcel").all()
    expect(page.locator("#parcels")).to_contain_text("The rest follows.")
    expect(first).to_contain_text("Parcel 1On its way2 × Lamp")
    link = first.get_by_role("link", name=f"{order.number}-1")
    expect(link).to_have_attribute("href", f"{TRACKING_PAGE}{order.number}-1")
    shown = [text for text in first.locator(".events li").all_inner_texts() if text]
    assert [text.split("\n")[0] for text in shown[:3]] == ["With the driver", "Arrived in Pune", "Left Mumbai"]
    expect(first.get_by_text("Sorted in Mumbai")).not_to_be_visible()
    first.get_by_text("Earlier events (2)").click()
    expect(first.get_by_text("Sorted in Mumbai")).to_be_visible()
    expect(second).to_contain_text("Parcel 2Packed1 × Lamp, 1 × Chair")
    expect(page.get_by_role("button", name="Cancel order")).to_have_count(0)
    check_width(page)
    page.goto("/orders")
    expect(page.locator(".line")).to_contain_text("Partly sent – pay on delivery")


def test_a_part_has_arrived_and_is_paid(page: Page, order: Order) -> None:
    first = send(order, lamp=2)
    outcomes.deliver_parcel(STAFF, first.pk)
    page.goto(f"/orders/{order.number}")
    wait_for_order(page, "Partly delivered – partly paid, pay the rest on delivery")
    second = send(order)
    page.reload()
    wait_for_order(page, "Partly delivered – partly paid, pay the rest on delivery")
    expect(page.locator("#parcels")).not_to_contain_text("The rest follows.")

    outcomes.deliver_parcel(STAFF, second.pk)
    page.reload()

    wait_for_order(page, "Delivered – paid")


def test_cash_that_is_short_leaves_the_order_partly_paid(page: Page, order: Order) -> None:
    outcomes.deliver_parcel(STAFF, send(order).pk, refused={get_item(order, "CHAIR"): 1}, collected=5000)

    page.goto(f"/orders/{order.number}")

    wait_for_order(page, "Delivered – partly paid")


def test_a_parcel_fails_and_comes_back_with_nothing_to_pay(page: Page, order: Order) -> None:
    shipment = send(order)
    outcomes.fail_parcel(STAFF, shipment.pk)
    page.goto(f"/orders/{order.number}")
    wait_for_order(page, "On its way – pay on delivery")
    expect(page.locator(".parcel")).to_contain_text("Not delivered yetThe carrier will try again, or get in touch with you.")

    outcomes.receive_parcel(STAFF, shipment.pk)
    page.reload()

    wait_for_order(page, "Came back to us – nothing to pay")
    expect(page.locator(".parcel")).to_contain_text("There is nothing to pay for it.")


def test_a_paid_parcel_that_came_back_is_made_up_for(page: Page, order: Order) -> None:
    Order.objects.update(payment_method="stripe", paid_at=timezone.now())
    Payment.objects.update(provider="stripe", state="succeeded", captured_minor=7000)
    outcomes.receive_parcel(STAFF, send(order).pk)
    page.goto(f"/orders/{order.number}")
    wait_for_order(page, "Came back to us – paid")
    note = "We will get in touch with you about a refund, or about sending it again."
    expect(page.locator(".parcel")).to_contain_text(note)

    send(order)
    page.reload()

    wait_for_order(page, "On its way – paid")
    expect(page.locator("#parcels")).not_to_contain_text(note)


def test_a_parcel_without_number_or_link_shows_neither(page: Page, order: Order) -> None:
    pack(order)

    page.goto(f"/orders/{order.number}")

    wait_for_order(page, "Being packed – pay on delivery")
    expect(page.locator(".parcel")).to_have_text("Packed3 × Lamp, 1 × Chair")
