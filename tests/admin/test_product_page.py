"""/admin/products/product/<id>/change/: variants with their options, several pictures at once, and two members of staff at once"""

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from core.actors import SYSTEM
from core.exceptions import PreconditionFailed
from products.exceptions import ImageNotFound, TooManyPictures, TooManyVariants
from products.media import images
from products.media.images import StoredImage
from products.models import Product, ProductImage, Variant
from products.services import option_changes, products
from products.services import variants as variant_services
from products.services.commands import VariantChange
from products.services.option_changes import PictureOfValue
from products.tests.editors import (
    client_for,
    dump_catalog,
    dump_without_timestamps,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    list_products,
    make_tee,
)
from products.tests.factories import add_picture, make_product, make_variant, update_variant
from tests.admin.product_pages import open_form, open_page, read_form, submit
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.image_files import get_positions, list_stored_files, make_image
from tests.people import User
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
NEW_ROW = {"id": "", "on_hand": "1", "position": "2", "is_active": "on", "price": "25"}


def add_row(form: dict[str, Any], product: Product, **fields: str) -> dict[str, Any]:
    """Return the form with another variant."""
    number = int(form["variants-TOTAL_FORMS"])
    row = {**NEW_ROW, "product": str(product.pk), **fields}
    return {**form, "variants-TOTAL_FORMS": str(number + 1), **{f"variants-{number}-{name}": value for name, value in row.items()}}


def make_file(name: str, content: bytes | None = None) -> BytesIO:
    """Return an uploaded file, a picture unless it has other content."""
    file = BytesIO(make_image() if content is None else content)
    file.name = name
    return file


def test_each_option_is_a_column_whose_values_are_edited_in_the_rows() -> None:
    client, tee = make_superuser_client(), make_tee()
    page, form = open_page(client, tee), open_form(client, tee)
    assert re.findall(r'<th class="column-(option_\d)', page) == ["option_0"]
    assert (form["variants-0-option_0"], form["variants-1-option_0"]) == ("S", "M")

    assert submit(client, tee, {**form, "variants-1-option_0": "Medium"}).status_code == 302

    assert (get_variant("TEE-M").options, get_variant("TEE-M").name) == ({"Size": "Medium"}, "Medium")
    assert (get_variant("TEE-S").options, get_variant("TEE-S").name) == ({"Size": "S"}, "S")
    assert [variant["options"] for variant in get_detail(tee)["variants"]] == [{"Size": "S"}, {"Size": "Medium"}]


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        ("Red / M", {"Size": "L"}, "Red / L"),
        ("M / Red", {"Colour": "Blue"}, "M / Blue"),
        ("", {"Size": "L"}, "Red / L"),
        ("The red one", {"Size": "L"}, "The red one"),
    ],
)
def test_a_name_that_is_made_of_the_options_follows_them(name: str, changed: dict[str, str], expected: str) -> None:
    client = make_superuser_client()
    tee = make_product("Tee", variants=[make_variant("T-1", name=name, options={"Colour": "Red", "Size": "M"})])
    form = open_form(client, tee)
    columns = {option: f"variants-0-option_{number}" for number, option in enumerate(Variant.objects.get().options)}

    submit(client, tee, {**form, **{columns[option]: value for option, value in changed.items()}})

    assert sorted(get_variant("T-1").name.split(" / ")) == sorted(expected.split(" / "))
    assert get_variant("T-1").options == {"Colour": "Red", "Size": "M", **changed}


def test_a_variant_is_added_in_a_row_with_its_options_and_stock() -> None:
    client, tee = make_superuser_client(), make_tee()

    form = add_row(open_form(client, tee), tee, sku="TEE-L", option_0="L", on_hand="4")
    assert submit(client, tee, form).status_code == 302

    variant = get_variant("TEE-L")
    assert (variant.options, variant.name, variant.stock) == ({"Size": "L"}, "L", 4)
    assert (list_movements("TEE-L"), list_prices("TEE-L")) == ([(4, "initial", "")], ["25.00"])


