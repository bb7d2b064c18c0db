"""What a shopper does in the shop front, as a reader of the page would say it.

What is waited for here is found by `wait_for`, which looks more often than `expect` does.
"""

import re

from playwright.sync_api import BrowserContext, Locator, Page

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


def block_storage(context: BrowserContext) -> None:
    """Let the browser keep nothing but cookies, as one may ask it to."""
    refuse = "get() { throw new DOMException('The user said no', 'SecurityError'); }"
    for name in ("localStorage", "sessionStorage"):
        context.add_init_script(f"Object.defineProperty(globalThis, '{name}', {{ {refuse} }})")


def heading(page: Page, text: str) -> None:
    """Wait until a page with this heading is shown."""
    page.get_by_role("heading", level=1, name=text, exact=True).wait_for()


def press(page: Page | Locator, name: str) -> None:
    """Click a button; a tab behind another would draw, and so answer, ever so slowly."""
    (page if isinstance(page, Page) else page.page).bring_to_front()
    page.get_by_role("button", name=name, exact=True).click()


def says(page: Page, text: str) -> None:
    """Wait until the shop front says this above the page."""
    page.locator("#notices").get_by_text(text).first.wait_for()


def in_cart(page: Page, units: int) -> None:
    """Wait until the badge at the cart shows so many units; none: until it is gone."""
    if units:
        page.locator("#cart-count", has_text=re.compile(f"^{units}$")).wait_for()
    else:
        page.locator("#cart-count").wait_for(state="hidden")


def add(page: Page, product: Product, units: int = 1) -> None:
    """Put units of a product into the cart, on its page."""
    page.goto(f"/product/{product.slug}")
    page.get_by_label("Quantity").fill(str(units))
    press(page, "Add to cart")
    says(page, "Item added to cart successfully.")


def choose(page: Page, product: Product, units: int = 1) -> None:
    """Put units of a product into the cart of this browser without a page, for a test of what comes after."""
    told = re.search(r'name="shop-api" content="([^"]+)"', page.request.get("/").text())
    assert told is not None
    answer = page.request.post(f"{told[1]}/cart/add/", data={"product_id": product.pk, "quantity": units})
    assert answer.status == 201


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
    page.locator("#order-status", has_text=re.compile(f"^{re.escape(status)}$")).wait_for()
    number = page.locator("h1").inner_text().removeprefix("Order ")
    return Order.objects.get(number=number)


def sign_in(page: Page, email: str = EMAIL, password: str = PASSWORD, address: str = "/sign-in") -> None:
    """Sign in by password."""
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    press(page.locator("main form").first, "Sign in")
    page.locator("#account-link:not(:text('Sign in'))").wait_for()
