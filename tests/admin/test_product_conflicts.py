"""/admin/products/product/<id>/: old pages, second clicks and hostile fields; no product becomes one that cannot be sold"""

import re
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from core.actors import SYSTEM
from products.exceptions import ImageNotFound
from products.models import Product, ProductImage, Variant
from products.services import duplication, option_changes, products, variants
from products.services.commands import ProductChange, VariantChange
from products.services.stock import MADE_BEFORE
from products.tests.editors import dump_catalog, get_variant, list_movements, make_tee
from products.tests.factories import add_picture, make_product, make_variant
from tests.admin.product_pages import open_form, read_form, submit
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff_client() -> Client:
    """Return the client of a member of staff."""
    return make_superuser_client()


def make_red_and_blue() -> Product:
    """Make a product with the variants T-RED and T-BLUE, both of size S."""
    rows = [make_variant(f"T-{colour.upper()}", options={"Size": "S", "Colour": colour}) for colour in ("Red", "Blue")]
    return make_product("Tee", variants=rows)


def add_row(form: dict[str, Any], **fields: str) -> dict[str, Any]:
    """Return the form with a row for another variant."""
    number = int(form["variants-TOTAL_FORMS"])
    row = {"sku": "T-NEW", "price": "5", "on_hand": "1", "position": "9", "is_active": "on", **fields}
    return {**form, "variants-TOTAL_FORMS": str(number + 1), **{f"variants-{number}-{name}": text for name, text in row.items()}}


def submit_and_read(client: Client, product: Product, form: dict[str, Any], page: str = "change") -> str:
    """Submit a page of a product, and return the page that follows."""
    response = client.post(f"/admin/products/product/{product.pk}/{page}/", form, follow=True)
    return unescape(response.content.decode())


def test_an_old_page_renames_no_other_option(staff_client: Client) -> None:
    tee = make_red_and_blue()
    form = open_form(staff_client, tee, "options")
    numbers = {name: key for key, name in form.items()}
    option_changes.rename(SYSTEM, tee.pk, {"Size": ""})
    before = dump_catalog()

    page = submit_and_read(staff_client, tee, form | {numbers["Colour"]: "Color"}, "options")

    assert "The options have changed since you opened the page." in page
    assert dump_catalog() == before


def test_an_old_page_takes_no_new_option_off(staff_client: Client) -> None:
    tee = make_tee()
    form = open_form(staff_client, tee, "options")
    for variant in Variant.objects.all():
        Variant.objects.filter(pk=variant.pk).update(options={**variant.options, "Colour": "Red"})
    before = dump_catalog()

    page = submit_and_read(staff_client, tee, form | {"option_0": "Fit"}, "options")

    assert "The options have changed since you opened the page." in page
    assert dump_catalog() == before


def test_an_old_page_sets_the_picture_of_no_other_value(staff_client: Client) -> None:
    tee = make_red_and_blue()
    picture = add_picture(tee)
    form = open_form(staff_client, tee, "option-pictures")
    option_changes.rename(SYSTEM, tee.pk, {"Size": ""})
    before = dump_catalog()

    page = submit_and_read(staff_client, tee, form | {"value_0": str(picture.pk)}, "option-pictures")

    assert "The options have changed since you opened the page." in page
    assert dump_catalog() == before


def test_a_variant_with_the_options_of_one_that_was_added_meanwhile_is_refused(staff_client: Client) -> None:
    tee = make_tee()
    form = open_form(staff_client, tee)
    change = VariantChange(columns={"sku": "TEE-L", "options": {"Size": "L"}}, amounts={"in": Decimal(5)})
    products.add_variant(SYSTEM, tee.pk, change)
    before = dump_catalog()

    page = submit_and_read(staff_client, tee, add_row(form, option_0="l"))

    assert "Not saved: Another variant already has the options Size: l" in page
    assert dump_catalog() == before


