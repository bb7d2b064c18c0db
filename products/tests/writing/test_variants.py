"""POST /api/products/<pk>/variants/, PATCH and DELETE /api/products/<pk>/variants/<id>/"""

import re
from typing import Any

import pytest

from products.models import MarketPrice
from products.tests.editors import (
    IN_US_MARKET,
    assert_refused,
    dump_catalog,
    dump_without_timestamps,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    list_products,
    make_product_of,
    make_tee,
    seller_client,
    staff_client,
)
from products.tests.factories import make_product, update_variant
from tests.people import add_to_cart, customer, get_cart
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def get_variants_url(product_id: object, variant_id: object = "") -> str:
    """Return the URL of a product's variants, or of one variant."""
    return f"/api/products/{product_id}/variants/" + (f"{variant_id}/" if variant_id != "" else "")


def test_a_variant_is_added_behind_the_others_and_answered() -> None:
    client = seller_client()
    tee = make_tee()
    sold = make_product_of("seller@example.com", "Cap", sku="CAP")
    payload = {
        **{"sku": "CAP-L", "name": "L", "options": {"Size": "L"}, "price": "30", "compare_at_price": 35.5, "stock": 7},
        **{"prices": {"us": "3"}, "compare_at_prices": {"us": "3.5"}, "weight_grams": 120},
    }

    response = client.post(get_variants_url(sold.slug), payload)

    assert response.status_code == 201
    assert response.json()["message"] == "Variant created successfully"
    created = get_variant("CAP-L")
    assert response.json()["data"] == {
        **{"id": created.pk, "sku": "CAP-L", "name": "L", "options": {"Size": "L"}, "price": "30.00", "compare_at_price": "35.50"},
        "image_id": None,
        **{"currency": "INR", "stock": 7, "weight_grams": 120, "lowest_price_30_days": "30.00"},
    }
    assert [item["sku"] for item in get_detail(sold)["variants"]] == ["CAP", "CAP-L"]
    assert get_detail(sold, "us")["compare_at_price"] == "3.50"
    assert (list_movements("CAP-L"), list_prices("CAP-L"), list_prices("CAP-L", "us")) == (
        [(7, "initial", "")],
        ["30.00"],
        ["3.00"],
    )
    assert get_detail(tee)["variants_count"] == 2


def test_a_variant_needs_a_price_alone() -> None:
    tee = make_tee()

    data = staff_client().post(get_variants_url(tee.pk), {"price": 30}).json()["data"]

    assert re.fullmatch(r"SKU-[0-9A-F]{10}", data["sku"])
    assert (data["name"], data["options"], data["stock"], data["compare_at_price"]) == ("", {}, 0, None)


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        *(
            ({}, "price_required", "price"),
            ({"price": None}, "invalid", "price"),
            ({"price": "1", "sku": "TEE-S"}, "sku_taken", "sku"),
        ),
        *(({"price": "1", "sku": "TAKEN"}, "sku_taken", "sku"), ({"price": "1", "stock": -1}, "invalid", "stock")),
        *(
            ({"price": "1", "options": {"Size": 1.5, "Fit": []}}, "invalid", "options.Fit"),
            ({"price": "1.001"}, "invalid", "price"),
        ),
        *(({"price": "1", "weight_grams": value}, "invalid", "weight_grams") for value in (-1, 10_000_001, 0.5, "1 kg")),
    ],
)
def test_what_cannot_be_added_leaves_nothing(payload: dict[str, Any], code: str, field: str) -> None:
    make_product("Mug", sku="TAKEN")
    tee = make_tee()
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.post(get_variants_url(tee.pk), payload), 400, code, field)
    assert dump_catalog() == before


def test_a_variant_without_a_price_in_the_market_is_answered_with_the_default_price() -> None:
    tee, client = make_tee(), staff_client()

    responses = [
        client.patch(get_variants_url(tee.pk, get_variant(sku).pk), {"name": "Renamed"}, headers=IN_US_MARKET)
        for sku in ("TEE-S", "TEE-M")
    ]

    assert [response.status_code for response in responses] == [200, 200]
    answered = [response.json()["data"] for response in responses]
    assert [(item["sku"], item["name"], item["price"], item["currency"]) for item in answered] == [
        ("TEE-S", "Renamed", "2.00", "USD"),
        ("TEE-M", "Renamed", "25.00", "INR"),
    ]


