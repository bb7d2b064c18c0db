"""What a shopper does in the shop front, as a reader of the page would say it."""

from playwright.sync_api import Locator, Page, expect

from accounts.tests.factories import PASSWORD
from orders.models import Order
from products.models import Product

ADDRESS = {
    "Name": "Ada Lovelace",
    "Street and number": "12 St James's Square",
    "Postal code": "SW1Y 4JH",
    "City": "London",
    "Country": "GB",
}
EMAIL = "ada@example.com"


def heading(page: Page, text: str) -> None:
    """Wait until a page with this heading is shown."""
    expect(page.get_by_role("heading", level=1, name=text, exact=True)).to_be_visible()


def press(page: Page | Locator, name: str) -> None:
    """Click a button."""
    page.get_by_role("button", name=name, exact=True).click()


def says(page: Page, text: str) -> None:
    """Wait until the shop front says this above the page."""
    expect(page.locator("#notices")).to_contain_text(text)


def in_cart(page: Page, units: int) -> None:
    """Wait until the badge at the cart shows so many units; none: until it is gone."""
    badge = page.locator("#cart-count")
    if units:
        expect(badge).to_have_text(str(units))
    else:
        expect(badge).to_be_hidden()


def add(page: Page, product: Product, units: int = 1) -> None:
    """Put units of a product into the cart, on its page."""
    page.goto(f"/product/{product.slug}")
    page.get_by_label("Quantity").fill(str(units))
    press(page, "Add to cart")
    says(page, "Item added to cart successfully.")


def fill_address(page: Page, **given: str) -> None:
    """Say where to and to whom, on the checkout page."""
    for label, text in {**ADDRESS, "E-mail": EMAIL, **given}.items():
        page.get_by_label(label, exact=True).fill(text)


def place(page: Page, method: str = "By card") -> None:
    """Order what lies in the cart."""
    page.goto("/checkout")
    heading(page, "Checkout")
    fill_address(page)
    page.get_by_label(method).check()
    press(page, "Place order")


def ordered(page: Page, status: str) -> Order:
    """Wait until the page of an order says this, and return the order."""
    expect(page.locator("#order-status")).to_have_text(status)
    number = page.locator("h1").inner_text().removeprefix("Order ")
    return Order.objects.get(number=number)


def sign_in(page: Page, email: str = EMAIL, password: str = PASSWORD, address: str = "/sign-in") -> None:
    """Sign in by password."""
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    press(page.locator("main form").first, "Sign in")
    expect(page.locator("#account-link")).not_to_have_text("Sign in")
