"""/admin/products/product/<id>/combinations/ and options/: all combinations of option values, and the names of options"""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from products.models import Product, Variant
from products.tests.editors import (
    client_for,
    dump_catalog,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    make_tee,
)
from products.tests.factories import add_picture, make_product, make_variant
from tests.admin.product_pages import open_form, open_page, read_form, submit
from tests.admin.staff_clients import make_superuser_client
from tests.people import User
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
TWELVE = "Size: S, M, L\nColour: Red, Blue, Green, Black"


def preview(client: Client, product: Product, options: str, **fields: str) -> str:
    """Enter the options and return the next page."""
    form = open_form(client, product, "combinations") | {"options": options, **fields}
    response = submit(client, product, form, "combinations")
    assert response.status_code == 200
    page: str = response.content.decode()
    return page


def create(client: Client, product: Product, page: str, **fields: Any) -> str:
    """Submit the preview, and return the page that follows."""
    form = {**read_form(page), "_save": "1", **fields}
    response = client.post(f"/admin/products/product/{product.pk}/combinations/", form, follow=True)
    return unescape(response.content.decode())


def read_rows(page: str) -> list[tuple[str, str, str, str]]:
    """Return the options, SKU, price and stock of the proposed variants."""
    form = read_form(page)
    count = int(form["new-TOTAL_FORMS"])
    names = ("options", "sku", "price", "stock")
    return [tuple(form[f"new-{number}-{name}"] for name in names) for number in range(count)]  # type: ignore[misc]  # four


def list_variants(product: Product) -> list[tuple[str, str]]:
    """Return the SKUs and names of the product's variants."""
    return list(Variant.objects.filter(product=product, deleted_at=None).order_by("position", "id").values_list("sku", "name"))


def test_a_simple_product_becomes_twelve_combinations_and_its_variant_is_the_first() -> None:
    client, tee = make_superuser_client(), make_product("Tee", sku="TEE", price="20.00", stock=7, prices={"us": "2.00"})
    before = dump_catalog()

    page = preview(client, tee, TWELVE)

    assert dump_catalog() == before
    assert "TEE becomes S / Red" in page
    rows = read_rows(page)
    assert len(rows) == 11
    assert rows[0] == ('{"Size": "S", "Colour": "Blue"}', "TEE-S-BLUE", "20.00", "0")
    assert rows[10] == ('{"Size": "L", "Colour": "Black"}', "TEE-L-BLACK", "20.00", "0")

    done = create(client, tee, page, **{"new-0-stock": "5", "new-0-sku": "OWN", "new-1-price": "21.50"})

    assert "11 variants created. 1 variant completed." in done
    assert list_variants(tee)[:4] == [
        ("TEE", "S / Red"),
        ("OWN", "S / Blue"),
        ("TEE-S-GREEN", "S / Green"),
        ("TEE-S-BLACK", "S / Black"),
    ]
    assert (len(list_variants(tee)), len(get_detail(tee)["variants"]), len(get_detail(tee, "us")["variants"])) == (12, 12, 12)
    assert (get_variant("TEE").stock, list_movements("OWN"), list_movements("TEE-S-BLACK")) == (7, [(5, "initial", "")], [])
    assert (list_prices("TEE-S-GREEN"), list_prices("TEE-S-GREEN", "us")) == (["21.50"], ["2.00"])
    assert get_variant("OWN").options == {"Size": "S", "Colour": "Blue"}


def test_combinations_that_exist_are_left_alone_and_named() -> None:
    client, tee = make_superuser_client(), make_tee()
    Variant.objects.filter(sku="TEE-M").update(is_active=False)
    before = get_variant("TEE-S").updated_at

    page = preview(client, tee, "size: s, m, L, XL", sku_prefix="SHIRT")

    assert "Left alone, because they exist already: TEE-S, TEE-M (not active)." in page
    assert [row[1] for row in read_rows(page)] == ["SHIRT-L", "SHIRT-XL"]
    create(client, tee, page)
    assert [sku for sku, _ in list_variants(tee)] == ["TEE-S", "TEE-M", "SHIRT-L", "SHIRT-XL"]
    assert get_variant("TEE-S").updated_at == before


def test_only_ticked_rows_are_created() -> None:
    client, tee = make_superuser_client(), make_tee()
    page = preview(client, tee, "Size: S, M, L, XL")
    form = read_form(page)
    del form["new-0-create"]

    client.post(f"/admin/products/product/{tee.pk}/combinations/", {**form, "_save": "1"})

    assert [name for _, name in list_variants(tee)] == ["S", "M", "XL"]


