"""/admin/products/product/: the list of products, and what is typed into it"""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from products.models import PriceChange, Product
from products.tests.editors import dump_without_timestamps, get_variant, list_movements, list_prices, list_products, make_tee
from products.tests.factories import make_category, make_product, update_variant
from tests.admin.catalog_pages import PRODUCTS, build_list_form, copy_products, list_names, read, read_text, type_into
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db
LIST_STATEMENTS = 5
AUTOCOMPLETE = "/admin/autocomplete/"


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


def make_lamp(**fields: Any) -> Product:
    """Make a product at 20.00 with 10 units."""
    return make_product("Lamp", sku="L-1", **fields)


def save_list(client: Client, form: dict[str, str], query: str = "") -> str:
    """Submit the form of the list, and return what the page after it says."""
    return read_text(client.post(f"{PRODUCTS}{query}", form, follow=True))


def test_a_product_shows_its_category_price_and_stock_and_leads_to_the_shop(staff_client: Client) -> None:
    mugs = make_category("Mugs", "Home", "Kitchen")
    make_tee(category=mugs)
    lamp = make_lamp(stock=3)

    page = read(staff_client.get(PRODUCTS))
    text = read_text(staff_client.get(PRODUCTS))

    assert "Home › Kitchen › Mugs ₹20.00 – ₹25.00 14 left 2 variants" in text
    assert (f'name="form-0-price" value="{lamp.variants.get().price:.2f}"' in page, 'name="form-0-stock" value="3"' in page) == (
        True,
        True,
    )
    assert "3 left" in text
    assert 'href="http://localhost:5173/product/lamp" target="_blank"' in page


def test_price_stock_and_switch_are_saved_as_history(staff_client: Client) -> None:
    lamp, mug = make_lamp(), make_product("Mug", sku="M-1")
    form = type_into(build_list_form(staff_client), lamp, price="25.5", stock="22")
    form = type_into(form, mug, is_active="")

    text = save_list(staff_client, form | {"stock_reason": "received"})

    assert "2 products saved." in text
    assert (list_prices("L-1"), list_movements("L-1")) == (["20.00", "25.50"], [(10, "initial", ""), (12, "received", "")])
    assert PriceChange.objects.latest("pk").user is not None
    assert [(item["name"], item["price"], item["stock"]) for item in list_products()] == [("Lamp", "25.50", 22)]


def test_a_list_sent_back_as_it_is_changes_nothing(staff_client: Client) -> None:
    make_lamp(prices={"us": "2.00"})
    make_tee()
    before = dump_without_timestamps()

    save_list(staff_client, build_list_form(staff_client))

    assert dump_without_timestamps() == before


def test_a_price_that_someone_else_has_changed_is_left_and_named(staff_client: Client) -> None:
    lamp, mug = make_lamp(), make_product("Mug", sku="M-1")
    stale = build_list_form(staff_client)
    save_list(staff_client, type_into(build_list_form(staff_client), lamp, price="30"))

    text = save_list(staff_client, type_into(type_into(stale, lamp, price="25", stock="11"), mug, price="5"))

    assert ("Lamp was not saved: the price is now ₹30.00." in text, "1 product saved." in text) == (True, True)
    assert (list_prices("L-1"), list_prices("M-1")) == (["20.00", "30.00"], ["20.00", "5.00"])
    assert list_movements("L-1") == [(10, "initial", "")]


def test_stock_is_adjusted_against_the_level_that_was_shown(staff_client: Client) -> None:
    lamp = make_lamp(stock=10)
    form = build_list_form(staff_client)
    update_variant("L-1", stock=7)  # three units are sold meanwhile

    save_list(staff_client, type_into(form, lamp, stock="15"))

    assert (get_variant("L-1").stock, list_movements("L-1")[-1]) == (12, (5, "correction", ""))


def test_units_that_orders_have_reserved_are_not_taken(staff_client: Client) -> None:
    lamp = make_lamp(stock=10)
    form = build_list_form(staff_client)
    update_variant("L-1", reserved=8)

    text = save_list(staff_client, type_into(form, lamp, stock="0", price="5"))

    assert "Lamp was not saved: The stock would fall below the units that open orders have reserved." in text
    assert (get_variant("L-1").stock, list_prices("L-1")) == (10, ["20.00"])


