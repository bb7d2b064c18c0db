"""The steps of a shopper in the storefront.

The steps wait with `wait_for`, which polls more often than `expect`.
"""

import re

from playwright.sync_api import BrowserContext, Locator, Page

from accounts.tests.factories import PASSWORD
from orders.models import Order
from products.models import Product

ADDRESS = {
    "Name": "Ada Lovelace",
    "Phone": "+44 20 7946 0958",
    "Country": "United Kingdom",
    "Street and number": "12 St James's Square",
    "Postal code": "SW1Y 4JH",
    "Town or city": "London",
}
EMAIL = "ada@example.com"


def block_storage(context: BrowserContext) -> None:
    """Block local and session storage, as a browser setting does; cookies still work."""
    refuse = "get() { throw new DOMException('The user said no', 'SecurityError'); }"
    for name in ("localStorage", "sessionStorage"):
        context.add_init_script(f"Object.defineProperty(globalThis, '{name}', {{ {refuse} }})")


def wait_for_heading(page: Page, text: str) -> None:
    """Wait until a page with this heading is shown."""
    page.get_by_role("heading", level=1, name=text, exact=True).wait_for()


def click_button(page: Page | Locator, name: str) -> None:
    """Bring the tab to the front, because background tabs render slowly, and click a button."""
    (page if isinstance(page, Page) else page.page).bring_to_front()
    page.get_by_role("button", name=name, exact=True).click()


def wait_for_notice(page: Page, text: str) -> None:
    """Wait until this notice is shown above the page."""
    page.locator("#notices").get_by_text(text).first.wait_for()


def wait_for_cart_count(page: Page, units: int) -> None:
    """Wait until the cart badge shows this number of units, or is hidden if it is 0."""
    if units:
        page.locator("#cart-count", has_text=re.compile(f"^{units}$")).wait_for()
    else:
        page.locator("#cart-count").wait_for(state="hidden")


def add_to_cart(page: Page, product: Product, units: int = 1) -> None:
    """Add units of a product to the cart on its page."""
    page.goto(f"/product/{product.slug}")
    page.get_by_label("Quantity").fill(str(units))
    click_button(page, "Add to cart")
    wait_for_notice(page, "Item added to cart successfully.")


def add_to_cart_by_api(page: Page, product: Product, units: int = 1) -> None:
    """Add units of a product to this browser's cart through the API, which is faster than the page."""
    match = re.search(r'name="shop-api" content="([^"]+)"', page.request.get("/").text())
    assert match is not None
    response = page.request.post(f"{match[1]}/cart/add/", data={"product_id": product.pk, "quantity": units})
    assert response.status == 201


def fill_address(page: Page, **fields: str) -> None:
    """Fill in contact and address on the checkout page."""
    for label, text in {**ADDRESS, "E-mail": EMAIL, **fields}.items():
        control = page.get_by_label(label, exact=True)
        if label == "Country":
            control.select_option(label=text)
        else:
            control.fill(text)


def place_order(page: Page, method: str = "By card") -> None:
    """Order the cart's contents."""
    page.goto("/checkout")
    wait_for_heading(page, "Checkout")
    fill_address(page)
    page.get_by_label(method).check()
    click_button(page, "Place order")


def wait_for_order(page: Page, status: str) -> Order:
    """Wait until an order's page shows this status, and return the order."""
    page.locator("#order-status", has_text=re.compile(f"^{re.escape(status)}$")).wait_for()
    number = page.locator("h1").inner_text().removeprefix("Order ")
    return Order.objects.get(number=number)


def sign_in(page: Page, email: str = EMAIL, password: str = PASSWORD, address: str = "/sign-in") -> None:
    """Sign in with a password."""
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    click_button(page.locator("main form").first, "Sign in")
    page.locator("#account-link:not(:text('Sign in'))").wait_for()
