"""POST /api/products/<pk>/variants/: how many variants a product may have"""

import pytest

from products.tests.editors import assert_refused, dump_catalog, get_detail, get_variant, make_tee, staff_client

pytestmark = pytest.mark.django_db


def test_a_product_takes_no_more_variants_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.services.variants.MAX_VARIANTS", 3)
    tee, client = make_tee(), staff_client()
    assert client.post(f"/api/products/{tee.pk}/variants/", {"price": "30", "sku": "TEE-L"}).status_code == 201
    before = dump_catalog()

    response = client.post(f"/api/products/{tee.pk}/variants/", {"price": "30", "sku": "TEE-XL"})

    assert_refused(response, 409, "too_many_variants")
    assert response.json()["message"] == "A product has at most 3 variants"
    assert dump_catalog() == before


def test_a_deleted_variant_does_not_count_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.services.variants.MAX_VARIANTS", 2)
    tee, client = make_tee(), staff_client()
    client.delete(f"/api/products/{tee.pk}/variants/{get_variant('TEE-S').pk}/")

    response = client.post(f"/api/products/{tee.pk}/variants/", {"price": "30", "sku": "TEE-L"})

    assert response.status_code == 201
    assert [item["sku"] for item in get_detail(tee)["variants"]] == ["TEE-M", "TEE-L"]