def test_only_what_is_named_of_a_variant_changes() -> None:
    tee = make_tee()
    small, client = get_variant("TEE-S"), staff_client()
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"name": "Small"}, {"name": "Small"}),
        ({"options": {"Size": "S", "Fit": "slim"}}, {"options": {"Size": "S", "Fit": "slim"}}),
        ({"price": "18"}, {"price": "18.00"}),
        ({"compare_at_price": "40"}, {"compare_at_price": "40.00"}),
        ({"compare_at_price": None}, {"compare_at_price": None}),
        ({"stock": 9}, {"stock": 9}),
        *(({"weight_grams": value}, {"weight_grams": value}) for value in (10_000_000, 0, None)),
        ({"sku": "SHIRT-S"}, {"sku": "SHIRT-S"}),
        ({"sku": ""}, {}),
        ({}, {}),
    ]
    before = get_detail(tee)["variants"][0]

    for payload, expected in cases:
        response = client.patch(get_variants_url(tee.pk, small.pk), payload)
        assert (payload, response.status_code) == (payload, 200)
        data = response.json()["data"]
        changes = {name: value for name, value in data.items() if name != "lowest_price_30_days" and value != before[name]}
        assert (payload, changes) == (payload, expected)
        before = data

    assert get_detail(tee)["variants"][0] == before
    assert list_movements("SHIRT-S") == [(4, "initial", ""), (5, "correction", "")]
    assert (list_prices("SHIRT-S"), get_detail(tee, "us")["price"]) == (["20.00", "18.00"], "2.00")


def test_what_was_answered_changes_nothing_when_it_is_sent_back() -> None:
    tee = make_tee()
    update_variant("TEE-S", reserved=2, compare_at_price=30)
    client = staff_client()
    data = client.patch(get_variants_url(tee.pk, get_variant("TEE-S").pk), {}).json()["data"]
    before = dump_without_timestamps()

    response = client.patch(get_variants_url(tee.pk, data["id"]), data)

    assert response.json()["data"] == data
    assert dump_without_timestamps() == before


def test_a_price_of_none_takes_it_off_that_market() -> None:
    tee = make_tee()
    small, client = get_variant("TEE-S"), staff_client()

    response = client.patch(get_variants_url(tee.pk, small.pk), {"prices": {"us": None}})

    assert response.json()["data"]["price"] == "20.00"
    assert not MarketPrice.objects.exists()
    assert (list_products("us"), len(list_products())) == ([], 1)
    assert SchemaClient().get(f"/api/products/{tee.pk}/", headers={"X-Market": "us"}).status_code == 404
    assert list_prices("TEE-S", "us") == ["2.00", None]

    client.patch(get_variants_url(tee.pk, small.pk), {"prices": {"us": "2.5"}, "compare_at_prices": {"us": "3"}})
    assert (get_detail(tee, "us")["price"], get_detail(tee, "us")["compare_at_price"]) == ("2.50", "3.00")
    assert list_prices("TEE-S", "us") == ["2.00", None, "2.50"]


def test_a_deleted_variant_is_gone_and_its_line_unavailable() -> None:
    tee = make_tee()
    small, client, shopper = get_variant("TEE-S"), staff_client(), customer("ada@example.com")
    add_to_cart(shopper, tee, 1, variant_id=small.pk)

    response = client.delete(get_variants_url(tee.pk, small.pk))

    assert response.status_code == 200
    assert response.json()["message"] == "Variant deleted successfully"
    assert (response.json()["data"]["id"], response.json()["data"]["sku"]) == (small.pk, "TEE-S")
    data = get_detail(tee)
    assert ([item["sku"] for item in data["variants"]], data["price"], data["stock"]) == (["TEE-M"], "25.00", 10)
    assert list_products("us") == []
    assert get_cart(shopper)["items"][0]["stock_status"] == "unavailable"
    for send in (client.delete, client.patch):
        assert_refused(send(get_variants_url(tee.pk, small.pk)), 404, "variant_not_found")
    assert (
        client.patch(f"/api/products/{tee.pk}/", {"price": "26"}).json()["data"]["price"] == "26.00"
    )  # it is a simple product now


def test_the_last_variant_stays() -> None:
    lamp = make_product()
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.delete(get_variants_url(lamp.pk, lamp.variants.get().pk)), 409, "last_variant")
    assert dump_catalog() == before


