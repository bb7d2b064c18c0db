"""`variants` in PUT and PATCH: the whole list, in its order"""

from typing import Any

import pytest

from products.models import Variant
from products.tests.editors import assert_refused, catalog, detail, facts, history, make_tee, movements, staff, variant
from products.tests.factories import change_variant, make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def sent(method: str, client: SchemaClient, pk: int, variants: list[dict[str, Any]], **given: Any) -> Any:
    """Send the list of variants by this method."""
    whole = {"name": "Tee"} if method == "put" else {}
    return getattr(client, method)(f"/api/products/{pk}/", {**whole, "variants": variants, **given})


def alive() -> list[tuple[str, int]]:
    """Return the SKUs on sale with their positions, in order."""
    rows = Variant.objects.filter(deleted_at=None, is_active=True).order_by("position", "id")
    return list(rows.values_list("sku", "position"))


@pytest.mark.parametrize("method", ["put", "patch"])
def test_those_not_named_are_removed_the_new_are_made_and_the_order_is_theirs(method: str) -> None:
    tee = make_tee()
    medium = variant("TEE-M")
    new = {"sku": "TEE-L", "name": "L", "price": "30", "stock": 2, "options": {"Size": "L"}, "prices": {"us": "3"}}

    response = sent(method, staff(), tee.pk, [new, {"id": medium.pk, "price": "24"}])

    assert response.status_code == 200
    shown = response.json()["data"]
    assert [(one["sku"], one["price"], one["stock"]) for one in shown["variants"]] == [
        ("TEE-L", "30.00", 2),
        ("TEE-M", "24.00", 10),
    ]
    assert (shown["price"], shown["stock"], shown["variants_count"]) == ("24.00", 12, 2)
    assert alive() == [("TEE-L", 0), ("TEE-M", 1)]
    gone = variant("TEE-S")
    assert (gone.is_active, gone.deleted_at is not None, gone.stock) == (False, True, 4)
    assert (movements("TEE-L"), movements("TEE-S"), movements("TEE-M")) == (
        [(2, "initial", "")],
        [(4, "initial", "")],
        [(10, "initial", "")],
    )
    assert (history("TEE-M"), history("TEE-L"), history("TEE-L", "us")) == (["25.00", "24.00"], ["30.00"], ["3.00"])
    assert detail(tee, "us")["sku_id"] == variant("TEE-L").pk


@pytest.mark.parametrize("by", ["id", "sku"])
def test_one_is_matched_by_id_or_else_by_sku_and_what_is_not_named_stays(by: str) -> None:
    tee = make_tee()
    small, medium = variant("TEE-S"), variant("TEE-M")
    named = [{"id": medium.pk}, {"id": small.pk}] if by == "id" else [{"sku": "TEE-M"}, {"sku": "TEE-S"}]

    response = sent("patch", staff(), tee.pk, named)

    assert [one["id"] for one in response.json()["data"]["variants"]] == [medium.pk, small.pk]
    assert response.json()["data"]["sku_id"] == medium.pk
    assert alive() == [("TEE-M", 0), ("TEE-S", 1)]
    again = variant("TEE-S")
    assert (again.name, again.options, again.price, again.stock) == ("S", {"Size": "S"}, 20, 4)
    assert detail(tee, "us")["price"] == "2.00"


def test_by_its_id_a_sku_is_changed() -> None:
    tee = make_tee()
    small = variant("TEE-S")

    sent("patch", staff(), tee.pk, [{"id": small.pk, "sku": "SHIRT-S"}, {"sku": "TEE-M"}])

    assert alive() == [("SHIRT-S", 0), ("TEE-M", 1)]
    assert variant("SHIRT-S").pk == small.pk


def test_the_list_as_it_is_changes_nothing() -> None:
    tee = make_tee()
    client = staff()
    listed = client.get(f"/api/products/{tee.pk}/").json()["data"]["variants"]
    before = facts()

    for variants in (listed, [{"sku": one["sku"]} for one in listed], [{"id": one["id"]} for one in listed]):
        assert sent("patch", client, tee.pk, variants).status_code == 200

    assert facts() == before


def test_a_removed_one_comes_back_by_its_sku_with_its_stock() -> None:
    tee = make_tee()
    client = staff()
    small = variant("TEE-S")
    sent("patch", client, tee.pk, [{"sku": "TEE-M"}])

    response = sent("patch", client, tee.pk, [{"sku": "TEE-M"}, {"sku": "TEE-S", "price": "19"}])

    assert [(one["id"], one["price"], one["stock"]) for one in response.json()["data"]["variants"]][1] == (small.pk, "19.00", 4)
    assert (movements("TEE-S"), history("TEE-S")) == ([(4, "initial", "")], ["20.00", "19.00"])


@pytest.mark.parametrize("wanted", [0, 1, 9])
def test_a_stock_in_the_list_is_written_as_the_difference(wanted: int) -> None:
    tee = make_tee()
    change_variant("TEE-S", reserved=3)

    response = sent("patch", staff(), tee.pk, [{"sku": "TEE-S", "stock": wanted}, {"sku": "TEE-M"}])

    assert response.json()["data"]["variants"][0]["stock"] == wanted
    assert (variant("TEE-S").stock, variant("TEE-S").reserved) == (wanted + 3, 3)
    assert [one[0] for one in movements("TEE-S")] == [4, *([wanted - 1] if wanted != 1 else [])]


def test_a_simple_product_becomes_one_with_several_and_back() -> None:
    lamp = make_product("Lamp", sku="L-1")
    client = staff()

    several = sent("patch", client, lamp.pk, [{"sku": "L-1"}, {"sku": "L-2", "price": "30"}])
    simple = sent("patch", client, lamp.pk, [{"sku": "L-2"}], price="99")

    assert [one["sku"] for one in several.json()["data"]["variants"]] == ["L-1", "L-2"]
    assert [(one["sku"], one["price"]) for one in simple.json()["data"]["variants"]] == [("L-2", "30.00")]
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
    client = staff()
    given = [{name: variant("TAKEN").pk if value == "{foreign}" else value for name, value in one.items()} for one in variants]
    before = catalog()

    assert_refused(sent(method, client, tee.pk, given, description="New"), 400, code, field)
    assert catalog() == before


@pytest.mark.parametrize(("second", "code"), [("id", "invalid"), ("sku", "sku_taken")])
def test_one_variant_named_twice_is_refused(second: str, code: str) -> None:
    tee = make_tee()
    client = staff()
    small = variant("TEE-S")
    before = catalog()
    again: dict[str, Any] = {"id": small.pk} if second == "id" else {"sku": "TEE-S"}

    response = sent("patch", client, tee.pk, [{"id": small.pk, "price": "1"}, {**again, "price": "2"}])

    assert_refused(response, 400, code, "variants")
    assert catalog() == before


def test_the_list_as_it_is_leaves_a_variant_that_is_switched_off() -> None:
    tee = make_tee()
    change_variant("TEE-M", is_active=False)
    client = staff()
    shown = client.get(f"/api/products/{tee.pk}/").json()["data"]["variants"]

    sent("patch", client, tee.pk, shown)

    assert variant("TEE-M").deleted_at is None
