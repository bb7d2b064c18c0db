"""Two active variants of a product never have the same options: a customer could not tell them apart"""

from typing import Any

import pytest

from products.models import Variant
from products.tests.editors import assert_refused, dump_catalog, get_variant, make_tee, staff_client

pytestmark = pytest.mark.django_db
EQUAL = [{"Size": "S"}, {"size": "s"}, {"SIZE ": "  S"}, {"Size": "Ｓ"}, {"Ｓize": "S"}, {"Size": "S\u200b"}]


@pytest.mark.parametrize("options", EQUAL)
def test_a_variant_with_the_options_of_another_is_not_added(options: dict[str, str]) -> None:
    client, tee = staff_client(), make_tee()
    before = dump_catalog()

    response = client.post(f"/api/products/{tee.pk}/variants/", {"sku": "TEE-X", "price": "20.00", "options": options})

    assert_refused(response, 400, "duplicate_options", "options")
    assert dump_catalog() == before


@pytest.mark.parametrize("options", EQUAL)
def test_a_variant_does_not_take_the_options_of_another(options: dict[str, str]) -> None:
    client, tee = staff_client(), make_tee()
    before = dump_catalog()

    response = client.patch(f"/api/products/{tee.pk}/variants/{get_variant('TEE-M').pk}/", {"options": options})

    assert_refused(response, 400, "duplicate_options", "options")
    assert dump_catalog() == before


def make_body(**fields: Any) -> dict[str, Any]:
    sizes = [{"sku": "A", "price": "1.00", "options": {"Size": "S"}}, {"sku": "B", "price": "1.00", "options": {"size": "s"}}]
    return {"name": "Cap", "variants": sizes, **fields}


def test_a_product_is_not_created_with_equal_variants() -> None:
    before = dump_catalog()

    response = staff_client().post("/api/products/", make_body())

    assert_refused(response, 400, "duplicate_options", "options")
    assert dump_catalog() == before


def test_the_variants_of_a_product_are_not_replaced_by_equal_ones() -> None:
    client, tee = staff_client(), make_tee()
    before = dump_catalog()

    response = client.put(f"/api/products/{tee.pk}/", make_body())

    assert_refused(response, 400, "duplicate_options", "options")
    assert dump_catalog() == before


def test_variants_exchange_their_options_in_one_request() -> None:
    client, tee = staff_client(), make_tee()
    small, medium = get_variant("TEE-S"), get_variant("TEE-M")

    response = client.patch(
        f"/api/products/{tee.pk}/",
        {"variants": [{"id": small.pk, "options": {"Size": "M"}}, {"id": medium.pk, "options": {"Size": "S"}}]},
    )

    assert response.status_code == 200
    assert [get_variant(sku).options for sku in ("TEE-S", "TEE-M")] == [{"Size": "M"}, {"Size": "S"}]


def test_the_options_of_a_deleted_or_inactive_variant_are_free() -> None:
    client, tee = staff_client(), make_tee()
    Variant.objects.filter(sku="TEE-S").update(is_active=False)

    response = client.post(f"/api/products/{tee.pk}/variants/", {"sku": "TEE-X", "price": "20.00", "options": {"Size": "S"}})

    assert response.status_code == 201


def test_variants_without_options_differ_by_name() -> None:
    client, tee = staff_client(), make_tee()

    for sku in ("TEE-X", "TEE-Y"):
        response = client.post(f"/api/products/{tee.pk}/variants/", {"sku": sku, "name": sku, "price": "20.00"})
        assert response.status_code == 201


def test_a_change_elsewhere_is_possible_where_equal_options_exist_from_before() -> None:
    client, tee = staff_client(), make_tee()
    Variant.objects.update(options={"Size": "S"})

    response = client.patch(f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/", {"price": "21.00"})

    assert response.status_code == 200