def test_an_option_is_added_to_all_variants() -> None:
    client, tee = make_superuser_client(), make_tee()

    page = preview(client, tee, "Size: S, M\nColour: Red, Blue")
    assert ("TEE-S becomes S / Red" in page, "TEE-M becomes M / Red" in page) == (True, True)
    create(client, tee, page)

    assert [get_variant(sku).options for sku in ("TEE-S", "TEE-M")] == [
        {"Size": "S", "Colour": "Red"},
        {"Size": "M", "Colour": "Red"},
    ]
    assert [name for _, name in list_variants(tee)] == ["S / Red", "M / Red", "S / Blue", "M / Blue"]


def test_a_second_click_creates_nothing_more() -> None:
    client, tee = make_superuser_client(), make_product("Tee", sku="TEE")
    page = preview(client, tee, TWELVE)

    first, second = (create(client, tee, page) for _ in range(2))

    assert "11 variants created. 1 variant completed." in first
    assert "0 variants created. 11 existed already and were left alone." in second
    assert len(list_variants(tee)) == 12


def test_a_combination_that_someone_creates_in_the_meantime_is_left_alone() -> None:
    client, tee = make_superuser_client(), make_tee()
    page = preview(client, tee, "Size: S, M, L, XL")
    body = {"sku": "THEIRS", "price": "9.00", "options": {"Size": "l"}}
    assert client_for(User.objects.get()).post(f"/api/products/{tee.pk}/variants/", body).status_code == 201

    assert "1 variant created. 1 existed already and was left alone." in create(client, tee, page)

    assert [sku for sku, _ in list_variants(tee)] == ["TEE-S", "TEE-M", "THEIRS", "TEE-XL"]


def test_a_variant_that_is_changed_in_the_meantime_is_not_completed() -> None:
    client, tee = make_superuser_client(), make_tee()
    page = preview(client, tee, "Size: S, M\nColour: Red, Blue")
    path = f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/"
    assert client_for(User.objects.get()).patch(path, {"options": {"Size": "XS"}}).status_code == 200
    before = dump_catalog()

    assert "This was changed in the meantime" in create(client, tee, page)
    assert "Enter a whole number." in create(client, tee, page, **{"completed-0-variant": "x"})

    assert dump_catalog() == before


def test_a_variant_that_is_deleted_in_the_meantime_is_not_completed() -> None:
    client, tee = make_superuser_client(), make_tee()
    page = preview(client, tee, "Size: S, M\nColour: Red, Blue")
    path = f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/"
    assert client_for(User.objects.get()).delete(path).status_code == 200
    before = dump_catalog()

    assert "Variant not found" in create(client, tee, page)

    assert dump_catalog() == before


def test_a_product_gets_no_more_than_two_hundred_variants() -> None:
    client = make_superuser_client()
    tee = make_product("Tee", variants=[make_variant(f"T-{size}", options={"Size": str(size)}) for size in range(150)])

    page = preview(client, tee, f"Size: {', '.join(map(str, range(100, 201)))}")

    assert "A product has at most 200 variants: 150 exist and 51 would be new" in page


def test_a_proposed_sku_that_is_taken_gets_a_number() -> None:
    client, tee = make_superuser_client(), make_tee()
    make_product("Mug", variants=[make_variant("TEE-L"), make_variant("TEE-L-2")])
    assert client_for(User.objects.get()).delete(f"/api/products/{tee.pk}/variants/{get_variant('TEE-M').pk}/").status_code == 200

    page = preview(client, tee, "Size: M, L", sku_prefix="TEE")

    assert [row[1] for row in read_rows(page)] == ["TEE-M-2", "TEE-L-3"]


BAD_ROWS: list[tuple[dict[str, str], str]] = [
    ({"new-0-sku": "MUG"}, "Another variant already has the SKU MUG"),
    ({"new-0-sku": "TEE-XL"}, "Another variant already has the SKU TEE-XL"),
    ({"new-0-sku": ""}, "This field is required."),
    ({"new-0-price": "1.001"}, "INR has 2 decimal places"),
    ({"new-0-stock": "-1"}, "greater than or equal to 0"),
    ({"new-0-options": "[1]"}, "Unknown options"),
    ({"new-0-options": '{"Size": "XL"}'}, "Another variant already has the options Size: XL"),
]


def test_a_row_that_cannot_be_is_refused_and_nothing_is_created() -> None:
    client, tee = make_superuser_client(), make_tee()
    make_product("Mug", sku="MUG")
    page, before = preview(client, tee, "Size: S, M, L, XL"), dump_catalog()

    answers = {message: create(client, tee, page, **fields) for fields, message in BAD_ROWS}

    assert [message for message, answer in answers.items() if message not in answer] == []
    assert dump_catalog() == before


