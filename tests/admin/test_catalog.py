"""/admin/products/product/ and /admin/products/category/: what a change there writes."""

import re

import pytest
from django.db.models.signals import pre_save
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from core import outbox
from products.models import Category, Listing, Product
from products.tests.editors import (
    dump_catalog,
    dump_without_timestamps,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    list_products,
)
from products.tests.factories import (
    add_picture,
    make_category,
    make_product,
    make_products,
    update_product,
    update_variant,
)
from tests.admin.test_admin import make_product_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def post_product(staff_client: Client, product: Product, **changed: str) -> int:
    """Submit the product form and return the response status; variant fields start with `v_`."""
    form_data = {name.replace("v_", "variants-0-"): value for name, value in changed.items()}
    return staff_client.post(f"/admin/products/product/{product.pk}/change/", make_product_form(product, **form_data)).status_code


def test_a_page_sent_back_as_it_is_changes_nothing(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", prices={"us": "2.00"})
    before = dump_without_timestamps()

    assert post_product(staff_client, lamp) == 302

    assert dump_without_timestamps() == before


def test_a_new_name_and_text_are_found_and_the_address_stays(staff_client: Client) -> None:
    lamp = make_product("Lamp", description="Brass")

    post_product(staff_client, lamp, name="Kettle", description="Copper", slug="hacked")

    assert [len(list_products(search=word)) for word in ("lamp", "brass", "kettle", "copper", "kettel")] == [0, 0, 1, 1, 1]
    assert (get_detail(lamp)["slug"], Listing.objects.get().sort_name) == ("lamp", "kettle")


def test_category_seller_switch_and_threshold_are_listed_at_once(staff_client: Client) -> None:
    lamp, category, seller = make_product("Lamp"), make_category("Home"), make_user("seller@example.com", first_name="Sam")

    post_product(staff_client, lamp, category=str(category.pk), seller=str(seller.pk), low_stock_threshold="10")
    item = list_products(category="home")[0]
    assert (item["seller_name"], item["is_low_stock"]) == ("Sam", True)
    assert Listing.objects.get().seller_id == seller.pk

    post_product(staff_client, lamp, is_active="")
    assert list_products() == []


def test_a_picture_of_the_product_is_chosen_for_its_variant(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")
    picture, foreign = add_picture(lamp, alt="Back"), add_picture(make_product("Kettle"))

    page = staff_client.get(f"/admin/products/product/{lamp.pk}/change/").content.decode()
    choices = re.findall(r'name="variants-0-image" value="(\d*)"( checked)?><img [^>]*alt="([^"]*)"', page)
    assert choices == [("", " checked", "The primary picture"), (str(picture.pk), "", "1: Back")]
    assert post_product(staff_client, lamp, v_image=str(foreign.pk)) == 200
    assert get_variant("L-1").image_id is None

    assert post_product(staff_client, lamp, v_image=str(picture.pk)) == 302
    assert get_variant("L-1").image_id == picture.pk
    assert post_product(staff_client, lamp, v_image="") == 302
    assert get_variant("L-1").image_id is None


def test_stock_below_what_is_reserved_is_refused(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")
    update_variant("L-1", reserved=4)
    before = dump_catalog()

    assert post_product(staff_client, lamp, v_on_hand="3") == 200
    assert dump_catalog() == before
    assert post_product(staff_client, lamp, v_on_hand="4") == 302
    assert list_movements("L-1") == [(10, "initial", ""), (-6, "correction", "")]


def test_a_taken_sku_is_refused(staff_client: Client) -> None:
    make_product("Mug", sku="TAKEN")
    lamp = make_product("Lamp", sku="L-1")
    before = dump_catalog()

    assert post_sku(staff_client, lamp, "TAKEN") == 200
    assert dump_catalog() == before


def post_sku(staff_client: Client, lamp: Product, sku: str) -> int:
    """Submit the product form with another SKU."""
    return post_product(staff_client, lamp, v_sku=sku)


def test_a_product_is_not_deleted_but_retired(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")

    assert staff_client.post(f"/admin/products/product/{lamp.pk}/delete/", {"post": "yes"}).status_code == 403
    form_data = {"action": "retire", "_selected_action": [str(lamp.pk)]}
    asked = staff_client.post("/admin/products/product/", form_data).content.decode()
    assert ("1 product will no longer be visible or for sale" in asked, "<li>Lamp</li>" in asked, len(list_products())) == (
        True,
        True,
        1,
    )
    done = staff_client.post("/admin/products/product/", get_confirmation_fields(asked), follow=True).content.decode()

    assert "1 product removed from the shop" in done
    assert (list_products(), Product.objects.get().is_active, list_prices("L-1")) == ([], False, ["20.00"])
    assert staff_client.get(f"/admin/products/product/{lamp.pk}/change/").status_code == 302


def get_confirmation_fields(page: str) -> dict[str, str]:
    """Return the fields of the form on the confirmation page."""
    names = "action|select_across|confirmed|_selected_action"
    return dict(re.findall(rf'<input type="hidden" name="({names})" value="([\w-]+)">', page))


def test_of_all_that_are_listed_only_those_that_were_asked_about_are_retired(staff_client: Client) -> None:
    lamps = make_products(*(f"Lamp {number}" for number in range(60)))
    make_product("Kettle", sku="K-1")
    form_data = {"action": "retire", "_selected_action": [str(lamps[0].pk)], "select_across": "1"}
    asked = staff_client.post("/admin/products/product/?q=Lamp", form_data).content.decode()
    assert ("60 products will no longer" in asked, asked.count("<li>Lamp"), "<li>and others</li>" in asked) == (True, 20, True)
    late = make_product("Lamp that came later", sku="L-1")

    second_page = staff_client.post("/admin/products/product/?q=Lamp", get_confirmation_fields(asked)).content.decode()

    assert ("The list has changed in the meantime" in second_page, "61 products will no longer" in second_page) == (True, True)
    assert Product.objects.filter(deleted_at=None).count() == 62
    update_product(late, name="Other", slug="other")
    done = staff_client.post("/admin/products/product/?q=Lamp", get_confirmation_fields(asked), follow=True).content.decode()
    assert "60 products removed from the shop" in done
    assert {product["name"] for product in list_products()} == {"Kettle", "Other"}


def make_category_form(category: Category, **changed: str) -> dict[str, str]:
    """Return a category form as a browser would submit it."""
    form = {"name": category.name, "slug": category.slug, "parent": str(category.parent_id or ""), "position": "0"}
    return form | changed


def test_a_category_is_renamed_and_moved(staff_client: Client) -> None:
    garden, lighting = make_category("Garden"), make_category("Lighting", "Home")
    make_product("Lamp", category=lighting)
    address = f"/admin/products/category/{lighting.pk}/change/"

    assert staff_client.post(address, make_category_form(lighting, name="Lamps", parent=str(garden.pk))).status_code == 302

    assert [item["category"]["name"] for item in list_products(category="garden")] == ["Lamps"]
    assert list_products(category="home") == []
    assert outbox.run_due() == (1, 0)
    assert [item["name"] for item in list_products(search="garden lamps")] == ["Lamp"]
    assert list_products(search="home") == []


def test_a_category_is_not_moved_into_itself(staff_client: Client) -> None:
    inner = make_category("Candles", "Home", "Lighting")
    home = Category.objects.get(name="Home")
    before = dump_catalog()

    for parent in (home, inner, inner.parent):
        assert parent is not None
        response = staff_client.post(f"/admin/products/category/{home.pk}/change/", make_category_form(home, parent=str(parent.pk)))
        assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["parent"])

    assert dump_catalog() == before


def test_a_category_in_use_is_not_deleted(staff_client: Client) -> None:
    category = make_category("Home")
    make_product("Lamp", category=category)

    staff_client.post(f"/admin/products/category/{category.pk}/delete/", {"post": "yes"})

    assert Category.objects.filter(pk=category.pk).exists()


@pytest.mark.parametrize("slug", ["", "a b", "home"])
def test_a_category_with_a_bad_or_taken_slug_is_refused(staff_client: Client, slug: str) -> None:
    make_category("Home")
    garden = make_category("Garden")
    before = dump_catalog()

    response = staff_client.post(f"/admin/products/category/{garden.pk}/change/", make_category_form(garden, slug=slug))

    assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["slug"])
    assert dump_catalog() == before


@pytest.mark.parametrize("slug", ["2025", "550e8400-e29b-41d4-a716-446655440000"])
def test_a_category_slug_is_never_taken_for_an_id(staff_client: Client, slug: str) -> None:
    garden = make_category("Garden")

    staff_client.post(f"/admin/products/category/{garden.pk}/change/", make_category_form(garden, slug=slug))

    garden.refresh_from_db()
    assert garden.slug == "garden"


def test_a_product_keeps_a_variant_on_sale(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")

    post_product(staff_client, lamp, v_is_active="")

    assert get_variant("L-1").is_active is True


def test_a_category_with_a_taken_name_is_refused(staff_client: Client) -> None:
    make_category("Home")
    garden = make_category("Garden")

    staff_client.post(f"/admin/products/category/{garden.pk}/change/", make_category_form(garden, name="HOME"))

    garden.refresh_from_db()
    assert garden.name == "Garden"


def test_an_error_of_the_services_while_the_page_is_saved_is_shown(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1", stock=10)

    def sell(sender: type[Product], **_: object) -> None:
        update_variant("L-1", reserved=9)

    pre_save.connect(sell, sender=Product)
    try:
        address = f"/admin/products/product/{lamp.pk}/change/"
        response = staff_client.post(address, make_product_form(lamp, name="Kettle", **{"variants-0-on_hand": "2"}), follow=True)
    finally:
        pre_save.disconnect(sell, sender=Product)

    assert "Not saved: The stock would fall below" in response.content.decode()
    assert (get_variant("L-1").stock, Product.objects.get().name) == (10, "Lamp")


@pytest.mark.parametrize("name", ["Home > Lamps", ">"])
def test_no_category_is_named_like_a_path(staff_client: Client, name: str) -> None:
    home = make_category("Home")

    page = staff_client.post(f"/admin/products/category/{home.pk}/change/", make_category_form(home, name=name))

    assert "A name cannot contain &gt;" in page.content.decode()
    assert Category.objects.get().name == "Home"


@pytest.mark.parametrize(("level", "names"), [("", ["Pot", "Mug", "Lamp"]), ("low", ["Mug"]), ("out", ["Lamp"])])
def test_products_are_listed_by_what_is_left_of_them(staff_client: Client, level: str, names: list[str]) -> None:
    for name, stock in (("Lamp", 0), ("Mug", 5), ("Pot", 6)):
        make_product(name, sku=name, stock=stock)

    page = staff_client.get("/admin/products/product/", {"level": level} if level else {}).content.decode()

    assert re.findall(r">(Lamp|Mug|Pot)</a>", page) == names
    shown = ("sold out" in page, "5 left" in page, 'name="form-0-stock" value="6"' in page)
    assert shown == ("Lamp" in names, "Mug" in names, "Pot" in names)


def test_a_list_shows_small_pictures_of_a_known_size(staff_client: Client) -> None:
    picture = add_picture(make_product("Lamp"))

    page = staff_client.get("/admin/products/product/").content.decode()

    (image,) = re.findall(r'<img class="shop-thumb"[^>]*>', page)
    assert picture.image.url in image
    assert 'width="48" height="48" loading="lazy"' in image
