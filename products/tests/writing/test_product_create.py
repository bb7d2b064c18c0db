"""POST /api/products/ and POST /api/products/create/: who may create a product, and what is created"""

import re

import pytest

from products.models import Product, Variant
from products.tests.editors import (
    assert_refused,
    client_for,
    customer_client,
    dump_catalog,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    list_products,
    seller_client,
    staff_client,
)
from products.tests.factories import make_category, make_product
from tests.people import User
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
ADDRESSES = ["/api/products/", "/api/products/create/", "/products/create"]
LAMP = {"name": "Desk lamp", "price": "599.99"}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("make_client", [staff_client, seller_client])
def test_staff_and_sellers_make_a_product_and_are_answered_its_page(make_client: object, address: str) -> None:
    make_category("Lighting")
    client = make_client()  # type: ignore[operator]  # one of two functions
    payload = {
        **{"name": "Desk lamp", "description": "Takes an E14 bulb.", "price": "599.99", "compare_at_price": 799, "stock": 7},
        **{"category": "lighting", "sku": "LAMP-1", "low_stock_threshold": 7, "prices": {"us": "9.99"}},
        "compare_at_prices": {"us": 12.5},
    }

    response = client.post(address, payload)

    assert response.status_code == 201
    assert response.json()["message"] == "Product created successfully"
    lamp = Product.objects.get()
    data = response.json()["data"]
    assert data == client.get(f"/api/products/{lamp.pk}/").json()["data"] == get_detail(lamp)
    assert (data["name"], data["slug"], data["price"], data["compare_at_price"]) == ("Desk lamp", "desk-lamp", "599.99", "799.00")
    assert (data["stock"], data["is_low_stock"], data["is_available"]) == (7, True, True)
    assert (data["category"]["slug"], data["description"], data["currency"]) == ("lighting", "Takes an E14 bulb.", "INR")
    assert [(item["sku"], item["price"]) for item in data["variants"]] == [("LAMP-1", "599.99")]
    us_data = get_detail(lamp, "us")
    assert (us_data["price"], us_data["compare_at_price"], us_data["currency"]) == ("9.99", "12.50", "USD")
    assert list_movements("LAMP-1") == [(7, "initial", "")]
    assert (list_prices("LAMP-1"), list_prices("LAMP-1", "us")) == (["599.99"], ["9.99"])
    assert lamp.low_stock_threshold == 7


@pytest.mark.parametrize("address", ADDRESSES)
def test_customers_and_guests_make_nothing(address: str) -> None:
    assert_refused(customer_client().post(address, LAMP), 403, "permission_denied")
    assert_refused(SchemaClient().post(address, LAMP), 401, "not_authenticated")

    assert not Product.objects.exists()


def test_what_is_not_named_has_a_default(api: SchemaClient) -> None:
    response = staff_client().post("/api/products/", LAMP)

    data = response.json()["data"]
    assert (data["stock"], data["category"], data["description"], data["is_available"]) == (0, None, "", True)
    assert re.fullmatch(r"SKU-[0-9A-F]{10}", data["variants"][0]["sku"])
    lamp = Product.objects.get()
    assert (lamp.low_stock_threshold, lamp.is_active) == (5, True)
    assert list_movements(data["variants"][0]["sku"]) == []
    assert api.get(f"/api/products/{lamp.pk}/", headers={"X-Market": "us"}).status_code == 404


@pytest.mark.parametrize("sku", ["", "   ", None])
def test_an_empty_sku_is_made(sku: str | None) -> None:
    client = staff_client()

    created = [client.post("/api/products/", {**LAMP, "sku": sku}).json()["data"]["variants"][0]["sku"] for _ in range(2)]

    assert len(set(created)) == 2
    assert all(re.fullmatch(r"SKU-[0-9A-F]{10}", item) for item in created)


@pytest.mark.parametrize("make_client", [staff_client, seller_client])
def test_the_seller_is_who_makes_it_whatever_the_body_says(make_client: object) -> None:
    other_seller = User.objects.create_user("other@example.com", is_seller=True, first_name="Olga")
    client = make_client()  # type: ignore[operator]  # one of two functions

    response = client.post(
        "/api/products/", {**LAMP, "seller": other_seller.pk, "seller_id": other_seller.pk, "seller_name": "Olga"}
    )

    me = User.objects.exclude(pk=other_seller.pk).get()
    assert response.status_code == 201
    assert Product.objects.get().seller_id == me.pk
    assert response.json()["data"]["seller_name"] == f"user-{me.pk}"


def test_what_only_the_shop_decides_is_ignored() -> None:
    mug = make_product("Mug")
    payload = {
        **{"id": mug.pk, "uuid": str(mug.uuid), "created_at": "2001-01-01T00:00:00Z", "deleted_at": "2001-01-01T00:00:00Z"},
        **{"is_available": False, "reserved": 3, "search_name": "x", "sku_id": 1, "variants_count": 9},
        **{"images": [{"id": 1}], "lowest_price_30_days": "0.01", "nonsense": {"a": [1]}},
    }

    data = staff_client().post("/api/products/", {**LAMP, **payload, "stock": 3}).json()["data"]

    created = Product.objects.get(pk=data["id"])
    assert created.pk != mug.pk
    assert created.uuid != mug.uuid
    assert (created.created_at.year > 2001, created.deleted_at) == (True, None)
    assert (data["is_available"], data["currency"], data["images"], data["variants_count"]) == (True, "INR", [], 1)
    assert (data["lowest_price_30_days"], Variant.objects.get(product=created).reserved) == ("599.99", 0)