BAD_OPTIONS = [
    ("Size", "“Size” has no values. Write it like Size: S, M, L"),
    ("Size: , ,", "has no values"),
    (": S", "has no values"),
    ("Size: S\nSIZE: M", "SIZE is there twice"),
    (f"Size: {'x' * 101}", "has more than 100 characters"),
    ("\n".join(f"Option {number}: x" for number in range(21)), "A variant has at most 20 options"),
    (f"Size: {','.join(map(str, range(103)))}", "At most 100 can be made at once"),
    (f"Size: {','.join(map(str, range(201)))}", "These are 201 combinations. A product has at most 200 variants"),
    ("Colour: Red", "The variants also have the option Size: add its values"),
]


def test_options_that_cannot_be_are_refused_before_the_preview() -> None:
    client, tee = make_superuser_client(), make_tee()

    answers = [(message, preview(client, tee, options)) for options, message in BAD_OPTIONS]

    assert [message for message, page in answers if message not in unescape(page) or "new-TOTAL_FORMS" in page] == []


def test_values_are_separated_by_commas_or_by_semicolons_and_each_counts_once() -> None:
    client, tee = make_superuser_client(), make_product("Tee", sku="TEE")

    for text in ("Size: S; M, long; M, long ;L", "Size：S；M, long；L", " Size :S;M, long;L;s;"):
        page = preview(client, tee, text)

        assert re.findall(r"TEE becomes (.*?)<", page) == ["S"]
        assert [row[0] for row in read_rows(page)] == ['{"Size": "M, long"}', '{"Size": "L"}']


def test_options_are_renamed_for_all_variants() -> None:
    client, tee = make_superuser_client(), make_tee()

    response = submit(client, tee, open_form(client, tee, "options") | {"option_0": "Fit"}, "options")

    assert response.status_code == 302
    assert [variant["options"] for variant in get_detail(tee)["variants"]] == [{"Fit": "S"}, {"Fit": "M"}]


def test_names_sent_back_as_they_are_rename_nothing() -> None:
    client, tee = make_superuser_client(), make_tee()
    form, before = open_form(client, tee, "options"), dump_catalog()

    response = client.post(f"/admin/products/product/{tee.pk}/options/", form, follow=True)

    assert "Nothing was changed." in response.content.decode()
    assert dump_catalog() == before


BAD_NAMES = [
    (("", "Colour"), "Another variant already has the options Colour: Red"),
    (("Size", "size"), "Two options would have the same name"),
    (("Size", "x" * 101), "Ensure this value has at most 100 characters"),
]


def test_a_name_that_would_mix_up_options_is_refused() -> None:
    client = make_superuser_client()
    options = [{"Size": size, "Colour": "Red"} for size in "SM"]
    tee = make_product("Tee", variants=[make_variant(f"T-{number}", options=row) for number, row in enumerate(options)])
    columns = [f"option_{number}" for number in range(2)]
    form, before = open_form(client, tee, "options"), dump_catalog()

    answers = [
        (message, submit(client, tee, form | dict(zip(columns, names, strict=True)), "options").content.decode())
        for names, message in BAD_NAMES
    ]

    assert [message for message, page in answers if message not in unescape(page)] == []
    assert dump_catalog() == before


def test_a_picture_is_chosen_for_all_variants_with_a_value() -> None:
    client = make_superuser_client()
    options = [{"Size": size, "Colour": colour} for size in "SM" for colour in ("Red", "Blue")]
    tee = make_product("Tee", variants=[make_variant(f"T-{number}", options=row) for number, row in enumerate(options)])
    red, blue = add_picture(tee, alt="Red"), add_picture(tee, position=1, alt="Blue")
    labels = re.findall(r'aria-label="Picture of ([^"]+)"', open_page(client, tee, "option-pictures"))
    fields = {f"value_{labels.index(label)}": picture.pk for label, picture in (("Colour: Red", red), ("Colour: Blue", blue))}
    foreign = add_picture(make_product("Mug"))

    form = open_form(client, tee, "option-pictures")
    assert submit(client, tee, form | {"value_0": foreign.pk}, "option-pictures").status_code == 200
    assert not Variant.objects.exclude(image=None).exists()
    assert submit(client, tee, form | fields, "option-pictures").status_code == 302

    assert [get_variant(f"T-{number}").image_id for number in range(4)] == [red.pk, blue.pk, red.pk, blue.pk]


def test_combinations_cost_the_same_for_two_and_for_fifty() -> None:
    client, costs = make_superuser_client(), []
    for count in (3, 51):
        tee = make_product(f"Tee {count}", sku=f"T{count}", prices={"us": "2"})
        with capture_statements() as previewed:
            page = preview(client, tee, f"Size: {', '.join(map(str, range(count)))}", stock="3")
        with capture_statements() as created:
            submit(client, tee, {**read_form(page), "_save": "1"}, "combinations")
        costs.append((len(previewed), len(created)))

    assert costs[0] == costs[1]
    assert costs[0] <= (14, 26)