@pytest.mark.parametrize(("name", "value"), [("price", "1.005"), ("stock", "-1")])
def test_what_cannot_be_saved_is_shown_in_its_row_and_nothing_is_saved(staff_client: Client, name: str, value: str) -> None:
    lamp, mug = make_lamp(), make_product("Mug", sku="M-1")
    form = type_into(type_into(build_list_form(staff_client), lamp, **{name: value}), mug, price="5")
    make_product("Newer", sku="N-1")

    response: Any = staff_client.post(PRODUCTS, form)

    rows = {form.instance.name: form.errors for form in response.context["cl"].formset.forms}
    assert [product.name for product in response.context["cl"].result_list] == ["Mug", "Lamp"] == list(rows)
    assert (list(rows["Lamp"]), list(rows["Mug"])) == ([name], [])
    assert (list_prices("L-1"), list_prices("M-1"), get_variant("L-1").stock) == (["20.00"], ["20.00"], 10)


def test_a_list_that_names_a_removed_product_is_not_saved(staff_client: Client) -> None:
    lamp, mug = make_lamp(), make_product("Mug", sku="M-1")
    form = type_into(build_list_form(staff_client), mug, price="5")
    Product.objects.filter(pk=lamp.pk).update(deleted_at=lamp.created_at)

    for unknown in (form, form | {"form-0-id": "9" * 30}, form | {"form-0-id": "x"}):
        assert "Nothing was saved: the list has changed in the meantime." in save_list(staff_client, unknown)

    assert list_prices("M-1") == ["20.00"]


def test_staff_without_the_permission_for_variants_only_switch_products_on_and_off() -> None:
    lamp, client = make_lamp(), make_staff_client("change_product")
    form = build_list_form(client)
    assert sorted(name for name in form if name.startswith("form-0")) == ["form-0-id", "form-0-is_active"]

    save_list(client, type_into(form, lamp, **{"is_active": "", "price": "5", "initial-price": "20", "stock": "1"}))

    assert (Product.objects.get().is_active, list_prices("L-1"), get_variant("L-1").stock) == (False, ["20.00"], 10)


def test_a_category_is_filtered_with_its_subcategories(staff_client: Client) -> None:
    kitchen, mugs = make_category("Kitchen", "Home"), make_category("Mugs", "Home", "Kitchen")
    make_product("Pan", sku="P-1", category=kitchen)
    make_product("Mug", sku="M-1", category=mugs)
    make_lamp(category=make_category("Lighting", "Home"))

    assert list_names(staff_client, f"?category__id__exact={kitchen.pk}") == ["Mug", "Pan"]
    assert list_names(staff_client, f"?category__id__exact={mugs.pk}") == ["Mug"]
    assert "Home › Kitchen › Mugs" in read(staff_client.get(f"{PRODUCTS}?category__id__exact={mugs.pk}&_facets=True"))


@pytest.mark.parametrize("value", ["x", "9" * 30])
def test_a_mistyped_category_is_no_error(staff_client: Client, value: str) -> None:
    response = staff_client.get(f"{PRODUCTS}?category__id__exact={value}")

    assert (response.status_code, response["Location"]) == (302, f"{PRODUCTS}?e=1")


@pytest.mark.parametrize(
    ("term", "labels"),
    [
        ("kitchen", ["Home › Kitchen", "Home › Kitchen › Mugs"]),
        ("HOME › Mug", ["Home › Kitchen › Mugs"]),
    ],
)
def test_categories_are_found_by_the_words_of_their_paths(staff_client: Client, term: str, labels: list[str]) -> None:
    make_category("Mugs", "Home", "Kitchen")
    make_category("Garden")

    query = {"app_label": "products", "model_name": "product", "field_name": "category", "term": term}
    response = staff_client.get(AUTOCOMPLETE, query)

    assert [row["text"] for row in response.json()["results"]] == labels


def test_the_chosen_category_is_shown_with_its_path(staff_client: Client) -> None:
    mugs = make_category("Mugs", "Home", "Kitchen")
    mug = make_product("Mug", category=mugs)

    assert ">Home › Kitchen › Mugs</option>" in read(staff_client.get(f"{PRODUCTS}{mug.pk}/change/"))
    assert ">Home › Kitchen</option>" in read(staff_client.get(f"/admin/products/category/{mugs.pk}/change/"))


@pytest.mark.parametrize("count", [20, 2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_the_list_costs_the_same_statements_for_20_products_and_for_thousands(
    staff_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    copy_products(make_lamp(category=make_category("Mugs", "Home")), count)
    staff_client.get(PRODUCTS)

    with django_assert_num_queries(LIST_STATEMENTS):
        staff_client.get(PRODUCTS)
