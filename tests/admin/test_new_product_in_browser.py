"""A new product in a real browser: twelve combinations, pictures, prices; its pages on a phone and on a desktop"""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from products.models import Product, Variant
from tests.admin.product_steps import choose_picture, choose_picture_by_option, create_product_with_pictures, make_all_combinations
from tests.admin.staff_browser import open_admin
from tests.axe import find_violations
from tests.browser import launch_chromium

COLOURS = ("Red", "Blue", "Green", "Black")
PAGES = ("change", "prices", "options", "option-pictures", "combinations", "preview")


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_new_product_gets_twelve_combinations_with_pictures(live_server: LiveServer, packages: Path, tmp_path: Path) -> None:
    with launch_chromium() as browser:
        page = open_admin(browser, live_server)
        create_product_with_pictures(page, tmp_path, "Pocket tee", "TEE", price="899", colours=COLOURS)
        make_all_combinations(page, f"Size: S, M, L\nColour: {', '.join(COLOURS)}", stock="5")
        choose_picture_by_option(page, {f"Colour: {colour}": f"{number}: Pocket tee" for number, colour in enumerate(COLOURS, 1)})
        choose_picture(page, "TEE-M-BLUE", 3)
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        page.get_by_role("link", name="Prices", exact=True).click()
        page.get_by_label("All variants: USD (us): price").fill("12.50")
        page.get_by_role("button", name="Save prices").click()
        expect(page.get_by_text("The prices are saved.")).to_be_visible()

        tee = Product.objects.get()
        assert tee.variants.count() == 12
        assert tee.images.count() == 4
        variant = Variant.objects.select_related("image").get(sku="TEE-M-BLUE")
        assert (variant.name, variant.stock, variant.options) == ("M / Blue", 5, {"Size": "M", "Colour": "Blue"})
        assert (variant.image and variant.image.position, variant.market_prices.get().price) == (2, 12.5)
        assert sorted(tee.variants.values_list("image__position", flat=True)) == [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3]

        problems = []
        for colours, width in (("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)):
            page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
            page.set_viewport_size({"width": width, "height": 900})
            for name in PAGES:
                if name == "preview":
                    page.get_by_label("Options").fill(f"Size: S, XL\nColour: {', '.join(COLOURS)}")
                    page.get_by_role("button", name="Preview").click()
                else:
                    page.goto(f"/admin/products/product/{tee.pk}/{name}/")
                if name == "change":
                    page.locator("details.shop-pick summary").first.click()
                where = f"{name}, {colours}, {width} pixels"
                problems += [f"{where}: {problem}" for problem in find_violations(page, packages)]
                if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                    problems.append(f"{where}: {wide} pixels too wide")
        assert problems == []