def test_of_two_who_each_deactivate_a_variant_the_second_is_refused(staff_client: Client) -> None:
    tee = make_tee()
    form = open_form(staff_client, tee)
    change = VariantChange(columns={"is_active": False})
    products.update_variant(SYSTEM, tee.pk, get_variant("TEE-M").pk, change)
    before = dump_catalog()
    del form["variants-0-is_active"]

    page = submit_and_read(staff_client, tee, form)

    assert "Not saved: At least one variant must be active" in page
    assert dump_catalog() == before


def test_the_only_variant_is_replaced_by_a_new_one(staff_client: Client) -> None:
    lamp = make_product("Lamp", sku="L-1")
    form = open_form(staff_client, lamp) | {"variants-0-remove": "on"}

    submit_and_read(staff_client, lamp, add_row(form, sku="L-2"))

    assert list(Variant.objects.filter(product=lamp, deleted_at=None).values_list("sku", flat=True)) == ["L-2"]


def test_a_picture_that_was_removed_meanwhile_is_refused() -> None:
    tee = make_tee()
    picture = add_picture(tee)
    ProductImage.objects.all().delete()
    change = VariantChange(columns={"image_id": picture.pk})

    with pytest.raises(ImageNotFound), transaction.atomic():
        variants.save_from_admin(SYSTEM, tee, get_variant("TEE-S").pk, change, stock_delta=0, seen={})

    assert get_variant("TEE-S").image_id is None


def test_a_text_that_is_saved_while_someone_else_renames_the_product_leaves_the_name_to_be_found() -> None:
    lamp = make_product("Lamp")
    products.update(SYSTEM, lamp.pk, ProductChange(columns={"name": "Chair"}))
    lamp.description = "Made of oak"

    with transaction.atomic():
        products.save_from_admin(lamp, ["description"], {"description": ""})

    assert Product.objects.values_list("name", "search_name", "description").get() == ("Chair", "chair", "Made of oak")


def test_two_products_of_one_name_that_are_added_at_once_have_two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_superuser_client()
    make_product("Lamp")
    form = read_form(client.get("/admin/products/product/add/").content.decode())
    form |= {"name": "Lamp", "variants-0-sku": "L-2", "variants-0-price": "5", "variants-0-on_hand": "1"}
    monkeypatch.setattr(products, "get_taken_slugs", lambda names: set())  # as read before the other was inserted

    assert client.post("/admin/products/product/add/", form).status_code == 302

    slugs = sorted(Product.objects.values_list("slug", flat=True))
    assert (slugs[0], slugs[1][:5], len(slugs)) == ("lamp", "lamp-", 2)


def test_a_product_with_an_inactive_variant_of_the_same_options_is_copied(staff_client: Client) -> None:
    tee = make_tee()
    Variant.objects.filter(sku="TEE-M").update(is_active=False, options={"Size": "S"})

    copy = duplication.duplicate(SYSTEM, tee.pk, copy_uuid=uuid4())

    rows = Variant.objects.filter(product=copy).values_list("sku", "options", "is_active")
    assert list(rows) == [("TEE-S-COPY", {"Size": "S"}, True), ("TEE-M-COPY", {"Size": "S"}, False)]


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("M / M", {"variants-0-option_1": "L"}, "M / L"),
        ("M / M", {"variants-0-option_0": "L"}, "L / M"),
    ],
)
def test_a_name_of_two_equal_values_follows_the_one_that_changes(name: str, change: dict[str, str], expected: str) -> None:
    client = make_superuser_client()
    tee = make_product("Tee", variants=[make_variant("T-1", name=name, options={"Fit": "M", "Size": "M"})])

    submit(client, tee, open_form(client, tee) | change)

    assert get_variant("T-1").name == expected


def test_an_option_with_a_new_name_keeps_its_place_in_the_names_of_variants() -> None:
    tee = make_product("Tee", variants=[make_variant("T-1", name="Red / M", options={"Colour": "Red", "Size": "M"})])

    option_changes.rename(SYSTEM, tee.pk, {"Colour": "Color"})

    assert (get_variant("T-1").name, get_variant("T-1").options) == ("Red / M", {"Color": "Red", "Size": "M"})


