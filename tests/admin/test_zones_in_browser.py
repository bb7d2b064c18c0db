"""Shipping zones and service areas in a real browser: a zone with two methods, an address that is tried, a carrier's list"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from pricing.models import ServiceArea, ShippingMethod
from pricing.tests.zones import make_area, make_zone
from tests.admin.staff_browser import open_admin
from tests.admin.zone_pages import AREAS, TRY, UPLOAD, ZONES
from tests.axe import find_violations
from tests.browser import launch_chromium

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
LONG_NAME = "Mumbai, Pune and all places between them that our own riders reach before noon, without the islands"
LIST = "Pincode,Prepaid,COD,TAT\n411001,Y,N,3\n600001,Y,Y,4\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


def test_a_zone_with_two_methods_is_created_and_tried(browser: Browser, live_server: LiveServer) -> None:
    page = open_admin(browser, live_server)
    page.get_by_role("link", name="Shipping zones", exact=True).click()
    page.get_by_role("link", name="Add shipping zone").first.click()
    page.locator("#id_name").fill("Pune")
    page.get_by_label("Countries").fill("India")
    page.get_by_label("Postal codes from").fill("411 001")
    page.get_by_label("Postal codes to").fill("411 062")
    page.locator("#id_methods-0-name").fill("Bike")
    page.locator("#id_methods-0-price").fill("49")
    page.get_by_role("link", name="Add another shipping method").click()
    page.locator("#id_methods-1-name").fill("Van")
    page.locator("#id_methods-1-price").fill("99")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    page.get_by_role("link", name="Try an address").click()
    page.get_by_label("Postal code").fill("411001")
    page.get_by_role("button", name="Try it").click()

    expect(page.get_by_role("row", name="Bike (bike)").get_by_text("₹49.00")).to_be_visible()
    expect(page.get_by_role("row", name="Pune").get_by_text("used")).to_be_visible()
    assert list(ShippingMethod.objects.values_list("code", flat=True)) == ["bike", "van"]
    page.context.close()


def test_a_list_is_uploaded_after_its_preview(browser: Browser, live_server: LiveServer) -> None:
    make_area("560001")
    page = open_admin(browser, live_server)
    page.get_by_role("link", name="Service areas", exact=True).click()
    page.get_by_role("link", name="Upload a list").click()
    page.locator("input[type=file]").set_input_files({"name": "post.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    page.get_by_label("Carrier").fill("Post")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("row", name="560001")).to_be_visible()
    page.get_by_role("button", name="Change the service areas").click()

    expect(page.get_by_text("Service areas: 2 added, 0 changed, 1 removed, 0 unchanged.")).to_be_visible()
    assert list(ServiceArea.objects.values_list("postal_code", flat=True)) == ["411001", "600001"]
    page.context.close()


@pytest.mark.node
@pytest.mark.parametrize(("colours", "width"), [("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)])
def test_the_pages_of_zones_fit_and_hold_wcag_aa(
    browser: Browser, live_server: LiveServer, packages: Path, colours: str, width: int
) -> None:
    zone = make_zone(LONG_NAME[:100], countries=["IN", "NP", "LK", "BD"], methods={"a" * 40: {"name": LONG_NAME[:100]}})
    make_zone("Nowhere", methods={})
    area = make_area("411001", carrier="W" * 60)
    page = open_admin(browser, live_server, colours, width)
    problems = []

    zone_pages = (ZONES, f"{ZONES}add/", f"{ZONES}{zone.pk}/change/", f"{ZONES}{zone.pk}/delete/")
    area_pages = (AREAS, f"{AREAS}add/", f"{AREAS}{area.pk}/change/", UPLOAD)
    for path in (*zone_pages, f"{TRY}?market=in&postal_code=411001", *area_pages, "preview"):
        if path == "preview":
            page.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
            page.get_by_role("button", name="Preview").click()
            expect(page.get_by_text("unchanged")).to_be_visible()
        else:
            page.goto(path)
        problems += [f"{path} {problem}" for problem in find_violations(page, packages)]
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{path} is {wide} pixels too wide")

    assert not problems, "\n".join(problems)
    page.context.close()
