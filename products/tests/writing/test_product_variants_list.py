"""`variants` in PUT and PATCH: the complete list, in order"""

from typing import Any

import pytest

from products.models import Variant
from products.tests.editors import (
    assert_refused,
    dump_catalog,
    dump_without_timestamps,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    make_tee,
    staff_client,
)
from products.tests.factories import make_product, update_variant
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def send_variants(method: str, client: SchemaClient, pk: int, variants: list[dict[str, Any]], **fields: Any) -> Any:
    """Send the list of variants with this method."""
    required = {"name": "Tee"} if method == "put" else {}
    return getattr(client, method)(f"/api/products/{pk}/", {**required, "variants": variants, **fields})


def list_active_variants() -> list[tuple[str, int]]:
    """Return the SKUs on sale with their positions, in order."""
    rows = Variant.objects.filter(deleted_at=None, is_active=True).order_by("position", "id")
    return list(rows.values_list("sku", "position"))


@pytest.mark.parametrize("method", ["put", "patch"])
def test_those_not_named_are_removed_the_new_are_made_and_the_order_is_theirs(method: str) -> None:
    tee = make_tee()
    medium = get_variant("TEE-M")
    new_item = {"sku": "TEE-L", "name": "L", "price": "30", "stock": 2, "options": {"Size": "L"}, "prices": {"us": "3"}}

    response = send_variants(method, staff_client(), tee.pk, [new_item, {"id": medium.pk, "price": "24"}])

    assert response.status_code == 200
    data = response.json()["data"]
    assert [(item["sku"], item["price"], item["stock"]) for item in data["variants"]] == [
        ("TEE-L", "30.00", 2),
        ("TEE-M", "24.00", 10),
    ]
    assert (data["price"], data["stock"], data["variants_count"]) == ("24.00", 12, 2)
    assert list_active_variants() == [("TEE-L", 0), ("TEE-M", 1)]
    removed = get_variant("TEE-S")
    assert (removed.is_active, removed.deleted_at is not None, removed.stock) == (False, True, 4)
    assert (list_movements("TEE-L"), list_movements("TEE-S"), list_movements("TEE-M")) == (
        [(2, "initial", "")],
        [(4, "initial", "")],
        [(10, "initial", "")],
    )
    assert (list_prices("TEE-M"), list_prices("TEE-L"), list_prices("TEE-L", "us")) == (["25.00", "24.00"], ["30.00"], ["3.00"])
    assert get_detail(tee, "us")["sku_id"] == get_variant("TEE-L").pk


@pytest.mark.parametrize("key", ["id", "sku"])
def test_one_is_matched_by_id_or_else_by_sku_and_what_is_not_named_stays(key: str) -> None:
    tee = make_tee()
    small, medium = get_variant("TEE-S"), get_variant("TEE-M")
    items = [{"id": medium.pk}, {"id": small.pk}] if key == "id" else [{"sku": "TEE-M"}, {"sku": "TEE-S"}]

    response = send_variants("patch", staff_client(), tee.pk, items)

    assert [item["id"] for item in response.json()["data"]["variants"]] == [medium.pk, small.pk]
    assert response.json()["data"]["sku_id"] == medium.pk
    assert list_active_variants() == [("TEE-M", 0), ("TEE-S", 1)]
    restored = get_variant("TEE-S")
    assert (restored.name, restored.options, restored.price, restored.stock) == ("S", {"Size": "S"}, 20, 4)
    assert get_detail(tee, "us")["price"] == "2.00"


def test_by_its_id_a_sku_is_changed() -> None:
    tee = make_tee()
    small = get_variant("TEE-S")

    send_variants("patch", staff_client(), tee.pk, [{"id": small.pk, "sku": "SHIRT-S"}, {"sku": "TEE-M"}])

    assert list_active_variants() == [("SHIRT-S", 0), ("TEE-M", 1)]
    assert get_variant("SHIRT-S").pk == small.pk


def test_the_list_as_it_is_changes_nothing() -> None:
    tee = make_tee()
    client = staff_client()
    listed = client.get(f"/api/products/{tee.pk}/").json()["data"]["variants"]
    before = dump_without_timestamps()

    for variants in (listed, [{"sku": item["sku"]} for item in listed], [{"id": item["id"]} for item in listed]):
        assert send_variants("patch", client, tee.pk, variants).status_code == 200

    assert dump_without_timestamps() == before