def test_a_row_with_the_options_of_another_is_refused() -> None:
    client, tee = make_superuser_client(), make_tee()
    form = add_row(open_form(client, tee), tee, sku="TEE-X", option_0=" m ")
    before = dump_catalog()

    response = submit(client, tee, form)

    assert response.status_code == 200
    assert "Another variant already has the options Size: m" in response.content.decode()
    assert dump_catalog() == before


def test_an_empty_option_is_taken_off_the_variant() -> None:
    client, tee = make_superuser_client(), make_tee()

    submit(client, tee, {**open_form(client, tee), "variants-0-option_0": ""})

    assert (get_variant("TEE-S").options, get_variant("TEE-M").options) == ({}, {"Size": "M"})


def test_a_page_sent_back_as_it_is_changes_nothing() -> None:
    client, tee = make_superuser_client(), make_tee()
    add_picture(tee)
    form, before = open_form(client, tee), dump_without_timestamps()

    assert submit(client, tee, form).status_code == 302

    assert dump_without_timestamps() == before


@pytest.mark.once
def test_several_pictures_are_uploaded_at_once_and_come_after_the_others() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp")
    add_picture(lamp, position=4, alt="First")

    form = {**open_form(client, lamp), "new_pictures": [make_file("a.png"), make_file("b.png")]}
    assert submit(client, lamp, form).status_code == 302

    assert get_positions(lamp) == [("First", 4), ("Lamp", 5), ("Lamp", 6)]
    assert len(get_detail(lamp)["images"]) == 3


@pytest.mark.once
def test_of_several_pictures_the_one_that_is_none_is_named_and_none_is_kept() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp")

    form = {**open_form(client, lamp), "new_pictures": [make_file("a.png"), make_file("b.pdf", b"%PDF")], "name": "Kettle"}
    response = submit(client, lamp, form)

    assert "b.pdf: Must be a JPEG, PNG or WebP picture" in response.content.decode()
    assert (list_stored_files(), ProductImage.objects.count(), Product.objects.get().name) == ([], 0, "Lamp")


@pytest.mark.once
def test_no_more_pictures_are_added_than_a_product_may_have() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp")
    for position in range(19):
        ProductImage.objects.create(product=lamp, image=f"products/{position}.png", position=position)

    form = {**open_form(client, lamp), "new_pictures": [make_file("a.png"), make_file("b.png")]}
    response = submit(client, lamp, form)

    assert "A product has at most 20 pictures" in response.content.decode()
    assert (list_stored_files(), ProductImage.objects.count()) == ([], 19)


def test_an_old_page_puts_nothing_back_that_others_have_changed() -> None:
    client = make_superuser_client()
    lamp = make_product("Lamp", sku="L-1", price="10.00", description="Brass", prices={"us": "2.00"})
    form = {**open_form(client, lamp), "low_stock_threshold": "7"}
    change = {"price": "25.00", "description": "A quixotic lamp", "name": "Kettle"}
    assert client_for(User.objects.get()).patch(f"/api/products/{lamp.pk}/", change).status_code == 200

    assert submit(client, lamp, form).status_code == 302

    product_data = get_detail(lamp)
    assert (product_data["price"], product_data["description"], product_data["name"]) == ("25.00", "A quixotic lamp", "Kettle")
    assert list_prices("L-1") == ["10.00", "25.00"]
    assert [len(list_products(search=word)) for word in ("quixotic", "kettle")] == [1, 1]
    assert Product.objects.get().low_stock_threshold == 7


