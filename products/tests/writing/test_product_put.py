"""PUT /api/products/<pk>/: replaces a product; fields that responses do not show stay unless they are named"""

from decimal import Decimal

import pytest

from products.models import MarketPrice, Product, Variant
from products.tests.editors import dump_catalog, get_variant, list_movements, list_prices, staff_client
from products.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


def test_text_and_category_are_emptied_and_the_rest_stays() -> None:
    lamp = make_product("Lamp", description="Old", category=make_category("Lighting"), prices={"us": "2.00"}, sku="L-1", stock=10)
    Product.objects.update(low_stock_threshold=2, is_active=False, slug="kept")
    Variant.objects.update(reserved=4)

    response = staff_client().put(f"/api/products/{lamp.pk}/", {"name": "Table lamp", "price": "20"})

    assert response.status_code == 200
    assert response.json()["message"] == "Product updated successfully"
    data = response.json()["data"]
    assert (data["name"], data["description"], data["category"], data["slug"]) == ("Table lamp", "", None, "kept")
    assert (data["stock"], data["is_available"], data["variants"][0]["sku"]) == (6, False, "L-1")
    row = Product.objects.get()
    assert (row.low_stock_threshold, row.is_active, row.category_id, row.description) == (2, False, None, "")
    assert dict(MarketPrice.objects.values_list("market", "price")) == {"us": Decimal(2)}
    assert (list_movements("L-1"), list_prices("L-1"), list_prices("L-1", "us")) == ([(10, "initial", "")], ["20.00"], ["2.00"])


def test_everything_may_be_named() -> None:
    lamp = make_product("Lamp", sku="L-1", stock=10)
    payload = {
        **{"name": "Pot", "description": "Clay", "category": "Kitchen", "price": "7", "compare_at_price": "8", "stock": 3},
        **{"sku": "POT", "low_stock_threshold": 1, "is_active": True, "slug": "clay-pot", "prices": {"us": "1"}},
    }

    data = staff_client().put(f"/api/products/{lamp.pk}/", payload).json()["data"]

    assert (data["name"], data["description"], data["category"]["slug"], data["price"]) == ("Pot", "Clay", "kitchen", "7.00")
    assert (data["compare_at_price"], data["stock"], data["is_low_stock"], data["slug"]) == ("8.00", 3, False, "clay-pot")
    assert list_movements("POT") == [(10, "initial", ""), (-7, "correction", "")]
    assert (list_prices("POT"), list_prices("POT", "us")) == (["20.00", "7.00"], ["1.00"])
    assert get_variant("POT").product_id == lamp.pk


def test_the_same_twice_changes_nothing_more() -> None:
    lamp = make_product("Lamp")
    client = staff_client()
    payload = {"name": "Pot", "description": "Clay", "price": "7", "stock": 3}
    client.put(f"/api/products/{lamp.pk}/", payload)
    before = dump_catalog()

    response = client.put(f"/api/products/{lamp.pk}/", payload)

    assert response.status_code == 200
    after = dump_catalog()
    assert after.pop("Listing") == before.pop("Listing")
    assert after == before


@pytest.mark.parametrize("method", ["put", "patch"])
def test_of_several_refusals_nothing_of_the_change_is_left(method: str) -> None:
    make_product("Mug", sku="TAKEN")
    lamp = make_product("Lamp")
    client = staff_client()
    before = dump_catalog()
    payload = {"name": "Pot", "price": "7", "stock": 3, "category": "New", "slug": "mug", "prices": {"us": "1"}}

    response = getattr(client, method)(f"/api/products/{lamp.pk}/", payload)

    assert (response.status_code, response.json()["code"], list(response.json()["errors"])) == (400, "slug_taken", ["slug"])
    assert dump_catalog() == before
