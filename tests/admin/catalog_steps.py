"""What staff do in the catalog in a browser: prices are changed in bulk, and a delivery is received."""

from playwright.sync_api import Page, expect

PRODUCTS = "/admin/products/product/"


def change_prices_in_bulk(page: Page, *names: str) -> None:
    """Lower the prices of these products by 10 per cent, rounded to .99, with a look at the preview."""
    page.goto(PRODUCTS)
    for name in names:
        page.locator("#result_list tr", has=page.get_by_role("link", name=name, exact=True)).locator("input.action-select").check()
    page.locator("select[name=action]").select_option(label="Change prices")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("By").fill("10")
    page.get_by_label("Rounding").select_option(label="ending in .99")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    page.get_by_role("button", name="Change ").click()
    expect(page.get_by_role("heading", name="The prices are changed")).to_be_visible()


def receive_delivery(page: Page, reference: str, units: dict[str, int]) -> None:
    """Receive a delivery as with a scanner: each SKU and each number of units ends with Enter."""
    page.goto(PRODUCTS)
    page.get_by_role("link", name="Receive a delivery").click()
    page.get_by_label("Reference").fill(reference)
    page.get_by_label("SKU, line 1").focus()
    for sku, number in units.items():
        for typed in (sku, str(number)):
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Receive ").click()
    expect(page.get_by_text(f"{reference}: ")).to_be_visible()


def correct_stock_in_the_list(page: Page, name: str, units: int) -> None:
    """Type another number of units into the list, and save it with Enter."""
    page.goto(PRODUCTS)
    page.get_by_label(f"Stock of {name}", exact=True).fill(str(units))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 product saved.")).to_be_visible()
