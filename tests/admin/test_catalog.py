"""/admin/products/product/ and /admin/products/category/: what a change there writes."""

import re

import pytest
from django.db.models.signals import pre_save
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from products.models import Category, Listing, PriceChange, Product
from products.tests.editors import catalog, detail, facts, history, listed, movements, of, variant
from products.tests.factories import add_picture, change, change_variant, make_category, make_product, make_products, make_variant
from tests.admin.test_admin import product_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """A browser in which staff are signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def save(staff: Client, product: Product, **changed: str) -> int:
    """Send the product's page; names of variant fields begin with `v_`. Returns the status."""
    given = {name.replace("v_", "variants-0-"): value for name, value in changed.items()}
    return staff.post(f"/admin/products/product/{product.pk}/change/", product_form(product, **given)).status_code


def test_a_page_sent_back_as_it_is_changes_nothing(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", prices={"us": "2.00"})
    before = facts()

    assert save(staff, lamp, v_price_us="2.00") == 302

    assert facts() == before


def test_a_changed_price_is_history_in_each_market(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", price="20.00", prices={"us": "2.00"})

    save(staff, lamp, v_price="15.00", v_price_us="1.50")

    assert (history("L-1"), history("L-1", "us")) == (["20.00", "15.00"], ["2.00", "1.50"])
    assert detail(lamp)["lowest_price_30_days"] == "20.00"
    assert detail(lamp, "us")["lowest_price_30_days"] == "2.00"
    assert set(PriceChange.objects.order_by("id")[2:].values_list("user__email", flat=True)) == {"staff@example.com"}


def test_a_new_name_and_text_are_found_and_the_address_stays(staff: Client) -> None:
    lamp = make_product("Lamp", description="Brass")

    save(staff, lamp, name="Kettle", description="Copper", slug="hacked")

    assert [len(listed(search=word)) for word in ("lamp", "brass", "kettle", "copper", "kettel")] == [0, 0, 1, 1, 1]
    assert (detail(lamp)["slug"], Listing.objects.get().sort_name) == ("lamp", "kettle")


def test_category_seller_switch_and_threshold_are_listed_at_once(staff: Client) -> None:
    lamp, shelf, seller = make_product("Lamp"), make_category("Home"), make_user("seller@example.com", first_name="Sam")

    save(staff, lamp, category=str(shelf.pk), seller=str(seller.pk), low_stock_threshold="10")
    shown = listed(category="home")[0]
    assert (shown["seller_name"], shown["is_low_stock"]) == ("Sam", True)
    assert Listing.objects.get().seller_id == seller.pk

    save(staff, lamp, is_active="")
    assert listed() == []


def test_a_compare_at_price_alone_is_no_change_of_price(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")

    save(staff, lamp, v_compare_at_price="30.00")

    assert (detail(lamp)["compare_at_price"], history("L-1"), movements("L-1")) == ("30.00", ["20.00"], [(10, "initial", "")])


def test_stock_below_what_is_reserved_is_told(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")
    change_variant("L-1", reserved=4)
    before = catalog()

    assert save(staff, lamp, v_on_hand="3") == 200
    assert catalog() == before
    assert save(staff, lamp, v_on_hand="4") == 302
    assert movements("L-1") == [(10, "initial", ""), (-6, "correction", "")]


def test_a_taken_sku_is_told(staff: Client) -> None:
    make_product("Mug", sku="TAKEN")
    lamp = make_product("Lamp", sku="L-1")
    before = catalog()

    assert save_named(staff, lamp, "TAKEN") == 200
    assert catalog() == before


def save_named(staff: Client, lamp: Product, sku: str) -> int:
    """Send the page with another SKU."""
    return save(staff, lamp, v_sku=sku)


def test_the_price_of_none_in_a_market_takes_it_off(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", prices={"us": "2.00"})

    save(staff, lamp, v_price_us="")

    assert (listed("us"), history("L-1", "us"), len(listed())) == ([], ["2.00", None], 1)


def test_a_product_is_not_deleted_but_retired(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")

    assert staff.post(f"/admin/products/product/{lamp.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "retire", "_selected_action": [str(lamp.pk)]}
    asked = staff.post("/admin/products/product/", chosen).content.decode()
    assert ("1 product will not be seen or bought any more" in asked, "<li>Lamp</li>" in asked, len(listed())) == (True, True, 1)
    done = staff.post("/admin/products/product/", confirming(asked), follow=True).content.decode()

    assert "1 product taken out of the shop" in done
    assert (listed(), Product.objects.get().is_active, history("L-1")) == ([], False, ["20.00"])
    assert staff.get(f"/admin/products/product/{lamp.pk}/change/").status_code == 302


def confirming(page: str) -> dict[str, str]:
    """Return what the form of the page that asks back would send."""
    names = "action|select_across|confirmed|_selected_action"
    return dict(re.findall(rf'<input type="hidden" name="({names})" value="([\w-]+)">', page))


def test_of_all_that_are_listed_only_those_that_were_asked_about_are_retired(staff: Client) -> None:
    lamps = make_products(*(f"Lamp {number}" for number in range(60)))
    make_product("Kettle", sku="K-1")
    chosen = {"action": "retire", "_selected_action": [str(lamps[0].pk)], "select_across": "1"}
    asked = staff.post("/admin/products/product/?q=Lamp", chosen).content.decode()
    assert ("60 products will not" in asked, asked.count("<li>Lamp"), "<li>and others</li>" in asked) == (True, 20, True)
    late = make_product("Lamp that came later", sku="L-1")

    again = staff.post("/admin/products/product/?q=Lamp", confirming(asked)).content.decode()

    assert ("The list has changed in the meantime" in again, "61 products will not" in again) == (True, True)
    assert Product.objects.filter(deleted_at=None).count() == 62
    change(late, name="Other", slug="other")
    done = staff.post("/admin/products/product/?q=Lamp", confirming(asked), follow=True).content.decode()
    assert "60 products taken out of the shop" in done
    assert {product["name"] for product in listed()} == {"Kettle", "Other"}


def category_form(category: Category, **changed: str) -> dict[str, str]:
    """Return a category's page as a browser would send it."""
    form = {"name": category.name, "slug": category.slug, "parent": str(category.parent_id or ""), "position": "0"}
    return form | changed


def test_a_category_is_renamed_and_moved(staff: Client) -> None:
    garden, lighting = make_category("Garden"), make_category("Lighting", "Home")
    make_product("Lamp", category=lighting)
    address = f"/admin/products/category/{lighting.pk}/change/"

    assert staff.post(address, category_form(lighting, name="Lamps", parent=str(garden.pk))).status_code == 302

    assert [one["category"]["name"] for one in listed(category="garden")] == ["Lamps"]
    assert listed(category="home") == []


def test_a_category_is_not_moved_into_itself(staff: Client) -> None:
    inner = make_category("Candles", "Home", "Lighting")
    home = Category.objects.get(name="Home")
    before = catalog()

    for parent in (home, inner, inner.parent):
        assert parent is not None
        response = staff.post(f"/admin/products/category/{home.pk}/change/", category_form(home, parent=str(parent.pk)))
        assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["parent"])

    assert catalog() == before


def test_a_category_in_use_is_not_deleted(staff: Client) -> None:
    shelf = make_category("Home")
    make_product("Lamp", category=shelf)

    staff.post(f"/admin/products/category/{shelf.pk}/delete/", {"post": "yes"})

    assert Category.objects.filter(pk=shelf.pk).exists()


@pytest.mark.parametrize("slug", ["", "a b", "home"])
def test_a_category_with_a_bad_or_taken_slug_is_told(staff: Client, slug: str) -> None:
    make_category("Home")
    garden = make_category("Garden")
    before = catalog()

    response = staff.post(f"/admin/products/category/{garden.pk}/change/", category_form(garden, slug=slug))

    assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["slug"])
    assert catalog() == before


@pytest.mark.parametrize("slug", ["2025", "550e8400-e29b-41d4-a716-446655440000"])
def test_a_category_slug_is_never_taken_for_an_id(staff: Client, slug: str) -> None:
    garden = make_category("Garden")

    staff.post(f"/admin/products/category/{garden.pk}/change/", category_form(garden, slug=slug))

    garden.refresh_from_db()
    assert garden.slug == "garden"


def test_a_product_keeps_a_variant_on_sale(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")

    save(staff, lamp, v_is_active="")

    assert variant("L-1").is_active is True


def test_a_second_variant_is_made_on_the_page(staff: Client) -> None:
    tee = make_product("Tee", variants=[make_variant("S")])
    form = product_form(tee, **{"variants-TOTAL_FORMS": "2", "variants-1-product": str(tee.pk), "variants-1-sku": "M"})
    form |= {"variants-1-price": "25", "variants-1-on_hand": "4", "variants-1-position": "1", "variants-1-is_active": "on"}
    form |= {"variants-1-options": '{"Size": "M"}', "variants-1-price_us": "3", "variants-1-name": "M"}

    assert staff.post(f"/admin/products/product/{tee.pk}/change/", form).status_code == 302

    assert [(one["sku"], one["options"], one["stock"]) for one in detail(tee)["variants"]][1] == ("M", {"Size": "M"}, 4)
    assert (movements("M"), history("M"), history("M", "us")) == ([(4, "initial", "")], ["25.00"], ["3.00"])


def test_a_category_of_a_name_that_is_there_is_told(staff: Client) -> None:
    make_category("Home")
    garden = make_category("Garden")

    staff.post(f"/admin/products/category/{garden.pk}/change/", category_form(garden, name="HOME"))

    garden.refresh_from_db()
    assert garden.name == "Garden"


def test_an_old_page_puts_nothing_back_that_others_have_changed(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", price="10.00", description="Brass", prices={"us": "2.00"})
    opened = product_form(lamp, low_stock_threshold="7")
    api = of(User.objects.get())
    change_of_others = {"price": "25.00", "description": "A quixotic lamp", "name": "Kettle"}
    assert api.patch(f"/api/products/{lamp.pk}/", change_of_others).status_code == 200

    assert staff.post(f"/admin/products/product/{lamp.pk}/change/", opened).status_code == 302

    shown = detail(lamp)
    assert (shown["price"], shown["description"], shown["name"]) == ("25.00", "A quixotic lamp", "Kettle")
    assert history("L-1") == ["10.00", "25.00"]
    assert [len(listed(search=word)) for word in ("quixotic", "kettle")] == [1, 1]
    assert Product.objects.get().low_stock_threshold == 7


def test_what_the_services_refuse_while_the_page_is_saved_is_told(staff: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", stock=10)

    def sell(sender: type[Product], **_: object) -> None:
        change_variant("L-1", reserved=9)

    pre_save.connect(sell, sender=Product)
    try:
        address = f"/admin/products/product/{lamp.pk}/change/"
        response = staff.post(address, product_form(lamp, name="Kettle", **{"variants-0-on_hand": "2"}), follow=True)
    finally:
        pre_save.disconnect(sell, sender=Product)

    assert "Not saved: The stock would fall below" in response.content.decode()
    assert (variant("L-1").stock, Product.objects.get().name) == (10, "Lamp")


@pytest.mark.parametrize("name", ["Home > Lamps", ">"])
def test_no_category_is_named_like_a_path(staff: Client, name: str) -> None:
    home = make_category("Home")

    page = staff.post(f"/admin/products/category/{home.pk}/change/", category_form(home, name=name))

    assert "A name holds no &gt;" in page.content.decode()
    assert Category.objects.get().name == "Home"


@pytest.mark.parametrize(("level", "names"), [("", ["Pot", "Mug", "Lamp"]), ("low", ["Mug"]), ("out", ["Lamp"])])
def test_products_are_listed_by_what_is_left_of_them(staff: Client, level: str, names: list[str]) -> None:
    for name, stock in (("Lamp", 0), ("Mug", 5), ("Pot", 6)):
        make_product(name, sku=name, stock=stock)

    page = staff.get("/admin/products/product/", {"level": level} if level else {}).content.decode()

    assert re.findall(r">(Lamp|Mug|Pot)</a>", page) == names
    assert ("sold out" in page, "5 left" in page, "6 left" in page) == ("Lamp" in names, "Mug" in names, "Pot" in names)


def test_a_list_shows_small_pictures_of_a_known_size(staff: Client) -> None:
    picture = add_picture(make_product("Lamp"))

    page = staff.get("/admin/products/product/").content.decode()

    (shown,) = re.findall(r'<img class="shop-thumb"[^>]*>', page)
    assert picture.image.url in shown
    assert 'width="48" height="48" loading="lazy"' in shown
