"""The pages of packing in a real browser, on a phone and on a desktop"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import outcomes, packing, sending, tracking
from orders.models import Order, OrderEvent, Payment, Shipment
from orders.tests.parcels.parcels import STAFF
from tests.admin.order_pages import ORDERS, copy_orders, make_cash_order
from tests.admin.staff_browser import MEASURE_LIST, open_admin
from tests.axe import find_violations
from tests.browser import launch_chromium

TO_PACK = f"{ORDERS}?todo=to_pack"
ONE_LINERS = "#payments-group :is(.field-state, .field-captured) .readonly"
COUNT_LINES = """cells => cells.map((cell) =>
  [cell.textContent, Math.round(cell.offsetHeight / parseFloat(getComputedStyle(cell).lineHeight))])"""
GET_LABEL = "cell => getComputedStyle(cell, '::before').textTransform === 'none' ? getComputedStyle(cell, '::before').content : ''"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("colours", "width"), [("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)])
def test_the_pages_of_packing_fit_and_hold_wcag_aa(
    browser: Browser, live_server: LiveServer, packages: Path, colours: str, width: int
) -> None:
    order = make_cash_order(name="Aishwarya Venkataraman Krishnamurthy", note="Ring twice")
    order.items.filter(sku="LAMP").update(name="Lamp with a very long name – red, large, with a shade of linen")
    Order.objects.update(
        attention="late_payment", subtotal="123456.00", total="123456.00", address={**order.address, "city": "Thiruvananthapuram"}
    )
    OrderEvent.objects.create(order=order, kind="note", actor_kind="staff", data={"text": "The bell rings twice"})
    ids = {"payment_intent": f"pi_{'0' * 24}", "session_id": f"cs_test_{'0' * 58}"}
    Payment.objects.update(state="succeeded", captured_minor=12345600, **ids)
    copy_orders(order, 2)
    page = open_admin(browser, live_server, colours, width)
    problems = []

    for path in (TO_PACK, *(f"{ORDERS}{order.pk}/{name}/" for name in ("change", "action/address", "action/message", "slip"))):
        page.goto(path)
        problems += [f"{path} {problem}" for problem in find_violations(page, packages)]
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{path} is {wide} pixels too wide")
        if path == TO_PACK and (wide := page.evaluate(MEASURE_LIST)) > 0:
            problems.append(f"the list is {wide} pixels too wide")

        if path.endswith("/change/"):
            rows = page.locator(ONE_LINERS).evaluate_all(COUNT_LINES)
            problems += [f"{text} is on {lines} lines" for text, lines in rows if lines > 1]
            problems += [] if len(rows) == 2 else ["the payment is missing"]
        if path == TO_PACK and width < 1024:
            assert page.locator("#result_list td[data-label]").first.evaluate(GET_LABEL) == '"Select record"'

    assert problems == []
    page.context.close()


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("colours", "width"), [("light", 390), ("dark", 1280)])
def test_the_pages_of_parcels_and_their_cash_fit_and_hold_wcag_aa(
    browser: Browser, live_server: LiveServer, packages: Path, colours: str, width: int
) -> None:
    failed, back, delivered, waiting = copy_orders(make_cash_order(), 4)
    for order in (failed, back, delivered):
        parcel = packing.pack_parcel(STAFF, order.pk)
        assert parcel is not None
        sending.ship_parcel(STAFF, parcel.pk, carrier="Speed Post", tracking_number=f"EE0000{parcel.pk:05}IN")
        tracking.record_events(parcel.pk, [CarrierEvent("1", "in_transit", timezone.now(), "Item booked")])
    parcels = {parcel.order_id: parcel.pk for parcel in Shipment.objects.all()}
    outcomes.fail_parcel(STAFF, parcels[failed.pk], "nobody was at home")
    outcomes.start_return(STAFF, parcels[back.pk])
    outcomes.deliver_parcel(STAFF, parcels[delivered.pk], collected=100)
    page = open_admin(browser, live_server, colours, width)
    problems = []

    for path in (
        *("", f"{parcels[failed.pk]}/change/", f"{parcels[delivered.pk]}/action/cash/", f"{parcels[failed.pk]}/action/deliver/"),
        *(f"{parcels[back.pk]}/action/back/", "upload/", f"ship/?orders={waiting.pk}", f"../order/{failed.pk}/change/"),
        *("../cashparcel/", "../remittance/", "../remittanceline/", "../remittance/upload/"),
    ):
        page.goto(f"/admin/orders/shipment/{path}")
        problems += [f"{path} {problem}" for problem in find_violations(page, packages)]
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{path} is {wide} pixels too wide")

    assert problems == []
    page.context.close()
