"""Weights on the page of a product, and of the variants that are made of option values"""

from html import unescape

import pytest

from products.models import Variant
from products.tests.editors import dump_catalog, get_variant
from products.tests.factories import make_product, make_variant, update_variant
from tests.admin.product_pages import open_form, open_page, read_form, submit
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db
INVALID = "Enter whole grams, from 0 to 10,000,000"


@pytest.mark.parametrize(("text", "expected"), [("1250", 1250), ("0", 0), ("10000000", 10_000_000), ("", None), (" 5 ", 5)])
def test_the_weight_of_a_simple_product_is_entered_in_grams(text: str, expected: int | None) -> None:
    client, lamp = make_superuser_client(), make_product("Lamp", sku="L-1")
    update_variant("L-1", weight_grams=77)
    assert "Weight (g)" in open_page(client, lamp)
    form = open_form(client, lamp)
    assert form["variants-0-weight_grams"] == "77"

    assert submit(client, lamp, {**form, "variants-0-weight_grams": text}).status_code == 302

    assert get_variant("L-1").weight_grams == expected


@pytest.mark.parametrize("text", ["-1", "10000001", "12.5", "1 kg", "1,5", "9" * 40])
def test_a_weight_that_cannot_be_is_refused_in_one_sentence_and_nothing_changes(text: str) -> None:
    client, lamp = make_superuser_client(), make_product("Lamp", sku="L-1")
    form, before = open_form(client, lamp), dump_catalog()

    response = submit(client, lamp, {**form, "variants-0-weight_grams": text, "variants-0-name": "Brass"})

    assert response.status_code == 200
    assert unescape(response.content.decode()).count(INVALID) == 1
    assert dump_catalog() == before


def test_each_variant_has_a_weight_of_its_own() -> None:
    client = make_superuser_client()
    sizes = [make_variant(f"RUG-{size}", options={"Size": size}, weight_grams=900) for size in "SM"]
    rug = make_product("Rug", variants=sizes)
    form = open_form(client, rug)

    assert submit(client, rug, {**form, "variants-1-weight_grams": "2200"}).status_code == 302

    assert list(Variant.objects.order_by("sku").values_list("sku", "weight_grams")) == [("RUG-M", 2200), ("RUG-S", 900)]


def test_an_old_page_puts_no_weight_back() -> None:
    client, lamp = make_superuser_client(), make_product("Lamp", sku="L-1")
    form = open_form(client, lamp)
    update_variant("L-1", weight_grams=500)

    saved = submit(client, lamp, {**form, "variants-0-name": "Brass"})
    refused = submit(client, lamp, {**form, "variants-0-weight_grams": "600"})

    assert (saved.status_code, refused.status_code) == (302, 200)
    assert "Changed to “500” by someone else since you opened the page" in unescape(refused.content.decode())
    assert (get_variant("L-1").name, get_variant("L-1").weight_grams) == ("Brass", 500)


def test_new_combinations_weigh_what_the_first_variant_does_unless_staff_enter_another_weight() -> None:
    client = make_superuser_client()
    tee = make_product("Tee", variants=[make_variant("TEE-S", options={"Size": "S"}, weight_grams=180)])
    form = open_form(client, tee, "combinations") | {"options": "Size: S, M"}
    assert form["weight_grams"] == "180"

    for options, weight in (("Size: S, M", "180"), ("Size: S, M, L", "210"), ("Size: S, M, L, XL", "")):
        page = submit(client, tee, {**form, "options": options, "weight_grams": weight}, "combinations").content.decode()
        assert submit(client, tee, {**read_form(page), "_save": "1"}, "combinations").status_code == 302

    weights = list(Variant.objects.order_by("position").values_list("options__Size", "weight_grams"))
    assert weights == [("S", 180), ("M", 180), ("L", 210), ("XL", None)]


def test_combinations_with_a_weight_that_cannot_be_are_refused_before_the_preview() -> None:
    client, tee = make_superuser_client(), make_product("Tee", sku="TEE")
    form, before = open_form(client, tee, "combinations"), dump_catalog()

    page = submit(client, tee, {**form, "options": "Size: S, M", "weight_grams": "-3"}, "combinations").content.decode()

    assert INVALID in page
    assert dump_catalog() == before