@pytest.mark.parametrize(
    ("field", "typed", "theirs", "shown"),
    [
        ("name", "My lamp", {"name": "Their lamp"}, "“Their lamp”"),
        ("variants-0-price", "30.00", {"price": "25.00"}, "“25.00”"),
        ("variants-0-option_0", "Large", {"options": {"Size": "Small"}}, "“Small”"),
    ],
)
def test_what_someone_else_has_changed_is_shown_before_it_is_replaced(
    field: str, typed: str, theirs: dict[str, Any], shown: str
) -> None:
    client, api = make_superuser_client(), client_for(User.objects.get())
    lamp = make_product("Lamp", variants=[make_variant("L-1", options={"Size": "S"})])
    form = {**open_form(client, lamp), field: typed}
    path = f"/api/products/{lamp.pk}/" + (f"variants/{get_variant('L-1').pk}/" if "options" in theirs else "")
    assert api.patch(path, theirs).status_code == 200
    before = dump_catalog()

    refused = submit(client, lamp, form)

    page = refused.content.decode()
    assert refused.status_code == 200
    assert f"Changed to {shown} by someone else since you opened the page. Save again to replace it" in page
    assert dump_catalog() == before
    assert submit(client, lamp, read_form(page)).status_code == 302
    assert open_form(client, lamp)[field] == typed


def test_an_old_page_puts_no_picture_back() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp")
    picture = add_picture(lamp, alt="Front")
    form = {**open_form(client, lamp), "name": "Kettle"}
    api, path = client_for(User.objects.get()), f"/api/products/{lamp.pk}/images/{picture.pk}/"
    assert api.patch(path, {"alt": "Back"}).status_code == 200

    assert submit(client, lamp, {**form, "images-0-position": "3"}).status_code == 302
    assert get_positions(lamp) == [("Back", 3)]

    page = submit(client, lamp, {**form, "images-0-alt": "Side"}).content.decode()
    assert "Changed to “Back” by someone else since you opened the page" in page
    assert get_positions(lamp) == [("Back", 3)]


def test_the_same_change_by_two_members_of_staff_is_no_conflict() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp")
    form = {**open_form(client, lamp), "name": "Kettle"}

    assert [submit(client, lamp, form).status_code for _ in range(2)] == [302, 302]

    assert Product.objects.get().name == "Kettle"


def test_stock_that_two_members_of_staff_change_adds_up() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp", sku="L-1", stock=10)
    first, second = open_form(client, lamp), open_form(client, lamp)

    submit(client, lamp, {**first, "variants-0-on_hand": "12"})
    submit(client, lamp, {**second, "variants-0-on_hand": "13"})

    assert get_variant("L-1").stock == 15
    assert list_movements("L-1") == [(10, "initial", ""), (2, "correction", ""), (3, "correction", "")]


def test_a_product_with_all_its_variants_gets_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = make_product("Lamp", sku="L-1")
    before = dump_catalog()
    monkeypatch.setattr(variant_services, "MAX_VARIANTS", 1)
    change = VariantChange({"sku": "L-2"}, {"in": Decimal(10)})

    with pytest.raises(TooManyVariants):
        variant_services.save_from_admin(SYSTEM, lamp, None, change, stock_delta=1, seen={})

    assert dump_catalog() == before


def test_a_change_between_the_check_of_the_form_and_the_lock_is_refused() -> None:
    lamp = make_product("Lamp", sku="L-1")
    variant, before = get_variant("L-1"), dump_catalog()

    with pytest.raises(PreconditionFailed):
        products.save_from_admin(lamp, ["name"], {"name": "Kettle"})
    with pytest.raises(PreconditionFailed):
        variant_services.save_from_admin(
            SYSTEM, lamp, variant.pk, VariantChange({"sku": "L-2"}), stock_delta=1, seen={"sku": "L-0"}
        )
    with pytest.raises(ImageNotFound):
        images.save_from_admin(lamp, 7, None, {"alt": "Front"}, is_deleted=False)
    with pytest.raises(ImageNotFound):
        option_changes.assign_pictures(SYSTEM, lamp.pk, [PictureOfValue("Size", "S", 7)])
    with pytest.raises(TooManyPictures):
        images.append_images(lamp, [StoredImage("a.png", "", 1, 1)] * 21)

    assert dump_catalog() == before
    assert not ProductImage.objects.exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_a_product_on_sale_links_to_its_page_in_the_shop(is_active: bool) -> None:
    lamp = make_product("Desk lamp", is_active=is_active)

    page = open_page(make_superuser_client(), lamp)

    assert ('href="http://localhost:5173/product/desk-lamp"' in page) is is_active