def test_the_last_variant_on_sale_stays_though_another_is_switched_off() -> None:
    tee = make_tee()
    update_variant("TEE-M", is_active=False)
    client = staff_client()
    before = dump_catalog()

    assert_refused(client.delete(get_variants_url(tee.pk, get_variant("TEE-S").pk)), 409, "last_variant")
    assert dump_catalog() == before


def test_a_deleted_one_comes_back_with_its_sku() -> None:
    tee = make_tee()
    client = staff_client()
    small = get_variant("TEE-S")
    update_variant("TEE-S", reserved=1)
    client.delete(get_variants_url(tee.pk, small.pk))

    response = client.post(
        get_variants_url(tee.pk), {"sku": "TEE-S", "name": "Small", "price": "20", "stock": 5, "weight_grams": 90}
    )

    assert response.status_code == 201
    data = response.json()["data"]
    assert data["weight_grams"] == 90
    assert (data["id"], data["name"], data["options"], data["stock"], data["price"]) == (small.pk, "Small", {}, 5, "20.00")
    assert [item["sku"] for item in get_detail(tee)["variants"]] == ["TEE-M", "TEE-S"]
    assert (list_movements("TEE-S"), list_prices("TEE-S")) == ([(4, "initial", ""), (2, "initial", "")], ["20.00"])
    assert (get_variant("TEE-S").stock, get_variant("TEE-S").reserved) == (6, 1)


def test_the_deleted_one_of_another_product_does_not_come_back() -> None:
    tee, lamp, client = make_tee(), make_product("Lamp"), staff_client()
    client.delete(get_variants_url(tee.pk, get_variant("TEE-S").pk))
    before = dump_catalog()

    assert_refused(client.post(get_variants_url(lamp.pk), {"sku": "TEE-S", "price": "1"}), 400, "sku_taken", "sku")
    assert dump_catalog() == before


@pytest.mark.parametrize("variant_ref", ["{foreign}", "0", "999999", "9" * 18, "9" * 19, "-1", "abc", "1.5", "%00", "\u0663"])
def test_a_foreign_or_unknown_variant_is_not_found(variant_ref: str) -> None:
    make_product("Mug", sku="MUG")
    tee, client = make_tee(), staff_client()
    before = dump_catalog()

    for send in (client.patch, client.delete):
        response = send(get_variants_url(tee.pk, variant_ref.replace("{foreign}", str(get_variant("MUG").pk))), {"price": "1"})
        assert (response.status_code, response.json()["code"]) in ((404, "variant_not_found"), (404, "not_found"))

    assert dump_catalog() == before


def test_a_second_variant_ends_the_simple_product() -> None:
    lamp, client = make_product(sku="L-1"), staff_client()
    client.post(get_variants_url(lamp.pk), {"price": "30", "sku": "L-2"})
    before = dump_catalog()

    assert_refused(client.patch(f"/api/products/{lamp.pk}/", {"price": "25"}), 400, "variant_required", "variant_id")
    assert dump_catalog() == before
    client.delete(get_variants_url(lamp.pk, get_variant("L-1").pk))
    assert client.patch(f"/api/products/{lamp.pk}/", {"price": "25"}).json()["data"]["price"] == "25.00"


def test_a_variant_is_added_at_its_position() -> None:
    tee = make_tee()

    staff_client().post(get_variants_url(tee.pk), {"price": "30", "sku": "TEE-XS", "position": 0})

    assert get_variant("TEE-XS").position == 0


@pytest.mark.parametrize("endpoint", ["variant", "list"])
def test_what_was_answered_in_another_market_changes_nothing_when_it_is_sent_back(endpoint: str) -> None:
    tee, client, us_headers = make_tee(), staff_client(), {"X-Market": "us"}
    variant_url = get_variants_url(tee.pk, get_variant("TEE-S").pk)
    before = dump_without_timestamps()

    if endpoint == "variant":
        client.patch(variant_url, client.patch(variant_url, {}, headers=us_headers).json()["data"], headers=us_headers)
    else:
        data = get_detail(tee, "us")["variants"]
        client.patch(f"/api/products/{tee.pk}/", {"variants": data}, headers=us_headers)

    assert dump_without_timestamps() == before


def test_a_deleted_one_comes_back_in_the_markets_that_are_named_alone() -> None:
    tee, client = make_tee(), staff_client()
    client.delete(get_variants_url(tee.pk, get_variant("TEE-S").pk))

    client.post(get_variants_url(tee.pk), {"sku": "TEE-S", "price": "20"})

    assert list_products("us") == []