def test_a_taken_sku_is_refused_and_nothing_is_left() -> None:
    make_product(sku="TAKEN")
    client = staff_client()
    before = dump_catalog()

    response = client.post("/api/products/", {**LAMP, "sku": " TAKEN ", "stock": 3, "category": "New category"})

    assert_refused(response, 400, "sku_taken", "sku")
    assert dump_catalog() == before


def test_a_product_that_is_switched_off_is_seen_by_its_seller_alone() -> None:
    client = seller_client()

    data = client.post("/api/products/", {**LAMP, "is_active": False}).json()["data"]

    assert data["is_available"] is False
    assert list_products() == []
    assert SchemaClient().get(f"/api/products/{data['id']}/").status_code == 404
    assert client.get(f"/api/products/{data['id']}/").json()["data"] == data


def test_variants_alone_make_a_product_with_several() -> None:
    payload = {
        "name": "Tee",
        "variants": [
            {"sku": "TEE-S", "name": "S", "options": {"Size": "S"}, "price": "20", "stock": 4, "prices": {"us": "2"}},
            {"name": "M", "options": {"Size": "M"}, "price": 25.5, "compare_at_price": "30", "position": 0},
        ],
    }

    response = seller_client().post("/api/products/", payload)

    assert response.status_code == 201
    data = response.json()["data"]
    small, medium = data["variants"]
    assert (small["sku"], small["name"], small["options"], small["price"], small["stock"]) == (
        *("TEE-S", "S", {"Size": "S"}),
        *("20.00", 4),
    )
    assert (medium["name"], medium["options"], medium["price"], medium["compare_at_price"], medium["stock"]) == (
        *("M", {"Size": "M"}),
        *("25.50", "30.00", 0),
    )
    assert re.fullmatch(r"SKU-[0-9A-F]{10}", medium["sku"])
    assert (data["price"], data["stock"], data["variants_count"], data["sku_id"]) == ("20.00", 4, 2, small["id"])
    assert [item["sku"] for item in get_detail(Product.objects.get(), "us")["variants"]] == ["TEE-S"]


def test_beside_variants_a_price_of_the_product_counts_nothing() -> None:
    payload = {
        "name": "Tee",
        "price": "1.00",
        "stock": 99,
        "sku": "UNUSED",
        "variants": [{"sku": "TEE-S", "price": "20", "stock": 4}],
    }

    data = staff_client().post("/api/products/", payload).json()["data"]

    assert (data["price"], data["stock"], data["variants_count"]) == ("20.00", 4, 1)
    assert list(Variant.objects.values_list("sku", flat=True)) == ["TEE-S"]


@pytest.mark.parametrize(
    ("variants", "code", "field"),
    [
        ([], "invalid", "variants"),
        (None, "invalid", "variants"),
        ("S", "invalid", "variants"),
        ({"sku": "S"}, "invalid", "variants"),
        ([{"sku": "S", "price": "1"}, {"sku": " S ", "price": "2"}], "invalid", "variants"),
        ([{"sku": "S", "price": "1"}, {"sku": "TAKEN", "price": "2"}], "sku_taken", "sku"),
        ([{"sku": "S"}], "price_required", "price"),
        ([{"sku": "S", "price": "1"}, {"sku": "M", "price": "-1"}], "invalid", "variants.1.price"),
        ([{"sku": "S", "price": "1", "options": {"Size": ["S"]}}], "invalid", "variants.0.options.Size"),
        ([{"price": "1"}] * 201, "invalid", "variants"),
    ],
)
def test_variants_that_cannot_be_are_refused_and_nothing_is_left(variants: object, code: str, field: str) -> None:
    make_product(sku="TAKEN")
    client = staff_client()
    before = dump_catalog()

    response = client.post("/api/products/", {"name": "Tee", "price": "5", "variants": variants})

    assert_refused(response, 400, code, field)
    assert dump_catalog() == before


def test_a_sku_that_differs_in_case_is_another() -> None:
    make_product(sku="lamp-1")

    assert staff_client().post("/api/products/", {**LAMP, "sku": "LAMP-1"}).status_code == 201
    assert get_variant("LAMP-1").product_id != get_variant("lamp-1").product_id


def test_the_right_to_sell_that_was_taken_away_is_gone_at_once() -> None:
    client = seller_client()
    User.objects.update(is_seller=False)

    assert_refused(client.post("/api/products/", LAMP), 403, "permission_denied")
    assert not Product.objects.exists()


def test_a_superuser_that_is_no_staff_is_a_customer() -> None:
    client = client_for(User.objects.create_user("root@example.com", is_superuser=True, is_staff=False))

    assert_refused(client.post("/api/products/", LAMP), 403, "permission_denied")