def test_a_removed_one_comes_back_by_its_sku_with_its_stock() -> None:
    tee = make_tee()
    client = staff_client()
    small = get_variant("TEE-S")
    send_variants("patch", client, tee.pk, [{"sku": "TEE-M"}])

    response = send_variants("patch", client, tee.pk, [{"sku": "TEE-M"}, {"sku": "TEE-S", "price": "19"}])

    assert [(item["id"], item["price"], item["stock"]) for item in response.json()["data"]["variants"]][1] == (small.pk, "19.00", 4)
    assert (list_movements("TEE-S"), list_prices("TEE-S")) == ([(4, "initial", "")], ["20.00", "19.00"])


@pytest.mark.parametrize("available", [0, 1, 9])
def test_a_stock_in_the_list_is_written_as_the_difference(available: int) -> None:
    tee = make_tee()
    update_variant("TEE-S", reserved=3)

    response = send_variants("patch", staff_client(), tee.pk, [{"sku": "TEE-S", "stock": available}, {"sku": "TEE-M"}])

    assert response.json()["data"]["variants"][0]["stock"] == available
    assert (get_variant("TEE-S").stock, get_variant("TEE-S").reserved) == (available + 3, 3)
    assert [item[0] for item in list_movements("TEE-S")] == [4, *([available - 1] if available != 1 else [])]


def test_a_simple_product_becomes_one_with_several_and_back() -> None:
    lamp = make_product("Lamp", sku="L-1")
    client = staff_client()

    several = send_variants("patch", client, lamp.pk, [{"sku": "L-1"}, {"sku": "L-2", "price": "30"}])
    simple = send_variants("patch", client, lamp.pk, [{"sku": "L-2"}], price="99")

    assert [item["sku"] for item in several.json()["data"]["variants"]] == ["L-1", "L-2"]
    assert [(item["sku"], item["price"]) for item in simple.json()["data"]["variants"]] == [("L-2", "30.00")]
    assert client.patch(f"/api/products/{lamp.pk}/", {"price": "31"}).json()["data"]["price"] == "31.00"


@pytest.mark.parametrize(
    ("variants", "code", "field"),
    [
        ([], "invalid", "variants"),
        ([{"sku": "TEE-S"}, {"sku": "TEE-S"}], "invalid", "variants"),
        ([{"sku": "TEE-S"}, {"sku": "TAKEN", "price": "1"}], "sku_taken", "sku"),
        ([{"sku": "TEE-S", "price": "1"}, {"sku": "NEW"}], "price_required", "price"),
        ([{"sku": "TEE-S", "price": "1"}, {"id": 999_999}], "variant_not_found", "variants"),
        ([{"sku": "TEE-S", "price": "1"}, {"id": "{foreign}"}], "variant_not_found", "variants"),
        (
            [{"sku": "TEE-S", "compare_at_prices": {"us": "9"}}, {"sku": "TEE-M", "compare_at_prices": {"us": "9"}}],
            "price_required",
            "prices",
        ),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_list_that_cannot_be_leaves_everything(method: str, variants: list[dict[str, Any]], code: str, field: str) -> None:
    make_product("Mug", sku="TAKEN")
    tee = make_tee()
    client = staff_client()
    items = [
        {name: get_variant("TAKEN").pk if value == "{foreign}" else value for name, value in item.items()} for item in variants
    ]
    before = dump_catalog()

    assert_refused(send_variants(method, client, tee.pk, items, description="New"), 400, code, field)
    assert dump_catalog() == before


@pytest.mark.parametrize(("key", "code"), [("id", "invalid"), ("sku", "sku_taken")])
def test_one_variant_named_twice_is_refused(key: str, code: str) -> None:
    tee = make_tee()
    client = staff_client()
    small = get_variant("TEE-S")
    before = dump_catalog()
    duplicate: dict[str, Any] = {"id": small.pk} if key == "id" else {"sku": "TEE-S"}

    response = send_variants("patch", client, tee.pk, [{"id": small.pk, "price": "1"}, {**duplicate, "price": "2"}])

    assert_refused(response, 400, code, "variants")
    assert dump_catalog() == before


def test_the_list_as_it_is_leaves_a_variant_that_is_switched_off() -> None:
    tee = make_tee()
    update_variant("TEE-M", is_active=False)
    client = staff_client()
    data = client.get(f"/api/products/{tee.pk}/").json()["data"]["variants"]

    send_variants("patch", client, tee.pk, data)

    assert get_variant("TEE-M").deleted_at is None
