"""POST /api/products/<pk>/variants/, PATCH and DELETE /api/products/<pk>/variants/<id>/"""

import re
from typing import Any

import pytest

from products.models import MarketPrice
from products.tests.editors import (
    assert_refused,
    catalog,
    detail,
    facts,
    history,
    listed,
    make_tee,
    movements,
    seller,
    sold_by,
    staff,
    variant,
)
from products.tests.factories import change_variant, make_product
from tests.people import add, cart_of, customer
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def path(product_id: object, variant_id: object = "") -> str:
    """Return the address of a product's variants, or of one."""
    return f"/api/products/{product_id}/variants/" + (f"{variant_id}/" if variant_id != "" else "")


def test_a_variant_is_added_behind_the_others_and_answered() -> None:
    client = seller()
    tee = make_tee()
    sold = sold_by("seller@example.com", "Cap", sku="CAP")
    given = {
        **{"sku": "CAP-L", "name": "L", "options": {"Size": "L"}, "price": "30", "compare_at_price": 35.5, "stock": 7},
        **{"prices": {"us": "3"}, "compare_at_prices": {"us": "3.5"}},
    }

    response = client.post(path(sold.slug), given)

    assert response.status_code == 201
    assert response.json()["message"] == "Variant created successfully"
    made = variant("CAP-L")
    assert response.json()["data"] == {
        **{"id": made.pk, "sku": "CAP-L", "name": "L", "options": {"Size": "L"}, "price": "30.00", "compare_at_price": "35.50"},
        **{"currency": "INR", "stock": 7, "lowest_price_30_days": "30.00"},
    }
    assert [one["sku"] for one in detail(sold)["variants"]] == ["CAP", "CAP-L"]
    assert detail(sold, "us")["compare_at_price"] == "3.50"
    assert (movements("CAP-L"), history("CAP-L"), history("CAP-L", "us")) == ([(7, "initial", "")], ["30.00"], ["3.00"])
    assert detail(tee)["variants_count"] == 2


def test_a_variant_needs_a_price_alone() -> None:
    tee = make_tee()

    data = staff().post(path(tee.pk), {"price": 30}).json()["data"]

    assert re.fullmatch(r"SKU-[0-9A-F]{10}", data["sku"])
    assert (data["name"], data["options"], data["stock"], data["compare_at_price"]) == ("", {}, 0, None)


@pytest.mark.parametrize(
    ("given", "code", "field"),
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
    ],
)
def test_what_cannot_be_added_leaves_nothing(given: dict[str, Any], code: str, field: str) -> None:
    make_product("Mug", sku="TAKEN")
    tee = make_tee()
    client = staff()
    before = catalog()

    assert_refused(client.post(path(tee.pk), given), 400, code, field)
    assert catalog() == before


def test_only_what_is_named_of_a_variant_changes() -> None:
    tee = make_tee()
    small, client = variant("TEE-S"), staff()
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"name": "Small"}, {"name": "Small"}),
        ({"options": {"Size": "S", "Fit": "slim"}}, {"options": {"Size": "S", "Fit": "slim"}}),
        ({"price": "18"}, {"price": "18.00"}),
        ({"compare_at_price": "40"}, {"compare_at_price": "40.00"}),
        ({"compare_at_price": None}, {"compare_at_price": None}),
        ({"stock": 9}, {"stock": 9}),
        ({"sku": "SHIRT-S"}, {"sku": "SHIRT-S"}),
        ({"sku": ""}, {}),
        ({}, {}),
    ]
    shown = detail(tee)["variants"][0]

    for given, wanted in changes:
        response = client.patch(path(tee.pk, small.pk), given)
        assert (given, response.status_code) == (given, 200)
        data = response.json()["data"]
        found = {name: value for name, value in data.items() if name != "lowest_price_30_days" and value != shown[name]}
        assert (given, found) == (given, wanted)
        shown = data

    assert detail(tee)["variants"][0] == shown
    assert movements("SHIRT-S") == [(4, "initial", ""), (5, "correction", "")]
    assert (history("SHIRT-S"), detail(tee, "us")["price"]) == (["20.00", "18.00"], "2.00")


def test_what_was_answered_changes_nothing_when_it_is_sent_back() -> None:
    tee = make_tee()
    change_variant("TEE-S", reserved=2, compare_at_price=30)
    client = staff()
    shown = client.patch(path(tee.pk, variant("TEE-S").pk), {}).json()["data"]
    before = facts()

    response = client.patch(path(tee.pk, shown["id"]), shown)

    assert response.json()["data"] == shown
    assert facts() == before


def test_a_price_of_none_takes_it_off_that_market() -> None:
    tee = make_tee()
    small, client = variant("TEE-S"), staff()

    response = client.patch(path(tee.pk, small.pk), {"prices": {"us": None}})

    assert response.json()["data"]["price"] == "20.00"
    assert not MarketPrice.objects.exists()
    assert (listed("us"), len(listed())) == ([], 1)
    assert SchemaClient().get(f"/api/products/{tee.pk}/", headers={"X-Market": "us"}).status_code == 404
    assert history("TEE-S", "us") == ["2.00", None]

    client.patch(path(tee.pk, small.pk), {"prices": {"us": "2.5"}, "compare_at_prices": {"us": "3"}})
    assert (detail(tee, "us")["price"], detail(tee, "us")["compare_at_price"]) == ("2.50", "3.00")
    assert history("TEE-S", "us") == ["2.00", None, "2.50"]


