"""Steps of work on products in a browser, for tests that show a merchant's day."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.image_files import make_image


def create_product_with_pictures(page: Page, folder: Path, name: str, sku: str, *, price: str, colours: tuple[str, ...]) -> None:
    """Create a simple product with a picture for each colour, and stay on its page."""
    pictures = [folder / f"{colour.lower()}.png" for colour in colours]
    for picture, colour in zip(pictures, colours, strict=True):
        picture.write_bytes(make_image("PNG", (300, 300), colour.lower()))
    page.get_by_role("link", name="Products", exact=True).first.click()
    page.locator('a[href$="/product/add/"]').first.click()
    page.locator("#id_name").fill(name)
    page.locator("#id_new_pictures").set_input_files(pictures)
    expect(page.locator(f'input[value^="{len(colours)} files: {colours[0].lower()}.png, "]')).to_be_visible()
    page.locator("#id_variants-0-sku").fill(sku)
    page.locator("#id_variants-0-price").fill(price)
    page.locator("#id_variants-0-on_hand").fill("0")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    expect(page.locator("#images-group .shop-thumb")).to_have_count(len(colours))


def make_all_combinations(page: Page, options: str, *, stock: str) -> None:
    """Make all combinations of a product whose page is open, with this stock for each new one."""
    page.get_by_role("link", name="Make all combinations").click()
    page.get_by_label("Options").fill(options)
    page.get_by_label("Units on hand of each").fill(stock)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Create variants").click()
    expect(page.get_by_text("created.")).to_be_visible()


def choose_picture_by_option(page: Page, pictures: dict[str, str]) -> None:
    """Choose a picture for each option value, such as Colour: Red, of the product whose page is open."""
    page.get_by_role("link", name="Pictures by option").click()
    for value, picture in pictures.items():
        page.get_by_role("radiogroup", name=f"Picture of {value}").get_by_title(picture).click()
    page.get_by_role("button", name="Set pictures").click()
    expect(page.get_by_text("changed.")).to_be_visible()


def choose_picture(page: Page, sku: str, number: int) -> None:
    """Choose the picture with this number for a variant of the product whose page is open."""
    row = page.locator("#variants-group tr", has=page.locator(f'input[value="{sku}"]'))
    row.locator("summary").click()
    row.locator("details label").nth(number).click()