def test_staff_who_may_only_read_get_the_page_without_its_actions() -> None:
    client, tee = make_staff_client("view_product", "view_variant", "view_productimage"), make_tee()
    before = dump_catalog()

    page = open_page(client, tee)

    for action in ("Make all combinations", "Rename options", "Duplicate", "/prices/"):
        assert action not in page
    for path in ("combinations", "options", "option-pictures", "prices", "duplicate"):
        assert submit(client, tee, {}, path).status_code == 403
    assert dump_catalog() == before


def test_staff_who_may_not_change_variants_change_the_product_alone() -> None:
    client, tee = make_staff_client("change_product", "view_variant"), make_tee()

    form = {**open_form(client, tee), "name": "Shirt", "variants-0-sku": "X", "new_pictures": [make_file("a.png")]}
    assert submit(client, tee, form).status_code == 302

    assert (Product.objects.get().name, get_variant("TEE-S").sku, ProductImage.objects.count()) == ("Shirt", "TEE-S", 0)


def test_the_page_costs_the_same_for_one_variant_and_for_fifty() -> None:
    client, costs = make_superuser_client(), []
    open_page(client, make_product("Lamp"))  # reads what is cached from then on
    for count in (1, 50):
        tee = make_product(
            f"Tee {count}", variants=[make_variant(f"T{count}-{size}", options={"Size": str(size)}) for size in range(count)]
        )
        add_picture(tee)
        with capture_statements() as opened:
            form = open_form(client, tee)
        with capture_statements() as saved:
            submit(client, tee, {**form, "name": f"Shirt {count}"})
        costs.append((len(opened), len(saved)))

    assert costs[0] == costs[1]
    assert costs[0] <= (9, 24)


def test_all_variants_of_a_large_product_are_saved() -> None:
    client = make_superuser_client()
    tee = make_product("Tee", variants=[make_variant(f"T-{size}", options={"Size": str(size)}) for size in range(200)])

    assert submit(client, tee, {**open_form(client, tee), "variants-199-on_hand": "3"}).status_code == 302

    assert get_variant("T-199").stock == 3


def test_a_variant_is_deleted_and_keeps_its_history() -> None:
    client, tee = make_superuser_client(), make_tee()

    assert submit(client, tee, {**open_form(client, tee), "variants-0-remove": "on", "variants-0-price": "1"}).status_code == 302

    assert [variant["sku"] for variant in get_detail(tee)["variants"]] == ["TEE-M"]
    assert (get_variant("TEE-S").deleted_at is None, list_prices("TEE-S"), list_movements("TEE-S")) == (
        False,
        ["20.00"],
        [(4, "initial", "")],
    )
    assert "TEE-S" not in open_page(client, tee)


def test_the_last_variant_is_not_deleted_and_no_one_deletes_without_the_right() -> None:
    tee = make_tee()
    both, before = {f"variants-{number}-remove": "on" for number in range(2)}, dump_catalog()
    client, clerk = make_superuser_client(), make_staff_client("change_product", "change_variant")

    assert "At least one variant must be active" in submit(client, tee, open_form(client, tee) | both).content.decode()
    assert dump_catalog() == before
    assert submit(clerk, tee, open_form(clerk, tee) | {"variants-0-remove": "on"}).status_code == 302

    assert not Variant.objects.exclude(deleted_at=None).exists()


def test_a_deactivated_variant_is_off_sale() -> None:
    client, tee = make_superuser_client(), make_tee()
    form = open_form(client, tee)
    del form["variants-0-is_active"]

    submit(client, tee, form)

    assert [variant["sku"] for variant in get_detail(tee)["variants"]] == ["TEE-M"]
    update_variant("TEE-S", is_active=True)