def test_a_deleted_variant_is_gone_and_its_line_unavailable() -> None:
    tee = make_tee()
    small, client, shopper = variant("TEE-S"), staff(), customer("ada@example.com")
    add(shopper, tee, 1, variant_id=small.pk)

    response = client.delete(path(tee.pk, small.pk))

    assert response.status_code == 200
    assert response.json()["message"] == "Variant deleted successfully"
    assert (response.json()["data"]["id"], response.json()["data"]["sku"]) == (small.pk, "TEE-S")
    shown = detail(tee)
    assert ([one["sku"] for one in shown["variants"]], shown["price"], shown["stock"]) == (["TEE-M"], "25.00", 10)
    assert listed("us") == []
    assert cart_of(shopper)["items"][0]["stock_status"] == "unavailable"
    for call in (client.delete, client.patch):
        assert_refused(call(path(tee.pk, small.pk)), 404, "variant_not_found")
    assert client.patch(f"/api/products/{tee.pk}/", {"price": "26"}).json()["data"]["price"] == "26.00"  # simple now


def test_the_last_variant_stays() -> None:
    lamp = make_product()
    client = staff()
    before = catalog()

    assert_refused(client.delete(path(lamp.pk, lamp.variants.get().pk)), 409, "last_variant")
    assert catalog() == before


def test_the_last_variant_on_sale_stays_though_another_is_switched_off() -> None:
    tee = make_tee()
    change_variant("TEE-M", is_active=False)
    client = staff()
    before = catalog()

    assert_refused(client.delete(path(tee.pk, variant("TEE-S").pk)), 409, "last_variant")
    assert catalog() == before


def test_a_deleted_one_comes_back_with_its_sku() -> None:
    tee = make_tee()
    client = staff()
    small = variant("TEE-S")
    change_variant("TEE-S", reserved=1)
    client.delete(path(tee.pk, small.pk))

    response = client.post(path(tee.pk), {"sku": "TEE-S", "name": "Small", "price": "20", "stock": 5})

    assert response.status_code == 201
    data = response.json()["data"]
    assert (data["id"], data["name"], data["options"], data["stock"], data["price"]) == (small.pk, "Small", {}, 5, "20.00")
    assert [one["sku"] for one in detail(tee)["variants"]] == ["TEE-M", "TEE-S"]
    assert (movements("TEE-S"), history("TEE-S")) == ([(4, "initial", ""), (2, "initial", "")], ["20.00"])
    assert (variant("TEE-S").stock, variant("TEE-S").reserved) == (6, 1)


def test_the_deleted_one_of_another_product_does_not_come_back() -> None:
    tee, lamp, client = make_tee(), make_product("Lamp"), staff()
    client.delete(path(tee.pk, variant("TEE-S").pk))
    before = catalog()

    assert_refused(client.post(path(lamp.pk), {"sku": "TEE-S", "price": "1"}), 400, "sku_taken", "sku")
    assert catalog() == before


@pytest.mark.parametrize("named", ["{foreign}", "0", "999999", "9" * 18, "9" * 19, "-1", "abc", "1.5", "%00", "\u0663"])
def test_a_foreign_or_unknown_variant_is_not_found(named: str) -> None:
    make_product("Mug", sku="MUG")
    tee, client = make_tee(), staff()
    before = catalog()

    for call in (client.patch, client.delete):
        response = call(path(tee.pk, named.replace("{foreign}", str(variant("MUG").pk))), {"price": "1"})
        assert (response.status_code, response.json()["code"]) in ((404, "variant_not_found"), (404, "not_found"))

    assert catalog() == before


def test_a_second_variant_ends_the_simple_product() -> None:
    lamp, client = make_product(sku="L-1"), staff()
    client.post(path(lamp.pk), {"price": "30", "sku": "L-2"})
    before = catalog()

    assert_refused(client.patch(f"/api/products/{lamp.pk}/", {"price": "25"}), 400, "variant_required", "variant_id")
    assert catalog() == before
    client.delete(path(lamp.pk, variant("L-1").pk))
    assert client.patch(f"/api/products/{lamp.pk}/", {"price": "25"}).json()["data"]["price"] == "25.00"


def test_a_variant_is_added_where_it_shall_stand() -> None:
    tee = make_tee()

    staff().post(path(tee.pk), {"price": "30", "sku": "TEE-XS", "position": 0})

    assert variant("TEE-XS").position == 0


@pytest.mark.parametrize("way", ["variant", "list"])
def test_what_was_answered_in_another_market_changes_nothing_when_it_is_sent_back(way: str) -> None:
    tee, client, abroad = make_tee(), staff(), {"X-Market": "us"}
    one = path(tee.pk, variant("TEE-S").pk)
    before = facts()

    if way == "variant":
        client.patch(one, client.patch(one, {}, headers=abroad).json()["data"], headers=abroad)
    else:
        shown = detail(tee, "us")["variants"]
        client.patch(f"/api/products/{tee.pk}/", {"variants": shown}, headers=abroad)

    assert facts() == before


def test_a_deleted_one_comes_back_in_the_markets_that_are_named_alone() -> None:
    tee, client = make_tee(), staff()
    client.delete(path(tee.pk, variant("TEE-S").pk))

    client.post(path(tee.pk), {"sku": "TEE-S", "price": "20"})

    assert listed("us") == []