UNSTORABLE = {"NUL": '{"Size": "S\\u0000"}', "surrogate": '{"Size": "S\\ud800"}', "depth": "[" * 100_000}


@pytest.mark.parametrize("options", UNSTORABLE.values(), ids=UNSTORABLE)
def test_options_that_no_column_holds_are_refused(staff_client: Client, options: str) -> None:
    tee = make_product("Tee", sku="TEE")
    form = open_form(staff_client, tee, "combinations") | {"options": "Size: S, M"}
    preview = read_form(submit(staff_client, tee, form, "combinations").content.decode())
    before = dump_catalog()

    page = submit_and_read(staff_client, tee, {**preview, "_save": "1", "new-0-options": options}, "combinations")

    assert "Unknown options" in page
    assert dump_catalog() == before


def test_a_number_of_units_without_end_is_no_error(staff_client: Client) -> None:
    tee = make_tee()
    form = open_form(staff_client, tee) | {"initial-variants-0-on_hand": "9" * 5000}

    assert submit(staff_client, tee, form).status_code in (200, 302)

    assert get_variant("TEE-S").stock == 4


def test_a_second_click_on_the_page_of_a_product_adds_no_units_again(staff_client: Client) -> None:
    tee = make_tee()
    form = open_form(staff_client, tee) | {"variants-0-on_hand": "10"}
    submit_and_read(staff_client, tee, form)

    page = submit_and_read(staff_client, tee, form)

    assert f"Not saved: {MADE_BEFORE}" in page
    assert (get_variant("TEE-S").stock, list_movements("TEE-S")) == (10, [(4, "initial", ""), (6, "correction", "")])


def test_a_second_click_on_the_list_of_products_adds_no_units_again(staff_client: Client) -> None:
    make_product("Lamp", sku="L-1", stock=10)
    page = staff_client.get("/admin/products/product/").content.decode()
    opened_at = re.findall(r'name="page_opened_at" value="(\d+)" form="changelist-form"', page)
    form = {**read_form(page), "_save": "1", "stock_reason": "received", "form-0-stock": "15", "page_opened_at": opened_at[0]}
    staff_client.post("/admin/products/product/", form)

    answer = unescape(staff_client.post("/admin/products/product/", form, follow=True).content.decode())

    assert f"Lamp was not saved: {MADE_BEFORE}." in answer
    assert (get_variant("L-1").stock, list_movements("L-1")) == (15, [(10, "initial", ""), (5, "received", "")])


def test_a_second_click_on_a_movement_adds_no_units_again_but_a_new_page_does(staff_client: Client) -> None:
    make_product("Lamp", sku="L-1", stock=10)
    path = f"/admin/products/stockofvariant/{get_variant('L-1').pk}/change/"
    form = read_form(staff_client.get(path).content.decode()) | {"delta": "12", "reason": "received"}
    staff_client.post(path, form)

    answer = unescape(staff_client.post(path, form, follow=True).content.decode())

    assert f"Not saved: {MADE_BEFORE}" in answer
    assert get_variant("L-1").stock == 22
    staff_client.post(path, read_form(staff_client.get(path).content.decode()) | {"delta": "12", "reason": "received"})
    assert get_variant("L-1").stock == 34


@pytest.mark.parametrize("opened_at", ["", "x", "9" * 5000, "9" * 16, "0"])
def test_a_page_that_does_not_say_when_it_was_opened_is_no_error(staff_client: Client, opened_at: str) -> None:
    tee = make_tee()
    form = open_form(staff_client, tee) | {"variants-0-on_hand": "10", "page_opened_at": opened_at}

    assert submit(staff_client, tee, form).status_code == 302

    assert get_variant("TEE-S").stock == 10
