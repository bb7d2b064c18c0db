"""`weight_grams` of POST and PATCH /api/products/: a simple product takes it for its only variant"""

import pytest

from products.tests.editors import assert_refused, dump_catalog, get_detail, get_variant, make_tee, staff_client
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_a_simple_product_is_created_with_its_weight() -> None:
    response = staff_client().post("/api/products/", {"name": "Lamp", "sku": "L-1", "price": "20", "weight_grams": 2100})

    assert response.status_code == 201
    assert response.json()["data"]["variants"][0]["weight_grams"] == 2100
    assert get_variant("L-1").weight_grams == 2100


def test_each_listed_variant_is_created_with_its_weight() -> None:
    variants = [{"sku": "R-S", "price": "20", "weight_grams": 900}, {"sku": "R-M", "price": "30"}]

    response = staff_client().post("/api/products/", {"name": "Rug", "variants": variants})

    assert [variant["weight_grams"] for variant in response.json()["data"]["variants"]] == [900, None]


def test_a_change_without_a_weight_leaves_it_and_null_removes_it() -> None:
    client, lamp = staff_client(), make_product("Lamp", sku="L-1")
    url = f"/api/products/{lamp.pk}/"

    weights = []
    for payload in ({"weight_grams": 500}, {"name": "Brass lamp"}, {"weight_grams": None}):
        assert client.patch(url, payload).status_code == 200
        weights.append(get_detail(lamp)["variants"][0]["weight_grams"])

    assert weights == [500, 500, None]


def test_a_product_with_several_variants_has_no_weight_of_its_own() -> None:
    client, tee = staff_client(), make_tee()
    before = dump_catalog()

    assert_refused(client.patch(f"/api/products/{tee.pk}/", {"weight_grams": 100}), 400, "variant_required", "variant_id")
    assert dump_catalog() == before
