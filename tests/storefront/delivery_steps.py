"""The steps of a shopper who has things delivered, in the storefront."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from products.models import Product
from tests.storefront.steps import (
    add_to_cart_by_api,
    click_button,
    wait_for_heading,
)

MALFORMED = "Enter a valid postal code"
TOTAL = ".summary .sums div:last-child dd"
PUNE = {"Country": "India", "PIN code": "411001", "City": "Pune", "State": "Maharashtra"}
LEH = {"Country": "India", "PIN code": "194101", "City": "Leh", "State": "Ladakh"}
KOCHI = {"Country": "India", "PIN code": "682016", "City": "Kochi", "State": "Kerala"}


def format_dates(first: int, last: int | None = None) -> str:
    """Return the date in so many days, or a range of dates, as the pages show it."""
    begin, end = (timezone.localdate() + timedelta(days=days) for days in (first, first if last is None else last))
    if begin == end:
        return f"{begin:%B %-d}"
    return f"{begin:%B %-d} – {end:%-d}" if begin.month == end.month else f"{begin:%B %-d} – {end:%B %-d}"


def get_region(page: Page, name: str) -> Locator:
    """Return the section with this heading."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=name, exact=True))


def check_place(page: Page, postal_code: str, *, country: str = "India", label: str = "PIN code") -> Locator:
    """Ask on a product's page for delivery to a place; return the section."""
    section = get_region(page, "Delivery")
    section.get_by_label("Country").select_option(label=country)
    section.get_by_label(label).fill(postal_code)
    click_button(section, "Check")
    return section


def open_checkout(page: Page, product: Product, fields: dict[str, str], *, units: int = 1) -> None:
    """Add units to the cart and fill in the checkout page."""
    add_to_cart_by_api(page, product, units)
    page.goto("/checkout")
    wait_for_heading(page, "Checkout")
    fill_place(page, fields)


def fill_place(page: Page, fields: dict[str, str]) -> None:
    """Fill in name, contact and address, whose fields are those of its country."""
    page.get_by_label("Country", exact=True).select_option(label=fields["Country"])
    for label, text in {
        **{"Name": "Ada Lovelace", "Phone": "+44 20 7946 0958", "E-mail": "ada@example.com", "Street and number": "12 Hill Road"},
        **fields,
    }.items():
        if label != "Country":
            page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Street and number", exact=True).focus()


def list_options(page: Page, group: str) -> list[str]:
    """Return the texts of the options of a group."""
    return [" ".join(text.split()) for text in page.get_by_role("group", name=group).locator("label").all_inner_texts()]


def wait_for_total(page: Page, total: str) -> None:
    """Wait until the order's total is this."""
    expect(page.locator(TOTAL)).to_have_text(total)


def wait_for_changes(page: Page, *texts: str) -> None:
    """Wait until the page's alert names exactly these changes."""
    alert = page.get_by_role("alert").filter(has_text="your order was not placed")
    expect(alert.locator("li")).to_have_text(list(texts))
